//! Assessments of projects by communities, streets and districts. Every revision stays; of each
//! project, period and assessor one is in force, and one at most waits for its confirmation.

mod batch;
mod confirm;
mod correction;
mod given_again;
mod graded;
mod list;
mod objected;
mod place_batch;
mod read;
mod undo;
mod waiting;
mod weight;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{
    AssessmentKey, AssessmentView, BatchState, NewAssessment, RevisionState, already_submitted,
    require_begun, require_own_level, require_term_touches,
};
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Change;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::scheme::Assessor;
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::Text;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::authorized::Authorized;
use crate::registers::place::to_json;
use crate::registers::project;
use crate::registers::retirement::Entry;
use crate::schema::assessment;

pub use batch::{confirm_batch, return_batch, stage};
pub(crate) use batch::{undo_batch, withdraw_batch};
pub(crate) use correction::correct;
pub use list::{AssessmentQuery, list_for_officials};
pub use objected::InForce;
pub(crate) use objected::{ClosedAssessment, amend, check_amendment, closed, marked, participants, revoke};
pub use place_batch::{confirm_place_batch, place_batch, return_place_batch};
pub(crate) use read::disputed;
pub use read::{AssessmentOwner, get, list, own_dossier};
pub(crate) use undo::revoke_batch;
pub(crate) use waiting::{WaitingBatch, is_participant_in_assessment, waiting_batches};
pub(crate) use weight::weight_beside;

/// What is assessed, of when and by which level.
pub type Assessed<'a> = (&'a Authorized<project::Row>, Period, Assessor);

fn key_of((project, period, assessor): Assessed<'_>) -> AssessmentKey {
    AssessmentKey { project: project.id.clone(), period, assessor }
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
// Several go into one statement.
#[diesel(treat_none_as_default_value = false)]
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
    confirmed_by: Option<String>,
}

/// Gives or replaces an assessment. While its period is open it waits, to be replaced freely until
/// it is confirmed with its place's batch. What was sent back is given again in time, once, and
/// waits likewise; afterwards it takes a `correction_reason` and a second person. What the operator
/// puts is in force at once.
///
/// # Errors
/// [`Refusal::NotFound`] for a project that was retired, [`Refusal::Forbidden`] for another
/// level's, [`Refusal::Invalid`] for what breaks a rule, [`Refusal::Stale`], [`Refusal::Conflict`]
/// where another waits that cannot be replaced, [`Refusal::SecondNeeded`] once the period is
/// closed.
pub fn put(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    of: Assessed<'_>,
    new: &NewAssessment,
    expected: Option<&Expected>,
    context: RequestContext,
) -> Result<Put> {
    let key = &key_of(of);
    let mut faults = Faults::default();
    faults.keep(check(tx, warrant, of, new, context))?;
    let stands = Stands::load(tx.conn, key)?;
    let is_open = is_open(tx, warrant, key, new, context)?;
    let row = row(tx, warrant, key, new)?;
    let is_same = stands.shown().is_some_and(|shown| same(shown, &row));
    if !is_open && !is_same {
        faults.keep(require_reason_once_closed(tx, key.period, new, context))?;
    }
    faults.refuse_if_any()?;
    stands.require_replaceable(is_open)?;
    let shown = stands.shown();
    // Unsaid, it is believed to be the first.
    if shown.is_some() && expected.is_none() {
        return Ok(Put::NeedsVersion);
    }
    Expected::check_any(expected, shown.map(|shown| shown.version))?;
    if let Some(shown) = shown.filter(|_| is_same) {
        let version = shown.version;
        return Ok(Put::Replaced(Box::new(read::one_view(tx.conn, shown.clone())?), version));
    }
    let is_first = shown.is_none();
    let row = if is_open {
        submit(tx, warrant, &stands, row)?
    } else {
        correction::put_in_force(tx, warrant, &stands, row, of.0.uscc())?
    };
    let version = row.version;
    let view = Box::new(read::one_view(tx.conn, row)?);
    Ok(if is_first { Put::Created(view, version) } else { Put::Replaced(view, version) })
}

/// Whether it is to wait for its place's batch.
fn is_open(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    key: &AssessmentKey,
    new: &NewAssessment,
    context: RequestContext,
) -> Result<bool> {
    if tx.now < key.period.closes_at(context.zone()) {
        return Ok(!warrant.is_operator());
    }
    given_again::is_given_again(tx, warrant, key, new, context)
}

/// What there is of one project, period and assessor.
struct Stands {
    waiting: Option<Row>,
    in_force: Option<Row>,
}

impl Stands {
    fn load(conn: &mut Conn, key: &AssessmentKey) -> Result<Stands> {
        Ok(Stands {
            waiting: find_in(conn, key, RevisionState::Submitted)?,
            in_force: find_in(conn, key, RevisionState::InForce)?,
        })
    }

    /// What officials read, and replace. What a file brought is read with that.
    fn shown(&self) -> Option<&Row> {
        let by_hand = self.waiting.as_ref().filter(|waiting| waiting.import_id.is_none());
        by_hand.or(self.in_force.as_ref())
    }

    /// What came with a file is confirmed or sent back with it; and what waits from before the
    /// period closed would take the place of its correction.
    fn require_replaceable(&self, is_open: bool) -> Result<()> {
        match &self.waiting {
            Some(waiting) if !is_open || waiting.import_id.is_some() => {
                // What was given by hand is not replaced once its period is over.
                let batch = waiting.import_id.is_none().then_some(BatchState::Waiting);
                Err(already_submitted(batch).into())
            }
            _ => Ok(()),
        }
    }
}

/// Keeps it until it is confirmed: nobody but officials learns of it. What waited before stays as
/// withdrawn, since whoever gave that is no second person for what was made of it.
fn submit(tx: &mut Tx<'_>, warrant: &Warrant, stands: &Stands, row: Row) -> Result<Row> {
    let row = Row { state: Col(RevisionState::Submitted), known_from: None, ..row };
    if let Some(waiting) = &stands.waiting {
        diesel::update(assessment::table.find(&waiting.id))
            .set((
                assessment::state.eq(Col(RevisionState::Withdrawn)),
                assessment::updated_at.eq(tx.now_utc()),
            ))
            .execute(tx.conn)?;
    }
    diesel::insert_into(assessment::table).values(&row).execute(tx.conn)?;
    audit_put(tx, warrant, stands, &row)?;
    Ok(row)
}

/// With what officials read before it.
fn audit_put(tx: &mut Tx<'_>, warrant: &Warrant, stands: &Stands, row: &Row) -> Result<()> {
    let given = |row: &Row| {
        let (service, party) = (row.service_thousandths, row.party_thousandths);
        let (service, party) = (Thousandths::from_stored(service), Thousandths::from_stored(party));
        serde_json::json!({"service": service, "party": party, "note": row.note})
    };
    let before = stands.shown().map_or(serde_json::Value::Null, given);
    let changes = Change::between(&before, &given(row), &["service", "party", "note"]);
    let detail = serde_json::json!({
        "changes": changes, "project": row.project_id, "period": row.period, "assessor": row.assessor, "state": row.state,
        "revision": row.revision, "reason": row.correction_reason
    });
    tx.audit(warrant, Kind::Assessment, &row.id, &detail)
}

/// Every rule that does not depend on what is there already.
fn check(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (project, period, assessor): Assessed<'_>,
    new: &NewAssessment,
    context: RequestContext,
) -> Result<()> {
    if project.retired_on().is_some() {
        return Err(Kind::Project.not_found().into());
    }
    require_own_level(warrant, assessor)?;
    let mut faults = Faults::default();
    faults.keep(new.scores.check())?;
    // Both are shown with it.
    faults.keep(require_showable("/note", new.note.as_deref()))?;
    faults.keep(require_showable("/correction_reason", new.correction_reason.as_deref()))?;
    faults.keep(period.require_kind(&PeriodKind::ASSESSED, "/period"))?;
    faults.keep(require_begun(period, tx.now, context.zone()))?;
    let (starts_on, ends_on) = project.term();
    faults.keep(require_term_touches(period, starts_on, ends_on))?;
    Ok(faults.refuse_if_any()?)
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

/// The next revision, in force from now on.
fn row(tx: &mut Tx<'_>, warrant: &Warrant, key: &AssessmentKey, new: &NewAssessment) -> Result<Row> {
    let Numbers { revision, version } = Numbers::next(tx.conn, key)?;
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
        version,
        confirmed_by: warrant.second().map(|second| second.account_id.clone()),
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

/// How the next revision is numbered.
struct Numbers {
    /// One more than the latest that was ever in force.
    revision: i32,
    /// Above that of every other, of those too that were sent back: no entity tag comes twice.
    version: i64,
}

impl Numbers {
    fn next(conn: &mut Conn, key: &AssessmentKey) -> Result<Numbers> {
        let rows: Vec<(i32, i64, bool)> = assessment::table
            .filter(assessment::project_id.eq(&key.project))
            .filter(assessment::period.eq(Col(key.period)))
            .filter(assessment::assessor.eq(Col(key.assessor)))
            .select((assessment::revision, assessment::version, assessment::known_from.is_not_null()))
            .load(conn)?;
        let revisions = rows.iter().filter(|(_, _, was_known)| *was_known).map(|(revision, ..)| *revision);
        let versions = rows.iter().map(|(_, version, _)| *version);
        Ok(Numbers {
            revision: revisions.max().unwrap_or_default() + 1,
            version: versions.max().unwrap_or_default() + 1,
        })
    }
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
