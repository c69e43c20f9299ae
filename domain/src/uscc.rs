//! The unified social credit code (统一社会信用代码), which identifies a firm everywhere.
//!
//! GB 32100-2015: 18 characters of [`ALPHABET`] (no I O S V Z); positions 3–8 are the division code
//! of the registering authority, six digits; the last character is a check over the first 17, with
//! the weights 3^(i−1) mod 31.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::text::{Text, rule_message};
use crate::typed;

/// The 31 characters of a code; a character's place is its value in the check.
pub const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Characters of a whole code.
pub const LENGTH: usize = 18;

/// 3^(i−1) mod 31 for the positions 1–17.
const WEIGHTS: [u32; LENGTH - 1] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

// It compares, sorts and hashes as its text.
/// A unified social credit code: 18 characters of the alphabet, upper case, without separators. The
/// check character holds unless an official overrode it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, min_length = 18, max_length = 18, pattern = "^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$", example = "91210200241281392F")]
pub struct Uscc([u8; LENGTH]);

/// Why a text is not a code. When several apply, the first in this order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UsccFault {
    /// Not 18 characters, once spaces and hyphens are taken out.
    #[error("a unified social credit code has 18 characters")]
    Length,
    /// A character outside [`ALPHABET`].
    #[error("a unified social credit code has digits and capital letters other than I, O, S, V and Z")]
    Alphabet,
    /// Positions 3–8 are not all digits.
    #[error("positions 3 to 8 of a unified social credit code are digits")]
    Division,
    /// The last character does not agree with the others. The only fault that an official may
    /// override.
    #[error("the check character of the unified social credit code is wrong")]
    Check,
}

impl UsccFault {
    /// The fault's name in an error's `code`.
    pub fn code(self) -> &'static str {
        match self {
            UsccFault::Length => "uscc_length",
            UsccFault::Alphabet => "uscc_alphabet",
            UsccFault::Division => "uscc_division",
            UsccFault::Check => "uscc_check",
        }
    }

    /// The fault in words for people.
    pub fn text(self) -> Text {
        match self {
            UsccFault::Length => Text::new("统一社会信用代码应为18位", self.to_string()),
            UsccFault::Alphabet => {
                Text::new("统一社会信用代码只含数字和除 I、O、S、V、Z 以外的大写字母", self.to_string())
            }
            UsccFault::Division => Text::new("统一社会信用代码第3至8位应为数字", self.to_string()),
            UsccFault::Check => Text::new("统一社会信用代码校验位有误", self.to_string()),
        }
    }
}

impl Uscc {
    /// Reads a code that must hold in every respect, after normalisation: lower case, spaces,
    /// hyphens, full-width forms and what nobody sees are accepted ([`typed::code`]).
    ///
    /// # Errors
    /// The first [`UsccFault`] found.
    pub fn parse(text: &str) -> Result<Uscc, UsccFault> {
        let code = Uscc::parse_overriding_check(text)?;
        if code.check_holds() { Ok(code) } else { Err(UsccFault::Check) }
    }

    /// Reads a code whose failing check character an official overrides with a reason. "A wrong
    /// alphabet or length never", nor a division that is not digits.
    ///
    /// # Errors
    /// Every [`UsccFault`] but [`UsccFault::Check`].
    pub fn parse_overriding_check(text: &str) -> Result<Uscc, UsccFault> {
        let code = Uscc::parse_known(text)?;
        if code.division_code().bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(code)
        } else {
            Err(UsccFault::Division)
        }
    }

    /// Reads a code by which a firm is looked up (a URL, a stored row): one with an overridden
    /// check must be found too, so only length and alphabet are asked for.
    ///
    /// # Errors
    /// [`UsccFault::Length`] and [`UsccFault::Alphabet`].
    pub fn parse_known(text: &str) -> Result<Uscc, UsccFault> {
        let mut code = [0_u8; LENGTH];
        // Nobody separates its characters by so much; a longer text is not looked at.
        if text.len() > 400 {
            return Err(UsccFault::Length);
        }
        let plain = typed::code(text);
        let mut characters = plain.chars().filter(|character| *character != '-');
        let mut in_alphabet = true;
        for place in &mut code {
            let character = characters.next().ok_or(UsccFault::Length)?;
            *place =
                u8::try_from(character).ok().filter(|byte| ALPHABET.contains(byte)).unwrap_or_else(|| {
                    in_alphabet = false;
                    b'0'
                });
        }
        if characters.next().is_some() {
            return Err(UsccFault::Length);
        }
        if in_alphabet { Ok(Uscc(code)) } else { Err(UsccFault::Alphabet) }
    }

    /// Completes the first 17 characters with their check character: how demo codes are made.
    ///
    /// # Errors
    /// Every [`UsccFault`] but [`UsccFault::Check`].
    pub fn with_check(first17: &str) -> Result<Uscc, UsccFault> {
        let mut code = Uscc::parse_overriding_check(&format!("{first17}0"))?;
        let check = code.expected_check();
        if let Some(last) = code.0.last_mut() {
            *last = check;
        }
        Ok(code)
    }

    /// The code's text.
    pub fn as_str(&self) -> &str {
        // ASCII by construction, so the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Positions 3–8: the division code of the authority that registered the firm.
    pub fn division_code(&self) -> &str {
        self.as_str().get(2..8).unwrap_or_default()
    }

    /// Whether the check character agrees with the others: `false` only for an overridden code.
    pub fn check_holds(&self) -> bool {
        self.0.last() == Some(&self.expected_check())
    }

    /// "Check character = alphabet[(31 − Σ value·weight mod 31) mod 31]."
    fn expected_check(&self) -> u8 {
        let sum: usize =
            self.0.iter().zip(WEIGHTS).map(|(byte, weight)| value(*byte) * weight as usize).sum();
        ALPHABET.get((31 - sum % 31) % 31).copied().unwrap_or_default()
    }
}

/// A character's value in the check: its place in the alphabet.
fn value(byte: u8) -> usize {
    ALPHABET.iter().position(|candidate| *candidate == byte).unwrap_or_default()
}

impl fmt::Display for Uscc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Uscc({})", self.as_str())
    }
}

impl FromStr for Uscc {
    type Err = UsccFault;

    fn from_str(text: &str) -> Result<Uscc, UsccFault> {
        Uscc::parse(text)
    }
}

impl AsRef<str> for Uscc {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Serialize for Uscc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Strict, as [`Uscc::parse`]: where an override is possible the field is a `String` and the use
/// case decides.
impl<'de> Deserialize<'de> for Uscc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Uscc, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Uscc::parse(&text)
            .map_err(|fault| serde::de::Error::custom(rule_message(fault.code(), &fault.text())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_codes_hold() {
        for text in ["91210200241281392F", "91210200716996405L", "91110108551385082Q"] {
            let code = Uscc::parse(text).unwrap();
            assert_eq!(code.as_str(), text);
            assert!(code.check_holds());
        }
        assert_eq!(Uscc::parse("91210200241281392F").unwrap().division_code(), "210200");
    }

    #[test]
    fn a_failing_check_is_overridden_and_nothing_else_is() {
        let failing = "91310115MA1H8R7C6D";
        assert_eq!(Uscc::parse(failing), Err(UsccFault::Check));
        assert_eq!(Uscc::parse_overriding_check(failing).unwrap().as_str(), failing);
        assert!(!Uscc::parse_known(failing).unwrap().check_holds());

        assert_eq!(Uscc::parse_overriding_check("91210200241281392"), Err(UsccFault::Length));
        assert_eq!(Uscc::parse_overriding_check("91210200241281392FF"), Err(UsccFault::Length));
        assert_eq!(Uscc::parse_overriding_check(""), Err(UsccFault::Length));
        for letter in ["I", "O", "S", "V", "Z", "物", "\u{0}", "ı", "."] {
            let text = format!("9121020024128139{letter}F");
            assert_eq!(Uscc::parse_overriding_check(&text), Err(UsccFault::Alphabet), "{letter}");
        }
        assert_eq!(Uscc::parse_overriding_check("912102A0241281392F"), Err(UsccFault::Division));
    }

    #[test]
    fn input_is_normalised() {
        for text in [
            " 91210200241281392f ",
            "9121 0200 2412 8139 2F",
            "91-210200-241281392-F",
            "９１２１０２００２４１２８１３９２ｆ",
            "91210200－241281392　F",
            "\u{feff}91210200\u{200b}241281392F\u{202c}",
            "91210200—241281392‑F",
        ] {
            assert_eq!(Uscc::parse(text).unwrap().as_str(), "91210200241281392F", "{text}");
        }
    }

    #[test]
    fn a_demo_code_gets_its_check_character() {
        let code = Uscc::with_check("91219900MA0000001").unwrap();
        assert_eq!(Uscc::parse(code.as_str()), Ok(code));
        assert_eq!(code.division_code(), "219900");
        assert_eq!(Uscc::with_check("9121020024128139"), Err(UsccFault::Length));
    }

    #[test]
    fn json_is_a_string_and_read_strictly() {
        let code = Uscc::parse("91210200241281392F").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"91210200241281392F\"");
        assert_eq!(serde_json::from_str::<Uscc>("\"91210200 241281392f\"").unwrap(), code);
        assert!(serde_json::from_str::<Uscc>("\"91310115MA1H8R7C6D\"").is_err());
    }

    proptest! {
        #[test]
        fn every_completed_code_parses_and_no_single_slip_does(
            head in "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}",
            place in 0_usize..18,
            other in proptest::sample::select(ALPHABET.to_vec()),
        ) {
            let code = Uscc::with_check(&head).unwrap();
            prop_assert_eq!(Uscc::parse(code.as_str()), Ok(code));
            let mut slip = code.as_str().as_bytes().to_vec();
            prop_assume!(slip[place] != other);
            slip[place] = other;
            prop_assert!(Uscc::parse(std::str::from_utf8(&slip).unwrap()).is_err());
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            if let Ok(code) = Uscc::parse_known(&text) {
                prop_assert_eq!(Uscc::parse_known(code.as_str()), Ok(code));
            }
        }
    }
}
