//! The words for what is wrong with a field.

use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;

use super::tree;

/// Checks the rules that a type states about itself.
///
/// # Errors
/// [`Refusal::Invalid`] with every field that is wrong.
pub(crate) fn check(value: &impl Validate) -> Result<(), Refusal> {
    let Err(errors) = value.validate() else { return Ok(()) };
    let mut faults = Vec::new();
    collect(&errors, "", &mut faults);
    faults.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    Err(Refusal::Invalid(faults))
}

fn collect(errors: &ValidationErrors, above: &str, faults: &mut Vec<FieldFault>) {
    for (field, kind) in errors.errors() {
        let pointer = format!("{above}/{field}");
        match kind {
            ValidationErrorsKind::Field(all) => {
                // Of a text in which nothing is seen the length says no more.
                let blank = all.iter().find(|error| error.code == "blank");
                let told = blank.map_or(all.as_slice(), std::slice::from_ref);
                faults.extend(told.iter().map(|error| fault(&pointer, error)));
            }
            ValidationErrorsKind::Struct(inner) => collect(inner, &pointer, faults),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{pointer}/{index}"), faults);
                }
            }
        }
    }
}

fn fault(pointer: &str, error: &ValidationError) -> FieldFault {
    let bound = |name: &str| error.params.get(name).map(ToString::to_string);
    match (error.code.as_ref(), bound("min"), bound("max")) {
        ("range", Some(min), Some(max)) => FieldFault::new(
            pointer,
            "out_of_range",
            Text::new(format!("应在{min}到{max}之间"), format!("must be between {min} and {max}")),
        ),
        ("range", Some(min), None) => FieldFault::new(
            pointer,
            "out_of_range",
            Text::new(format!("不得小于{min}"), format!("must be at least {min}")),
        ),
        ("range", _, Some(max)) => FieldFault::new(
            pointer,
            "out_of_range",
            Text::new(format!("不得大于{max}"), format!("must be at most {max}")),
        ),
        ("length", min, max) => {
            let (min, max) = (min.unwrap_or_else(|| "0".to_owned()), max.unwrap_or_else(|| "∞".to_owned()));
            FieldFault::new(
                pointer,
                "length",
                Text::new(format!("长度应为{min}到{max}"), format!("must have a length of {min} to {max}")),
            )
        }
        _ => {
            error.message.as_deref().and_then(|message| rule_fault(pointer, message)).unwrap_or_else(|| {
                FieldFault::new(pointer, "invalid", Text::new("不符合规则", "breaks a rule"))
            })
        }
    }
}

/// A fault whose code and texts a value type or a validator passed through a library's plain
/// message: `code|中文|English`.
fn rule_fault(pointer: &str, message: &str) -> Option<FieldFault> {
    let mut parts = message.splitn(3, '|');
    let (code, zh, en) = (parts.next()?, parts.next()?, parts.next()?);
    let code = KNOWN_CODES.iter().find(|known| **known == code).copied().unwrap_or("invalid");
    Some(FieldFault::new(pointer, code, Text::new(zh.to_owned(), strip_position(en).to_owned())))
}

/// The codes that value types pass through messages; others become `invalid`.
const KNOWN_CODES: &[&str] = &[
    "uscc_length",
    "uscc_alphabet",
    "uscc_division",
    "uscc_check",
    "length",
    "month",
    "period",
    "day",
    "stars",
    "phone",
    "place_code",
    "control_character",
    "blank",
    "decimal",
    "out_of_range",
    "uuid",
    "comment_empty",
    "comment_too_long",
    "comment_control_character",
    "staff_number",
];

/// A fault of a field, and whether it is a rule's (422) or a reader's (400).
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) fault: FieldFault,
    pub(super) is_rule: bool,
}

/// The fault of a field that serde could not read.
pub(super) fn data_fault(path: &str, message: &str) -> Fault {
    let message = strip_position(message);
    let named = tree::told(message.split('`').nth(1).unwrap_or_default());
    let below = || format!("{}/{named}", path.trim_end_matches(&format!("/{named}")));
    let (fault, is_rule) = if message.starts_with("unknown field") {
        let text = Text::new(format!("不支持字段 {named}"), format!("there is no field {named}"));
        (FieldFault::new(below(), "unknown_field", asking(text, &named, message)), false)
    } else if message.starts_with("duplicate field") {
        let text = Text::new(format!("字段 {named} 出现了两次"), format!("the field {named} stands twice"));
        (FieldFault::new(below(), "duplicate_field", text), false)
    } else if message.starts_with("missing field") {
        let text = Text::new(format!("缺少字段 {named}"), format!("the field {named} is required"));
        (FieldFault::new(below(), "required", text), true)
    } else if message.starts_with("invalid type") {
        let text = Text::new("类型不对".to_owned(), message.to_owned());
        (FieldFault::new(path, "wrong_type", text), false)
    } else if message.starts_with("unknown variant") {
        let options = options(message);
        let text = Text::new(
            format!("应为 {} 之一", options.join("、")),
            format!("must be one of {}", options.join(", ")),
        );
        (FieldFault::new(path, "unknown_value", text), true)
    } else {
        let fault = rule_fault(path, message).unwrap_or_else(|| {
            FieldFault::new(path, "invalid", Text::new("值不符合规则".to_owned(), message.to_owned()))
        });
        (fault, true)
    };
    Fault { fault, is_rule }
}

/// The fault of a parameter of a query that serde could not read.
pub(super) fn parameter_fault(name: &str, message: &str) -> FieldFault {
    let Fault { fault, .. } = data_fault(&format!("/{name}"), message);
    let pointer = fault.pointer.trim_start_matches('/').to_owned();
    let detail = match fault.code {
        "unknown_field" => {
            let text = Text::new(format!("不支持参数 {pointer}"), format!("there is no parameter {pointer}"));
            asking(text, &pointer, message)
        }
        _ => fault.detail,
    };
    FieldFault { pointer, detail, ..fault }
}

/// What is said of an unknown name, with the known one that was probably meant.
fn asking(text: Text, named: &str, message: &str) -> Text {
    match nearest(named, quoted(message)) {
        Some(known) => Text::new(
            format!("{}；是否应为 {known}？", text.zh),
            format!("{}; did you mean `{known}`?", text.en),
        ),
        None => text,
    }
}

/// The known name that a mistyped one was probably meant to be: at most a third of its letters are
/// others, missing, too many or exchanged with their neighbours, and not all that was typed. Of
/// equally near ones the first.
fn nearest<'a>(named: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let named = named.to_lowercase();
    let far = |known: &str| strsim::osa_distance(&named, known);
    let is_near =
        |known: &&str| far(known) <= known.chars().count().div_ceil(3) && far(known) < named.chars().count();
    known.filter(is_near).min_by_key(|known| far(known))
}

/// The words that a closed list has, of serde's message that a word is none of them.
pub(super) fn options(message: &str) -> Vec<String> {
    if !message.starts_with("unknown variant") {
        return Vec::new();
    }
    quoted(message).map(str::to_owned).collect()
}

/// What serde's message that a name is unknown says of the known ones: what is quoted after it.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(3).step_by(2)
}

/// serde_json ends its messages with where it stood; the pointer says that better.
fn strip_position(message: &str) -> &str {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_name_that_is_nearest_is_asked_for() {
        let known = ["place", "q", "as_of", "limit", "cursor", "count", "sort"];
        for (named, expected) in [
            ("plaec", Some("place")),
            ("places", Some("place")),
            ("Place", Some("place")),
            ("asof", Some("as_of")),
            ("limits", Some("limit")),
            ("cuont", Some("count")),
            ("counter", Some("count")),
            ("p", None),
            ("region", None),
            ("", None),
            ("district", None),
        ] {
            assert_eq!(nearest(named, known.into_iter()), expected, "{named}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest_known_one() {
        let fault = parameter_fault("", "unknown field `plaec`, expected one of `q`, `place`, `limit`");
        assert_eq!((fault.pointer.as_str(), fault.code), ("plaec", "unknown_field"));
        assert_eq!(fault.detail.zh, "不支持参数 plaec；是否应为 place？");
        assert_eq!(fault.detail.en, "there is no parameter plaec; did you mean `place`?");
        let fault = parameter_fault("", "unknown field `x`, there are no fields");
        assert_eq!(fault.detail.zh, "不支持参数 x");
        let fault = data_fault("/homes/0", "unknown field `rom`, expected `room` or `unit`").fault;
        assert_eq!((fault.pointer.as_str(), fault.code), ("/homes/0/rom", "unknown_field"));
        assert_eq!(fault.detail.en, "there is no field rom; did you mean `room`?");
    }
}
