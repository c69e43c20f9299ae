//! Writing a table for spreadsheets.

use actix_web::HttpResponse;
use actix_web::http::header;
use csv::Terminator;
use rust_decimal::Decimal;
use xinwu_domain::text::Language;

use super::disguised;

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// What stays text, whatever it looks like.
    Text(&'a str),
    /// What a spreadsheet may count with; nothing where there is none.
    Number(Option<Decimal>),
}

/// A table in UTF-8 with a mark, without which Excel takes it for the local code page. Rows end
/// with CRLF (RFC 4180).
pub(crate) struct Table(csv::Writer<Vec<u8>>);

impl Table {
    /// A table without rows.
    pub(crate) fn new() -> Table {
        let mark = "\u{feff}".as_bytes().to_vec();
        Table(csv::WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(mark))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// None that memory gives.
    pub(crate) fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), csv::Error> {
        self.0.write_record(cells.into_iter().map(|cell| match cell {
            Cell::Text(text) => disguised(text),
            Cell::Number(number) => number.map_or_else(String::new, |number| number.normalize().to_string()),
        }))
    }

    /// The whole file.
    ///
    /// # Errors
    /// None that memory gives.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, csv::Error> {
        self.0.into_inner().map_err(|error| error.into_error().into())
    }

    /// The answer that is the table, in a language, to be kept as a file of that name.
    ///
    /// # Errors
    /// None that memory gives.
    pub(crate) fn answer(self, file_name: &str, language: Language) -> Result<HttpResponse, csv::Error> {
        Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file_name}\"")))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(self.into_bytes()?))
    }
}
