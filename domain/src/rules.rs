//! Rules of single fields, for the commands that clients send: how a field is read, and what it
//! must hold. The faults are told by field, all at once.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use validator::ValidationError;

use crate::phone::{Phone, Phones};
use crate::refusal::Refusal;
use crate::text::{Text, rule_message};
use crate::typed::{self, Naming, TextFault};
use crate::uscc::Uscc;

/// A text for people on one line: something is seen in it, and nothing in it is unseen.
///
/// # Errors
/// `blank`, `control_character`
pub fn plain_text(text: &str) -> Result<(), ValidationError> {
    typed::check_line(text).map_err(unshown)
}

fn unshown(fault: TextFault) -> ValidationError {
    ValidationError::new(fault.code()).with_message(fault.message().into())
}

/// Texts for people, each of at most 100 characters.
///
/// # Errors
/// As [`plain_text`], and `length`.
pub fn plain_texts(texts: &Vec<String>) -> Result<(), ValidationError> {
    for text in texts {
        plain_text(text)?;
        if text.chars().count() > 100 {
            return Err(rule("out_of_range", "每项最多100个字符", "each must have at most 100 characters"));
        }
    }
    Ok(())
}

/// What a new name does with the one before it.
///
/// # Errors
/// A fault of `/correction` where no name is given.
pub fn naming(is_correction: bool, name: Option<&str>) -> Result<Naming, Refusal> {
    match (is_correction, name) {
        (true, None) => {
            let words = Text::new("仅在提供 name 时可用", "can only be said of a new `name`");
            Err(Refusal::invalid("/correction", "invalid", words))
        }
        (true, Some(_)) => Ok(Naming::Corrected),
        (false, _) => Ok(Naming::Renamed),
    }
}

/// References to evidence, each of at most 300 characters.
///
/// # Errors
/// As [`plain_text`], and `out_of_range`.
pub fn references(texts: &Vec<String>) -> Result<(), ValidationError> {
    for text in texts {
        plain_text(text)?;
        if text.chars().count() > 300 {
            return Err(rule("out_of_range", "每项最多300个字符", "each must have at most 300 characters"));
        }
    }
    Ok(())
}

/// A text for people that may have several lines.
///
/// # Errors
/// `blank`, `control_character`
pub fn long_text(text: &str) -> Result<(), ValidationError> {
    typed::check_lines(text).map_err(unshown)
}

/// A day, `YYYY-MM-DD`.
///
/// # Errors
/// `day`
pub fn day(text: &str) -> Result<(), ValidationError> {
    let Text { zh, en } = day_words();
    parse_day(text).map(|_| ()).ok_or_else(|| rule("day", &zh, &en))
}

/// A day of the field at `pointer`.
///
/// # Errors
/// [`Refusal::Invalid`]
pub fn require_day(pointer: &str, text: &str) -> Result<NaiveDate, Refusal> {
    parse_day(text).ok_or_else(|| Refusal::invalid(pointer, "day", day_words()))
}

/// A text for people on one line of the field at `pointer`, of at most `longest` characters.
///
/// # Errors
/// [`Refusal::Invalid`]
pub fn require_line(pointer: &str, text: &str, longest: usize) -> Result<(), Refusal> {
    if text.chars().count() > longest {
        let words =
            Text::new(format!("长度应为1到{longest}"), format!("must have a length of 1 to {longest}"));
        return Err(Refusal::invalid(pointer, "length", words));
    }
    typed::check_line(text).map_err(|fault| Refusal::invalid(pointer, fault.code(), fault.text()))
}

/// The code of a firm that is in the register, as a body names it: normalised.
///
/// # Errors
/// A fault of `/uscc`.
pub fn require_uscc(text: &str) -> Result<String, Refusal> {
    Uscc::parse_known(text)
        .map(|code| code.to_string())
        .map_err(|fault| Refusal::invalid("/uscc", fault.code(), fault.text()))
}

/// The phones of a household's roster: at most 20.
///
/// # Errors
/// A fault of `/phones`.
pub fn few_phones(phones: Vec<Phones>) -> Result<Vec<Phone>, Refusal> {
    let phones: Vec<Phone> = phones.into_iter().flat_map(|each| each.0).collect();
    if phones.len() <= 20 {
        return Ok(phones);
    }
    let words = Text::new("每户最多20个手机号码", "a household has at most 20 phones");
    Err(Refusal::invalid("/phones", "length", words))
}

/// The most entries of a list that are checked by themselves.
const MOST_ENTRIES: usize = 20;

/// A list of at most 20 entries that have rules of their own. It is counted while it is read:
/// beside `nested`, a `length` of the same field panics in `validator` where both are broken.
pub fn few<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let entries = Vec::deserialize(deserializer)?;
    if entries.len() <= MOST_ENTRIES {
        return Ok(entries);
    }
    let words = Text::new("最多20项", "must have at most 20 entries");
    Err(serde::de::Error::custom(rule_message("length", &words)))
}

/// [`few`] for a list that may be left out.
pub fn few_if_any<'de, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Few<T>(Vec<T>);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            few(deserializer).map(Few)
        }
    }
    Ok(Option::<Few<T>>::deserialize(deserializer)?.map(|few| few.0))
}

/// A day, `YYYY-MM-DD`.
pub fn read_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_day(&text).ok_or_else(|| serde::de::Error::custom(rule_message("day", &day_words())))
}

/// [`read_day`] that may be left out.
pub fn read_day_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    struct Day(NaiveDate);
    impl<'de> Deserialize<'de> for Day {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            read_day(deserializer).map(Day)
        }
    }
    Ok(Option::<Day>::deserialize(deserializer)?.map(|day| day.0))
}

/// [`read_day`] that may be null or left out.
pub fn read_nullable_day<'de, D>(deserializer: D) -> Result<Option<Option<NaiveDate>>, D::Error>
where
    D: Deserializer<'de>,
{
    read_day_if_any(deserializer).map(Some)
}

fn day_words() -> Text {
    Text::new("应为 YYYY-MM-DD 形式的日期", "must be a day such as 2026-11-21")
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // chrono also takes 2026-1-2 and years of any length.
    (day.format("%Y-%m-%d").to_string() == text && text.len() == 10).then_some(day)
}

/// Tells a field that is null (`Some(None)`) from one that is left out (`None`).
pub fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The code of a place or an estate as the register writes it, however it was typed.
pub fn typed_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| typed::code(&text))
}

/// [`typed_code`] that may be left out.
pub fn typed_code_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|text| typed::code(&text)))
}

/// [`typed_code`] that may be null or left out.
pub fn nullable_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    typed_code_if_any(deserializer).map(Some)
}

/// The code of a firm that is in the register, however it was typed: its check character is not
/// asked for.
pub fn known_uscc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uscc, D::Error> {
    let text = String::deserialize(deserializer)?;
    Uscc::parse_known(&text)
        .map_err(|fault| serde::de::Error::custom(rule_message(fault.code(), &fault.text())))
}

/// [`known_uscc`] that may be left out.
pub fn known_uscc_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uscc>, D::Error> {
    struct Known(Uscc);
    impl<'de> Deserialize<'de> for Known {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            known_uscc(deserializer).map(Known)
        }
    }
    Ok(Option::<Known>::deserialize(deserializer)?.map(|known| known.0))
}

/// A validator's error that carries its own words.
pub fn rule(code: &'static str, zh: &str, en: &str) -> ValidationError {
    ValidationError::new(code).with_message(format!("{code}|{zh}|{en}").into())
}
