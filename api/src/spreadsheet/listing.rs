//! Lists as tables: what each column is called, and what it says of an item.

use rust_decimal::Decimal;
use xinwu_domain::text::Language;

use super::write::{Cell, Table};

/// How a list is written as a file.
pub(crate) struct Listing<T: 'static> {
    /// Its name, without `.csv`.
    pub(crate) file: &'static str,
    /// From left to right.
    pub(crate) columns: &'static [Column<T>],
}

/// One column: what it is called in Chinese and in English, where that is the name of the field,
/// and what it says of an item.
pub(crate) struct Column<T>(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) fn(&T, Language) -> Said,
);

/// What a cell says.
pub(crate) enum Said {
    Text(String),
    Number(Option<Decimal>),
}

impl Said {
    /// A text, or nothing.
    pub(crate) fn text(text: Option<&str>) -> Said {
        Said::Text(text.unwrap_or_default().to_owned())
    }

    /// Several texts in one cell.
    pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Said {
        Said::Text(texts.into_iter().collect::<Vec<_>>().join("；"))
    }

    /// A text for people.
    pub(crate) fn words(language: Language, zh: &'static str, en: &'static str) -> Said {
        Said::Text(match language {
            Language::Chinese => zh.to_owned(),
            Language::English => en.to_owned(),
        })
    }

    /// Yes or no.
    pub(crate) fn yes_or_no(is_so: bool, language: Language) -> Said {
        if is_so { Said::words(language, "是", "true") } else { Said::words(language, "否", "false") }
    }

    /// A number that is counted with.
    pub(crate) fn number(number: impl Into<Decimal>) -> Said {
        Said::Number(Some(number.into()))
    }

    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Said::Text(text) => Cell::Text(text),
            Said::Number(number) => Cell::Number(*number),
        }
    }
}

impl<T> Listing<T> {
    /// The items as a file.
    ///
    /// # Errors
    /// None that memory gives.
    pub(crate) fn write(&self, items: &[T], language: Language) -> Result<Vec<u8>, csv::Error> {
        let mut table = Table::new();
        table.row(self.columns.iter().map(|Column(zh, en, _)| {
            Cell::Text(match language {
                Language::Chinese => zh,
                Language::English => en,
            })
        }))?;
        for item in items {
            let row: Vec<Said> = self.columns.iter().map(|Column(_, _, said)| said(item, language)).collect();
            table.row(row.iter().map(Said::cell))?;
        }
        table.into_bytes()
    }
}
