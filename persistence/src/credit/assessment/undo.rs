//! What a file brought is taken back, as one: what it replaced is in force again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::RevisionState;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::confirm::{AT_ONCE, Projects, note_projects, tell_of};
use super::{Row, read};
use crate::schema::assessment;

/// Ends every assessment of an import, and puts what they replaced in force again, as revisions of
/// today. Gives those on which something rests: another that took its place, or an objection. Then
/// nothing is written.
pub(crate) fn revoke_batch(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (import_id, confirmed_at): (&str, Option<NaiveDateTime>),
    reason: &str,
) -> Result<BTreeSet<String>> {
    let resting = resting(tx.conn, import_id)?;
    if !resting.is_empty() {
        return Ok(resting);
    }
    let ids: Vec<String> = assessment::table
        .filter(assessment::import_id.eq(import_id))
        .order(assessment::id)
        .select(assessment::id)
        .load(tx.conn)?;
    let (mut projects, mut again) = (Projects::new(), Vec::new());
    for part in ids.chunks(AT_ONCE) {
        note_projects(tx, part, &mut projects)?;
        again.extend(replace(tx, warrant, part, confirmed_at, reason)?);
    }
    for part in again.chunks(AT_ONCE) {
        note_projects(tx, part, &mut projects)?;
    }
    tell_of(tx, ids.iter().chain(&again), projects);
    Ok(resting)
}

fn resting(conn: &mut Conn, import_id: &str) -> Result<BTreeSet<String>> {
    let of_import = || assessment::table.filter(assessment::import_id.eq(import_id));
    let replaced: Vec<String> = of_import()
        .filter(assessment::state.ne(Col(RevisionState::InForce)))
        .select(assessment::id)
        .load(conn)?;
    let projects: Vec<String> =
        of_import().select(assessment::project_id).distinct().order(assessment::project_id).load(conn)?;
    let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
    let mut resting: BTreeSet<String> = replaced.into_iter().collect();
    for (project, period, assessor) in read::disputed(conn, &projects)? {
        let objected: Vec<String> = of_import()
            .filter(assessment::project_id.eq(project))
            .filter(assessment::period.eq(period))
            .filter(assessment::assessor.eq(assessor))
            .select(assessment::id)
            .load(conn)?;
        resting.extend(objected);
    }
    Ok(resting)
}

/// Of one that ends, the latest revision and version of its project, period and assessor, and which
/// one it replaced.
#[derive(Default)]
struct Latest {
    revision: i32,
    version: i64,
    replaced: Option<String>,
}

/// Ends some, and puts in force again what they replaced. Gives the ids of the latter.
fn replace(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    ids: &[String],
    confirmed_at: Option<NaiveDateTime>,
    reason: &str,
) -> Result<Vec<String>> {
    let latest = latest(tx.conn, ids, confirmed_at)?;
    diesel::update(assessment::table.filter(assessment::id.eq_any(ids)))
        .set((
            assessment::state.eq(Col(RevisionState::Revoked)),
            assessment::known_until.eq(tx.now_utc()),
            assessment::updated_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    let replaced: Vec<Row> = assessment::table
        .filter(assessment::id.eq_any(latest.keys()))
        .order(assessment::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    let now = tx.now_utc();
    let again: Vec<Row> = replaced
        .into_iter()
        .map(|row| {
            let (revision, version) = latest.get(&row.id).copied().unwrap_or_default();
            Row {
                id: tx.random.id(),
                state: Col(RevisionState::InForce),
                revision: revision + 1,
                correction_reason: Some(reason.to_owned()),
                by_account: warrant.account_id().to_owned(),
                known_from: Some(now),
                known_until: None,
                import_id: None,
                updated_at: now,
                confirmed_by: warrant.second().map(|second| second.account_id.clone()),
                version: version + 1,
                ..row
            }
        })
        .collect();
    if !again.is_empty() {
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(assessment::table).values(&again).execute(conn))?;
    }
    Ok(again.into_iter().map(|row| row.id).collect())
}

/// What each of these replaced as they were confirmed, with the latest revision that was ever known
/// and the latest version of its project, period and assessor.
fn latest(
    conn: &mut Conn,
    ids: &[String],
    confirmed_at: Option<NaiveDateTime>,
) -> Result<BTreeMap<String, (i32, i64)>> {
    type Other = (String, String, Col<RevisionState>, Option<NaiveDateTime>, bool, i32, i64);
    let other = diesel::alias!(assessment as other);
    let others: Vec<Other> = assessment::table
        .inner_join(
            other.on(other
                .field(assessment::project_id)
                .eq(assessment::project_id)
                .and(other.field(assessment::period).eq(assessment::period))
                .and(other.field(assessment::assessor).eq(assessment::assessor))),
        )
        .filter(assessment::id.eq_any(ids))
        .order((assessment::id, other.field(assessment::id)))
        .select((
            assessment::id,
            other.field(assessment::id),
            other.field(assessment::state),
            other.field(assessment::known_until),
            other.field(assessment::known_from).is_not_null(),
            other.field(assessment::revision),
            other.field(assessment::version),
        ))
        .load(conn)?;
    let mut latest: BTreeMap<String, Latest> = BTreeMap::new();
    for (own, id, state, until, was_known, revision, version) in others {
        let latest = latest.entry(own).or_default();
        if was_known {
            latest.revision = latest.revision.max(revision);
        }
        latest.version = latest.version.max(version);
        if state.0 == RevisionState::Superseded && until.is_some() && until == confirmed_at {
            latest.replaced = Some(id);
        }
    }
    let of_replaced = |latest: Latest| Some((latest.replaced?, (latest.revision, latest.version)));
    Ok(latest.into_values().filter_map(of_replaced).collect())
}
