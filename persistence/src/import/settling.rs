//! Settling: the evaluations that a visible import has put off are made afterwards, a few a write.

use std::collections::BTreeMap;

use diesel::prelude::*;
use xinwu_domain::catalogue::Word;
use xinwu_domain::import::{ImportKind, ImportState};
use xinwu_domain::subject::{Subject, SubjectKind};

use super::job::{find, set_state};
use crate::dialect::on_each;
use crate::schema::import_subject;
use crate::standing::{self, Cause};
use crate::{Result, StoreError, Tx};

/// Subjects that one write evaluates.
const SUBJECTS_A_STEP: i64 = 20;

/// Keeps the subjects of evaluations that were put off, makes them at once when they are few, and says where the job stands then.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: &str,
    kind: ImportKind,
    subjects: &BTreeMap<Subject, Cause>,
) -> Result<ImportState> {
    let subjects: Vec<_> = subjects.iter().collect();
    for part in subjects.chunks(250) {
        let rows: Vec<_> = part
            .iter()
            .map(|(subject, cause)| {
                (
                    import_subject::import_id.eq(id),
                    import_subject::subject_kind.eq(subject.kind.as_str()),
                    import_subject::subject_id.eq(subject.id.as_str()),
                    import_subject::cause_kind.eq(cause.kind),
                    import_subject::cause_id.eq(cause.id.as_deref()),
                )
            })
            .collect();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_subject::table)
            .values(&rows)
            .execute(conn))?;
    }
    // Many wait for writes of their own: this one has done enough.
    if i64::try_from(subjects.len()).is_ok_and(|count| count > SUBJECTS_A_STEP) {
        set_state(tx, id, ImportState::Evaluating)?;
        return Ok(ImportState::Evaluating);
    }
    evaluate_part(tx, id)?;
    let end = if kind.is_batch() { ImportState::Confirmed } else { ImportState::Applied };
    set_state(tx, id, end)?;
    Ok(end)
}

/// Evaluates some of the subjects that a visible import changed. Gives whether there are more; after the last the job has ended.
///
/// # Errors
/// Those of the database.
pub fn evaluate_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let row = find(tx.conn, id)?;
    if row.state()? != ImportState::Evaluating {
        return Ok(false);
    }
    let kind = row.kind()?;
    let more = evaluate_part(tx, id)?;
    if !more {
        set_state(tx, id, if kind.is_batch() { ImportState::Confirmed } else { ImportState::Applied })?;
    }
    Ok(more)
}

fn evaluate_part(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    type Noted = (String, String, String, Option<String>);
    let mut noted: Vec<Noted> = import_subject::table
        .filter(import_subject::import_id.eq(id))
        .order((import_subject::subject_kind, import_subject::subject_id))
        .select((
            import_subject::subject_kind,
            import_subject::subject_id,
            import_subject::cause_kind,
            import_subject::cause_id,
        ))
        .limit(SUBJECTS_A_STEP + 1)
        .load(tx.conn)?;
    let more = i64::try_from(noted.len()).is_ok_and(|count| count > SUBJECTS_A_STEP);
    if more {
        noted.pop();
    }
    for (kind, subject_id, cause_kind, cause_id) in noted {
        diesel::delete(import_subject::table.find((id, &kind, &subject_id))).execute(tx.conn)?;
        let kind = SubjectKind::parse(&kind)
            .ok_or_else(|| StoreError::internal(format!("import {id} has a subject of kind {kind}")))?;
        let cause = Cause { kind: known_cause(&cause_kind), id: cause_id };
        standing::refresh(tx, &Subject { kind, id: subject_id }, &cause)?;
    }
    Ok(more)
}

/// The words that causes have in the history of grades.
fn known_cause(word: &str) -> &'static str {
    const WORDS: [&str; 8] =
        ["record", "assessment", "ratings", "metric", "project", "firm", "scheme", "time"];
    WORDS.into_iter().find(|known| *known == word).unwrap_or("time")
}
