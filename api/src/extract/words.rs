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
pub(crate) fn rule_fault(pointer: &str, message: &str) -> Option<FieldFault> {
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
        let text = Text::new(format!("没有名为 {named} 的字段"), format!("there is no field {named}"));
        (FieldFault::new(below(), "unknown_field", text), false)
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

/// The words that a closed list has, of serde's message that a word is none of them: what is quoted
/// after the unknown one are the known ones.
pub(super) fn options(message: &str) -> Vec<String> {
    if !message.starts_with("unknown variant") {
        return Vec::new();
    }
    message.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// serde_json ends its messages with where it stood; the pointer says that better.
fn strip_position(message: &str) -> &str {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message)
}
