//! The fields of one row, whether they come from CSV or from JSON. A getter gives the value or
//! notes what is wrong with it and gives none, so that all faults of a row are named at once.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::columns::Column;
use super::names::{Choice, Named, choices, chosen, yes_or_no};
use super::references::{Reference, Referent};
use super::{ReadRow, Row, RowFault, Said, written};
use crate::calendar::{NotAPeriod, Period, PeriodKind};
use crate::phone::Phone;
use crate::refusal::Refusal;
use crate::text::Text;
use crate::typed::{self, TextFault};
use crate::uscc::Uscc;

/// The longest cell, in characters, before any rule of its column.
const LONGEST_CELL: usize = 4000;

/// What no such cell is longer than, in bytes: a longer one is not looked at, whose text would take
/// longer to normalise than the file takes to read.
const LONGEST_BYTES: usize = 4 * LONGEST_CELL;

/// The longest that is shown of a row's key, in characters.
const LONGEST_KEY: usize = 100;

/// The most faults that are told of one row: a row of JSON may have any number of fields.
pub const MOST_FAULTS: usize = 100;

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
    key: String,
    cells: Vec<(&'static Column, Cell)>,
    faults: Vec<RowFault>,
    references: Vec<Reference>,
}

impl Fields {
    /// The fields of the row with this number.
    pub fn new(line: u64, cells: Vec<(&'static Column, Cell)>) -> Fields {
        Fields { line, key: key(&cells), cells, faults: Vec::new(), references: Vec::new() }
    }

    /// The row's number.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What was read of the row: what it is, unless something was found wrong.
    pub(super) fn read(self, row: Option<Row>) -> ReadRow {
        let row = row.filter(|_| self.faults.is_empty());
        ReadRow { line: self.line, key: self.key, row, faults: self.faults, references: self.references }
    }

    /// What is wrong with the row, unless nothing is.
    pub(super) fn require_sound(self) -> Result<(), Vec<RowFault>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    /// Notes that a column names something that must be there.
    pub(super) fn refers(&mut self, column: &'static str, to: Referent, id: Option<&String>) {
        self.references.extend(id.map(|id| Reference { column, to, id: id.clone(), is_within: false }));
    }

    /// [`Fields::refers`] to something within the jurisdiction of who imports.
    pub(super) fn refers_within(&mut self, column: &'static str, to: Referent, id: Option<&String>) {
        self.references.extend(id.map(|id| Reference { column, to, id: id.clone(), is_within: true }));
    }

    /// Notes a fault of a column.
    pub fn fault(&mut self, column: &str, code: &str, text: Text) {
        let column = Some(column.to_owned()).filter(|column| !column.is_empty());
        if self.faults.len() < MOST_FAULTS {
            let (line, key) = (self.line, self.key.clone());
            self.faults.push(RowFault { line, key, column, code: code.to_owned(), text });
        }
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
        self.cells.iter().find(|(each, _)| each.name == column).map(|(_, cell)| cell)
    }

    /// The cell's text as it is shown; `None` if the cell is missing or empty. A JSON number counts
    /// as its text.
    fn raw(&mut self, column: &str) -> Option<String> {
        let text = match self.find(column)? {
            Cell::Text(text) | Cell::Json(Value::String(text)) if text.len() > LONGEST_BYTES => {
                self.fault(column, "length", too_long(LONGEST_CELL));
                return None;
            }
            Cell::Text(text) if written::is_lost(text.trim()) => {
                let text = Text::new(
                    "表格软件未保留原值，请将该列设为文本格式（或加宽）后重新填写",
                    "the spreadsheet has lost the value: format the column as text, or widen it, and fill it in again",
                );
                self.fault(column, "spreadsheet_value", text);
                return None;
            }
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
            Some(Cell::Text(text)) => text.len() <= LONGEST_BYTES && typed::code(text) == CLEARED,
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

    /// A code, as it is compared.
    pub fn code(&mut self, column: &str, most: usize) -> Option<String> {
        self.text(column, most).map(|text| typed::code(&text))
    }

    /// [`Fields::code`] that may be missing.
    pub fn optional_code(&mut self, column: &str, most: usize) -> Option<String> {
        self.optional_text(column, most).map(|text| typed::code(&text))
    }

    /// Several texts: in CSV separated by `;`, `；` or a line break, in JSON an array. `None` if
    /// the cell is missing or empty; an empty array is an empty list.
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
                .split([';', '；', '\n', '\r'])
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

    /// A value of a closed list, by its word or its Chinese name.
    pub fn optional_choice<W: Named>(&mut self, column: &str) -> Option<W> {
        self.one_of(column, &choices::<W>())?.parse().ok()
    }

    /// [`Fields::optional_choice`] that must be there.
    pub fn choice<W: Named>(&mut self, column: &str) -> Option<W> {
        self.required(column, |fields| fields.optional_choice(column))
    }

    fn one_of(&mut self, column: &str, choices: &[Choice]) -> Option<&'static str> {
        let text = self.raw(column)?;
        chosen(&text, choices).map_err(|options| self.fault(column, "unknown_value", options)).ok()
    }

    /// Yes or no: `true`, `yes`, `1`, `是` or `false`, `no`, `0`, `否`.
    pub fn optional_yes(&mut self, column: &str) -> Option<bool> {
        Some(self.one_of(column, &yes_or_no())? == "true")
    }

    /// A day, as `2026-11-21` or as a spreadsheet writes it.
    pub fn optional_day(&mut self, column: &str) -> Option<NaiveDate> {
        let text = self.raw(column)?;
        let day = written::day(&text);
        if day.is_none() {
            let text = Text::new(
                "应为日期，如 2026-11-21、2026/11/21 或 2026年11月21日",
                "must be a day such as 2026-11-21 or 2026/11/21",
            );
            self.fault(column, "day", text);
        }
        day
    }

    /// [`Fields::optional_day`] that must be there.
    pub fn day(&mut self, column: &str) -> Option<NaiveDate> {
        self.required(column, |fields| fields.optional_day(column))
    }

    /// A period of one of these kinds.
    pub fn period(&mut self, column: &str, kinds: &[PeriodKind]) -> Option<Period> {
        let text = self.text(column, 20)?;
        let period = written::period(&text);
        match period {
            None => self.fault(column, "period", NotAPeriod.text()),
            Some(period) if !kinds.contains(&period.kind()) => {
                self.fault(column, "period_kind", PeriodKind::wrong(kinds));
                return None;
            }
            Some(_) => {}
        }
        period
    }

    /// The number in a cell, or why it is none.
    fn number(&mut self, column: &str) -> Option<Result<Decimal, Text>> {
        let code = typed::code(&self.raw(column)?);
        Some(Decimal::from_str_exact(&code).map_err(|_| {
            if code.contains(',') {
                Text::new("数字不应含千分位逗号", "must be a number without separators of thousands")
            } else {
                Text::new("应为数字", "must be a number")
            }
        }))
    }

    /// A whole number within bounds; `5.0`, as spreadsheets write it, is 5.
    pub fn optional_integer(&mut self, column: &str, least: i64, most: i64) -> Option<i64> {
        let whole = self.number(column)?.and_then(|number| {
            let whole =
                Some(number).filter(|number| number.fract().is_zero()).and_then(|whole| whole.to_i64());
            whole.filter(|whole| (least..=most).contains(whole)).ok_or_else(|| {
                Text::new(
                    format!("应为{least}到{most}之间的整数"),
                    format!("must be a whole number between {least} and {most}"),
                )
            })
        });
        whole.map_err(|text| self.fault(column, "out_of_range", text)).ok()
    }

    /// [`Fields::optional_integer`] that must be there.
    pub fn integer(&mut self, column: &str, least: i64, most: i64) -> Option<i64> {
        self.required(column, |fields| fields.optional_integer(column, least, most))
    }

    /// An exact decimal within bounds, given in units of its last place: with 2 places, `12.5` is 1250.
    pub fn scaled(&mut self, column: &str, places: u32, least: i64, most: i64) -> Option<i64> {
        self.required(column, |fields| {
            let number = fields.number(column)?;
            let unit = Decimal::from(10_i64.pow(places));
            let scaled = number.and_then(|number| {
                let scaled = number.checked_mul(unit).filter(|scaled| scaled.fract().is_zero());
                scaled.ok_or_else(|| {
                    Text::new(
                        format!("应为最多{places}位小数的数"),
                        format!("must be a number with at most {places} decimals"),
                    )
                })
            });
            let scaled = scaled.map_err(|text| fields.fault(column, "decimal", text)).ok()?;
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
                self.fault(column, fault.code(), fault.text());
                None
            }
        }
    }

    /// [`Fields::optional_uscc`] that must be there.
    pub fn uscc(&mut self, column: &str) -> Option<String> {
        self.required(column, |fields| fields.optional_uscc(column))
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

/// The cells by which people know a row, as they stand in the file, without one in which a phone
/// came to stand: what is told of a row is kept.
fn key(cells: &[(&'static Column, Cell)]) -> String {
    let shown =
        |text: &str| text.chars().filter(|character| !character.is_control()).take(LONGEST_KEY).collect();
    let parts = cells.iter().filter(|(column, _)| column.is_key).filter_map(|(_, cell)| match cell {
        Cell::Text(text) | Cell::Json(Value::String(text)) if text.len() <= LONGEST_BYTES => {
            Some(shown(&typed::name(text)))
        }
        Cell::Json(Value::Number(number)) => Some(number.to_string()),
        Cell::Text(_) | Cell::Json(_) => None,
    });
    let parts: Vec<String> = parts.filter(|part: &String| !part.is_empty() && !Phone::is_in(part)).collect();
    shown(&parts.join(" "))
}

fn too_long(most: usize) -> Text {
    Text::new(format!("最多{most}个字符"), format!("must have at most {most} characters"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::estate::EstateKind;
    use crate::import::ImportKind;

    fn fields(cells: &[(&str, &str)]) -> Fields {
        let columns = cells.iter().map(|(name, text)| {
            let column = ImportKind::ALL.iter().find_map(|kind| kind.column(name)).unwrap();
            (column, Cell::Text((*text).to_owned()))
        });
        Fields::new(7, columns.collect())
    }

    fn codes(fields: &Fields) -> Vec<&str> {
        fields.faults.iter().map(|fault| fault.code.as_str()).collect()
    }

    #[test]
    fn whole_numbers_are_read_as_spreadsheets_write_them() {
        for (text, expected) in [
            ("5", Some(5)),
            ("5.0", Some(5)),
            ("1200.00", Some(1200)),
            ("１２００", Some(1200)),
            (" 300\u{200b}", Some(300)),
            ("5.5", None),
            ("1,200", None),
            ("五", None),
            ("1E+3", None),
            ("100001", None),
            ("-1", None),
        ] {
            let mut row = fields(&[("households", text)]);
            assert_eq!(row.optional_integer("households", 0, 100_000), expected, "{text}");
            assert_eq!(row.faults.len(), usize::from(expected.is_none()), "{text}");
        }
        let mut json = Fields::new(
            1,
            vec![(ImportKind::Estates.column("households").unwrap(), Cell::Json(serde_json::json!(1200.0)))],
        );
        assert_eq!(json.optional_integer("households", 0, 100_000), Some(1200));
    }

    #[test]
    fn numbers_days_and_words_are_read_in_full_width() {
        let mut row = fields(&[
            ("area_m2", "８５０００．５"),
            ("starts_on", "２０２６年１１月９日"),
            ("kind", "老旧小区"),
            ("left", "是"),
        ]);
        assert_eq!(row.scaled("area_m2", 2, 1, 100_000_000), Some(8_500_050));
        assert_eq!(row.day("starts_on"), NaiveDate::from_ymd_opt(2026, 11, 9));
        assert_eq!(row.choice::<EstateKind>("kind"), Some(EstateKind::Old));
        assert_eq!(row.optional_yes("left"), Some(true));
        assert_eq!(codes(&row), [""; 0]);
    }

    #[test]
    fn what_a_spreadsheet_lost_is_refused_and_not_taken_for_something_else() {
        let mut row = fields(&[("uscc", "9.1219E+17"), ("starts_on", "########"), ("manager", "#N/A")]);
        assert_eq!(
            (row.uscc("uscc"), row.day("starts_on"), row.optional_text("manager", 9)),
            (None, None, None)
        );
        assert_eq!(codes(&row), ["spreadsheet_value"; 3]);
    }

    #[test]
    fn faults_name_the_row_by_its_key_and_never_by_a_phone() {
        let mut row = fields(&[("uscc", " 91210200241281392F "), ("phone", "139"), ("left", "maybe")]);
        assert!(row.phone("phone").is_none() && row.optional_yes("left").is_none());
        let read = row.read(None);
        assert_eq!(read.key, "91210200241281392F");
        for fault in &read.faults {
            assert_eq!((fault.line, fault.key.as_str()), (7, "91210200241281392F"));
        }
        assert!(!format!("{:?}", read.faults).contains("139\""));
        let row = fields(&[
            ("building", "13900000001"),
            ("room", "张三 １３９０００００００１"),
            ("unit", "1单元"),
        ]);
        assert_eq!(row.read(None).key, "1单元");
    }

    #[test]
    fn a_cell_that_is_too_long_is_refused_once_and_is_no_key() {
        let long = "\u{301}".repeat(LONGEST_BYTES);
        let mut row = fields(&[("building", &long), ("name", "甲"), ("address", &long)]);
        assert_eq!(row.text("building", 40), None);
        assert_eq!(row.said("address", |row| row.optional_text("address", 200)), Said::Nothing);
        assert_eq!((codes(&row), row.key.as_str()), (vec!["length"; 2], "甲"));
    }

    #[test]
    fn the_faults_of_a_row_are_bounded() {
        let mut row = fields(&[("name", "甲")]);
        for _ in 0..100_000 {
            row.fault("x", "unknown_field", Text::new("无", "none"));
        }
        assert_eq!(row.read(None).faults.len(), MOST_FAULTS);
    }

    #[test]
    fn a_value_is_taken_away_by_a_dash_of_any_width() {
        for text in ["-", "－", "—", " - "] {
            let mut row = fields(&[("address", text)]);
            assert_eq!(
                row.said("address", |row| row.optional_text("address", 200)),
                Said::Cleared,
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_cell_is_read_or_refused_with_one_fault(text in any::<String>()) {
            let mut row = fields(&[("households", &text), ("starts_on", &text), ("kind", &text), ("name", &text)]);
            let given = [
                row.optional_integer("households", 0, 100_000).is_some(),
                row.optional_day("starts_on").is_some(),
                row.optional_choice::<EstateKind>("kind").is_some(),
                row.optional_text("name", 100).is_some(),
            ];
            let is_empty = typed::name(&text).is_empty();
            let faults = given.iter().filter(|given| !**given && !is_empty).count();
            prop_assert_eq!(row.faults.len(), faults);
        }
    }
}
