//! Assessments as officials list them: what waits, what is in force, and who has not assessed yet.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{
    ASSESSORS, AssessmentBefore, AssessmentEntry, AssessmentState, MissingAssessment, RevisionState,
};
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Text;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result};

use super::Row;
use super::graded::Graded;
use super::read::{Around, once, scores_of, state_of};
use super::weight::Weights;
use crate::registers::narrowing::Narrowing;
use crate::registers::place::{at_or_below, from_json, require_reach};
use crate::schema::{assessment, estate, project};

type Assessments = assessment::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;
/// Their ids.
type Projects = project::BoxedQuery<'static, <Conn as diesel::Connection>::Backend, sql_types::Text>;

/// What part of the assessments is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssessmentQuery {
    /// Only of this period; needed where they are missing.
    pub period: Option<Period>,
    /// Only those that stand so; if none, whatever was given.
    pub state: Option<AssessmentState>,
    /// Only of this level; of what is missing, the community's and the street's if none.
    pub assessor: Option<Assessor>,
    /// Only of projects of this firm.
    pub uscc: Option<String>,
    /// Only what came with this import.
    pub import: Option<String>,
    /// By the project's place, who gave it, and the day on which it was given or confirmed.
    pub narrowing: Narrowing,
}

impl AssessmentQuery {
    /// Refuses what asks by whom, how or when something was given that nobody has given.
    fn require_given(&self) -> Result<()> {
        let Narrowing { drafter, from, until, .. } = &self.narrowing;
        let asked = [
            ("drafter", drafter.is_some()),
            ("import", self.import.is_some()),
            ("from", from.is_some()),
            ("to", until.is_some()),
        ];
        match asked.into_iter().find(|(_, is_asked)| *is_asked) {
            Some((name, _)) => {
                let text = Text::new("未评价的项目不适用", "does not apply to what nobody has given");
                Err(Refusal::bad_parameter(name, "not_applicable", text).into())
            }
            None => Ok(()),
        }
    }
}

/// The assessments of projects in one's place that are not retired: the latest period first, then
/// by project and assessor. What came with a file is listed once that was confirmed; missed is what
/// somebody is graded by today.
///
/// # Errors
/// [`Refusal::Forbidden`] for a place outside one's own; [`Refusal::BadParameter`] where missing
/// ones are asked for without their period, or by what only those have that were given.
pub fn list_for_officials(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &AssessmentQuery,
    window: &Window,
    today: NaiveDate,
) -> Result<Listed<AssessmentEntry>> {
    let place = match &query.narrowing.place {
        Some(place) => {
            require_reach(conn, warrant, place)?;
            place.clone()
        }
        None => warrant.own_place()?.to_owned(),
    };
    if let Some(period) = query.period {
        period.require_kind_asked(&PeriodKind::ASSESSED)?;
    }
    match (query.state, query.period) {
        (Some(AssessmentState::Missing), Some(period)) => {
            query.require_given()?;
            let graded = Graded::load(conn, today)?;
            missing_page(conn, query, (&place, period, &graded), window)
        }
        (Some(AssessmentState::Missing), None) => {
            let text = Text::new("查询未评价的项目须指定周期", "is needed where missing ones are asked for");
            Err(Refusal::bad_parameter("period", "required", text).into())
        }
        _ => given_page(conn, query, &place, window),
    }
}

fn given_page(
    conn: &mut Conn,
    query: &AssessmentQuery,
    place: &str,
    window: &Window,
) -> Result<Listed<AssessmentEntry>> {
    let mut rows = given(query, place)
        .select(Row::as_select())
        .order((
            assessment::period.desc(),
            assessment::project_id.asc(),
            assessment::assessor.asc(),
            assessment::id.asc(),
        ))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let [period, project, assessor, id] = [0, 1, 2, 3].map(|at| after.get(at).to_owned());
        let later_revision = assessment::assessor.eq(assessor.clone()).and(assessment::id.gt(id));
        let later_assessor = assessment::assessor.gt(assessor).or(later_revision);
        let later_project = assessment::project_id
            .gt(project.clone())
            .or(assessment::project_id.eq(project).and(later_assessor));
        let same_period = assessment::period.eq(period.clone()).and(later_project);
        rows = rows.filter(assessment::period.lt(period).or(same_period));
    }
    let keys = |row: &Row| {
        Keys::of([&row.period.0.to_string(), &row.project_id, row.assessor.0.into_str(), &row.id])
    };
    let page = Listed::from_rows(rows.load(conn)?, window, keys);
    let total = if window.count { Some(given(query, place).count().get_result(conn)?) } else { None };
    Ok(Listed { items: entries(conn, &page.items)?, next: page.next, total })
}

fn given(query: &AssessmentQuery, place: &str) -> Assessments {
    let in_place = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(estate::place.eq_any(at_or_below(place.to_owned())))
        .filter(project::retired_on.is_null())
        .select(project::id);
    let waits = assessment::state.eq(Col(RevisionState::Submitted)).and(assessment::import_id.is_null());
    let holds = assessment::state.eq(Col(RevisionState::InForce));
    let mut rows = assessment::table.filter(assessment::project_id.eq_any(in_place)).into_boxed();
    rows = match query.state {
        Some(AssessmentState::Submitted) => rows.filter(waits),
        Some(AssessmentState::InForce) => rows.filter(holds),
        Some(AssessmentState::Missing) | None => rows.filter(waits.or(holds)),
    };
    if let Some(period) = query.period {
        rows = rows.filter(assessment::period.eq(Col(period)));
    }
    if let Some(assessor) = query.assessor {
        rows = rows.filter(assessment::assessor.eq(Col(assessor)));
    }
    if let Some(uscc) = &query.uscc {
        let of_firm = project::table.filter(project::uscc.eq(uscc.clone())).select(project::id);
        rows = rows.filter(assessment::project_id.eq_any(of_firm));
    }
    if let Some(import) = &query.import {
        rows = rows.filter(assessment::import_id.eq(import.clone()));
    }
    if let Some(drafter) = &query.narrowing.drafter {
        rows = rows.filter(assessment::by_account.eq(drafter.clone()));
    }
    if let Some(from) = query.narrowing.from {
        rows = rows.filter(assessment::updated_at.ge(from.naive_utc()));
    }
    if let Some(until) = query.narrowing.until {
        rows = rows.filter(assessment::updated_at.le(until.naive_utc()));
    }
    rows
}

/// As officials see them, each that waits with what it is to replace.
pub(super) fn entries(conn: &mut Conn, rows: &[Row]) -> Result<Vec<AssessmentEntry>> {
    let ids = once(rows, |row| &row.project_id);
    let around = Around::load(conn, &ids, &once(rows, |row| &row.by_account))?;
    let mut replaced = replaced(conn, rows)?;
    let waits = |row: &&Row| row.state.0 == RevisionState::Submitted;
    let waiting = rows.iter().filter(waits).map(|row| (row.period.0, row.project_id.as_str()));
    let weights = Weights::load(conn, &waiting.collect())?;
    rows.iter()
        .map(|row| {
            let (project, place) = around.of(&row.project_id, row.assessor.0)?;
            let before = replaced.remove(&row.id);
            Ok(AssessmentEntry {
                id: Some(row.id.clone()),
                project,
                period: row.period.0,
                assessor: row.assessor.0,
                place,
                state: state_of(row),
                scores: Some(scores_of(row)),
                note: row.note.clone(),
                evidence: from_json(&row.evidence)?,
                before: before.map(|row| AssessmentBefore { scores: scores_of(&row), note: row.note }),
                weight: weights.of(&row.project_id, row.period.0).filter(|_| waits(&row)),
                by: Some(around.account(&row.by_account)),
                updated_at: Some(row.updated_at.and_utc()),
            })
        })
        .collect()
}

/// What stands in force where one of these waits, by the one that waits.
pub(super) fn replaced(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, Row>> {
    let waiting: Vec<&str> = rows
        .iter()
        .filter(|row| row.state.0 == RevisionState::Submitted)
        .map(|row| row.id.as_str())
        .collect();
    let mut found = HashMap::new();
    let submitted = diesel::alias!(assessment as submitted);
    for part in waiting.chunks(500) {
        let part: Vec<(String, Row)> = assessment::table
            .inner_join(
                submitted.on(submitted
                    .field(assessment::project_id)
                    .eq(assessment::project_id)
                    .and(submitted.field(assessment::period).eq(assessment::period))
                    .and(submitted.field(assessment::assessor).eq(assessment::assessor))),
            )
            .filter(submitted.field(assessment::id).eq_any(part))
            .filter(assessment::state.eq(Col(RevisionState::InForce)))
            .select((submitted.field(assessment::id), Row::as_select()))
            .load(conn)?;
        found.extend(part);
    }
    Ok(found)
}

fn missing_page(
    conn: &mut Conn,
    query: &AssessmentQuery,
    (place, period, graded): (&str, Period, &Graded),
    window: &Window,
) -> Result<Listed<AssessmentEntry>> {
    let own = query.assessor.map(|assessor| vec![assessor]);
    let assessors = own.unwrap_or_else(|| ASSESSORS.to_vec());
    let missing = Missing { place, period, assessors: &assessors, uscc: query.uscc.as_deref(), graded };
    let after = window.after.as_ref().map(|keys| (keys.get(0).to_owned(), keys.get(1).to_owned()));
    let found = missing.page(conn, after.as_ref(), window.limit + 1)?;
    let keys = |(project, assessor): &(String, Assessor)| Keys::of([project, assessor.into_str()]);
    let page = Listed::from_rows(found, window, keys);
    let total = if window.count { Some(missing.count(conn)?) } else { None };
    let named = name(conn, page.items)?;
    let items = named.into_iter().map(|(project, assessor, assessors_place)| AssessmentEntry {
        id: None,
        project,
        period,
        assessor,
        place: assessors_place,
        state: AssessmentState::Missing,
        scores: None,
        note: None,
        evidence: Vec::new(),
        before: None,
        weight: None,
        by: None,
        updated_at: None,
    });
    Ok(Listed { items: items.collect(), next: page.next, total })
}

/// Projects that are graded, whose term touches the period and that nobody of a level has assessed
/// for it.
pub(super) struct Missing<'a> {
    pub place: &'a str,
    pub period: Period,
    pub assessors: &'a [Assessor],
    pub uscc: Option<&'a str>,
    pub graded: &'a Graded,
}

impl Missing<'_> {
    /// The first of them, by project and assessor, so many at the most.
    fn page(
        &self,
        conn: &mut Conn,
        after: Option<&(String, String)>,
        most: i64,
    ) -> Result<Vec<(String, Assessor)>> {
        let mut found = Vec::new();
        for assessor in self.assessors {
            let mut rows = self.of(*assessor).order(project::id).limit(most);
            if let Some((project, last)) = after {
                rows = match assessor.into_str() > last.as_str() {
                    true => rows.filter(project::id.ge(project.clone())),
                    false => rows.filter(project::id.gt(project.clone())),
                };
            }
            let ids: Vec<String> = rows.load(conn)?;
            found.extend(ids.into_iter().map(|id| (id, *assessor)));
        }
        found.sort_by(|(one, by), (other, by_other)| (one, by.into_str()).cmp(&(other, by_other.into_str())));
        found.truncate(usize::try_from(most).unwrap_or_default());
        Ok(found)
    }

    /// How many there are.
    pub(super) fn count(&self, conn: &mut Conn) -> Result<i64> {
        let mut count = 0;
        for assessor in self.assessors {
            count += self.of(*assessor).count().get_result::<i64>(conn)?;
        }
        Ok(count)
    }

    /// The first of them with their names, so many at the most.
    pub(super) fn first(&self, conn: &mut Conn, most: usize) -> Result<Vec<MissingAssessment>> {
        let found = self.page(conn, None, i64::try_from(most).unwrap_or(i64::MAX))?;
        let named = name(conn, found)?.into_iter();
        Ok(named.map(|(project, assessor, _)| MissingAssessment { project, assessor }).collect())
    }

    fn of(&self, assessor: Assessor) -> Projects {
        let (first, last): (NaiveDate, NaiveDate) = (self.period.first_day(), self.period.last_day());
        let given = assessment::table
            .filter(assessment::project_id.eq(project::id))
            .filter(assessment::period.eq(Col(self.period)))
            .filter(assessment::assessor.eq(Col(assessor)))
            .filter(assessment::state.eq_any([RevisionState::Submitted, RevisionState::InForce].map(Col)));
        let estates = estate::table
            .filter(estate::place.eq_any(at_or_below(self.place.to_owned())))
            .select(estate::code);
        let mut rows = project::table
            .select(project::id)
            .filter(project::estate.eq_any(estates))
            .filter(project::retired_on.is_null())
            .filter(self.graded.is_graded())
            .filter(project::starts_on.le(Col(last)))
            .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(first))))
            .filter(not(exists(given)))
            .into_boxed();
        if let Some(uscc) = self.uscc {
            rows = rows.filter(project::uscc.eq(uscc.to_owned()));
        }
        rows
    }
}

/// The projects of pairs, with the assessors' places.
type Named = (xinwu_domain::assessment::AssessedProject, Assessor, Option<xinwu_domain::place::NamedPlace>);

fn name(conn: &mut Conn, pairs: Vec<(String, Assessor)>) -> Result<Vec<Named>> {
    let mut ids: Vec<&str> = pairs.iter().map(|(project, _)| project.as_str()).collect();
    ids.dedup();
    let around = Around::load(conn, &ids, &[])?;
    let named = |(project, assessor): &(String, Assessor)| {
        let (project, place) = around.of(project, *assessor)?;
        Ok((project, *assessor, place))
    };
    pairs.iter().map(named).collect()
}
