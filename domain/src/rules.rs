//! Rules of single fields, for the commands that clients send: how a field is read, and what it
//! must hold. The faults are told by field, all at once.

use std::collections::BTreeSet;

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

/// The phones of a household's roster, each by itself or several in one text: at most 20.
pub fn few_phones<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Phone>, D::Error> {
    let phones: Vec<Phones> = Vec::deserialize(deserializer)?;
    let phones: Vec<Phone> = phones.into_iter().flat_map(|each| each.0).collect();
    if phones.len() <= MOST_ENTRIES {
        return Ok(phones);
    }
    let words = Text::new("每户最多20个手机号码", "a household has at most 20 phones");
    Err(serde::de::Error::custom(rule_message("length", &words)))
}

/// [`few_phones`] that may be left out.
pub fn few_phones_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Phone>>, D::Error> {
    #[derive(Deserialize)]
    struct Few(#[serde(deserialize_with = "few_phones")] Vec<Phone>);
    Ok(Option::<Few>::deserialize(deserializer)?.map(|few| few.0))
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

/// The code of a firm that is in the register, however it was typed.
#[derive(Deserialize)]
struct KnownUscc(#[serde(deserialize_with = "known_uscc")] String);

/// The code of a firm that is in the register, as the register writes it.
pub fn known_uscc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Uscc::parse_known(&String::deserialize(deserializer)?)
        .map(|code| code.to_string())
        .map_err(|fault| serde::de::Error::custom(rule_message(fault.code(), &fault.text())))
}

/// [`known_uscc`] that may be left out.
pub fn known_uscc_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<KnownUscc>::deserialize(deserializer)?.map(|code| code.0))
}

/// [`known_uscc`] that may be null or left out.
pub fn nullable_uscc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    known_uscc_if_any(deserializer).map(Some)
}

/// At most 20 of [`known_uscc`], each once, that may be left out.
pub fn few_usccs_if_any<'de, D>(deserializer: D) -> Result<Option<Vec<String>>, D::Error>
where
    D: Deserializer<'de>,
{
    let Some(codes) = few_if_any::<KnownUscc, D>(deserializer)? else { return Ok(None) };
    let mut seen = BTreeSet::new();
    Ok(Some(codes.into_iter().map(|code| code.0).filter(|code| seen.insert(code.clone())).collect()))
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

/// A validator's error that carries its own words.
pub fn rule(code: &'static str, zh: &str, en: &str) -> ValidationError {
    ValidationError::new(code).with_message(format!("{code}|{zh}|{en}").into())
}
