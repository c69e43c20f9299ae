//! The rows of `due`: who is evaluated again, when, and, where that is owed to a fact, for which.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};

use xinwu_store::on_each;
use xinwu_store::schema::due;
use xinwu_store::{Col, Conn, Result, Tx};

/// The kind of these rows.
const EVALUATE: &str = "evaluate";

/// The instant of the first row, if there is one.
pub(crate) fn first(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let first = due::table.filter(due::kind.eq(EVALUATE)).select(min(due::due_at));
    Ok(first.first::<Option<NaiveDateTime>>(conn)?.map(|at| at.and_utc()))
}

/// The instant of the first row of these subjects, if there is one.
pub(crate) fn first_of(conn: &mut Conn, subjects: &[Subject]) -> Result<Option<DateTime<Utc>>> {
    let ids: Vec<&String> = subjects.iter().map(|subject| &subject.id).collect();
    let own = due::kind.eq(EVALUATE).and(due::subject_id.eq_any(ids));
    let first = due::table.filter(own).select(min(due::due_at));
    Ok(first.first::<Option<NaiveDateTime>>(conn)?.map(|at| at.and_utc()))
}

/// How many are owed an evaluation for a fact by an instant, and since when the first.
pub(crate) fn count(conn: &mut Conn, by: DateTime<Utc>) -> Result<(i64, Option<DateTime<Utc>>)> {
    let first: Option<NaiveDateTime> = owed(by).select(min(due::due_at)).first(conn)?;
    Ok((owed(by).count().get_result(conn)?, first.map(|at| at.and_utc())))
}

/// Which of these subjects are owed an evaluation for a fact by an instant.
pub(crate) fn among(conn: &mut Conn, subjects: &[Subject], by: DateTime<Utc>) -> Result<Vec<Subject>> {
    let ids: Vec<&String> = subjects.iter().map(|subject| &subject.id).collect();
    let rows: Vec<Row> = owed(by).filter(due::subject_id.eq_any(ids)).select(COLUMNS).load(conn)?;
    Ok(rows.into_iter().filter_map(|row| read(row).map(|(subject, _)| subject)).collect())
}

fn owed(by: DateTime<Utc>) -> due::BoxedQuery<'static, <Conn as diesel::Connection>::Backend> {
    due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::due_at.le(by.naive_utc()))
        .filter(due::cause_kind.is_not_null())
        .into_boxed()
}

/// Who is owed an evaluation already is owed it to the first fact: that one is told.
pub(super) fn prefer_first_causes(conn: &mut Conn, subjects: &mut [(Subject, Cause)]) -> Result<()> {
    let ids: Vec<&String> = subjects.iter().map(|(subject, _)| &subject.id).collect();
    let rows: Vec<Row> = due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::subject_id.eq_any(ids))
        .filter(due::cause_kind.is_not_null())
        .select(COLUMNS)
        .load(conn)?;
    for row in rows {
        let Some((owed, first)) = read(row) else { continue };
        if let Some((_, cause)) = subjects.iter_mut().find(|(subject, _)| *subject == owed) {
            *cause = first;
        }
    }
    Ok(())
}

/// A row's subject and cause, as they are stored.
type Row = (String, String, Option<String>, Option<String>);
const COLUMNS: (due::subject_kind, due::subject_id, due::cause_kind, due::cause_id) =
    (due::subject_kind, due::subject_id, due::cause_kind, due::cause_id);

/// `None` for words that this program does not know: a newer one wrote them.
fn read((kind, id, cause_kind, cause_id): Row) -> Option<(Subject, Cause)> {
    let cause = match cause_kind {
        None => Cause::time(),
        Some(word) => Cause { kind: word.parse::<CauseKind>().ok()?, id: cause_id },
    };
    Some((Subject { kind: kind.parse::<SubjectKind>().ok()?, id }, cause))
}

/// Takes some rows whose time has come by this write's: whoever evaluates their subjects puts a row
/// for the next time. One that cannot be read is looked at again a day later.
pub(super) fn take(tx: &mut Tx<'_>, most: usize) -> Result<Vec<(Subject, Cause)>> {
    let rows: Vec<Row> = due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::due_at.le(tx.now_utc()))
        .order((due::due_at, due::subject_kind, due::subject_id))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(COLUMNS)
        .load(tx.conn)?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let (kind, id) = (row.0.clone(), row.1.clone());
        match read(row) {
            Some(known) => taken.push(known),
            None => {
                tracing::error!(kind, id, "a row of `due` cannot be read");
                diesel::update(due::table.find((EVALUATE, &kind, &id)))
                    .set(due::due_at.eq(tx.now_utc() + TimeDelta::days(1)))
                    .execute(tx.conn)?;
            }
        }
    }
    for (kind, ids) in by_kind(&taken) {
        let own = due::kind.eq(EVALUATE).and(due::subject_kind.eq(Col(kind)));
        diesel::delete(due::table.filter(own).filter(due::subject_id.eq_any(ids))).execute(tx.conn)?;
    }
    Ok(taken)
}

/// Notes that these are owed an evaluation from an instant on. One that is owed it already keeps
/// its first cause, and waits no longer than until then; one that time alone would have brought has
/// the new cause.
pub(super) fn note(tx: &mut Tx<'_>, subjects: &[(Subject, Cause)], at: DateTime<Utc>) -> Result<()> {
    let at = at.naive_utc();
    for part in subjects.chunks(250) {
        for (kind, ids) in by_kind(part) {
            let own = due::kind.eq(EVALUATE).and(due::subject_kind.eq(Col(kind)));
            let known = due::table.filter(own).filter(due::subject_id.eq_any(&ids));
            diesel::delete(known.filter(due::cause_kind.is_null())).execute(tx.conn)?;
            let known = due::table.filter(own).filter(due::subject_id.eq_any(&ids));
            diesel::update(known.filter(due::due_at.gt(at))).set(due::due_at.eq(at)).execute(tx.conn)?;
        }
        let rows: Vec<_> = part
            .iter()
            .map(|(subject, cause)| {
                let is_time = cause.kind == CauseKind::Time;
                (
                    due::kind.eq(EVALUATE),
                    due::subject_kind.eq(Col(subject.kind)),
                    due::subject_id.eq(&subject.id),
                    due::due_at.eq(at),
                    due::cause_kind.eq((!is_time).then_some(Col(cause.kind))),
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

fn by_kind(subjects: &[(Subject, Cause)]) -> BTreeMap<SubjectKind, Vec<&str>> {
    let mut kinds: BTreeMap<SubjectKind, Vec<&str>> = BTreeMap::new();
    for (subject, _) in subjects {
        kinds.entry(subject.kind).or_default().push(&subject.id);
    }
    kinds
}

/// Notes when a subject that was just evaluated must be again though nothing happens.
pub(super) fn schedule(tx: &mut Tx<'_>, subject: &Subject, next: Option<DateTime<Utc>>) -> Result<()> {
    let Some(next) = next else {
        diesel::delete(due::table.find((EVALUATE, Col(subject.kind), &subject.id))).execute(tx.conn)?;
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
        due::subject_kind.eq(Col(subject.kind)),
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
) -> Result<Vec<(String, NaiveDateTime)>> {
    Ok(due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::subject_kind.eq(Col(kind)))
        .filter(due::subject_id.eq_any(ids))
        .select((due::subject_id, due::due_at))
        .load(conn)?)
}
