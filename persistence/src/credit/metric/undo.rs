//! What a file brought is taken back, as one: what it replaced is in force again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::metric::{MetricState, MetricSubject, MetricSubjectKind};
use xinwu_domain::subject::{Cause, CauseKind};
use xinwu_store::{Col, Result, Tx, on_each};

use super::{Row, note_public};
use crate::schema::metric;

/// Metrics that one statement names.
const AT_ONCE: usize = 500;

/// Ends every metric of an import, and puts what they replaced in force again, as of today. Gives
/// those whose place another has taken since: then nothing is written.
pub(crate) fn revoke_batch(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (import_id, confirmed_at): (&str, Option<NaiveDateTime>),
) -> Result<BTreeSet<String>> {
    type Ended = (String, Col<MetricSubjectKind>, String, String, Col<MetricState>);
    let rows: Vec<Ended> = metric::table
        .filter(metric::import_id.eq(import_id))
        .order(metric::id)
        .select((metric::id, metric::subject_kind, metric::subject_id, metric::metric_key, metric::state))
        .load(tx.conn)?;
    let is_replaced = |(.., state): &&Ended| state.0 != MetricState::InForce;
    let resting: BTreeSet<String> = rows.iter().filter(is_replaced).map(|(id, ..)| id.clone()).collect();
    if !resting.is_empty() {
        return Ok(resting);
    }
    let mut subjects = BTreeMap::new();
    for part in rows.chunks(AT_ONCE) {
        replace(tx, warrant, part.iter().map(|(id, ..)| id.as_str()).collect(), confirmed_at)?;
        for (id, kind, subject, key, _) in part {
            note_public(tx, key, id);
            subjects.insert(MetricSubject::new(kind.0, subject), id.clone());
        }
    }
    for (subject, last) in subjects {
        let Some(graded) = subject.graded() else { continue };
        tx.changed(graded.kind.into(), &graded.id);
        tx.facts_changed(graded, Cause { kind: CauseKind::Metric, id: Some(last) });
    }
    Ok(resting)
}

/// Ends some, and puts in force again what they replaced as they were confirmed.
fn replace(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    ids: Vec<&str>,
    confirmed_at: Option<NaiveDateTime>,
) -> Result<()> {
    let former = diesel::alias!(metric as former);
    let replaced: Vec<String> = metric::table
        .inner_join(
            former.on(former
                .field(metric::subject_kind)
                .eq(metric::subject_kind)
                .and(former.field(metric::subject_id).eq(metric::subject_id))
                .and(former.field(metric::metric_key).eq(metric::metric_key))
                .and(former.field(metric::period).eq(metric::period))),
        )
        .filter(metric::id.eq_any(&ids))
        .filter(former.field(metric::state).eq(Col(MetricState::Superseded)))
        .filter(former.field(metric::known_until).eq(confirmed_at))
        .order(former.field(metric::id))
        .select(former.field(metric::id))
        .load(tx.conn)?;
    let ended = (metric::state.eq(Col(MetricState::Revoked)), metric::known_until.eq(tx.now_utc()));
    diesel::update(metric::table.filter(metric::id.eq_any(&ids))).set(ended).execute(tx.conn)?;
    let replaced: Vec<Row> = metric::table
        .filter(metric::id.eq_any(&replaced))
        .order(metric::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    let now = tx.now_utc();
    let again: Vec<Row> = replaced
        .into_iter()
        .map(|row| Row {
            submitted_at: Some(now),
            decided_by: None,
            id: tx.random.id(),
            state: Col(MetricState::InForce),
            by_account: warrant.account_id().to_owned(),
            known_from: Some(now),
            known_until: None,
            import_id: None,
            version: 1,
            ..row
        })
        .collect();
    for row in &again {
        note_public(tx, &row.metric_key, &row.id);
    }
    if !again.is_empty() {
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(metric::table).values(&again).execute(conn))?;
    }
    Ok(())
}
