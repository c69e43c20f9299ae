//! Mobile phone numbers of the mainland, by which residents sign in.

use std::fmt;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::text::Text;

/// A mainland mobile number: eleven digits, `1` and then `3`–`9`. It never prints itself whole, so
/// that it cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq, Hash, ToSchema)]
#[schema(value_type = String, example = "13900000001")]
pub struct Phone(String);

/// A text that is not such a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a mainland mobile number of 11 digits")]
pub struct NotAPhone;

impl NotAPhone {
    /// The fault in words for people.
    pub fn text(self) -> Text {
        Text::new("应为11位手机号码", self.to_string())
    }
}

impl Phone {
    /// Reads a number as people write it: with `+86`, spaces, hyphens, full-width digits.
    ///
    /// # Errors
    /// [`NotAPhone`]
    pub fn parse(text: &str) -> Result<Phone, NotAPhone> {
        // No writing of eleven digits needs more; a longer text is not looked at.
        if text.len() > 100 {
            return Err(NotAPhone);
        }
        let plain: String = text.chars().filter_map(normalised).collect();
        let digits = plain.strip_prefix("+86").or_else(|| plain.strip_prefix("0086")).unwrap_or(&plain);
        let digits = match digits.strip_prefix("86") {
            Some(rest) if digits.len() == 13 => rest,
            _ => digits,
        };
        let mut bytes = digits.bytes();
        let is_mobile = digits.len() == 11
            && bytes.next() == Some(b'1')
            && matches!(bytes.next(), Some(b'3'..=b'9'))
            && bytes.all(|byte| byte.is_ascii_digit());
        if is_mobile { Ok(Phone(digits.to_owned())) } else { Err(NotAPhone) }
    }

    /// The eleven digits: for hashing, encrypting and the gateway, never for a log.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden, as its owner sees it: `139****0001`.
    pub fn masked(&self) -> String {
        let (head, tail) = (self.0.get(..3).unwrap_or_default(), self.0.get(7..).unwrap_or_default());
        format!("{head}****{tail}")
    }
}

/// Full-width forms become half-width; spaces and hyphens go.
fn normalised(character: char) -> Option<char> {
    let half_width = match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFF01 + 0x21).unwrap_or(character),
        other => other,
    };
    let is_hyphen = matches!(half_width, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}');
    (!half_width.is_whitespace() && !is_hyphen).then_some(half_width)
}

impl fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Phone({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Phone, D::Error> {
        let text = String::deserialize(deserializer)?;
        Phone::parse(&text).map_err(|fault| {
            let words = fault.text();
            serde::de::Error::custom(format!("phone|{}|{}", words.zh, words.en))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in [
            "13900000001",
            " 139 0000 0001 ",
            "139-0000-0001",
            "+8613900000001",
            "+86 139-0000-0001",
            "008613900000001",
            "8613900000001",
            "１３９０００００００１",
            "＋８６ １３９　００００　０００１",
        ] {
            assert_eq!(
                Phone::parse(text).map(|phone| phone.digits().to_owned()),
                Ok("13900000001".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for text in [
            "",
            "1390000000",
            "139000000011",
            "12900000001",
            "23900000001",
            "1390000000a",
            "+85213900000001",
            "041139000000",
            "+86+8613900000001",
            "١٣٩٠٠٠٠٠٠٠١",
        ] {
            assert_eq!(Phone::parse(text), Err(NotAPhone), "{text}");
        }
        assert!(Phone::parse(&"1".repeat(10_000)).is_err());
    }

    #[test]
    fn a_number_does_not_print_itself_whole() {
        let phone = Phone::parse("13912345678").unwrap();
        assert_eq!(phone.masked(), "139****5678");
        assert_eq!(format!("{phone:?}"), "Phone(139****5678)");
    }
}
