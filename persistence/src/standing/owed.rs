//! The rows of `due`: who is evaluated again, when, and, where that is owed to a fact, for which.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::catalogue::Word;
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};

use crate::dialect::on_each;
use crate::schema::due;
use crate::{Conn, Result, StoreError, Tx};

/// The kind of these rows.
const EVALUATE: &str = "evaluate";

/// The instant of the first row, if there is one.
pub(crate) fn first(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let first: Option<chrono::NaiveDateTime> =
        due::table.filter(due::kind.eq(EVALUATE)).select(diesel::dsl::min(due::due_at)).first(conn)?;
    Ok(first.map(|at| at.and_utc()))
}

/// How many are owed an evaluation for a fact by an instant.
pub(crate) fn count(conn: &mut Conn, by: DateTime<Utc>) -> Result<i64> {
    Ok(owed(by).count().get_result(conn)?)
}

/// Those of these subjects who are owed an evaluation for a fact by an instant.
pub(crate) fn among(conn: &mut Conn, subjects: &[Subject], by: DateTime<Utc>) -> Result<Vec<Subject>> {
    let ids: Vec<&str> = subjects.iter().map(|subject| subject.id.as_str()).collect();
    let rows: Vec<(String, String)> = owed(by)
        .filter(due::subject_id.eq_any(ids))
        .select((due::subject_kind, due::subject_id))
        .load(conn)?;
    rows.into_iter().map(|(kind, id): (String, String)| subject(&kind, id)).collect()
}

fn owed(by: DateTime<Utc>) -> due::BoxedQuery<'static, <Conn as diesel::Connection>::Backend> {
    due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::due_at.le(by.naive_utc()))
        .filter(due::cause_kind.is_not_null())
        .into_boxed()
}

/// Takes some rows whose time has come by this write's: whoever evaluates their subjects puts a row
/// for the next time.
pub(super) fn take(tx: &mut Tx<'_>, most: usize) -> Result<Vec<(Subject, Cause)>> {
    type Row = (String, String, Option<String>, Option<String>);
    let rows: Vec<Row> = due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::due_at.le(tx.now_utc()))
        .order((due::due_at, due::subject_kind, due::subject_id))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select((due::subject_kind, due::subject_id, due::cause_kind, due::cause_id))
        .load(tx.conn)?;
    let mut taken = Vec::with_capacity(rows.len());
    for (kind, id, cause_kind, cause_id) in rows {
        diesel::delete(due::table.find((EVALUATE, &kind, &id))).execute(tx.conn)?;
        let cause = match cause_kind {
            None => Cause::time(),
            Some(word) => {
                let kind = CauseKind::parse(&word)
                    .ok_or_else(|| StoreError::internal(format!("{id} is due for a {word}")))?;
                Cause { kind, id: cause_id }
            }
        };
        taken.push((subject(&kind, id)?, cause));
    }
    Ok(taken)
}

/// Notes that these are owed an evaluation from an instant on. One that was owed already keeps its
/// first cause; one that time alone would have brought is brought now.
pub(super) fn note(tx: &mut Tx<'_>, subjects: &[(Subject, Cause)], at: DateTime<Utc>) -> Result<()> {
    for part in subjects.chunks(250) {
        for kind in [SubjectKind::Firm, SubjectKind::Project, SubjectKind::Manager] {
            let of_kind = part.iter().filter(|(subject, _)| subject.kind == kind);
            let ids: Vec<&str> = of_kind.map(|(subject, _)| subject.id.as_str()).collect();
            if ids.is_empty() {
                continue;
            }
            let by_time = due::table
                .filter(due::kind.eq(EVALUATE))
                .filter(due::subject_kind.eq(kind.as_str()))
                .filter(due::subject_id.eq_any(ids))
                .filter(due::cause_kind.is_null());
            diesel::delete(by_time).execute(tx.conn)?;
        }
        let rows: Vec<_> = part
            .iter()
            .map(|(subject, cause)| {
                (
                    due::kind.eq(EVALUATE),
                    due::subject_kind.eq(subject.kind.as_str()),
                    due::subject_id.eq(subject.id.as_str()),
                    due::due_at.eq(at.naive_utc()),
                    due::cause_kind.eq(cause.kind.word()),
                    due::cause_id.eq(cause.id.as_deref()),
                )
            })
            .collect();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(due::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}

/// Notes when a subject that was just evaluated must be again though nothing happens.
pub(super) fn schedule(tx: &mut Tx<'_>, subject: &Subject, next: Option<DateTime<Utc>>) -> Result<()> {
    let Some(next) = next else {
        diesel::delete(due::table.find((EVALUATE, subject.kind.as_str(), &subject.id))).execute(tx.conn)?;
        return Ok(());
    };
    let by_time = || {
        (
            due::due_at.eq(next.naive_utc()),
            due::cause_kind.eq(None::<String>),
            due::cause_id.eq(None::<String>),
        )
    };
    let row = (
        due::kind.eq(EVALUATE),
        due::subject_kind.eq(subject.kind.as_str()),
        due::subject_id.eq(&subject.id),
        by_time(),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(due::table)
        .values(row)
        .on_conflict((due::kind, due::subject_kind, due::subject_id))
        .do_update()
        .set(by_time())
        .execute(conn))?;
    Ok(())
}

/// The instants at which subjects of a kind are evaluated again, by their ids.
pub(super) fn instants(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
) -> Result<Vec<(String, chrono::NaiveDateTime)>> {
    Ok(due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::subject_kind.eq(kind.as_str()))
        .filter(due::subject_id.eq_any(ids))
        .select((due::subject_id, due::due_at))
        .load(conn)?)
}

fn subject(kind: &str, id: String) -> Result<Subject> {
    let kind =
        SubjectKind::parse(kind).ok_or_else(|| StoreError::internal(format!("{id} is due as a {kind}")))?;
    Ok(Subject { kind, id })
}
