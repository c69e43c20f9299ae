//! Assessments of projects by communities, streets and districts. Every revision stays; of each
//! project, period and assessor one is in force.

mod batch;
mod objected;
mod read;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{
    AssessmentKey, AssessmentView, NewAssessment, RevisionState, require_begun, require_own_level,
    require_term_touches,
};
use xinwu_domain::calendar::Period;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::screen::require_showable;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::place::{require_reach, to_json};
use crate::schema::{assessment, estate, project};

pub(crate) use batch::undo_batch;
pub use batch::{confirm_batch, return_batch, stage};
pub(crate) use objected::{amend, marked, own_in_force, participants, revoke};
pub(crate) use read::disputed;
pub use read::{AssessmentOwner, get, list, own_dossier};

/// What became of a PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is the first, with its version.
    Created(Box<AssessmentView>, i64),
    /// It took another's place, or says the same; with its version.
    Replaced(Box<AssessmentView>, i64),
    /// One is there already, and the version to replace was not named. Nothing was stored.
    NeedsVersion,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = assessment)]
pub(crate) struct Row {
    id: String,
    project_id: String,
    period: Col<Period>,
    assessor: Col<Assessor>,
    service_thousandths: i64,
    party_thousandths: i64,
    note: Option<String>,
    evidence: String,
    state: Col<RevisionState>,
    revision: i32,
    correction_reason: Option<String>,
    by_account: String,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
    import_id: Option<String>,
    updated_at: NaiveDateTime,
    version: i64,
}

/// Gives or replaces an assessment. While its period is open it may be replaced freely; afterwards
/// only with a `correction_reason`, as a dated revision.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown project, [`Refusal::Forbidden`] for another level's or
/// place's, [`Refusal::Invalid`] for what breaks a rule, [`Refusal::Stale`].
pub fn put(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    key: &AssessmentKey,
    new: &NewAssessment,
    expected: Option<&Expected>,
    context: RequestContext,
) -> Result<Put> {
    let uscc = check(tx, warrant, key, new, context)?;
    let current = find_in(tx.conn, key, RevisionState::InForce)?;
    // Unsaid, it is believed to be the first.
    if current.is_some() && expected.is_none() {
        return Ok(Put::NeedsVersion);
    }
    Expected::check_any(expected, current.as_ref().map(|current| current.version))?;
    let revision = last_revision(tx.conn, key)? + 1;
    let row = row(tx, warrant, key, new, revision)?;
    if let Some(current) = current.as_ref().filter(|current| same(current, &row)) {
        let version = current.version;
        return Ok(Put::Replaced(Box::new(read::one_view(tx.conn, current.clone())?), version));
    }
    require_reason_once_closed(tx, key.period, new, context)?;
    if let Some(current) = &current {
        supersede(tx, current)?;
    }
    diesel::insert_into(assessment::table).values(&row).execute(tx.conn)?;
    let detail = serde_json::json!({
        "project": row.project_id, "period": row.period, "assessor": row.assessor, "revision": revision, "reason": row.correction_reason
    });
    tx.audit(warrant, "put_assessment", Kind::Assessment, &row.id, &detail)?;
    changed(tx, &row, uscc.as_deref());
    let cause = Cause::of(CauseKind::Assessment, &row.id);
    tx.facts_changed(Subject::project(&row.project_id), cause);
    let version = row.version;
    let view = Box::new(read::one_view(tx.conn, row)?);
    Ok(if current.is_some() { Put::Replaced(view, version) } else { Put::Created(view, version) })
}

/// Every rule that does not depend on what is there already. Gives the project's firm.
fn check(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    key: &AssessmentKey,
    new: &NewAssessment,
    context: RequestContext,
) -> Result<Option<String>> {
    type Found = (String, Option<String>, Col<NaiveDate>, Option<Col<NaiveDate>>);
    let found: Option<Found> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&key.project))
        .filter(project::retired_on.is_null())
        .select((estate::place, project::uscc, project::starts_on, project::ends_on))
        .first(tx.conn)
        .optional()?;
    let Some((estate_place, uscc, starts_on, ends_on)) = found else {
        return Err(Kind::Project.not_found().into());
    };
    require_own_level(warrant, key.assessor)?;
    require_reach(tx.conn, warrant, &estate_place)?;
    new.scores.check()?;
    // Both are shown with it.
    require_showable("/note", new.note.as_deref())?;
    require_showable("/correction_reason", new.correction_reason.as_deref())?;
    require_begun(key.period, tx.now, context.zone())?;
    require_term_touches(key.period, starts_on.0, ends_on.map(|day| day.0))?;
    Ok(uscc)
}

fn require_reason_once_closed(
    tx: &Tx<'_>,
    period: Period,
    new: &NewAssessment,
    context: RequestContext,
) -> Result<()> {
    if tx.now < period.closes_at(context.zone()) || new.correction_reason.is_some() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/correction_reason",
        "period_closed",
        Text::new(
            "该周期的评价已截止，只能说明理由后更正",
            "The period is closed: it changes only by a correction with its reason",
        ),
    )
    .into())
}

/// A revision in force, as it is from now on.
fn row(
    tx: &Tx<'_>,
    warrant: &Warrant,
    key: &AssessmentKey,
    new: &NewAssessment,
    revision: i32,
) -> Result<Row> {
    Ok(Row {
        id: tx.random.id(),
        project_id: key.project.clone(),
        period: Col(key.period),
        assessor: Col(key.assessor),
        service_thousandths: new.scores.service.stored(),
        party_thousandths: new.scores.party.stored(),
        note: new.note.clone(),
        evidence: to_json(&new.evidence)?,
        state: Col(RevisionState::InForce),
        revision,
        correction_reason: new.correction_reason.clone(),
        by_account: warrant.account_id().to_owned(),
        known_from: Some(tx.now_utc()),
        known_until: None,
        import_id: None,
        updated_at: tx.now_utc(),
        version: i64::from(revision),
    })
}

/// Whether two revisions say the same.
fn same(one: &Row, other: &Row) -> bool {
    let content = |row: &Row| {
        let Row { service_thousandths, party_thousandths, note, evidence, .. } = row.clone();
        (service_thousandths, party_thousandths, note, evidence)
    };
    content(one) == content(other)
}

/// The revision in `state`: there is at most one that is in force, or submitted.
fn find_in(conn: &mut Conn, key: &AssessmentKey, state: RevisionState) -> Result<Option<Row>> {
    Ok(assessment::table
        .filter(assessment::project_id.eq(&key.project))
        .filter(assessment::period.eq(Col(key.period)))
        .filter(assessment::assessor.eq(Col(key.assessor)))
        .filter(assessment::state.eq(Col(state)))
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}

/// The number of the latest revision that was ever in force; 0 where there was none.
fn last_revision(conn: &mut Conn, key: &AssessmentKey) -> Result<i32> {
    let last: Option<i32> = assessment::table
        .filter(assessment::project_id.eq(&key.project))
        .filter(assessment::period.eq(Col(key.period)))
        .filter(assessment::assessor.eq(Col(key.assessor)))
        .filter(assessment::known_from.is_not_null())
        .select(diesel::dsl::max(assessment::revision))
        .first(conn)?;
    Ok(last.unwrap_or_default())
}

fn supersede(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    diesel::update(assessment::table.find(&row.id))
        .set((
            assessment::state.eq(Col(RevisionState::Superseded)),
            assessment::known_until.eq(tx.now_utc()),
            assessment::updated_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Assessment, &row.id);
    Ok(())
}

impl Row {
    fn key(&self) -> AssessmentKey {
        let (project, period, assessor) = (self.project_id.clone(), self.period.0, self.assessor.0);
        AssessmentKey { project, period, assessor }
    }
}

fn changed(tx: &mut Tx<'_>, row: &Row, uscc: Option<&str>) {
    tx.changed(Entity::Assessment, &row.id);
    tx.changed(Entity::Project, &row.project_id);
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, uscc);
    }
}
