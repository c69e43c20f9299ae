//! What objections are against: whose it is, who had a hand in it, and its mark.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::credit::HistoryEvent;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::record::RecordStep;
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::Row;
use crate::credit::{assessment, record};
use crate::registers::authorized::{Owner, Resource};
use crate::registers::firm;
use crate::registers::place::ancestor_at;
use crate::schema::evaluation;

/// What a firm or a manager may object to.
pub trait Object: Resource {
    /// It, as an objection is against it.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for an announcement that is over at an instant.
    fn target(&self, conn: &mut Conn, now: NaiveDateTime) -> Result<Target>;
}

/// What an objection is against.
pub struct Target {
    pub(super) kind: ObjectKind,
    pub(super) id: String,
    /// Ids that name the same thing: the revisions of an assessment.
    pub(super) same: Vec<String>,
    pub(super) revision: i32,
    /// The place whose officials decide.
    pub(super) place: String,
}

impl Object for record::InForce {
    fn target(&self, _: &mut Conn, _: NaiveDateTime) -> Result<Target> {
        let (id, place) = (self.id().to_owned(), self.place().to_owned());
        let (same, revision) = (vec![id.clone()], self.revision());
        Ok(Target { kind: ObjectKind::Record, id, same, revision, place })
    }
}

impl Object for assessment::InForce {
    fn target(&self, conn: &mut Conn, _: NaiveDateTime) -> Result<Target> {
        let (same, place) = (self.revisions(conn)?, self.assessors_place(conn)?);
        let (id, revision) = (self.id().to_owned(), self.revision());
        Ok(Target { kind: ObjectKind::Assessment, id, same, revision, place })
    }
}

/// A change of a firm's grade, in effect or announced. Its id is the firm, a slash and the
/// evaluation's.
#[derive(Queryable, Selectable)]
#[diesel(table_name = evaluation)]
pub struct GradeChange {
    id: String,
    #[diesel(column_name = subject_id)]
    uscc: String,
    event: Col<HistoryEvent>,
    takes_effect_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
}

impl Resource for GradeChange {
    const KIND: Kind = Kind::Evaluation;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<GradeChange>> {
        let Some((uscc, id)) = id.split_once('/') else { return Ok(None) };
        Ok(evaluation::table
            .filter(evaluation::id.eq(id))
            .filter(evaluation::subject_kind.eq("firm"))
            .filter(evaluation::subject_id.eq(uscc))
            .select(GradeChange::as_select())
            .first(conn)
            .optional()?)
    }

    /// It never changes.
    fn version(&self) -> i64 {
        1
    }

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner { firm: Some(self.uscc.clone()), ..Owner::default() })
    }
}

impl Object for GradeChange {
    fn target(&self, conn: &mut Conn, now: NaiveDateTime) -> Result<Target> {
        require_in_effect_or_announced(self.event.0, self.takes_effect_at, self.ended_at, now)?;
        let seat = firm::registered_place(conn, &self.uscc)?;
        let district = ancestor_at(conn, &seat, PlaceLevel::District)?;
        let place = district.map_or(seat, |district| district.code);
        let (id, same) = (self.id.clone(), vec![self.id.clone()]);
        Ok(Target { kind: ObjectKind::Evaluation, id, same, revision: 1, place })
    }
}

/// What has taken effect can be objected to, and what is announced while it is: that is what an
/// announcement is for. An announcement that is over, and the news that it was withdrawn, say
/// nothing that holds.
fn require_in_effect_or_announced(
    event: HistoryEvent,
    takes_effect_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> Result<()> {
    let holds = match event {
        HistoryEvent::Effective => true,
        HistoryEvent::Announced => ended_at.is_none() && takes_effect_at.is_some_and(|at| now < at),
        HistoryEvent::Withdrawn => false,
    };
    if holds {
        return Ok(());
    }
    let text = Text::new(
        "该公示已结束，请对已生效的评价提出异议",
        "This announcement is over: object to the evaluation that is in effect",
    );
    let situation = Situation::from(event).without(Operation::ObjectToEvaluation);
    Err(Refusal::conflict("announcement_over", text).of_state(situation).into())
}

/// Everyone who had a hand in what an objection is against. Nobody makes an evaluation: there it is
/// who made the fact that changed it.
pub(super) fn participants(conn: &mut Conn, row: &Row) -> Result<Vec<String>> {
    match row.object_kind.0 {
        ObjectKind::Record => record::participants(conn, &row.object_id),
        ObjectKind::Assessment => assessment::participants(conn, &row.object_id),
        ObjectKind::Evaluation => {
            let cause = crate::credit::current_grade::history::cause_of(conn, &row.object_id)?;
            match (cause.kind, cause.id) {
                (CauseKind::Record, Some(id)) => record::participants(conn, &id),
                (CauseKind::Assessment, Some(id)) => assessment::participants(conn, &id),
                _ => Ok(Vec::new()),
            }
        }
    }
}

/// Marks what an objection is against, or takes the mark away, without changing what it says.
pub(super) fn mark(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Row,
    step: RecordStep,
    reason: Option<&str>,
) -> Result<()> {
    match row.object_kind.0 {
        ObjectKind::Record => record::note(tx, warrant, &row.object_id, step, reason),
        ObjectKind::Assessment => assessment::marked(tx, &row.object_id, &row.id),
        ObjectKind::Evaluation => {
            // No manager objects to one.
            if let Some(uscc) = &row.uscc {
                tx.changed(Entity::Firm, uscc);
                tx.facts_changed(Subject::firm(uscc), Cause::of(CauseKind::Objection, &row.id));
            }
            Ok(())
        }
    }
}
