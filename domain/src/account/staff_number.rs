//! Staff numbers: who has the same one is one person, however it is written.

use validator::ValidationError;

use crate::rules::rule;
use crate::typed;

/// A number as it is read: letters, digits and hyphens of ASCII, and no others that look like them.
///
/// # Errors
/// `staff_number`
pub fn check_staff_number(number: &str) -> Result<(), ValidationError> {
    let is_plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_plain && number.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(rule(
        "staff_number",
        "工号只能含英文字母、数字和连字符",
        "a staff number has letters A to Z, digits and hyphens",
    ))
}

/// What is compared of a number: without hyphens, and without zeros that lead a run of digits.
pub fn same_staff_number(number: &str) -> String {
    let mut compared = String::with_capacity(number.len());
    let mut before = None;
    for character in typed::code(number).chars() {
        let leads = !before.is_some_and(|before: char| before.is_ascii_digit());
        if character != '-' && !(character == '0' && leads) {
            compared.push(character);
        }
        before = Some(character).filter(|character| *character != '0' || !leads);
    }
    compared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_one_person_however_it_is_written() {
        for same in ["D4", "D-4", "D04", "d-04", "D-0-4", "D0004", "Ｄ４", "-D4-", "D-00-04"] {
            assert_eq!(same_staff_number(same), "D4", "{same}");
        }
        for (number, compared) in [("D40", "D40"), ("D-10-05", "D105"), ("DL-0731", "DL731"), ("7", "7")] {
            assert_eq!(same_staff_number(number), compared);
        }
        assert_ne!(same_staff_number("D40"), same_staff_number("D4"));
    }

    #[test]
    fn what_only_looks_like_a_letter_or_is_punctuation_is_refused() {
        for good in ["D4", "DL-0731", "007"] {
            assert!(check_staff_number(good).is_ok(), "{good}");
        }
        for bad in ["D4.", "D\u{41e}4", "Dа4", "D_4", "D/4", "-", "", "工4"] {
            assert_eq!(check_staff_number(bad).unwrap_err().code, "staff_number", "{bad}");
        }
    }
}
