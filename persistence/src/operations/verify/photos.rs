//! Photos of cases: each row has its file.

use std::io;

use xinwu_store::{Db, Result, StoreError};

use super::{Difference, Progress, Report, read};
use crate::service::case::photo::{self, Named};

/// Rows that are read at once.
const AT_ONCE: i64 = 1_000;

/// Adds the photos whose files are missing, or not as long as they should be, to a report. `length`
/// gives that of a file by its name, `None` where there is none.
///
/// # Errors
/// When the database or the folder cannot be read.
pub fn check_photos(
    db: &Db,
    report: &mut Report,
    progress: &Progress,
    length: impl Fn(&str) -> io::Result<Option<u64>>,
) -> Result<()> {
    report.checks.push("case_photo".to_owned());
    let mut last: Option<Named> = None;
    let mut done = 0;
    loop {
        let after = last.clone();
        let named = read(db, move |conn| photo::named_after(conn, after.as_ref(), AT_ONCE))?;
        let Some(end) = named.last().cloned() else { return Ok(()) };
        last = Some(end);
        for each in &named {
            let there = length(&each.sha256).map_err(|error| StoreError::internal(error.to_string()))?;
            report.add(fault(each, there).into_iter().collect());
        }
        done += named.len();
        progress("photos", done, done);
    }
}

/// A file without a name in the folder is no difference: it is removed by itself.
fn fault(named: &Named, there: Option<u64>) -> Option<Difference> {
    let is_whole = there.is_some_and(|length| u64::try_from(named.bytes) == Ok(length));
    (!is_whole).then(|| Difference {
        kept_in: "case_photo".to_owned(),
        key: format!("{}/{}", named.case_id, named.sha256),
        figure: if there.is_some() { "bytes of the file" } else { "the file is missing" }.to_owned(),
        kept: there.map(|_| named.bytes.to_string()),
        counted: there.map(|length| length.to_string()),
    })
}
