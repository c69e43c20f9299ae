//! The file of accounts that the operator adds at once: read as a whole, all that is wrong with it
//! told at once.

use std::collections::HashMap;
use std::fs::File;

use xinwu_domain::import::{ACCOUNTS, AccountRow, RowFault, read_account};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;

use super::encoding::{self, Undecodable};
use super::reader::{Stop, each_csv_row};
use crate::extract::check_rules;

/// The most rows of one file: they are applied in one transaction, which must stay short.
const MOST_ROWS: usize = 5_000;

/// What is wrong with the file, or with a row of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    /// Where, if it is not the file as a whole.
    pub(crate) line: Option<u64>,
    /// In which column; nothing where it is the row.
    pub(crate) column: String,
    /// A stable word for programs.
    pub(crate) code: String,
    /// The reason, for people.
    pub(crate) text: Text,
}

impl From<RowFault> for Bad {
    fn from(fault: RowFault) -> Bad {
        let RowFault { line, column, code, text, .. } = fault;
        Bad { line: Some(line), column: column.unwrap_or_default(), code, text }
    }
}

impl From<FieldFault> for Bad {
    /// Of a fault whose pointer is `/rows/{line}` and the column's.
    fn from(fault: FieldFault) -> Bad {
        let place = fault.pointer.trim_start_matches("/rows/");
        let (line, column) = place.split_once('/').unwrap_or((place, ""));
        Bad {
            line: line.parse().ok(),
            column: column.to_owned(),
            code: fault.code.to_owned(),
            text: fault.detail,
        }
    }
}

/// Reads all rows.
///
/// # Errors
/// All that can be told without the database. [`std::io::Error`] where the disk is at fault.
pub(crate) fn read_accounts(file: File) -> std::io::Result<Result<Vec<AccountRow>, Vec<Bad>>> {
    let file = match encoding::decode(file) {
        Ok((file, _)) => file,
        Err(Undecodable::Io(error)) => return Err(error),
        Err(Undecodable::Fault(fault)) => return Ok(Err(vec![of_file(fault)])),
    };
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut read = 0_usize;
    let stopped = each_csv_row(file, ACCOUNTS, &mut |fields| {
        read += 1;
        if read > MOST_ROWS {
            return Err(too_many());
        }
        match read_account(fields) {
            Ok(row) => {
                bad.extend(broken_rules(&row));
                bad.extend(repeated(&mut lines, &row));
                rows.push(row);
            }
            Err(faults) => bad.extend(faults.into_iter().map(Bad::from)),
        }
        Ok(())
    });
    match stopped {
        Ok(()) => {}
        Err(Stop::Io(error)) => return Err(error),
        Err(Stop::File(fault)) => bad.push(of_file(fault)),
        Err(Stop::Taker(fault)) => bad.push(fault),
    }
    Ok(if bad.is_empty() { Ok(rows) } else { Err(bad) })
}

fn of_file(fault: xinwu_domain::import::FileFault) -> Bad {
    Bad { line: fault.line, column: String::new(), code: fault.code, text: fault.text }
}

fn too_many() -> Bad {
    let text = Text::new(
        format!("一个文件最多{MOST_ROWS}行，请分成几个文件"),
        format!("A file has at most {MOST_ROWS} rows: divide it"),
    );
    Bad { line: None, column: String::new(), code: "too_many_rows".to_owned(), text }
}

/// What the single request would refuse of the row's fields.
fn broken_rules(row: &AccountRow) -> Vec<Bad> {
    let Err(Refusal::Invalid(faults)) = check_rules(&row.new) else { return Vec::new() };
    let at =
        |fault: FieldFault| FieldFault { pointer: format!("/rows/{}{}", row.line, fault.pointer), ..fault };
    faults.into_iter().map(at).map(Bad::from).collect()
}

/// Whether an earlier row has the name.
fn repeated(lines: &mut HashMap<String, u64>, row: &AccountRow) -> Option<Bad> {
    let first = *lines.entry(row.new.username.clone()).or_insert(row.line);
    (first != row.line).then(|| Bad {
        line: Some(row.line),
        column: "username".to_owned(),
        code: "duplicate".to_owned(),
        text: Text::new(format!("与第{first}行重复"), format!("stands in row {first} too")),
    })
}
