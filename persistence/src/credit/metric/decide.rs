//! The second pair of eyes for a figure that was entered by itself.

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::metric::{MetricKey, MetricReport, MetricState};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::own_work;
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, changed, subject, supersede, views};
use crate::people::notice::{NewNotice, tell};
use crate::registers::authorized::{Authorized, note};
use crate::registers::second_person::require_other_person;
use crate::schema::metric;

/// Puts a figure that waits in force, from now on.
///
/// # Errors
/// [`Refusal::Forbidden`] for whoever entered it, or what it took the place of before anybody
/// confirmed that, [`Refusal::Conflict`] where it does not wait, or waits with its file.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    _: RequestContext,
) -> Result<(MetricReport, i64)> {
    require_waiting(row)?;
    let authors = authors(tx.conn, &row.key())?;
    require_other_person(tx.conn, warrant, authors, own_work)?;
    supersede(tx, &row.key())?;
    diesel::update(metric::table.find(&row.id))
        .set((
            metric::state.eq(Col(MetricState::InForce)),
            metric::known_from.eq(tx.now_utc()),
            metric::decided_by.eq(warrant.account_id()),
            metric::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    note::<Row>(tx, warrant, &row.id, &json!({"by": row.by_account}))?;
    changed(tx, &row.subject(), (&row.metric_key, &row.id));
    tell_reporter(tx, row, (NoticeKind::MetricConfirmed, None))?;
    views::by_id(tx.conn, &row.id)
}

/// Sends a figure that waits back: its reporter reads why, and may enter another.
///
/// # Errors
/// [`Refusal::Conflict`] where it does not wait, or waits with its file.
pub fn give_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    _: RequestContext,
) -> Result<(MetricReport, i64)> {
    require_waiting(row)?;
    diesel::update(metric::table.find(&row.id))
        .set((
            metric::state.eq(Col(MetricState::Returned)),
            metric::decided_by.eq(warrant.account_id()),
            metric::reason.eq(reason),
            metric::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    note::<Row>(tx, warrant, &row.id, &json!({"by": row.by_account, "reason": reason}))?;
    tell_reporter(tx, row, (NoticeKind::MetricReturned, Some(reason)))?;
    views::by_id(tx.conn, &row.id)
}

fn require_waiting(row: &Row) -> Result<()> {
    let (situation, text) = match (row.state.0, &row.import_id) {
        (MetricState::Submitted, None) => return Ok(()),
        (state @ MetricState::Submitted, Some(_)) => {
            let allows = Situation::from(xinwu_domain::import::ImportState::Submitted).allows;
            let text = Text::new(
                "该数值随导入文件一并确认或退回",
                "It is confirmed or returned with the file that brought it",
            );
            (Situation { allows, ..Situation::from(state) }, text)
        }
        (state, _) => {
            (state.into(), Text::new("该数值不在待确认状态", "The figure does not wait for a decision"))
        }
    };
    Err(Refusal::wrong_state(situation, text).into())
}

/// Who entered what waits, or what that took the place of before anybody confirmed it.
fn authors(conn: &mut Conn, key: &MetricKey) -> Result<Vec<String>> {
    let states = [MetricState::Submitted, MetricState::Withdrawn].map(Col);
    Ok(metric::table
        .filter(metric::subject_kind.eq(Col(key.subject.kind)))
        .filter(metric::subject_id.eq(&key.subject.id))
        .filter(metric::metric_key.eq(&key.key))
        .filter(metric::period.eq(Col(key.period)))
        .filter(metric::state.eq_any(states))
        .filter(metric::import_id.is_null())
        .select(metric::by_account)
        .distinct()
        .load(conn)?)
}

fn tell_reporter(tx: &mut Tx<'_>, row: &Row, (kind, reason): (NoticeKind, Option<&str>)) -> Result<()> {
    let (name, period) = (subject::name_of(tx.conn, &row.subject())?, row.period.0.to_string());
    let told = NewNotice { detail: Some(&period), reason, ..NewNotice::new(kind, &row.id).named(&name) };
    tell(tx, &row.by_account, &told)
}
