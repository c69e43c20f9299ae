//! Which decision a record stands for: "one decision counts once".
//!
//! Records are told apart by subject, category and document number, of which only letters,
//! ideographs and digits are compared, after NFKC, without 第 and 号.

use unicode_normalization::UnicodeNormalization;

use crate::refusal::Refusal;
use crate::text::Text;

/// The decision of a record with these fields, in one text that two records share when they repeat
/// each other. The subject is the firm, with the project and the manager concerned, or a project without
/// a firm: one document may honour several projects of a firm, each with a record of its own.
///
/// # Errors
/// [`Refusal::Invalid`] for a document's number in which nothing can be compared.
pub fn decision(
    uscc: Option<&str>,
    project: Option<&str>,
    manager: Option<&str>,
    category: &str,
    document_number: &str,
) -> Result<String, Refusal> {
    let number = compared(document_number);
    if number.is_empty() {
        let text = Text::new(
            "文号须含有文字或数字",
            "The document's number needs a letter, an ideograph or a digit",
        );
        return Err(Refusal::invalid("/document_number", "no_number", text));
    }
    let [uscc, project, manager] = [uscc, project, manager].map(Option::unwrap_or_default);
    // Control characters are refused in every field: no part imitates two.
    Ok([uscc, project, manager, category, &number].join("\u{1f}"))
}

/// The number of a document as it is compared.
fn compared(document_number: &str) -> String {
    document_number
        .nfkc()
        .filter(|character| character.is_alphanumeric() && !matches!(character, '第' | '号'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_under_many_spellings_is_one() {
        for spelling in [
            "大住建罚〔2026〕88号",
            "大住建罚[2026]88号",
            "大住建罚【2026】88号",
            "大住建罚〔２０２６〕８８号",
            "大住建罚〔2026〕 88 号",
            "大住建罚〔2026〕88号\u{3000}",
            "大住建罚〔2026〕第88号",
            "大住建罚(2026)88",
        ] {
            assert_eq!(compared(spelling), "大住建罚202688", "{spelling}");
        }
        for other in ["大住建罚〔2026〕89号", "中住建罚〔2026〕88号", "大住建罚〔2026〕88号之一"]
        {
            assert_ne!(compared(other), "大住建罚202688", "{other}");
        }
    }

    #[test]
    fn a_number_without_anything_to_compare_is_none() {
        for nothing in ["〔〕第号", "——", " "] {
            let refused = decision(Some("F"), None, None, "P301", nothing).unwrap_err();
            assert_eq!(refused.to_string(), "invalid: no_number", "{nothing}");
        }
    }

    #[test]
    fn subject_category_and_number_tell_decisions_apart() {
        let of = |project, manager, category| decision(Some("F"), project, manager, category, "1").unwrap();
        let of_none = decision(None, Some("a"), None, "P301", "1").unwrap();
        let all = [
            of(None, None, "P301"),
            of(Some("a"), None, "P301"),
            of(None, Some("a"), "P301"),
            of(Some("a"), Some("a"), "P301"),
            of(Some("b"), None, "P301"),
            of(None, None, "P304"),
            of_none,
        ];
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
