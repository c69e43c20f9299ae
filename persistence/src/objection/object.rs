//! What objections are against: whose it is, who had a hand in it, and its mark.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::record::RecordStep;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::Subject;

use super::{Row, kind_of};
use crate::place::ancestor_at;
use crate::schema::{evaluation, firm};
use crate::standing::{self, Cause};
use crate::{Conn, Entity, Result, Tx, assessment, record};

/// What a firm objects to.
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
    /// [`Refusal::NotFound`] for what is not the actor's own firm's, or is not in force.
    pub fn own(
        conn: &mut Conn,
        actor: &Actor,
        kind: ObjectKind,
        id: &str,
        today: NaiveDate,
    ) -> Result<Target> {
        let own_id = || vec![id.to_owned()];
        match kind {
            ObjectKind::Record => {
                let own = record::own_in_force(conn, actor, id, today)?;
                Ok(Target { id: id.to_owned(), same: own_id(), revision: own.revision, place: own.place })
            }
            ObjectKind::Assessment => {
                let own = assessment::own_in_force(conn, actor, id)?;
                Ok(Target {
                    id: id.to_owned(),
                    same: own.revisions,
                    revision: own.revision,
                    place: own.place,
                })
            }
            ObjectKind::Evaluation => {
                let own = actor.own_firm()?;
                let found: i64 = evaluation::table
                    .filter(evaluation::id.eq(id))
                    .filter(evaluation::subject_kind.eq("firm"))
                    .filter(evaluation::subject_id.eq(own))
                    .count()
                    .get_result(conn)?;
                if found == 0 {
                    return Err(Refusal::NotFound { what: "evaluation" }.into());
                }
                let seat: String = firm::table.find(own).select(firm::registered_place).first(conn)?;
                let district = ancestor_at(conn, &seat, PlaceLevel::District)?;
                let place = district.map_or(seat, |district| district.code);
                Ok(Target { id: id.to_owned(), same: own_id(), revision: 1, place })
            }
        }
    }
}

/// Everyone who had a hand in what an objection is against. Nobody makes an evaluation: there it is who made the fact that changed it.
pub(super) fn hands(conn: &mut Conn, row: &Row) -> Result<Vec<String>> {
    match kind_of(row)? {
        ObjectKind::Record => record::hands(conn, &row.object_id),
        ObjectKind::Assessment => assessment::hands(conn, &row.object_id),
        ObjectKind::Evaluation => {
            let cause: (String, Option<String>) = evaluation::table
                .find(&row.object_id)
                .select((evaluation::cause_kind, evaluation::cause_id))
                .first(conn)?;
            match (cause.0.as_str(), cause.1) {
                ("record", Some(id)) => record::hands(conn, &id),
                ("assessment", Some(id)) => assessment::hands(conn, &id),
                _ => Ok(Vec::new()),
            }
        }
    }
}

/// Marks what an objection is against, or takes the mark away, without changing what it says.
pub(super) fn mark(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &Row,
    step: RecordStep,
    reason: Option<&str>,
) -> Result<()> {
    match kind_of(row)? {
        ObjectKind::Record => record::note(tx, actor, &row.object_id, step, reason),
        ObjectKind::Assessment => assessment::marked(tx, &row.object_id),
        ObjectKind::Evaluation => {
            tx.changed(Entity::Firm, &row.uscc);
            let cause = Cause { kind: "objection", id: Some(row.id.clone()) };
            standing::refresh(tx, &Subject::firm(&row.uscc), &cause)
        }
    }
}
