//! Decimals with at most three decimals, exact from the JSON number to the column.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::text::Text;

/// A number with at most three decimals, between −10¹² and 10¹².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, ToSchema)]
#[schema(value_type = f64, example = 85.125)]
pub struct Thousandths(i64);

/// The largest number, in thousandths.
const LARGEST: i64 = 1_000_000_000_000_000;

/// A text or number that is no [`Thousandths`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ThousandthsFault {
    /// Not a number, or one with more than three decimals.
    #[error("must be a number with at most 3 decimals")]
    Decimals,
    /// Too large.
    #[error("is too large")]
    TooLarge,
}

impl ThousandthsFault {
    /// The fault's name in an error's `code`.
    pub fn code(self) -> &'static str {
        match self {
            ThousandthsFault::Decimals => "decimal",
            ThousandthsFault::TooLarge => "out_of_range",
        }
    }

    /// The fault in words for people.
    pub fn text(self) -> Text {
        match self {
            ThousandthsFault::Decimals => Text::new("应为最多三位小数的数字", self.to_string()),
            ThousandthsFault::TooLarge => Text::new("数值太大", self.to_string()),
        }
    }

    fn message(self) -> String {
        let text = self.text();
        format!("{}|{}|{}", self.code(), text.zh, text.en)
    }
}

impl Thousandths {
    /// From what a column holds.
    pub fn from_stored(thousandths: i64) -> Thousandths {
        Thousandths(thousandths)
    }

    /// What a column holds.
    pub fn stored(self) -> i64 {
        self.0
    }

    /// The number.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.0, 3).normalize()
    }

    /// A whole number.
    pub const fn whole(number: i32) -> Thousandths {
        Thousandths(number as i64 * 1000)
    }
}

impl TryFrom<Decimal> for Thousandths {
    type Error = ThousandthsFault;

    fn try_from(number: Decimal) -> Result<Thousandths, ThousandthsFault> {
        let number = number.normalize();
        if number.scale() > 3 {
            return Err(ThousandthsFault::Decimals);
        }
        let times = number.checked_mul(Decimal::from(1000)).ok_or(ThousandthsFault::TooLarge)?;
        i64::try_from(times)
            .ok()
            .filter(|thousandths| thousandths.abs() <= LARGEST)
            .map(Thousandths)
            .ok_or(ThousandthsFault::TooLarge)
    }
}

impl FromStr for Thousandths {
    type Err = ThousandthsFault;

    /// Reads a plain decimal such as `85.125`: digits, one point, a minus sign.
    fn from_str(text: &str) -> Result<Thousandths, ThousandthsFault> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        if !plain {
            return Err(ThousandthsFault::Decimals);
        }
        match Decimal::from_str_exact(text) {
            Ok(number) => Thousandths::try_from(number),
            Err(rust_decimal::Error::ExceedsMaximumPossibleValue) => Err(ThousandthsFault::TooLarge),
            Err(_) => Err(ThousandthsFault::Decimals),
        }
    }
}

impl fmt::Display for Thousandths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.decimal())
    }
}

impl Serialize for Thousandths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::evaluation::serialize_decimal(&self.decimal(), serializer)
    }
}

impl<'de> Deserialize<'de> for Thousandths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Thousandths, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Thousandths;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number with at most 3 decimals")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Thousandths, E> {
                Thousandths::try_from(Decimal::from(number)).map_err(|fault| E::custom(fault.message()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Thousandths, E> {
                Thousandths::try_from(Decimal::from(number)).map_err(|fault| E::custom(fault.message()))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Thousandths, E> {
                // The shortest text of the double is the decimal that was written, up to 15 digits.
                if number.abs() > 1e15 {
                    return Err(E::custom(ThousandthsFault::TooLarge.message()));
                }
                number.to_string().parse().map_err(|fault: ThousandthsFault| E::custom(fault.message()))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_are_kept_exactly() {
        for (json, stored) in [
            ("85.125", 85_125),
            ("0.1", 100),
            ("100", 100_000),
            ("99.999", 99_999),
            ("-3.5", -3_500),
            ("85.1000", 85_100),
            ("0", 0),
        ] {
            assert_eq!(serde_json::from_str::<Thousandths>(json).unwrap().stored(), stored, "{json}");
        }
        assert_eq!(serde_json::to_string(&Thousandths(81_875)).unwrap(), "81.875");
        assert_eq!(serde_json::to_string(&Thousandths(90_000)).unwrap(), "90");
    }

    #[test]
    fn more_decimals_and_larger_numbers_are_refused() {
        for (text, fault) in [
            ("85.1255", ThousandthsFault::Decimals),
            ("0.0001", ThousandthsFault::Decimals),
            ("", ThousandthsFault::Decimals),
            ("1e3", ThousandthsFault::Decimals),
            ("8_5", ThousandthsFault::Decimals),
            ("1000000000001", ThousandthsFault::TooLarge),
        ] {
            assert_eq!(text.parse::<Thousandths>(), Err(fault), "{text}");
        }
        for json in ["85.1255", "1e16", "10000000000000", "\"85\"", "true"] {
            assert!(serde_json::from_str::<Thousandths>(json).is_err(), "{json}");
        }
    }
}
