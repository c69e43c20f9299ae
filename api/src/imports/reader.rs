//! From bytes to rows: a table as a spreadsheet saves it, or one JSON object a line. One row is in
//! memory at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use xinwu_domain::import::{
    Cell, Column, Fields, FileFault, ImportFormat, ImportKind, MOST_FAULTS, ReadRow, column_by_header,
};
use xinwu_domain::phone::Phone;
use xinwu_domain::text::Text;

use super::json_line::Object;
use crate::spreadsheet::{LONGEST_ROW, MOST_CELLS, RowFault, Rows, is_blank};

/// What may stand between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The bytes of a file that are read in one go.
const BLOCK: usize = 64 * 1024;

/// The columns without a header that are named for one row.
const NAMED: usize = 5;

/// What is read for one row: its fields, or that it could not be taken apart.
pub(super) type RowRead = Result<Fields, ReadRow>;

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

impl<E> From<io::Error> for Stop<E> {
    fn from(error: io::Error) -> Stop<E> {
        Stop::Io(error)
    }
}

impl<E> From<RowFault> for Stop<E> {
    fn from(fault: RowFault) -> Stop<E> {
        match fault {
            RowFault::TooLong(row) => Stop::File(row_too_long(row)),
            RowFault::TooWide(row) => {
                let text = Text::new(
                    format!("第{row}行超过{MOST_CELLS}列"),
                    format!("Row {row} has over {MOST_CELLS} columns"),
                );
                Stop::File(FileFault::new("row_too_wide", text).at(row))
            }
            RowFault::OpenQuote(row) => {
                let text = Text::new(
                    format!("第{row}行的引号到文件末尾仍未闭合"),
                    format!("A quote that opens in row {row} is not closed before the file ends"),
                );
                Stop::File(FileFault::new("open_quote", text).at(row))
            }
            RowFault::Io(error) => Stop::Io(error),
        }
    }
}

/// Hands every row of a file in UTF-8 to `take`.
///
/// # Errors
/// [`Stop`]: the header is wrong, a row is over a mebibyte, or `take` says so.
pub(super) fn each_row<E>(
    file: File,
    kind: ImportKind,
    format: ImportFormat,
    take: &mut dyn FnMut(RowRead) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    match format {
        ImportFormat::Csv => each_csv_row(file, kind.columns(), &mut |fields| take(Ok(fields))),
        ImportFormat::Ndjson => each_json_row(file, kind, take),
    }
}

/// Hands every row of a table in UTF-8 with these columns to `take`.
pub(super) fn each_csv_row<E>(
    mut file: File,
    columns: &'static [Column],
    take: &mut dyn FnMut(Fields) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let delimiter = delimiter(&mut file, columns)?;
    let mut rows = Rows::new(BufReader::with_capacity(BLOCK, file), delimiter);
    let Some((number, names)) = rows.next()? else {
        let text = Text::new("文件是空的", "The file is empty");
        return Err(Stop::File(FileFault::new("empty", text)));
    };
    let header = check_header(columns, &names).map_err(|fault| Stop::File(fault.at(number)))?;
    while let Some((number, cells)) = rows.next()? {
        let mut named = Vec::with_capacity(header.len());
        let mut nameless = Vec::new();
        // A row that ends early is blank at its end: Excel leaves out the last delimiters where
        // sixteen rows in a row have nothing there.
        for (at, cell) in cells.into_iter().enumerate() {
            match header.get(at) {
                Some(Some(column)) => named.push((*column, Cell::Text(cell))),
                _ if cell.chars().all(is_blank) => {}
                _ => nameless.push(at),
            }
        }
        let mut fields = Fields::new(number, named);
        if !nameless.is_empty() {
            let listed = nameless.iter().take(NAMED).map(|at| letters(*at)).collect::<Vec<_>>();
            let (zh, en) = (listed.join("、"), listed.join(", "));
            let (etc, and_more) = if nameless.len() > NAMED { ("等", " and more") } else { ("", "") };
            let text = Text::new(
                format!("{zh}列{etc}没有表头，却有内容"),
                format!("has content where there is no header: column {en}{and_more}"),
            );
            fields.fault("", "no_header", text);
        }
        take(fields).map_err(Stop::Taker)?;
    }
    Ok(())
}

/// The delimiter under which the first row has the most names of columns; the file stays where it
/// was.
fn delimiter(file: &mut File, columns: &'static [Column]) -> io::Result<u8> {
    let start = file.stream_position()?;
    let mut best = (b',', 0);
    for delimiter in DELIMITERS {
        let first = Rows::new(BufReader::with_capacity(BLOCK, &mut *file), delimiter).next();
        file.seek(SeekFrom::Start(start))?;
        let names = match first {
            Ok(first) => first.map(|(_, names)| names).unwrap_or_default(),
            Err(RowFault::Io(error)) => return Err(error),
            // Under the right one it is told again.
            Err(_) => Vec::new(),
        };
        let known = names.iter().filter(|name| column_by_header(columns, name).is_some()).count();
        if known > best.1 {
            best = (delimiter, known);
        }
    }
    Ok(best.0)
}

/// A column as a spreadsheet names it: A to Z, AA, AB and so on.
fn letters(at: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(at % 26).unwrap_or_default());
    if at < 26 { letter.to_string() } else { letters(at / 26 - 1) + &letter.to_string() }
}

/// A name as it stands in the file, for people: a report is kept, so that no phone may stand in it.
fn told(name: &str) -> Option<String> {
    const LONGEST: usize = 100;
    let shown = name.trim().chars().filter(|character| !character.is_control()).take(LONGEST).collect();
    if Phone::is_in(name) { None } else { Some(shown) }
}

fn row_too_long(row: u64) -> FileFault {
    let text = Text::new(
        format!("第{row}行超过1 MiB，可能缺少引号"),
        format!("Row {row} is over 1 MiB; a quote may be missing"),
    );
    FileFault::new("row_too_long", text).at(row)
}

/// The columns of a header: each required one once, and none that is not known. Where nothing
/// stands there is no column.
fn check_header(
    columns: &'static [Column],
    names: &[String],
) -> Result<Vec<Option<&'static Column>>, FileFault> {
    let is_named = |name: &&String| !name.chars().all(is_blank);
    let named: Vec<Option<&'static Column>> =
        names.iter().map(|name| column_by_header(columns, name)).collect();
    let unknown: Vec<String> = (0..)
        .zip(names.iter().zip(&named))
        .filter(|(_, (name, column))| column.is_none() && is_named(name))
        // Where the header is missing a row of people stands there.
        .map(|(at, (name, _))| told(name).unwrap_or_else(|| letters(at)))
        .collect();
    let count = |column: &Column| named.iter().flatten().filter(|each| each.name == column.name).count();
    let told = |column: &Column| format!("{}（{}）", column.zh, column.name);
    let repeated: Vec<String> = columns.iter().filter(|column| count(column) > 1).map(told).collect();
    let missing: Vec<String> =
        columns.iter().filter(|column| column.required && count(column) == 0).map(told).collect();
    if unknown.is_empty() && repeated.is_empty() && missing.is_empty() {
        return Ok(named);
    }
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (listed, chinese, english) in [
        (unknown.join("、"), "未知的列", "unknown columns"),
        (missing.join("、"), "缺少的列", "missing columns"),
        (repeated.join("、"), "重复的列", "repeated columns"),
    ] {
        if !listed.is_empty() {
            // A file that is no table at all has a first row of any length.
            let listed: String = listed.chars().take(300).collect();
            zh.push(format!("{chinese}：{listed}"));
            en.push(format!("{english}: {listed}"));
        }
    }
    let known: Vec<String> = columns.iter().map(told).collect();
    let text = Text::new(
        format!("表头不对：{}。可用的列：{}", zh.join("；"), known.join("、")),
        format!("The header is wrong: {}. Columns: {}", en.join("; "), known.join("、")),
    );
    Err(FileFault::new("bad_header", text))
}

fn each_json_row<E>(
    file: File,
    kind: ImportKind,
    take: &mut dyn FnMut(RowRead) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let mut reader = BufReader::new(file);
    let (mut bytes, mut line) = (Vec::new(), 0_u64);
    loop {
        bytes.clear();
        line += 1;
        let read =
            (&mut reader).take(LONGEST_ROW as u64 + 1).read_until(b'\n', &mut bytes).map_err(Stop::Io)?;
        if read == 0 {
            return Ok(());
        }
        if bytes.len() > LONGEST_ROW {
            return Err(Stop::File(row_too_long(line)));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        take(json_row(kind, line, &bytes)).map_err(Stop::Taker)?;
    }
}

fn json_row(kind: ImportKind, line: u64, bytes: &[u8]) -> RowRead {
    let Ok(Object(pairs)) = serde_json::from_slice::<Object>(bytes) else {
        let text = Text::new("不是一个 JSON 对象", "is not one JSON object");
        return Err(ReadRow::unreadable(line, "bad_json", text));
    };
    let mut faults = Vec::new();
    let mut cells: Vec<(&'static Column, Cell)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        match kind.column(&name) {
            _ if faults.len() >= MOST_FAULTS => break,
            None => {
                let shown = told(&name).unwrap_or_else(|| "…".to_owned());
                let text = Text::new(format!("没有名为 {shown} 的列"), format!("there is no column {shown}"));
                faults.push((shown, "unknown_field", text));
            }
            Some(column) if cells.iter().any(|(before, _)| before.name == column.name) => {
                let text =
                    Text::new(format!("列 {name} 出现了两次"), format!("the column {name} stands twice"));
                faults.push((name, "duplicate_field", text));
            }
            Some(column) => cells.push((column, Cell::Json(value))),
        }
    }
    let mut fields = Fields::new(line, cells);
    for (column, code, text) in faults {
        fields.fault(&column, code, text);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn columns_are_named_as_a_spreadsheet_names_them() {
        for (at, name) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(at), name);
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_parts_the_most_headers() {
        for (header, expected) in [
            ("code,level,name,parent", b','),
            ("区划代码;级别;名称;上级区划代码", b';'),
            ("\n区划代码\t级别\t名称\t上级区划代码\n", b'\t'),
            ("code", b','),
            ("colour;size", b','),
            ("", b','),
        ] {
            let mut file = tempfile::tempfile().unwrap();
            write!(file, "\u{feff}{header}").unwrap();
            file.seek(SeekFrom::Start(3)).unwrap();
            assert_eq!(delimiter(&mut file, ImportKind::Places.columns()).unwrap(), expected, "{header}");
            assert_eq!(file.stream_position().unwrap(), 3);
        }
    }
}
