//! A TOML document read strictly: every key must be asked for, and every fault keeps its line.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::Text;
use crate::word::Word;

/// Larger files are refused unread: no rule book needs more, and reading must end soon.
const LARGEST_FILE: usize = 512 * 1024;
/// Longer lists are refused: parts of a scheme are checked against each other, and reading must end
/// soon.
const MOST_ENTRIES: usize = 4_096;
/// More faults than this help nobody.
const MOST_FAULTS: usize = 200;

/// One thing wrong with a file, where an editor finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The place in the file's own terms, such as `component[2].at_most`.
    pub path: String,
    /// What is wrong.
    pub reason: Text,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, reason } = self;
        write!(formatter, "{file}:{line}:{column}: ")?;
        if !path.is_empty() {
            write!(formatter, "{path}: ")?;
        }
        formatter.write_str(&reason.en)
    }
}

impl std::error::Error for Fault {}

/// A parsed document and the faults found in it so far.
pub struct Document<'i> {
    text: &'i str,
    file: &'i str,
    table: DeTable<'i>,
    faults: RefCell<Vec<Fault>>,
}

impl<'i> Document<'i> {
    /// Parses TOML.
    ///
    /// # Errors
    /// Every fault of syntax.
    pub fn parse(text: &'i str, file: &'i str) -> Result<Self, Vec<Fault>> {
        let empty = Self { text: "", file, table: DeTable::new(), faults: RefCell::default() };
        if text.len() > LARGEST_FILE {
            empty.add(0, "", Text::new("文件超过 512 KiB", "the file is larger than 512 KiB"));
            return Err(empty.faults.into_inner());
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        let document = Self { text, file, table: table.into_inner(), faults: RefCell::default() };
        for error in errors {
            let start = error.span().map_or(0, |span| span.start);
            document.add(
                start,
                "",
                Text::new(format!("TOML 语法错误：{}", error.message()), error.message().to_owned()),
            );
        }
        if document.faults.borrow().is_empty() { Ok(document) } else { Err(document.faults.into_inner()) }
    }

    /// The document's outermost table.
    pub fn root(&self) -> Table<'_, 'i> {
        Table { document: self, table: &self.table, path: String::new(), span: 0..0, seen: BTreeSet::new() }
    }

    /// `value` when there was no fault.
    ///
    /// # Errors
    /// All faults, in the order of the lines.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Fault>> {
        let faults = self.into_faults();
        if faults.is_empty() { Ok(value) } else { Err(faults) }
    }

    /// All faults found, in the order of the lines.
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }

    /// Whether a fault was found already.
    pub fn has_faults(&self) -> bool {
        !self.faults.borrow().is_empty()
    }

    /// Notes a fault at a byte offset.
    pub fn add(&self, start: usize, path: &str, reason: Text) {
        let mut faults = self.faults.borrow_mut();
        // Finding the line takes the time of the text before it, so that is done for those that are
        // told only.
        if faults.len() < MOST_FAULTS {
            let before = self.text.get(..start).unwrap_or(self.text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            faults.push(Fault { file: self.file.to_owned(), line, column, path: path.to_owned(), reason });
        }
    }
}

/// One table of the document, of which every key must be read.
pub struct Table<'d, 'i> {
    document: &'d Document<'i>,
    table: &'d DeTable<'i>,
    path: String,
    span: Range<usize>,
    seen: BTreeSet<String>,
}

impl<'d, 'i> Table<'d, 'i> {
    /// Where the table begins, for faults noted later by [`Document::add`].
    pub fn place(&self) -> (usize, String) {
        (self.span.start, self.path.clone())
    }

    /// The path of a key of this table.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes a fault of the table as a whole.
    pub fn fault(&self, zh: impl Into<String>, en: impl Into<String>) {
        self.document.add(self.span.start, &self.path, Text::new(zh.into(), en.into()));
    }

    /// Notes a fault at a key.
    pub fn fault_at(&self, key: &str, zh: impl Into<String>, en: impl Into<String>) {
        let start = self.table.get(key).map_or(self.span.start, |value| value.span().start);
        self.document.add(start, &self.path_of(key), Text::new(zh.into(), en.into()));
    }

    /// Whether the key stands here.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The keys of a table whose keys are free names.
    pub fn keys(&self) -> Vec<String> {
        self.table.keys().map(|key| key.get_ref().to_string()).collect()
    }

    /// Marks all keys as read, where a fault has named them already.
    pub fn keys_are_known(&mut self) {
        self.seen.extend(self.keys());
    }

    fn take(&mut self, key: &str) -> Option<&'d Spanned<DeValue<'i>>> {
        self.seen.insert(key.to_owned());
        self.table.get(key)
    }

    /// The key's value, whose absence is a fault.
    fn need(&mut self, key: &str) -> Option<&'d Spanned<DeValue<'i>>> {
        let value = self.take(key);
        if value.is_none() {
            let (zh, en) = (format!("缺少 {key}"), format!("`{key}` is missing"));
            self.fault(zh, en);
        }
        value
    }

    /// An exact decimal: a TOML number, taken by its text, or a string.
    pub fn number(&mut self, key: &str) -> Option<Decimal> {
        self.need(key)?;
        self.number_if(key)
    }

    /// As [`Table::number`], where the key may be absent.
    pub fn number_if(&mut self, key: &str) -> Option<Decimal> {
        let value = self.take(key)?;
        let number = exact(value.get_ref());
        if number.is_none() {
            self.fault_at(
                key,
                "应为数字，绝对值不超过 1000000，最多 6 位小数",
                "must be a number, at most 1000000 either side of 0, with at most 6 decimals",
            );
        }
        number
    }

    /// A number that must lie from `low` to `high`.
    pub fn number_within(&mut self, key: &str, low: i64, high: i64) -> Option<Decimal> {
        let number = self.number_if(key)?;
        if number < Decimal::from(low) || number > Decimal::from(high) {
            self.fault_at(
                key,
                format!("应在 {low} 与 {high} 之间"),
                format!("must lie from {low} to {high}"),
            );
            return None;
        }
        Some(number)
    }

    /// A whole number from `low` to `high`, whose absence is a fault.
    pub fn count(&mut self, key: &str, low: u32, high: u32) -> Option<u32> {
        self.need(key)?;
        self.count_if(key, low, high)
    }

    /// As [`Table::count`], where the key may be absent.
    pub fn count_if(&mut self, key: &str, low: u32, high: u32) -> Option<u32> {
        let value = self.take(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse::<u32>().ok(),
            _ => None,
        };
        let number = number.filter(|number| (low..=high).contains(number));
        if number.is_none() {
            self.fault_at(
                key,
                format!("应为 {low} 到 {high} 的整数"),
                format!("must be a whole number from {low} to {high}"),
            );
        }
        number
    }

    /// A truth value; absent means no.
    pub fn flag(&mut self, key: &str) -> bool {
        self.flag_if(key).unwrap_or(false)
    }

    /// A truth value that may be absent.
    pub fn flag_if(&mut self, key: &str) -> Option<bool> {
        let value = self.take(key)?.get_ref().as_bool();
        if value.is_none() {
            self.fault_at(key, "应为 true 或 false", "must be true or false");
        }
        value
    }

    /// A string, whose absence is a fault.
    pub fn string(&mut self, key: &str) -> Option<String> {
        self.need(key)?;
        self.string_if(key)
    }

    /// As [`Table::string`], where the key may be absent.
    pub fn string_if(&mut self, key: &str) -> Option<String> {
        let value = self.take(key)?.get_ref().as_str();
        let value = value.map(str::trim).filter(|value| !value.is_empty() && value.chars().count() <= 2_000);
        if value.is_none() {
            self.fault_at(key, "应为非空文字", "must be a text of 1 to 2,000 characters");
        }
        value.map(str::to_owned)
    }

    /// A name that other parts of the file use.
    pub fn identifier(&mut self, key: &str) -> Option<String> {
        let name = self.string(key)?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if plain && name.len() <= 64 {
            return Some(name);
        }
        self.fault_at(
            key,
            "标识只能用字母、数字、- 和 _，最多 64 个字符",
            "must consist of at most 64 letters, digits, - and _",
        );
        None
    }

    /// A word of a closed list, whose absence is a fault.
    pub fn word<W: Word + PartialEq>(&mut self, key: &str) -> Option<W> {
        self.need(key)?;
        self.word_if(key)
    }

    /// As [`Table::word`], of a list of which only some may stand here.
    pub fn word_among<W: Word + PartialEq>(&mut self, key: &str, allowed: &[W]) -> Option<W> {
        self.need(key)?;
        self.word_of(key, allowed)
    }

    /// As [`Table::word`], where the key may be absent.
    pub fn word_if<W: Word + PartialEq>(&mut self, key: &str) -> Option<W> {
        self.word_of(key, W::VARIANTS)
    }

    fn word_of<W: Word + PartialEq>(&mut self, key: &str, allowed: &[W]) -> Option<W> {
        let value = self.take(key)?;
        let word = value.get_ref().as_str().and_then(|word| word.parse().ok());
        let word = word.filter(|word| allowed.contains(word));
        if word.is_none() {
            let known = allowed.iter().map(|word| word.into_str()).collect::<Vec<_>>().join(", ");
            self.fault_at(key, format!("应为其中之一：{known}"), format!("must be one of: {known}"));
        }
        word
    }

    /// A list of words; absent means empty, and an empty list is a fault.
    pub fn words<W: Word + PartialEq>(&mut self, key: &str) -> Vec<W> {
        self.words_among(key, W::VARIANTS)
    }

    /// As [`Table::words`], of a list of which only some may stand here.
    pub fn words_among<W: Word + PartialEq>(&mut self, key: &str, allowed: &[W]) -> Vec<W> {
        let known = allowed.iter().map(|value| (*value).into()).collect::<Vec<&str>>().join(", ");
        let mut words = Vec::new();
        for (at, word) in self.strings(key).into_iter().enumerate() {
            match word.parse().ok().filter(|value| allowed.contains(value)) {
                Some(value) => words.push(value),
                None => self.fault_at(
                    key,
                    format!("第 {} 个“{word}”不在其中：{known}", at + 1),
                    format!("`{word}` is not one of: {known}"),
                ),
            }
        }
        words
    }

    /// A list of strings; absent means empty, and an empty list or one with a string twice is a
    /// fault.
    pub fn strings(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let strings: Option<Vec<String>> = value.get_ref().as_array().and_then(|array| {
            array.iter().map(|entry| entry.get_ref().as_str().map(|text| text.trim().to_owned())).collect()
        });
        let strings = strings.unwrap_or_default();
        let distinct: BTreeSet<_> = strings.iter().collect();
        if strings.is_empty() || strings.iter().any(String::is_empty) || distinct.len() < strings.len() {
            self.fault_at(
                key,
                "应为非空的文字列表，不可重复",
                "must be a list of texts, not empty and none of them twice",
            );
            return Vec::new();
        }
        strings
    }

    /// A text in both languages, whose absence is a fault.
    pub fn text(&mut self, key: &str) -> Option<Text> {
        self.need(key)?;
        self.text_if(key)
    }

    /// As [`Table::text`], where the key may be absent.
    pub fn text_if(&mut self, key: &str) -> Option<Text> {
        let mut table = self.table_if(key)?;
        let zh = table.string("zh");
        let en = table.string("en");
        table.finish();
        Some(Text::new(zh?, en?))
    }

    /// A day: a TOML date or a string `2026-11-21`, whose absence is a fault.
    pub fn day(&mut self, key: &str) -> Option<NaiveDate> {
        let value = self.need(key)?;
        let day = match value.get_ref() {
            DeValue::Datetime(moment) => moment.to_string().parse().ok(),
            DeValue::String(text) => text.parse().ok(),
            _ => None,
        };
        let day = day.filter(|day: &NaiveDate| (2000..2100).contains(&chrono::Datelike::year(day)));
        if day.is_none() {
            self.fault_at(
                key,
                "应为 2000 至 2099 年的日期",
                "must be a day such as 2026-11-21, from 2000 to 2099",
            );
        }
        day
    }

    /// A table inside this one.
    pub fn table_if(&mut self, key: &str) -> Option<Table<'d, 'i>> {
        let value = self.take(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.fault_at(key, "应为表", "must be a table");
            return None;
        };
        Some(self.inner(table, self.path_of(key), value.span()))
    }

    /// A list of tables; absent means empty.
    pub fn tables(&mut self, key: &str) -> Vec<Table<'d, 'i>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.fault_at(key, "应为表的列表", "must be a list of tables");
            return Vec::new();
        };
        if array.len() > MOST_ENTRIES {
            let (zh, en) =
                (format!("超过 {MOST_ENTRIES} 项"), format!("has more than {MOST_ENTRIES} entries"));
            self.fault_at(key, zh, en);
            return Vec::new();
        }
        let path = self.path_of(key);
        let mut tables = Vec::new();
        for (at, entry) in array.iter().enumerate() {
            let path = format!("{path}[{}]", at + 1);
            match entry.get_ref().as_table() {
                Some(table) => tables.push(self.inner(table, path, entry.span())),
                None => self.document.add(entry.span().start, &path, Text::new("应为表", "must be a table")),
            }
        }
        tables
    }

    fn inner(&self, table: &'d DeTable<'i>, path: String, span: Range<usize>) -> Table<'d, 'i> {
        Table { document: self.document, table, path, span, seen: BTreeSet::new() }
    }

    /// Notes every key that nobody asked for: what the format does not know is refused, never
    /// ignored.
    pub fn finish(self) {
        for key in self.table.keys() {
            if !self.seen.contains(key.get_ref().as_ref()) {
                let name = key.get_ref();
                let reason = Text::new(format!("未知的键 {name}"), format!("unknown key `{name}`"));
                self.document.add(key.span().start, &self.path_of(name), reason);
            }
        }
    }
}

/// A number by its text, never through a float.
fn exact(value: &DeValue<'_>) -> Option<Decimal> {
    let text = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
        DeValue::Float(float) => float.as_str(),
        DeValue::String(text) => text.as_ref(),
        _ => return None,
    };
    let number = Decimal::from_str_exact(text.trim_start_matches('+')).ok()?.normalize();
    let within = number.abs() <= Decimal::from(1_000_000) && number.scale() <= 6;
    within.then_some(number)
}
