//! What objections are against: whose it is, who had a hand in it, and its mark.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Party, Warrant};
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
use crate::registers::place::ancestor_at;
use crate::schema::{evaluation, firm};

/// What a firm or a manager objects to.
pub(super) struct Target {
    pub id: String,
    /// Ids that name the same thing: the revisions of an assessment.
    pub same: Vec<String>,
    pub revision: i32,
    /// The place whose officials decide.
    pub place: String,
}

impl Target {
    /// # Errors
    /// [`Refusal::NotFound`] for what is not the party's own, or is not in force;
    /// [`Refusal::Conflict`] for an announcement that is over.
    pub fn own(
        conn: &mut Conn,
        (warrant, party): (&Warrant, &Party),
        kind: ObjectKind,
        id: &str,
        (today, now): (NaiveDate, NaiveDateTime),
    ) -> Result<Target> {
        let own_id = || vec![id.to_owned()];
        match kind {
            ObjectKind::Record => {
                let own = record::own_in_force(conn, party, id, today)?;
                Ok(Target { id: id.to_owned(), same: own_id(), revision: own.revision, place: own.place })
            }
            ObjectKind::Assessment => {
                let own = assessment::own_in_force(conn, warrant, id)?;
                Ok(Target {
                    id: id.to_owned(),
                    same: own.revisions,
                    revision: own.revision,
                    place: own.place,
                })
            }
            ObjectKind::Evaluation => {
                let own = warrant.own_firm()?;
                let found: Option<(Col<HistoryEvent>, Option<NaiveDateTime>, Option<NaiveDateTime>)> =
                    evaluation::table
                        .filter(evaluation::id.eq(id))
                        .filter(evaluation::subject_kind.eq("firm"))
                        .filter(evaluation::subject_id.eq(own))
                        .select((evaluation::event, evaluation::takes_effect_at, evaluation::ended_at))
                        .first(conn)
                        .optional()?;
                let Some((Col(event), takes_effect_at, ended_at)) = found else {
                    return Err(Kind::Evaluation.not_found().into());
                };
                require_in_effect_or_announced(event, takes_effect_at, ended_at, now)?;
                let seat: String = firm::table.find(own).select(firm::registered_place).first(conn)?;
                let district = ancestor_at(conn, &seat, PlaceLevel::District)?;
                let place = district.map_or(seat, |district| district.code);
                Ok(Target { id: id.to_owned(), same: own_id(), revision: 1, place })
            }
        }
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
