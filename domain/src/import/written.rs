//! Days and periods as clerks and spreadsheets write them. Only what can mean one thing is read: no
//! years of two digits, no day before the month.

use chrono::NaiveDate;

use crate::calendar::{Period, PeriodKind};
use crate::typed;

/// `2026-11-09`, `2026-11-9`, `2026/11/9`, `2026.11.9`, `2026年11月9日`, `20261109`, in full-width
/// digits too, and with the `0:00` that a spreadsheet puts behind a day.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let day = match text.rsplit_once(char::is_whitespace) {
        Some((day, time)) if is_midnight(time) => day,
        _ => text,
    };
    let code = typed::code(day);
    if code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(&code, "%Y%m%d").ok();
    }
    let (year, rest) = number(&code, 4, 4)?;
    let (first, rest) = character(rest)?;
    let (month, rest) = number(rest, 1, 2)?;
    let (second, rest) = character(rest)?;
    let (day, rest) = number(rest, 1, 2)?;
    let is_day = match (first, second) {
        ('-', '-') | ('/', '/') | ('.', '.') => rest.is_empty(),
        ('年', '月') => matches!(rest, "日" | "号"),
        _ => false,
    };
    if is_day { NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day) } else { None }
}

fn is_midnight(time: &str) -> bool {
    let code = typed::code(time);
    code.contains(':') && code.chars().all(|character| matches!(character, '0' | ':'))
}

/// `2026-Q4`, `2026-H2`, `2026`, `2026-11`, `2026-11-H1`, and `2026年第4季度`, `2026年四季度`,
/// `2026年下半年`, `2026年`, `2026年11月`, `2026年11月上半月`; and a day as [`day`] reads it.
pub(super) fn period(text: &str) -> Option<Period> {
    let code = typed::code(text);
    if let Ok(period) = code.parse::<Period>() {
        return Some(period);
    }
    if let Some(day) = day(text) {
        return Period::containing(PeriodKind::Day, day);
    }
    let (year, part) = code.split_once('年')?;
    if let Some((month, half)) = part.split_once('月') {
        let (month, _) = number(month, 1, 2).filter(|(_, rest)| rest.is_empty())?;
        let half = match half {
            "" | "份" => "",
            "上半月" => "-H1",
            "下半月" => "-H2",
            _ => return None,
        };
        return format!("{year}-{month:02}{half}").parse().ok();
    }
    let part = match part {
        "" | "全年" | "度" => "",
        "上半年" => "-H1",
        "下半年" => "-H2",
        part => match part.strip_prefix('第').unwrap_or(part).strip_suffix("季度")? {
            "1" | "一" => "-Q1",
            "2" | "二" => "-Q2",
            "3" | "三" => "-Q3",
            "4" | "四" => "-Q4",
            _ => return None,
        },
    };
    format!("{year}{part}").parse().ok()
}

/// A number of so many digits, and what is behind it.
fn number(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    let number = digits.parse().ok()?;
    (least..=most).contains(&length).then_some((number, rest))
}

fn character(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    characters.next().map(|first| (first, characters.as_str()))
}

/// Why a spreadsheet's value is not what its cell once held; `None` for any other.
pub(super) fn is_lost(text: &str) -> bool {
    const ERRORS: [&str; 8] = ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"];
    // A column too narrow for its day is saved as it is shown.
    let is_too_narrow = text.len() >= 3 && text.bytes().all(|byte| byte == b'#');
    is_too_narrow || ERRORS.contains(&text) || is_scientific(text)
}

/// `9.12102E+17`: what is left of a credit code or a phone in a column of numbers.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    whole.len() == 1 && digits(whole) && digits(decimals) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_a_chinese_spreadsheet_writes_them() {
        let expected = NaiveDate::from_ymd_opt(2026, 11, 9);
        for text in [
            "2026-11-09",
            "2026-11-9",
            "2026/11/9",
            "2026/11/09",
            "2026.11.9",
            "2026年11月9日",
            "2026年11月09日",
            "2026 年 11 月 9 日",
            "２０２６／１１／９",
            "2026—11—9",
            "20261109",
            "2026/11/9 0:00",
            "2026/11/9 00:00:00",
            "2026-11-9\u{200b}",
        ] {
            assert_eq!(day(text), expected, "{text:?}");
        }
        for text in [
            "",
            "26/11/9",
            "9/11/2026",
            "2026/13/1",
            "2026-02-30",
            "2026-11",
            "2026年11月",
            "2026-11/9",
            "2026年11-9",
            "2026/11/9 8:30",
            "46335",
            "二〇二六年十一月九日",
            "2026-111-9",
            "02026-11-9",
        ] {
            assert_eq!(day(text), None, "{text:?}");
        }
    }

    #[test]
    fn periods_are_read_in_chinese_too() {
        for (text, expected) in [
            ("2026-Q4", "2026-Q4"),
            ("2026-q4", "2026-Q4"),
            ("２０２６－Ｈ２", "2026-H2"),
            ("2026年第4季度", "2026-Q4"),
            ("2026年第四季度", "2026-Q4"),
            ("2026 年一季度", "2026-Q1"),
            ("2026年上半年", "2026-H1"),
            ("2026年", "2026"),
            ("2026年度", "2026"),
            ("2026-11", "2026-11"),
            ("2026年11月", "2026-11"),
            ("2026 年 5 月份", "2026-05"),
            ("2026-11-h1", "2026-11-H1"),
            ("2026年11月下半月", "2026-11-H2"),
            ("2026/11/9", "2026-11-09"),
            ("2026年11月9日", "2026-11-09"),
        ] {
            assert_eq!(period(text).map(|period| period.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "年",
            "2026年5季度",
            "2026年第季度",
            "26年",
            "2026年13月",
            "2026年月",
            "2026年11月中",
            "2026-Q5",
        ] {
            assert_eq!(period(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_spreadsheet_has_lost_is_known() {
        for text in ["9.12102E+17", "1E+10", "#N/A", "#REF!", "########"] {
            assert!(is_lost(text), "{text}");
        }
        for text in ["", "#", "##", "3#", "#1", "E+1", "12.5E+3", "9.12102E17", "AE+1", "1.E+2x"] {
            assert!(!is_lost(text), "{text}");
        }
    }
}
