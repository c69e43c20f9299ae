//! Mobile phone numbers of the mainland, by which residents sign in.

use std::fmt;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::text::{Text, rule_message};
use crate::typed;

// It never prints itself whole, so that it cannot reach a log by accident.
/// A mainland mobile number: eleven digits, `1` and then `3`–`9`.
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
    /// Reads a number as people write it and as their contacts copy it: with `tel:`, `+86`, in
    /// brackets or not, spaces, hyphens, dots, full-width digits and marks that nobody sees.
    ///
    /// # Errors
    /// [`NotAPhone`]
    pub fn parse(text: &str) -> Result<Phone, NotAPhone> {
        // No writing of eleven digits needs more; a longer text is not looked at.
        if text.len() > 200 {
            return Err(NotAPhone);
        }
        let code = typed::code(text);
        let number = ["TEL:", "电话:", "手机:"].iter().find_map(|word| code.strip_prefix(word));
        let plain = number.unwrap_or(&code).replace(['-', '.', '·', '(', ')'], "");
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

    /// The numbers of a text in which they are listed, each as it was written: separated by `、`,
    /// `,`, `;`, `/`, `|` or a line break, full width or not. White space alone separates none: it
    /// stands within a number too.
    pub fn listed(text: &str) -> impl Iterator<Item = &str> {
        text.split(['、', ',', '，', ';', '；', '/', '／', '|', '｜', '\n'])
            .filter(|each| !typed::code(each).is_empty())
    }

    /// Whether a text shows one, alone, in a list or among other characters: for places where it
    /// must not stand.
    pub fn is_in(text: &str) -> bool {
        let code = typed::code(text);
        let runs = code.split(|character: char| !character.is_ascii_digit());
        Phone::listed(text).chain(runs).any(|each| Phone::parse(each).is_ok())
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

impl fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Phone({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Phone, D::Error> {
        Phone::parse(&String::deserialize(deserializer)?).map_err(unread)
    }
}

/// One number or several in one text, where a list of them is taken ([`Phone::listed`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phones(pub Vec<Phone>);

impl<'de> Deserialize<'de> for Phones {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Phones, D::Error> {
        let text = String::deserialize(deserializer)?;
        let phones: Result<Vec<Phone>, NotAPhone> = Phone::listed(&text).map(Phone::parse).collect();
        match phones {
            Ok(phones) if phones.is_empty() => Err(unread(NotAPhone)),
            phones => phones.map(Phones).map_err(unread),
        }
    }
}

fn unread<E: serde::de::Error>(fault: NotAPhone) -> E {
    E::custom(rule_message("phone", &fault.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_a_text_and_not_in_a_longer_one() {
        for text in ["139 0000 0001", "张三13900000001", "１３９０００００００１号", "0411-1/139-0000-0001"]
        {
            assert!(Phone::is_in(text), "{text}");
        }
        for text in ["", "1号楼", "91210200241281392F", "912102001390000000", "139000000012", "2026-11-09"]
        {
            assert!(!Phone::is_in(text), "{text}");
        }
    }

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
            "\u{202d}13900000001\u{202c}",
            "(+86) 139 0000 0001",
            "（＋86）139-0000-0001",
            "139.0000.0001",
            "139\u{200b}0000\u{a0}0001",
            "tel:13900000001",
            "tel:+86-139-0000-0001",
            "电话：13900000001",
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
    fn several_numbers_stand_in_one_text() {
        let listed = |text| {
            let numbers: Result<Vec<Phone>, NotAPhone> = Phone::listed(text).map(Phone::parse).collect();
            numbers.map(|numbers| numbers.iter().map(|each| each.digits().to_owned()).collect::<Vec<_>>())
        };
        for text in [
            "13900000001、13900000002",
            "13900000001，139 0000 0002",
            "13900000001/13900000002;",
            " 13900000001 ； ；\u{200b};+86 139-0000-0002 ",
            "13900000001\n13900000002",
        ] {
            assert_eq!(listed(text), Ok(vec!["13900000001".to_owned(), "13900000002".to_owned()]), "{text}");
        }
        assert_eq!(listed(" 、"), Ok(Vec::new()));
        assert_eq!(listed("13900000001、1390"), Err(NotAPhone));
    }

    #[test]
    fn a_number_does_not_print_itself_whole() {
        let phone = Phone::parse("13912345678").unwrap();
        assert_eq!(phone.masked(), "139****5678");
        assert_eq!(format!("{phone:?}"), "Phone(139****5678)");
    }
}
