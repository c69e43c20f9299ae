//! The fields of one row, whether they come from CSV or from JSON. A getter gives the value or
//! notes what is wrong with it and gives none, so that all faults of a row are named at once.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::{RowFault, Said};
use crate::phone::Phone;
use crate::refusal::Refusal;
use crate::text::Text;
use crate::typed::{self, TextFault};
use crate::uscc::{Uscc, UsccFault};
use crate::word::Word;

/// The longest cell, in characters, before any rule of its column.
const LONGEST_CELL: usize = 4000;

/// What stands in a CSV cell that takes a value away.
const CLEARED: &str = "-";

/// One cell as it stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// CSV: everything is text
    Text(String),
    /// JSON
    Json(Value),
}

/// The fields of one row.
#[derive(Debug)]
pub struct Fields {
    line: u64,
    cells: Vec<(String, Cell)>,
    faults: Vec<RowFault>,
}

impl Fields {
    /// The fields of the row that begins at `line`.
    pub fn new(line: u64, cells: Vec<(String, Cell)>) -> Fields {
        Fields { line, cells, faults: Vec::new() }
    }

    /// The line on which the row begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What was found wrong so far.
    pub fn into_faults(self) -> Vec<RowFault> {
        self.faults
    }

    /// Whether anything was found wrong.
    pub fn is_bad(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Notes a fault of a column.
    pub fn fault(&mut self, column: &str, code: &str, text: Text) {
        let column = Some(column.to_owned()).filter(|column| !column.is_empty());
        self.faults.push(RowFault { line: self.line, column, code: code.to_owned(), text });
    }

    /// The value, or the faults that a rule of the domain found, each under the column that its
    /// pointer ends in.
    pub fn ruled<T>(&mut self, value: Result<T, Refusal>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(Refusal::Invalid(faults)) => {
                for fault in faults {
                    self.fault(fault.pointer.trim_start_matches('/'), fault.code, fault.detail);
                }
                None
            }
            Err(other) => {
                self.fault("", "invalid", Text::new("不符合规则", other.to_string()));
                None
            }
        }
    }

    fn find(&self, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|(name, _)| name == column).map(|(_, cell)| cell)
    }

    /// The cell's text; `None` if the cell is missing or empty. A JSON number counts as its text.
    fn raw(&mut self, column: &str) -> Option<String> {
        let text = match self.find(column)? {
            Cell::Text(text) | Cell::Json(Value::String(text)) => typed::name(text),
            Cell::Json(Value::Null) => return None,
            Cell::Json(Value::Number(number)) => number.to_string(),
            Cell::Json(Value::Bool(value)) => value.to_string(),
            Cell::Json(Value::Array(_) | Value::Object(_)) => {
                self.fault(column, "wrong_type", Text::new("类型不对", "is of the wrong type"));
                return None;
            }
        };
        if text.chars().count() > LONGEST_CELL {
            self.fault(column, "length", too_long(LONGEST_CELL));
            return None;
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// Whether the cell says that there is to be no value: `-` in CSV, null in JSON.
    fn is_cleared(&self, column: &str) -> bool {
        match self.find(column) {
            Some(Cell::Text(text)) => typed::name(text) == CLEARED,
            Some(Cell::Json(value)) => value.is_null(),
            None => false,
        }
    }

    /// What the cell says of something that may have no value: an empty or missing cell says
    /// nothing.
    pub fn said<T>(&mut self, column: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Said<T> {
        if self.is_cleared(column) {
            return Said::Cleared;
        }
        read(self).map_or(Said::Nothing, Said::Value)
    }

    /// A list that can be emptied.
    pub fn clearable_list<T>(
        &mut self,
        column: &str,
        read: impl FnOnce(&mut Self) -> Option<Vec<T>>,
    ) -> Option<Vec<T>> {
        if self.is_cleared(column) { Some(Vec::new()) } else { read(self) }
    }

    /// Notes `required` when a cell is empty and nothing else is wrong with it.
    fn required<T>(&mut self, column: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.faults.len();
        let value = read(self);
        if value.is_none() && self.faults.len() == before {
            self.fault(column, "required", Text::new("不能为空", "must not be empty"));
        }
        value
    }

    /// Notes why a text cannot be shown.
    fn shown(&mut self, column: &str, checked: Result<(), TextFault>) -> Option<()> {
        checked.map_err(|fault| self.fault(column, fault.code(), fault.text())).ok()
    }

    /// A text on one line of at most `most` characters.
    pub fn optional_text(&mut self, column: &str, most: usize) -> Option<String> {
        let text = self.raw(column)?;
        self.shown(column, typed::check_line(&text))?;
        if text.chars().count() > most {
            self.fault(column, "length", too_long(most));
            return None;
        }
        Some(text)
    }

    /// [`Fields::optional_text`] that must be there.
    pub fn text(&mut self, column: &str, most: usize) -> Option<String> {
        self.required(column, |fields| fields.optional_text(column, most))
    }

    /// A text that may have several lines.
    pub fn optional_long_text(&mut self, column: &str, most: usize) -> Option<String> {
        let text = self.raw(column)?;
        self.shown(column, typed::check_lines(&text))?;
        if text.chars().count() > most {
            self.fault(column, "length", too_long(most));
            return None;
        }
        Some(text)
    }

    /// Several texts: in CSV separated by `;` or `；`, in JSON an array. `None` if the cell is
    /// missing or empty; an empty array is an empty list.
    pub fn list(&mut self, column: &str, most_items: usize, most: usize) -> Option<Vec<String>> {
        let items: Vec<String> = match self.find(column)? {
            Cell::Json(Value::Array(items)) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(typed::name)).collect();
                match texts {
                    Some(texts) => texts,
                    None => {
                        let text = Text::new("应为字符串数组", "must be an array of strings");
                        self.fault(column, "wrong_type", text);
                        return None;
                    }
                }
            }
            _ => self
                .raw(column)?
                .split([';', '；'])
                .map(typed::name)
                .filter(|item| !item.is_empty())
                .collect(),
        };
        if items.len() > most_items {
            let text =
                Text::new(format!("最多{most_items}项"), format!("must have at most {most_items} items"));
            self.fault(column, "length", text);
            return None;
        }
        for item in &items {
            self.shown(column, typed::check_line(item))?;
            if item.chars().count() > most {
                self.fault(column, "length", too_long(most));
                return None;
            }
        }
        Some(items)
    }

    /// A word of a closed list.
    pub fn optional_choice<W: Word>(&mut self, column: &str) -> Option<W> {
        self.one_of(column, &W::words(), |text| text.parse().ok())
    }

    /// [`Fields::optional_choice`] that must be there.
    pub fn choice<W: Word>(&mut self, column: &str) -> Option<W> {
        self.required(column, |fields| fields.optional_choice(column))
    }

    fn one_of<T>(&mut self, column: &str, words: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.raw(column)?;
        let value = parse(&text);
        if value.is_none() {
            let options = words.join(", ");
            let text = Text::new(format!("应为：{options}"), format!("must be: {options}"));
            self.fault(column, "unknown_value", text);
        }
        value
    }

    /// Yes or no: `true`, `1`, `yes`, `是` or `false`, `0`, `no`, `否`.
    pub fn optional_yes(&mut self, column: &str) -> Option<bool> {
        self.one_of(column, &["true", "false"], |text| match text.to_lowercase().as_str() {
            "true" | "1" | "yes" | "是" => Some(true),
            "false" | "0" | "no" | "否" => Some(false),
            _ => None,
        })
    }

    /// A day, `YYYY-MM-DD`.
    pub fn optional_day(&mut self, column: &str) -> Option<NaiveDate> {
        let text = self.raw(column)?;
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        // chrono also takes 2026-1-2 and years of any length.
        if day.is_some_and(|day| day.format("%Y-%m-%d").to_string() == text && text.len() == 10) {
            return day;
        }
        let text = Text::new("应为 YYYY-MM-DD 形式的日期", "must be a day such as 2026-11-21");
        self.fault(column, "day", text);
        None
    }

    /// [`Fields::optional_day`] that must be there.
    pub fn day(&mut self, column: &str) -> Option<NaiveDate> {
        self.required(column, |fields| fields.optional_day(column))
    }

    /// A whole number within bounds.
    pub fn optional_integer(&mut self, column: &str, least: i64, most: i64) -> Option<i64> {
        let text = self.raw(column)?;
        let number = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let text = Text::new(
                format!("应为{least}到{most}之间的整数"),
                format!("must be a whole number between {least} and {most}"),
            );
            self.fault(column, "out_of_range", text);
        }
        number
    }

    /// [`Fields::optional_integer`] that must be there.
    pub fn integer(&mut self, column: &str, least: i64, most: i64) -> Option<i64> {
        self.required(column, |fields| fields.optional_integer(column, least, most))
    }

    /// An exact decimal within bounds, given in units of its last place: with 2 places, `12.5` is 1250.
    pub fn scaled(&mut self, column: &str, places: u32, least: i64, most: i64) -> Option<i64> {
        self.required(column, |fields| {
            let text = fields.raw(column)?;
            let unit = Decimal::from(10_i64.pow(places));
            let scaled = Decimal::from_str_exact(&text).ok().and_then(|value| value.checked_mul(unit));
            let Some(scaled) = scaled.filter(|value| value.fract().is_zero()) else {
                let text = Text::new(
                    format!("应为最多{places}位小数的数"),
                    format!("must be a number with at most {places} decimals"),
                );
                fields.fault(column, "decimal", text);
                return None;
            };
            let value = scaled.to_i64().filter(|value| (least..=most).contains(value));
            if value.is_none() {
                let (least, most) = (Decimal::from(least) / unit, Decimal::from(most) / unit);
                let text = Text::new(
                    format!("应在{least}到{most}之间"),
                    format!("must be between {least} and {most}"),
                );
                fields.fault(column, "out_of_range", text);
            }
            value
        })
    }

    /// Whether the cell says something, be it right or wrong.
    pub fn has(&self, column: &str) -> bool {
        self.find(column).is_some_and(|cell| match cell {
            Cell::Text(text) => !typed::name(text).is_empty(),
            Cell::Json(value) => !value.is_null(),
        })
    }

    /// A firm's code by which it is looked up, normalised; a failing check character is left to the
    /// rule that stores it.
    pub fn optional_uscc(&mut self, column: &str) -> Option<String> {
        let text = self.raw(column)?;
        match Uscc::parse_known(&text) {
            Ok(uscc) => Some(uscc.as_str().to_owned()),
            Err(fault) => {
                self.uscc_fault(column, fault);
                None
            }
        }
    }

    /// [`Fields::optional_uscc`] that must be there.
    pub fn uscc(&mut self, column: &str) -> Option<String> {
        self.required(column, |fields| fields.optional_uscc(column))
    }

    fn uscc_fault(&mut self, column: &str, fault: UsccFault) {
        self.fault(column, fault.code(), fault.text());
    }

    /// A mainland mobile number, 11 digits.
    pub fn phone(&mut self, column: &str) -> Option<Phone> {
        self.required(column, |fields| {
            let text = fields.raw(column)?;
            fields.checked_phone(column, &text)
        })
    }

    /// Several of them, also several in one text ([`Phone::listed`]).
    pub fn phones(&mut self, column: &str) -> Option<Vec<Phone>> {
        let texts = self.list(column, 20, 400)?;
        let phones: Option<Vec<Phone>> = texts
            .iter()
            .flat_map(|text| Phone::listed(text))
            .map(|text| self.checked_phone(column, text))
            .collect();
        let phones = phones?;
        if phones.len() > 20 {
            self.fault(column, "length", Text::new("最多20项", "must have at most 20 items"));
            return None;
        }
        Some(phones)
    }

    fn checked_phone(&mut self, column: &str, text: &str) -> Option<Phone> {
        match Phone::parse(text) {
            Ok(phone) => Some(phone),
            Err(fault) => {
                // The number itself is never repeated: faults are stored and shown.
                self.fault(column, "phone", fault.text());
                None
            }
        }
    }
}

fn too_long(most: usize) -> Text {
    Text::new(format!("最多{most}个字符"), format!("must have at most {most} characters"))
}
