//! A place's batch: what was given by hand of a period waits there, and another official puts all
//! of it in force, or sends it back.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::assessment::{
    AssessmentBatch, AssessmentEntry, BatchState, LARGEST_BATCH, MOST_MISSING, ReturnAssessments,
    RevisionState, assessors_of,
};
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::refusal::{Faults, Refusal, Situation};
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::Row;
use super::confirm::put_in_force;
use super::graded::Graded;
use super::list::{Missing, entries, replaced};
use super::waiting::was_withdrawn;
use crate::people::notice::{NewNotice, tell};
use crate::registers::authorized::Authorized;
use crate::registers::place::{self, at_or_below};
use crate::registers::second_person::require_other_person;
use crate::schema::{assessment, estate, project};

/// Where one of them is the own.
const OWN: &str = "second_person_needed";
/// Assessments of one's own that a refusal names at the most.
const NAMED: usize = 5;

/// A place's batch as it waits.
struct Batch {
    place: NamedPlace,
    period: Period,
    assessors: &'static [Assessor],
    rows: Vec<Row>,
    /// Of what waits and of what that is to replace: what was seen is what is confirmed.
    version: i64,
}

impl Batch {
    /// # Errors
    /// [`Refusal::BadParameter`] for a place of another level and a period that nobody assesses.
    fn load(conn: &mut Conn, place: &Authorized<place::Row>, period: Period) -> Result<Batch> {
        period.require_kind_asked(&PeriodKind::ASSESSED)?;
        let assessors = assessors_of(place.level.0)?;
        let place = place.named_place();
        let in_place = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(estate::place.eq_any(at_or_below(place.code.clone())))
            .filter(project::retired_on.is_null())
            .select(project::id);
        let rows: Vec<Row> = assessment::table
            .filter(assessment::state.eq(Col(RevisionState::Submitted)))
            .filter(assessment::import_id.is_null())
            .filter(assessment::period.eq(Col(period)))
            .filter(assessment::assessor.eq_any(assessors.iter().copied().map(Col)))
            .filter(assessment::project_id.eq_any(in_place))
            .order((assessment::project_id, assessment::assessor))
            .limit(i64::try_from(LARGEST_BATCH).unwrap_or(i64::MAX))
            .select(Row::as_select())
            .load(conn)?;
        let version = version_of(conn, &rows)?;
        Ok(Batch { place, period, assessors, rows, version })
    }

    fn view(&self, conn: &mut Conn, context: RequestContext) -> Result<AssessmentBatch> {
        let graded = Graded::load(conn, context.today())?;
        let missing = Missing {
            place: &self.place.code,
            period: self.period,
            assessors: self.assessors,
            uscc: None,
            graded: &graded,
        };
        Ok(AssessmentBatch {
            place: self.place.clone(),
            period: self.period,
            closes_on: self.period.closes_on(),
            state: self.state(context),
            assessments: entries(conn, &self.rows)?,
            missing: missing.first(conn, MOST_MISSING)?,
            missing_count: missing.count(conn)?,
        })
    }

    fn state(&self, context: RequestContext) -> BatchState {
        match (self.period.is_over(context.now, context.zone()), self.rows.is_empty()) {
            (false, _) => BatchState::Open,
            (true, false) => BatchState::Waiting,
            (true, true) => BatchState::Settled,
        }
    }

    fn ids(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.id.clone()).collect()
    }

    /// As notices name it.
    fn name(&self) -> String {
        format!("{}/{}", self.place.code, self.period)
    }

    fn tell_authors(
        &self,
        tx: &mut Tx<'_>,
        rows: &[&Row],
        (kind, reason): (NoticeKind, Option<&str>),
    ) -> Result<()> {
        let (name, period) = (self.name(), self.period.to_string());
        let told = NewNotice {
            detail: Some(&period),
            reason,
            ..NewNotice::new(kind, &name).named(&self.place.name)
        };
        for author in rows.iter().map(|row| row.by_account.as_str()).collect::<BTreeSet<_>>() {
            tell(tx, author, &told)?;
        }
        Ok(())
    }
}

fn version_of(conn: &mut Conn, rows: &[Row]) -> Result<i64> {
    let replaced = replaced(conn, rows)?;
    // It need not be the same in another build of the program: the batch is read again then.
    let mut hasher = DefaultHasher::new();
    for row in rows {
        (&row.id, row.version).hash(&mut hasher);
        replaced.get(&row.id).map(|row| (&row.id, row.version)).hash(&mut hasher);
    }
    Ok(i64::try_from(hasher.finish() >> 1).unwrap_or(i64::MAX))
}

/// What waits in a place for a period, with a version of all that.
///
/// # Errors
/// [`Refusal::BadParameter`] where the place is neither a street nor a district.
pub fn place_batch(
    conn: &mut Conn,
    (place, period): (&Authorized<place::Row>, Period),
    context: RequestContext,
) -> Result<(AssessmentBatch, i64)> {
    let batch = Batch::load(conn, place, period)?;
    let version = batch.version;
    Ok((batch.view(conn, context)?, version))
}

/// Puts what waits in a place for a period in force, all at once. In time, it counts from the day
/// on which the period is closed; later, from now.
///
/// # Errors
/// As [`place_batch`]; [`Refusal::Forbidden`] without the power to confirm and for whoever gave one
/// of them, [`Refusal::Stale`], [`Refusal::Conflict`] while the period lasts, and where nothing
/// waits.
pub fn confirm_place_batch(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (place, period): (&Authorized<place::Row>, Period),
    expected: &Expected,
    context: RequestContext,
) -> Result<(AssessmentBatch, i64)> {
    let context = context.at(tx.now);
    let batch = held(tx, warrant, (place, period), expected, context)?;
    if !period.is_over(tx.now, context.zone()) {
        let text = Text::new(
            format!("{period}尚未结束，结束后方可确认"),
            format!("{period} is not over: its assessments can be confirmed from the day after its last"),
        );
        return Err(Refusal::conflict("period_not_over", text).of_state(BatchState::Open).into());
    }
    require_none_of_own(tx.conn, warrant, &batch)?;
    let ids = batch.ids();
    let count = put_in_force(tx, &ids, Some(warrant.account_id()))?;
    let detail = json!({"period": period, "assessments": count});
    tx.audit(warrant, Kind::Place, &place.code, &detail)?;
    let rows: Vec<&Row> = batch.rows.iter().collect();
    batch.tell_authors(tx, &rows, (NoticeKind::AssessmentsConfirmed, None))?;
    place_batch(tx.conn, (place, period), context)
}

/// Sends back what waits in a place for a period, or some of it: its authors read why, and give it
/// anew.
///
/// # Errors
/// As [`confirm_place_batch`], but it may be done at any time, and of one's own;
/// [`Refusal::Invalid`] for an id that is none of the batch.
pub fn return_place_batch(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (place, period): (&Authorized<place::Row>, Period),
    returned: &ReturnAssessments,
    expected: &Expected,
    context: RequestContext,
) -> Result<(AssessmentBatch, i64)> {
    let context = context.at(tx.now);
    let batch = held(tx, warrant, (place, period), expected, context)?;
    let rows = named(&batch, returned.assessments.as_deref())?;
    let ids: Vec<&String> = rows.iter().map(|row| &row.id).collect();
    for part in ids.chunks(500) {
        diesel::update(assessment::table.filter(assessment::id.eq_any(part)))
            .set((
                assessment::state.eq(Col(RevisionState::Withdrawn)),
                assessment::updated_at.eq(tx.now_utc()),
            ))
            .execute(tx.conn)?;
    }
    let detail = json!({"period": period, "assessments": ids, "reason": returned.reason});
    tx.audit(warrant, Kind::Place, &place.code, &detail)?;
    batch.tell_authors(tx, &rows, (NoticeKind::AssessmentsReturned, Some(&returned.reason)))?;
    place_batch(tx.conn, (place, period), context)
}

/// The batch, of who has the power to confirm it and has seen it as it stands.
fn held(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (place, period): (&Authorized<place::Row>, Period),
    expected: &Expected,
    context: RequestContext,
) -> Result<Batch> {
    let batch = Batch::load(tx.conn, place, period)?;
    warrant.require_power_to_confirm()?;
    expected.check(batch.version)?;
    if batch.rows.is_empty() {
        let text = Text::new("没有待确认的评价", "No assessment waits for its confirmation");
        let situation = Situation::from(batch.state(context)).without(Operation::ReturnAssessments);
        return Err(Refusal::wrong_state(situation, text).into());
    }
    Ok(batch)
}

fn named<'a>(batch: &'a Batch, ids: Option<&[String]>) -> Result<Vec<&'a Row>> {
    let Some(ids) = ids else { return Ok(batch.rows.iter().collect()) };
    let mut faults = Faults::default();
    for (at, id) in ids.iter().enumerate() {
        if !batch.rows.iter().any(|row| row.id == *id) {
            let (code, text) = Kind::Assessment.unknown();
            faults.add(format!("/assessments/{at}"), code, text);
        }
    }
    faults.refuse_if_any()?;
    Ok(batch.rows.iter().filter(|row| ids.contains(&row.id)).collect())
}

/// Nobody confirms the own: neither what waits, nor what that took the place of before anybody
/// confirmed it.
///
/// # Errors
/// [`Refusal::Forbidden`], which names them.
fn require_none_of_own(conn: &mut Conn, warrant: &Warrant, batch: &Batch) -> Result<()> {
    let mut authors: BTreeSet<(&str, String)> =
        batch.rows.iter().map(|row| (row.id.as_str(), row.by_account.clone())).collect();
    let before = diesel::alias!(assessment as before);
    let ids = batch.ids();
    let mut earlier: Vec<(String, String)> = Vec::new();
    for part in ids.chunks(500) {
        let part: Vec<(String, String)> = assessment::table
            .inner_join(before.on(was_withdrawn!(before)))
            .filter(assessment::id.eq_any(part))
            .select((assessment::id, before.field(assessment::by_account)))
            .load(conn)?;
        earlier.extend(part);
    }
    authors.extend(earlier.iter().map(|(id, author)| (id.as_str(), author.clone())));
    let mut own = BTreeSet::new();
    for author in authors.iter().map(|(_, author)| author).collect::<BTreeSet<_>>() {
        match require_other_person(conn, warrant, [author], || own_ones(&[])) {
            Err(StoreError::Refused(Refusal::Forbidden { code: OWN, .. })) => {
                own.extend(authors.iter().filter(|(_, by)| by == author).map(|(id, _)| *id));
            }
            other => other?,
        }
    }
    if own.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> =
        batch.rows.iter().filter(|row| own.contains(row.id.as_str())).take(NAMED).cloned().collect();
    Err(own_ones(&entries(conn, &rows)?).into())
}

fn own_ones(own: &[AssessmentEntry]) -> Refusal {
    let name = |entry: &AssessmentEntry| format!("{} ({})", entry.project.name, entry.assessor.into_str());
    let names: Vec<String> = own.iter().map(name).collect();
    let names = names.join("、");
    Refusal::forbidden(
        OWN,
        Text::new(
            format!("其中有您本人作出的评价，须由另一名有权限的人员确认：{names}"),
            format!(
                "Another person, who may, must confirm it: you gave some of these yourself, such as {names}"
            ),
        ),
    )
}
