//! Small rules of single fields, shared by the bodies that need them.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use validator::ValidationError;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

/// A text for people on one line: not blank, no control characters.
///
/// # Errors
/// `blank`, `control_character`
pub fn plain_text(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() {
        return Err(rule("blank", "不能为空", "must not be blank"));
    }
    if text.chars().any(|character| character.is_control() || is_direction_override(character)) {
        return Err(rule("control_character", "不能含控制字符", "must not hold control characters"));
    }
    Ok(())
}

/// Texts for people, each of at most 100 characters.
///
/// # Errors
/// Those of [`plain_text`], and `length`.
#[expect(clippy::ptr_arg, reason = "the validator's derive passes the field's own type")]
pub fn plain_texts(texts: &Vec<String>) -> Result<(), ValidationError> {
    for text in texts {
        plain_text(text)?;
        if text.chars().count() > 100 {
            return Err(rule("out_of_range", "每项最多100个字符", "each must have at most 100 characters"));
        }
    }
    Ok(())
}

/// A text for people that may have several lines.
///
/// # Errors
/// `blank`, `control_character`
pub fn long_text(text: &str) -> Result<(), ValidationError> {
    plain_text(&text.replace(['\n', '\r', '\t'], " "))
}

/// A day, `YYYY-MM-DD`.
///
/// # Errors
/// `day`
pub fn day(text: &str) -> Result<(), ValidationError> {
    parse_day(text)
        .map(|_| ())
        .ok_or_else(|| rule("day", "应为 YYYY-MM-DD 形式的日期", "must be a day such as 2026-11-21"))
}

/// A day of the field at `pointer`.
///
/// # Errors
/// [`Refusal::Invalid`]
pub fn require_day(pointer: &str, text: &str) -> Result<NaiveDate, Refusal> {
    parse_day(text).ok_or_else(|| {
        Refusal::invalid(
            pointer,
            "day",
            Text::new("应为 YYYY-MM-DD 形式的日期", "must be a day such as 2026-11-21"),
        )
    })
}

/// A name of at most 100 characters in the field at `pointer`, for fields that may also be null.
///
/// # Errors
/// [`Refusal::Invalid`]
pub fn require_name(pointer: &str, name: &str) -> Result<(), Refusal> {
    if let Err(error) = plain_text(name) {
        let fault = error.message.as_deref().and_then(|message| crate::extract::rule_fault(pointer, message));
        return Err(fault.map_or_else(
            || Refusal::invalid(pointer, "invalid", Text::new("不符合规则", "breaks a rule")),
            |fault| Refusal::Invalid(vec![fault]),
        ));
    }
    if name.chars().count() > 100 {
        let text = Text::new("最多100个字符", "must have at most 100 characters");
        return Err(Refusal::invalid(pointer, "length", text));
    }
    Ok(())
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // chrono also takes 2026-1-2 and years of any length.
    (day.format("%Y-%m-%d").to_string() == text && text.len() == 10).then_some(day)
}

/// Tells a field that is null (`Some(None)`) from one that is left out (`None`).
///
/// # Errors
/// Those of the field's type.
pub fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

fn is_direction_override(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A validator's error that carries its own words.
pub(crate) fn rule(code: &'static str, zh: &str, en: &str) -> ValidationError {
    ValidationError::new(code).with_message(format!("{code}|{zh}|{en}").into())
}
