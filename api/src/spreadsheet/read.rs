//! Reading a table as a spreadsheet saves it (RFC 4180, any delimiter), one row in memory at a
//! time. What a row is made of is told by the machine of the `csv` crate; around it, empty rows are
//! counted, which that crate passes over, and a row is bounded.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{is_blank, plain};

/// The longest row, in bytes: an open quote must not draw a whole file into memory.
pub(crate) const LONGEST_ROW: usize = 1024 * 1024;

/// The most cells of a row, as of a spreadsheet.
pub(crate) const MOST_CELLS: usize = 16 * 1024;

/// Why reading stops; a number is that of the row at fault.
#[derive(Debug)]
pub(crate) enum RowFault {
    /// It is longer than [`LONGEST_ROW`].
    TooLong(u64),
    /// It has more than [`MOST_CELLS`].
    TooWide(u64),
    /// The file ends between its quotes.
    OpenQuote(u64),
    /// The disk is at fault.
    Io(io::Error),
}

impl From<io::Error> for RowFault {
    fn from(error: io::Error) -> RowFault {
        RowFault::Io(error)
    }
}

/// The rows of a table in UTF-8.
///
/// They are numbered as a spreadsheet shows them: a cell may have several lines, and rows without
/// anything count, though they are passed over.
pub(crate) struct Rows<R> {
    input: R,
    parser: Reader,
    /// The cells of one row, one behind the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    number: u64,
    /// What was read last is a carriage return: a line feed belongs to it.
    after_return: bool,
}

impl<R: BufRead> Rows<R> {
    /// The rows of what is read, with cells between `delimiter`s.
    pub(crate) fn new(input: R, delimiter: u8) -> Rows<R> {
        Rows {
            input,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            bytes: vec![0; LONGEST_ROW + 1],
            ends: vec![0; MOST_CELLS + 1],
            number: 0,
            after_return: false,
        }
    }

    /// The next row in which something is seen, with its number.
    ///
    /// # Errors
    /// [`RowFault`]
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Vec<String>)>, RowFault> {
        while self.pass_line_breaks()? {
            self.number += 1;
            let cells = self.read_row()?;
            if !cells.iter().all(|cell| cell.chars().all(is_blank)) {
                return Ok(Some((self.number, cells)));
            }
        }
        Ok(None)
    }

    /// Passes over and counts the empty rows that follow. Whether there is another row.
    fn pass_line_breaks(&mut self) -> Result<bool, RowFault> {
        loop {
            let Some(&byte) = self.input.fill_buf()?.first() else { return Ok(false) };
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.number += 1;
                    self.after_return = byte == b'\r';
                }
                _ => return Ok(true),
            }
            self.input.consume(1);
        }
    }

    /// The row that begins here.
    fn read_row(&mut self) -> Result<Vec<String>, RowFault> {
        let (mut length, mut count) = (0, 0);
        loop {
            let input = self.input.fill_buf()?;
            let is_end = input.is_empty();
            // A line break ends the last row, unless it stands between quotes.
            let input = if is_end { b"\n".as_slice() } else { input };
            let bytes = self.bytes.get_mut(length..).unwrap_or_default();
            let ends = self.ends.get_mut(count..).unwrap_or_default();
            let (result, used, copied, ended) = self.parser.read_record(input, bytes, ends);
            self.after_return = input.get(..used).is_some_and(|read| read.ends_with(b"\r"));
            self.input.consume(if is_end { 0 } else { used });
            (length, count) = (length + copied, count + ended);
            match result {
                ReadRecordResult::InputEmpty if is_end => return Err(RowFault::OpenQuote(self.number)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => return Err(RowFault::TooLong(self.number)),
                ReadRecordResult::OutputEndsFull => return Err(RowFault::TooWide(self.number)),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let ends = self.ends.iter().take(count);
        let starts = std::iter::once(&0).chain(ends.clone());
        Ok(starts
            .zip(ends)
            .map(|(&start, &end)| text(self.bytes.get(start..end).unwrap_or_default()))
            .collect())
    }
}

/// A cell as it was meant. The file was found to be UTF-8 and is cut at ASCII only.
fn text(cell: &[u8]) -> String {
    plain(&String::from_utf8_lossy(cell)).to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    /// All rows, and why there are no more.
    pub(crate) fn all<R: BufRead>(mut rows: Rows<R>) -> (Vec<(u64, Vec<String>)>, Option<RowFault>) {
        let mut all = Vec::new();
        loop {
            match rows.next() {
                Ok(Some(row)) => all.push(row),
                Ok(None) => return (all, None),
                Err(fault) => return (all, Some(fault)),
            }
        }
    }

    fn rows(text: &str, delimiter: u8, block: usize) -> Vec<(u64, Vec<String>)> {
        all(Rows::new(BufReader::with_capacity(block, text.as_bytes()), delimiter)).0
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        for line_break in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "\"一", "二\",2", ",", "3,\"x,\"\"y\"\"\"", "\"\""].join(line_break);
            let expected = [
                (1, vec!["a".to_owned(), "b".to_owned()]),
                (3, vec![format!("一{line_break}二"), "2".to_owned()]),
                (5, vec!["3".to_owned(), "x,\"y\"".to_owned()]),
            ];
            for block in [1, 2, 3, 7, 100] {
                assert_eq!(rows(&text, b',', block), expected, "{line_break:?} {block}");
                assert_eq!(
                    rows(&format!("{text}{line_break}"), b',', block),
                    expected,
                    "{line_break:?} {block}"
                );
            }
        }
    }

    #[test]
    fn quotes_within_a_cell_are_what_they_are() {
        assert_eq!(
            rows("5\" pipe,\"a\"b,\"\"\"\"", b',', 3),
            [(1, vec!["5\" pipe".to_owned(), "ab".to_owned(), "\"".to_owned()])]
        );
        assert_eq!(
            rows("a;\"b;c\"\t;d", b';', 3),
            [(1, vec!["a".to_owned(), "b;c\t".to_owned(), "d".to_owned()])]
        );
        assert_eq!(rows("\"\"\"a\"\"\"", b',', 1), [(1, vec!["\"a\"".to_owned()])]);
    }

    #[test]
    fn a_row_that_does_not_end_is_not_drawn_into_memory() {
        let fault = |text: String| {
            let (read, fault) = all(Rows::new(BufReader::new(text.as_bytes()), b','));
            assert_eq!(read, [(1, vec!["a".to_owned()])]);
            fault.unwrap()
        };
        assert!(matches!(fault(format!("a\n\"{}", "b\n".repeat(600 * 1024))), RowFault::TooLong(2)));
        assert!(matches!(fault(format!("a\r\n\r\n{}\n", ",".repeat(2_000_000))), RowFault::TooWide(3)));
        for text in ["a\n\"b", "a\n\"", "a\n1,\"b\n\"\"c\n\n"] {
            assert!(matches!(fault(text.to_owned()), RowFault::OpenQuote(2)), "{text:?}");
        }
        let widest = format!("{}\n{}", ",".repeat(MOST_CELLS - 2) + "b", "c".repeat(LONGEST_ROW));
        let (read, fault) = all(Rows::new(BufReader::new(widest.as_bytes()), b','));
        assert_eq!(read.iter().map(|(_, row)| row.len()).collect::<Vec<_>>(), [MOST_CELLS - 1, 1]);
        assert!(fault.is_none(), "{fault:?}");
    }

    proptest! {
        /// Whatever the blocks are in which it is read, these are the rows that the `csv` crate's
        /// own reader finds, and their numbers are those of a plain count.
        #[test]
        fn the_rows_are_those_of_the_crate(text in "[a甲 \"\",\r\n\t;]{0,60}", block in 1_usize..9) {
            let (ours, fault) = all(Rows::new(BufReader::with_capacity(block, text.as_bytes()), b','));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let is_seen = |row: &Vec<String>| !row.iter().all(|cell| cell.chars().all(is_blank));
            let mut theirs: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            if let Some(fault) = fault {
                prop_assert!(matches!(fault, RowFault::OpenQuote(_)));
                theirs.pop();
            }
            theirs.retain(is_seen);
            prop_assert_eq!(ours.iter().map(|(_, row)| row).collect::<Vec<_>>(), theirs.iter().collect::<Vec<_>>());
            if !text.contains('"') {
                let lines = text.replace("\r\n", "\n").replace('\r', "\n");
                let seen: Vec<u64> = (1..)
                    .zip(lines.split('\n'))
                    .filter(|(_, line)| !line.chars().all(|character| character == ',' || is_blank(character)))
                    .map(|(number, _)| number)
                    .collect();
                prop_assert_eq!(ours.iter().map(|(number, _)| *number).collect::<Vec<_>>(), seen);
            }
        }
    }
}
