//! From bytes to rows: CSV with a header, or one JSON object a line. One row is in memory at a
//! time.

use std::cell::Cell as Counter;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;
use xinwu_domain::import::{Cell, Fields, FileFault, ImportFormat, ImportKind, RowFault};
use xinwu_domain::text::Text;

use super::json_line::Object;

/// The longest row, in bytes: an open quote must not draw a whole file into memory.
const LONGEST_ROW: u64 = 1024 * 1024;

/// What is read for one row.
pub(super) enum Read1 {
    /// Its fields.
    Fields(Fields),
    /// It could not be taken apart.
    Bad(Vec<RowFault>),
}

/// Why reading stops.
#[derive(Debug)]
pub(super) enum Stop<E> {
    /// The file is at fault.
    File(FileFault),
    /// The disk is.
    Io(io::Error),
    /// The taker does not want more.
    Taker(E),
}

/// Hands every row of a file in UTF-8 to `take`.
///
/// # Errors
/// [`Stop`]: the header is wrong, a row is over a mebibyte, or `take` says so.
pub(super) fn each_row<E>(
    file: File,
    kind: ImportKind,
    format: ImportFormat,
    take: &mut dyn FnMut(Read1) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    match format {
        ImportFormat::Csv => each_csv_row(file, kind, take),
        ImportFormat::Ndjson => each_json_row(file, kind, take),
    }
}

/// Counts what was read since the last row, and stops a row that does not end.
struct Bounded<R> {
    inner: R,
    since_row: Rc<Counter<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > LONGEST_ROW {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let read = self.inner.read(buffer)?;
        self.since_row.set(self.since_row.get() + read as u64);
        Ok(read)
    }
}

fn each_csv_row<E>(
    file: File,
    kind: ImportKind,
    take: &mut dyn FnMut(Read1) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let since_row = Rc::new(Counter::new(0));
    let bounded = Bounded { inner: file, since_row: Rc::clone(&since_row) };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bounded);
    let mut record = StringRecord::new();
    if !read_record(&mut reader, &mut record)? {
        let text = Text::new("文件是空的", "The file is empty");
        return Err(Stop::File(FileFault::new("empty", text)));
    }
    let header = check_header(kind, &record).map_err(Stop::File)?;
    loop {
        since_row.set(0);
        if !read_record(&mut reader, &mut record)? {
            return Ok(());
        }
        let line = record.position().map_or(0, csv::Position::line);
        let read = if record.len() == header.len() {
            let cells = header.iter().zip(&record);
            Read1::Fields(Fields::new(
                line,
                cells.map(|(name, cell)| (name.clone(), Cell::Text(cell.to_owned()))).collect(),
            ))
        } else {
            Read1::Bad(vec![RowFault {
                line,
                column: None,
                code: "wrong_field_count".to_owned(),
                text: Text::new(
                    format!("有{}列，表头有{}列", record.len(), header.len()),
                    format!("has {} fields where the header has {}", record.len(), header.len()),
                ),
            }])
        };
        take(read).map_err(Stop::Taker)?;
    }
}

fn read_record<R: Read, E>(reader: &mut csv::Reader<R>, record: &mut StringRecord) -> Result<bool, Stop<E>> {
    let line = reader.position().line();
    reader.read_record(record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Stop::File(row_too_long(line))
        }
        csv::ErrorKind::Io(error) => Stop::Io(error),
        other => Stop::Io(io::Error::other(format!("{other:?}"))),
    })
}

fn row_too_long(line: u64) -> FileFault {
    let text = Text::new(
        format!("第{line}行起的一行超过1 MiB，可能缺少引号"),
        format!("The row that begins on line {line} is over 1 MiB; a quote may be missing"),
    );
    FileFault::new("row_too_long", text).at(line)
}

/// The header must have each required column once, and none that is not known.
fn check_header(kind: ImportKind, record: &StringRecord) -> Result<Vec<String>, FileFault> {
    let names: Vec<String> = record.iter().map(|name| name.trim().to_lowercase()).collect();
    let unknown: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| kind.column(name).is_none()).collect();
    let mut repeated: Vec<&str> = names
        .iter()
        .enumerate()
        .filter(|(at, name)| names.iter().take(*at).any(|before| before == *name))
        .map(|(_, name)| name.as_str())
        .collect();
    repeated.dedup();
    let missing: Vec<&str> = kind
        .columns()
        .iter()
        .filter(|column| column.required && !names.iter().any(|name| name == column.name))
        .map(|column| column.name)
        .collect();
    if unknown.is_empty() && repeated.is_empty() && missing.is_empty() {
        return Ok(names);
    }
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (list, chinese, english) in [
        (unknown, "未知的列", "unknown columns"),
        (missing, "缺少的列", "missing columns"),
        (repeated, "重复的列", "repeated columns"),
    ] {
        if !list.is_empty() {
            // A file that is no table at all has a first line of any length.
            let named: String = list.join(", ").chars().take(300).collect();
            zh.push(format!("{chinese}：{named}"));
            en.push(format!("{english}: {named}"));
        }
    }
    let known: Vec<&str> = kind.columns().iter().map(|column| column.name).collect();
    let text = Text::new(
        format!("表头不对：{}。可用的列：{}", zh.join("；"), known.join(", ")),
        format!("The header is wrong: {}. Columns: {}", en.join("; "), known.join(", ")),
    );
    Err(FileFault::new("bad_header", text).at(1))
}

fn each_json_row<E>(
    file: File,
    kind: ImportKind,
    take: &mut dyn FnMut(Read1) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let mut reader = BufReader::new(file);
    let (mut bytes, mut line) = (Vec::new(), 0_u64);
    loop {
        bytes.clear();
        line += 1;
        let read = (&mut reader).take(LONGEST_ROW + 1).read_until(b'\n', &mut bytes).map_err(Stop::Io)?;
        if read == 0 {
            return Ok(());
        }
        if bytes.len() as u64 > LONGEST_ROW {
            return Err(Stop::File(row_too_long(line)));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        take(json_row(kind, line, &bytes)).map_err(Stop::Taker)?;
    }
}

fn json_row(kind: ImportKind, line: u64, bytes: &[u8]) -> Read1 {
    let fault = |column: Option<&str>, code: &str, text| RowFault {
        line,
        column: column.map(str::to_owned),
        code: code.to_owned(),
        text,
    };
    let Ok(Object(pairs)) = serde_json::from_slice::<Object>(bytes) else {
        let text = Text::new("不是一个 JSON 对象", "is not one JSON object");
        return Read1::Bad(vec![fault(None, "bad_json", text)]);
    };
    let mut faults = Vec::new();
    let mut cells: Vec<(String, Cell)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let shown: String = name.chars().take(100).collect();
        if kind.column(&name).is_none() {
            let text = Text::new(format!("没有名为 {shown} 的列"), format!("there is no column {shown}"));
            faults.push(fault(Some(&shown), "unknown_field", text));
        } else if cells.iter().any(|(before, _)| *before == name) {
            let text =
                Text::new(format!("列 {shown} 出现了两次"), format!("the column {shown} stands twice"));
            faults.push(fault(Some(&shown), "duplicate_field", text));
        } else {
            cells.push((name, json_cell(value)));
        }
    }
    if faults.is_empty() { Read1::Fields(Fields::new(line, cells)) } else { Read1::Bad(faults) }
}

fn json_cell(value: Value) -> Cell {
    Cell::Json(value)
}
