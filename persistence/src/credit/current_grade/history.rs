//! The rows of the history of grades, as current grades change.

use chrono::NaiveDateTime;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable};
use xinwu_domain::credit::HistoryEvent;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::subject::{Cause, CauseKind, SubjectKind};
use xinwu_store::{Col, Conn, Result, Tx};

use super::refresh::CurrentGradeRow;
use crate::owed_notice::owe_followers;
use crate::schema::evaluation;

diesel::define_sql_function! {
    /// The first that is not null.
    fn coalesce(first: Nullable<Integer>, second: Integer) -> Integer;
}

/// One entry to be.
pub(super) struct Change<'a> {
    new: &'a CurrentGradeRow,
    previous: Option<&'a CurrentGradeRow>,
    event: HistoryEvent,
    cause: &'a Cause,
    /// Of an announcement, when it takes effect.
    takes_effect_at: Option<NaiveDateTime>,
}

impl<'a> Change<'a> {
    /// An entry at the new result's instant.
    pub(super) fn new(new: &'a CurrentGradeRow, event: HistoryEvent, cause: &'a Cause) -> Change<'a> {
        Change { new, previous: None, event, cause, takes_effect_at: None }
    }

    /// The same with what was before it.
    pub(super) fn after(self, previous: Option<&'a CurrentGradeRow>) -> Change<'a> {
        Change { previous, ..self }
    }

    /// Whether a firm has another grade by it than it had, as its card shows them.
    fn is_another_grade(&self) -> bool {
        let before = self.previous.and_then(|row| row.grade.as_ref());
        self.event == HistoryEvent::Effective
            && self.new.is_primary
            && self.new.subject_kind.0 == SubjectKind::Firm
            && self.new.grade.as_ref() != before
    }

    /// The same for an announcement.
    pub(super) fn taking_effect_at(self, at: NaiveDateTime) -> Change<'a> {
        Change { takes_effect_at: Some(at), ..self }
    }
}

/// Puts an entry into the history; gives its id.
pub(super) fn note(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<String> {
    let (row, previous) = (change.new, change.previous);
    let last = evaluation::table
        .filter(evaluation::subject_kind.eq(row.subject_kind))
        .filter(evaluation::subject_id.eq(&row.subject_id))
        .filter(evaluation::scheme.eq(&row.scheme))
        .select(max(evaluation::sequence))
        .single_value();
    let id = tx.random.id();
    diesel::insert_into(evaluation::table)
        .values((
            (
                evaluation::id.eq(&id),
                evaluation::subject_kind.eq(row.subject_kind),
                evaluation::subject_id.eq(&row.subject_id),
                evaluation::scheme.eq(&row.scheme),
                evaluation::scheme_version.eq(row.scheme_version),
                evaluation::sequence.eq(coalesce(last, 0) + 1),
                evaluation::as_of.eq(row.effective_from),
                evaluation::outcome.eq(row.outcome),
                evaluation::score_thousandths.eq(row.score_thousandths),
                evaluation::grade.eq(&row.grade),
            ),
            (
                evaluation::previous_outcome.eq(previous.map(|row| row.outcome)),
                evaluation::previous_score_thousandths.eq(previous.and_then(|row| row.score_thousandths)),
                evaluation::previous_grade.eq(previous.and_then(|row| row.grade.as_ref())),
                evaluation::cause_kind.eq(Col(change.cause.kind)),
                evaluation::cause_id.eq(&change.cause.id),
                evaluation::effective_from.eq(row.effective_from),
                evaluation::event.eq(Col(change.event)),
                evaluation::takes_effect_at.eq(change.takes_effect_at),
            ),
        ))
        .execute(tx.conn)?;
    if change.is_another_grade() {
        let kind = if row.grade.is_some() { NoticeKind::FollowedGrade } else { NoticeKind::FollowedUngraded };
        owe_followers(tx, &row.subject_id, kind, &row.subject_id, row.grade.as_deref())?;
    }
    Ok(id)
}

/// An announcement ends before it took effect.
pub(super) fn end(tx: &mut Tx<'_>, announcement: &str, at: NaiveDateTime) -> Result<()> {
    diesel::update(evaluation::table.find(announcement)).set(evaluation::ended_at.eq(at)).execute(tx.conn)?;
    Ok(())
}

/// What caused an entry.
pub(crate) fn cause_of(conn: &mut Conn, entry: &str) -> Result<Cause> {
    let (Col(kind), id): (Col<CauseKind>, Option<String>) =
        evaluation::table.find(entry).select((evaluation::cause_kind, evaluation::cause_id)).first(conn)?;
    Ok(Cause { kind, id })
}
