//! Assessments of projects by communities, streets and districts. Every revision stays; of each
//! project, period and assessor one is in force.

mod batch;
mod objected;
mod read;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{
    AssessmentView, RevisionState, check_score, require_begun, require_own_level, require_term_touches,
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
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::place::{require_reach, to_json};
use crate::schema::{assessment, estate, project};

pub(crate) use batch::undo_batch;
pub use batch::{confirm_batch, return_batch, stage};
pub(crate) use objected::{amend, marked, own_in_force, participants, revoke};
pub(crate) use read::disputed;
pub use read::{AssessmentOwner, get, list, own_dossier};

/// What an assessment is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssessment {
    /// The project.
    pub project: String,
    /// For which period.
    pub period: Period,
    /// Whose assessment it is.
    pub assessor: Assessor,
    /// The service, 0–100.
    pub service: Thousandths,
    /// Party building, 0–100.
    pub party: Thousandths,
    /// What the assessor says beside them.
    pub note: Option<String>,
    /// References to the evidence.
    pub evidence: Vec<String>,
    /// Why it changes after the period has closed.
    pub correction_reason: Option<String>,
    /// When it was known: only a city's founding import may say so.
    pub known_from: Option<DateTime<Utc>>,
}

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
    new: &NewAssessment,
    expected: Option<&Expected>,
    context: RequestContext,
) -> Result<Put> {
    let uscc = check(tx, warrant, new, context)?;
    let current = in_force(tx.conn, &new.project, new.period, new.assessor)?;
    // Unsaid, it is believed to be the first.
    if current.is_some() && expected.is_none() {
        return Ok(Put::NeedsVersion);
    }
    Expected::check_any(expected, current.as_ref().map(|current| current.version))?;
    let revision = last_revision(tx.conn, new)? + 1;
    let mut row = row(tx, warrant, new, RevisionState::InForce, revision)?;
    row.known_from = Some(row.known_from.unwrap_or_else(|| tx.now_utc()));
    if let Some(current) = current.as_ref().filter(|current| same(current, &row)) {
        let version = current.version;
        return Ok(Put::Replaced(Box::new(read::one_view(tx.conn, current.clone())?), version));
    }
    require_reason_once_closed(tx, new, context)?;
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
    new: &NewAssessment,
    context: RequestContext,
) -> Result<Option<String>> {
    type Found = (String, Option<String>, Col<NaiveDate>, Option<Col<NaiveDate>>);
    let found: Option<Found> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&new.project))
        .select((estate::place, project::uscc, project::starts_on, project::ends_on))
        .first(tx.conn)
        .optional()?;
    let Some((estate_place, uscc, starts_on, ends_on)) = found else {
        return Err(Kind::Project.not_found().into());
    };
    require_own_level(warrant, new.assessor)?;
    require_reach(tx.conn, warrant, &estate_place)?;
    check_score("/scores/service", new.service)?;
    check_score("/scores/party", new.party)?;
    // Both are shown with it.
    require_showable("/note", new.note.as_deref())?;
    require_showable("/correction_reason", new.correction_reason.as_deref())?;
    require_begun(new.period, tx.now, context.zone())?;
    require_term_touches(new.period, starts_on.0, ends_on.map(|day| day.0))?;
    Ok(uscc)
}

fn require_reason_once_closed(tx: &Tx<'_>, new: &NewAssessment, context: RequestContext) -> Result<()> {
    // A founding import brings the assessments of years before there was this system.
    if tx.now < new.period.closes_at(context.zone())
        || new.correction_reason.is_some()
        || new.known_from.is_some()
    {
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

fn row(
    tx: &Tx<'_>,
    warrant: &Warrant,
    new: &NewAssessment,
    state: RevisionState,
    revision: i32,
) -> Result<Row> {
    Ok(Row {
        id: tx.random.id(),
        project_id: new.project.clone(),
        period: Col(new.period),
        assessor: Col(new.assessor),
        service_thousandths: new.service.stored(),
        party_thousandths: new.party.stored(),
        note: new.note.clone(),
        evidence: to_json(&new.evidence)?,
        state: Col(state),
        revision,
        correction_reason: new.correction_reason.clone(),
        by_account: warrant.account_id().to_owned(),
        known_from: new.known_from.map(|at| at.naive_utc()),
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

fn in_force(conn: &mut Conn, project: &str, period: Period, assessor: Assessor) -> Result<Option<Row>> {
    Ok(assessment::table
        .filter(assessment::project_id.eq(project))
        .filter(assessment::period.eq(Col(period)))
        .filter(assessment::assessor.eq(Col(assessor)))
        .filter(assessment::state.eq(Col(RevisionState::InForce)))
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}

/// The number of the latest revision that was ever in force; 0 where there was none.
fn last_revision(conn: &mut Conn, new: &NewAssessment) -> Result<i32> {
    let last: Option<i32> = assessment::table
        .filter(assessment::project_id.eq(&new.project))
        .filter(assessment::period.eq(Col(new.period)))
        .filter(assessment::assessor.eq(Col(new.assessor)))
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

fn changed(tx: &mut Tx<'_>, row: &Row, uscc: Option<&str>) {
    tx.changed(Entity::Assessment, &row.id);
    tx.changed(Entity::Project, &row.project_id);
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, uscc);
    }
}
