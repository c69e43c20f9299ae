//! What objections do to an assessment: a mark, a dated correction, its end.

use diesel::prelude::*;
use serde::Serialize;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{AssessmentKey, AssessmentScores, NewAssessment, RevisionState};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::proposal::Change;
use xinwu_domain::refusal::Faults;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::screen::require_showable;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_store::{Col, Conn, Result, Tx};

use super::read::scores_of;
use super::{Row, changed, find_in, row, supersede, weight_beside};
use crate::registers::authorized::{Owner, Resource};
use crate::registers::place::{ancestor_at, from_json};
use crate::schema::{assessment, estate, import, project};

/// An assessment in force: what the project's firm may object to.
pub struct InForce(Row);

impl Resource for InForce {
    const KIND: Kind = Kind::Assessment;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<InForce>> {
        let row: Option<Row> = assessment::table.find(id).select(Row::as_select()).first(conn).optional()?;
        Ok(row.filter(|row| row.state.0 == RevisionState::InForce).map(InForce))
    }

    fn version(&self) -> i64 {
        self.0.version
    }

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let (firm, place) = project_of(conn, &self.0)?;
        Ok(Owner { firm, ..Owner::place(place) })
    }
}

impl InForce {
    /// The id.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// Which of its revisions.
    pub(crate) fn revision(&self) -> i32 {
        self.0.revision
    }

    /// Every revision's id.
    pub(crate) fn revisions(&self, conn: &mut Conn) -> Result<Vec<String>> {
        Ok(revisions(conn, &self.0)?.into_iter().map(|revision| revision.id).collect())
    }

    /// The place of who gave it.
    pub(crate) fn assessors_place(&self, conn: &mut Conn) -> Result<String> {
        let (_, place) = project_of(conn, &self.0)?;
        let level = match self.0.assessor.0 {
            Assessor::Community => PlaceLevel::Community,
            Assessor::Street => PlaceLevel::Street,
            Assessor::District => PlaceLevel::District,
        };
        Ok(ancestor_at(conn, &place, level)?.map_or(place, |place| place.code))
    }
}

/// An assessment of a closed period, as whoever seconds a decision on it is shown it.
#[derive(Debug, Serialize)]
pub(crate) struct ClosedAssessment {
    #[serde(skip)]
    key: AssessmentKey,
    /// None where none is in force.
    scores: Option<AssessmentScores>,
}

impl ClosedAssessment {
    /// Where officials read it, and what proposals tell it apart by.
    pub fn path(&self) -> String {
        self.key.path()
    }

    /// What the second person is shown beside it.
    pub fn weight(&self, conn: &mut Conn) -> Result<Option<Change>> {
        weight_beside(conn, &self.key.project, self.key.period)
    }
}

/// What stands of an assessment, by one of its revisions; none while its period is open.
///
/// # Errors
/// [`Refusal::NotFound`]
pub(crate) fn closed(conn: &mut Conn, id: &str, context: RequestContext) -> Result<Option<ClosedAssessment>> {
    let key = find(conn, id)?.key();
    if context.now < key.period.closes_at(context.zone()) {
        return Ok(None);
    }
    let scores = find_in(conn, &key, RevisionState::InForce)?.map(|row| scores_of(&row));
    Ok(Some(ClosedAssessment { key, scores }))
}

/// Everyone who gave, corrected or confirmed it.
pub(crate) fn participants(conn: &mut Conn, id: &str) -> Result<Vec<String>> {
    let row = find(conn, id)?;
    let revisions = revisions(conn, &row)?;
    let imports: Vec<&String> = revisions.iter().filter_map(|row| row.import_id.as_ref()).collect();
    let confirmers: Vec<Option<String>> =
        import::table.filter(import::id.eq_any(imports)).select(import::confirmed_by).load(conn)?;
    let authors = revisions.iter().map(|row| row.by_account.clone());
    let others = revisions.iter().filter_map(|row| row.confirmed_by.clone());
    Ok(authors.chain(others).chain(confirmers.into_iter().flatten()).collect())
}

/// Its mark has come or gone, by an objection. Grades follow at once: a scheme may suspend what is
/// disputed.
pub(crate) fn marked(tx: &mut Tx<'_>, id: &str, objection: &str) -> Result<()> {
    let row = find(tx.conn, id)?;
    let (uscc, _) = project_of(tx.conn, &row)?;
    // The revision in force shows the mark, whichever was objected to.
    let current = current(tx.conn, &row)?.unwrap_or(row);
    changed(tx, &current, uscc.as_deref());
    let cause = Cause::of(CauseKind::Objection, objection);
    tx.facts_changed(Subject::project(&current.project_id), cause);
    Ok(())
}

/// Corrects the assessment with these scores, whatever its period.
///
/// # Errors
/// [`Refusal::Invalid`] for scores outside 0 to 100, [`Refusal::NotFound`] when it is no longer in
/// force.
pub(crate) fn amend(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    scores: AssessmentScores,
    reason: &str,
) -> Result<()> {
    check_amendment(scores, reason)?;
    let objected = find(tx.conn, id)?;
    let current = current(tx.conn, &objected)?.ok_or(Kind::Assessment.not_found())?;
    let key = current.key();
    let new = NewAssessment {
        scores,
        note: current.note.clone(),
        evidence: from_json(&current.evidence)?,
        correction_reason: Some(reason.to_owned()),
    };
    let new = row(tx, warrant, &key, &new)?;
    supersede(tx, &current)?;
    diesel::insert_into(assessment::table).values(&new).execute(tx.conn)?;
    follow(tx, &new)
}

/// What [`amend`] would refuse of what is asked for.
///
/// # Errors
/// [`Refusal::Invalid`] as there.
pub(crate) fn check_amendment(scores: AssessmentScores, reason: &str) -> Result<()> {
    let mut faults = Faults::default();
    faults.keep(scores.check())?;
    // It is shown as the reason of the correction.
    faults.keep(require_showable("/reason", reason))?;
    Ok(faults.refuse_if_any()?)
}

/// Ends the assessment: its project has none of this assessor for the period.
///
/// # Errors
/// [`Refusal::NotFound`] when it is no longer in force.
pub(crate) fn revoke(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let objected = find(tx.conn, id)?;
    let current = current(tx.conn, &objected)?.ok_or(Kind::Assessment.not_found())?;
    supersede(tx, &current)?;
    diesel::update(assessment::table.find(&current.id))
        .set(assessment::state.eq(Col(RevisionState::Revoked)))
        .execute(tx.conn)?;
    follow(tx, &current)
}

pub(super) fn follow(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let (uscc, _) = project_of(tx.conn, row)?;
    changed(tx, row, uscc.as_deref());
    let cause = Cause::of(CauseKind::Assessment, &row.id);
    tx.facts_changed(Subject::project(&row.project_id), cause);
    Ok(())
}

fn find(conn: &mut Conn, id: &str) -> Result<Row> {
    assessment::table
        .find(id)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| Kind::Assessment.not_found().into())
}

fn current(conn: &mut Conn, row: &Row) -> Result<Option<Row>> {
    find_in(conn, &row.key(), RevisionState::InForce)
}

fn revisions(conn: &mut Conn, row: &Row) -> Result<Vec<Row>> {
    Ok(assessment::table
        .filter(assessment::project_id.eq(&row.project_id))
        .filter(assessment::period.eq(row.period))
        .filter(assessment::assessor.eq(row.assessor))
        .select(Row::as_select())
        .load(conn)?)
}

/// The project's firm, and its estate's place.
fn project_of(conn: &mut Conn, row: &Row) -> Result<(Option<String>, String)> {
    Ok(project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select((project::uscc, estate::place))
        .first(conn)?)
}
