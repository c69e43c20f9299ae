//! Cases: what their rows say of the state, the assignee and the times follows from their steps.

use xinwu_domain::text::Language;
use xinwu_store::{Db, Result};

use super::{Progress, Report, read};
use crate::city;
use crate::service::case::kept::differences_after;

/// Cases that are read at once.
const AT_ONCE: i64 = 500;

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    report.checks.push("case".to_owned());
    let now = db.clock().now();
    let (mut after, mut parts) = (String::new(), 0);
    loop {
        let from = after.clone();
        let found = read(db, move |conn| {
            let context = city::city(conn)?.context(Language::Chinese, now);
            differences_after(conn, &from, AT_ONCE, context)
        })?;
        let Some((differences, last)) = found else { return Ok(()) };
        report.add(differences);
        after = last;
        parts += 1;
        progress("cases", parts, parts);
    }
}
