//! Which decision a record stands for: "one decision counts once".
//!
//! Records are told apart by subject, category and document number, of which only letters,
//! ideographs and digits are compared, after NFKC, in lower case, with a round zero as 〇 and
//! traditional characters as simplified ones ([`typed::search`]), without 第 and 号.

use crate::refusal::Refusal;
use crate::text::Text;
use crate::typed;

/// The decision of a record with these fields, in one text that two records share when they may
/// repeat each other: the firm, or the project that has none, with category and number.
///
/// # Errors
/// [`Refusal::Invalid`] for a document's number in which nothing can be compared.
pub fn decision(
    uscc: Option<&str>,
    project: Option<&str>,
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
    let subject = uscc.or(project).unwrap_or_default();
    // Control characters are refused in every field: no part imitates two.
    Ok([subject, category, &number].join("\u{1f}"))
}

/// The project and the manager that a record names.
pub type Named<'a> = (Option<&'a str>, Option<&'a str>);

/// Whether two records of one [`decision`] repeat each other: unless both name a project, or both a
/// manager, and another. One document may concern several projects of a firm, each with a record of
/// its own; leaving a name out makes no other decision.
pub fn repeats((project, manager): Named<'_>, (other_project, other_manager): Named<'_>) -> bool {
    let differs = |one: Option<&str>, other: Option<&str>| one.is_some() && other.is_some() && one != other;
    !differs(project, other_project) && !differs(manager, other_manager)
}

/// The number of a document as it is compared.
fn compared(document_number: &str) -> String {
    typed::search(document_number).replace(['第', '号'], "")
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
            "大住建罰〔2026〕第\u{200b}88號",
        ] {
            assert_eq!(compared(spelling), "大住建罚202688", "{spelling}");
        }
        for other in ["大住建罚〔2026〕89号", "中住建罚〔2026〕88号", "大住建罚〔2026〕88号之一"]
        {
            assert_ne!(compared(other), "大住建罚202688", "{other}");
        }
        assert_eq!(compared("DL-Zf〔二○二六〕8号"), compared("dlzf〔二〇二六〕８号"));
        assert_ne!(compared("二〇二六"), compared("二二六"));
    }

    #[test]
    fn a_number_without_anything_to_compare_is_none() {
        for nothing in ["〔〕第号", "——", " "] {
            let refused = decision(Some("F"), None, "P301", nothing).unwrap_err();
            assert_eq!(refused.to_string(), "invalid: no_number", "{nothing}");
        }
    }

    #[test]
    fn subject_category_and_number_tell_decisions_apart() {
        let of = |uscc, project, category, number| decision(uscc, project, category, number).unwrap();
        let first = of(Some("F"), None, "P301", "1");
        assert_eq!(of(Some("F"), Some("a"), "P301", "1"), first);
        for other in [
            of(Some("G"), None, "P301", "1"),
            of(None, Some("a"), "P301", "1"),
            of(Some("F"), None, "P304", "1"),
            of(Some("F"), None, "P301", "2"),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn a_name_left_out_is_no_way_around() {
        let (none, a, b) = (None, Some("a"), Some("b"));
        for (one, other) in [((none, none), (a, none)), ((none, none), (a, b)), ((a, none), (none, b))] {
            assert!(repeats(one, other) && repeats(other, one), "{one:?} {other:?}");
        }
        assert!(repeats((a, b), (a, b)));
        for (one, other) in
            [((a, none), (b, none)), ((a, a), (b, a)), ((none, a), (none, b)), ((a, a), (a, b))]
        {
            assert!(!repeats(one, other) && !repeats(other, one), "{one:?} {other:?}");
        }
    }
}
