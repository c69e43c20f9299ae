//! The figures of a place, and those of the year before.

mod assessments;
mod cases;
mod coverage;
mod fees;
mod firms;
mod ratings;
mod records;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::calendar::{Month, Period, PeriodKind};
use xinwu_domain::case::figures::CaseSums;
use xinwu_domain::comparison::{
    AssessmentFigures, Coverage, FeeCollection, FirmFigures, RatingFigures, RecordFigures, Statistics,
    StatisticsBefore, names_nobody, public_on, year_before,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::place::{NamedPlace, PlaceLevel};
use xinwu_domain::project::{Area, Operator};
use xinwu_domain::rating::Span;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::past::{self, End};
use super::place_or_city;
use crate::credit::scheme::Rulebook;
use crate::ratings::rating::last_closed_month;
use crate::schema::{estate, place, place_ancestor, project};

/// A project of the place, of any time.
#[derive(Queryable)]
pub(super) struct Project {
    id: String,
    estate: String,
    operator: Col<Operator>,
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    households: i32,
    area_hundredths: i64,
}

impl Project {
    fn runs_within(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.starts_on.0 <= last && self.ends_on.is_none_or(|end| end.0 >= first)
    }

    fn area(&self) -> Area {
        Area::from_hundredths(self.area_hundredths)
    }
}

/// A period whose figures are read, with what is read once for all places.
struct Asked {
    period: Period,
    /// By what was known at which end coverage and firms are told; `None` for today.
    end: Option<End>,
    /// Their day.
    day: NaiveDate,
    grades: firms::Grades,
    records: Vec<records::Recorded>,
}

impl Asked {
    fn load(
        conn: &mut Conn,
        rulebook: &Rulebook,
        period: Period,
        end: Option<End>,
        context: &RequestContext,
    ) -> Result<Asked> {
        Ok(Asked {
            period,
            end,
            day: end.map_or(context.today(), |end| end.day),
            grades: firms::Grades::load(conn, rulebook, end, context)?,
            records: records::load(conn, period)?,
        })
    }
}

/// The figures of a place, the city where none is named, for a period. Of one that is named and
/// over, coverage and firms are those of its end; else they are today's, beside the last closed
/// month where none is named.
///
/// # Errors
/// A bad parameter for an unknown place.
pub fn statistics(
    conn: &mut Conn,
    code: Option<&str>,
    period: Option<Period>,
    context: &RequestContext,
) -> Result<Statistics> {
    let place = named(conn, code)?;
    Question::load(conn, period, context)?.figures(conn, place)
}

/// [`statistics`] of a place, and of each that lies right below it, by code.
///
/// # Errors
/// As [`statistics`].
pub fn statistics_below(
    conn: &mut Conn,
    code: Option<&str>,
    period: Option<Period>,
    context: &RequestContext,
) -> Result<Vec<Statistics>> {
    let above = named(conn, code)?;
    let below: Vec<Leveled> = place::table
        .filter(place::parent.eq(&above.0.code))
        .filter(place::retired_on.is_null())
        .filter(place::valid_until.is_null().or(place::valid_until.gt(Col(context.today()))))
        .order(place::code)
        .select((place::code, place::name, place::level))
        .load(conn)?
        .into_iter()
        .map(|(code, name, level): (String, String, Col<PlaceLevel>)| (NamedPlace { code, name }, level.0))
        .collect();
    let question = Question::load(conn, period, context)?;
    std::iter::once(above).chain(below).map(|place| question.figures(conn, place)).collect()
}

/// A place and its level.
type Leveled = (NamedPlace, PlaceLevel);

/// The place that is named, else the city.
fn named(conn: &mut Conn, code: Option<&str>) -> Result<Leveled> {
    let place = place_or_city(conn, code)?;
    let Col(level): Col<PlaceLevel> = place::table.find(&place.code).select(place::level).first(conn)?;
    Ok((place, level))
}

/// What is asked of each place: a period, and the same of the year before.
struct Question<'a> {
    context: &'a RequestContext,
    closed: bool,
    asked: Asked,
    before: Option<Asked>,
}

impl<'a> Question<'a> {
    fn load(conn: &mut Conn, period: Option<Period>, context: &'a RequestContext) -> Result<Question<'a>> {
        let rulebook = Rulebook::load(conn)?;
        let last_closed = last_closed_month(conn)?;
        let end = period.and_then(|period| End::of(period, context));
        let period = period
            .or_else(|| last_closed.map(Period::of_month))
            .or_else(|| Period::last_over(PeriodKind::Month, context.now, context.zone()))
            .ok_or_else(|| StoreError::internal("no month is over"))?;
        let before = year_before(period)
            .map(|before| Asked::load(conn, &rulebook, before, End::of(before, context), context))
            .transpose()?;
        Ok(Question {
            context,
            closed: last_closed.is_some_and(|closed| closed >= period.last_month()),
            asked: Asked::load(conn, &rulebook, period, end, context)?,
            before,
        })
    }

    fn figures(&self, conn: &mut Conn, (place, level): Leveled) -> Result<Statistics> {
        let projects: Vec<Project> = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq(&place.code))
            .filter(project::retired_on.is_null())
            .select((
                project::id,
                project::estate,
                project::operator,
                project::starts_on,
                project::ends_on,
                project::households,
                project::area_dm2,
            ))
            .load(conn)?;
        let period = self.asked.period;
        let Parts { coverage, firms, ratings, records, assessments, fee_collection, cases, complaints } =
            Parts::load(conn, (&place.code, level), &projects, &self.asked, self.context)?;
        let before = self
            .before
            .as_ref()
            .map(|asked| before(conn, (&place.code, level), &projects, asked, self.context))
            .transpose()?;
        Ok(Statistics {
            months: ratings::twelve_months(conn, &place.code, &projects, period, self.context)?,
            place,
            level,
            period,
            from: period.first_day(),
            to: period.last_day(),
            closed: self.closed,
            as_of: self.asked.day,
            coverage,
            firms,
            ratings,
            records,
            assessments,
            fee_collection,
            cases,
            complaints,
            before,
        })
    }
}

/// The figures of one place and period.
struct Parts {
    coverage: Coverage,
    firms: FirmFigures,
    ratings: RatingFigures,
    records: RecordFigures,
    assessments: Option<AssessmentFigures>,
    fee_collection: FeeCollection,
    cases: CaseSums,
    complaints: CaseSums,
}

impl Parts {
    fn load(
        conn: &mut Conn,
        (place, level): (&str, PlaceLevel),
        projects: &[Project],
        asked: &Asked,
        context: &RequestContext,
    ) -> Result<Parts> {
        let period = asked.period;
        let public_on = public_on(level, period, context.today());
        let known = asked.end.map(|end| past::projects(conn, place, end)).transpose()?;
        let then: &[Project] = known.as_deref().unwrap_or(projects);
        let (cases, complaints) = cases::figures(conn, place, period, context)?;
        Ok(Parts {
            coverage: coverage::figures(conn, place, then, asked.day)?,
            firms: asked.grades.figures(conn, place, asked.end, asked.day)?,
            ratings: ratings::figures(conn, place, projects, period, context)?,
            records: records::figures(conn, place, projects, &asked.records, public_on)?,
            assessments: assessments::figures(conn, projects, period, context)?,
            fee_collection: fees::figures(conn, place, projects, then, period)?,
            cases,
            complaints,
        })
    }
}

/// What nobody knew at the end of the period is null, unless it has come to be known since.
fn before(
    conn: &mut Conn,
    (place, level): (&str, PlaceLevel),
    projects: &[Project],
    asked: &Asked,
    context: &RequestContext,
) -> Result<StatisticsBefore> {
    let parts = Parts::load(conn, (place, level), projects, asked, context)?;
    let is_known = match asked.end {
        Some(end) => past::is_known(conn, place, end)?,
        None => true,
    };
    let has_records = parts.records.rewards.total + parts.records.penalties.total > 0;
    Ok(StatisticsBefore {
        period: asked.period,
        from: asked.period.first_day(),
        to: asked.period.last_day(),
        as_of: asked.day,
        coverage: is_known.then_some(parts.coverage),
        firms: is_known.then_some(parts.firms),
        ratings: Some(parts.ratings).filter(|ratings| is_known || ratings.count.is_some()),
        records: Some(parts.records).filter(|_| names_nobody(level) && (is_known || has_records)),
        assessments: parts.assessments.filter(|assessments| is_known || assessments.done > 0),
        fee_collection: Some(parts.fee_collection).filter(|fees| is_known || fees.reported > 0),
        cases: Some(parts.cases).filter(|cases| cases.reason.is_none()),
        complaints: Some(parts.complaints).filter(|complaints| complaints.reason.is_none()),
    })
}

/// The months of a period.
fn span_of(period: Period) -> Span {
    Span { first: period.first_month(), last: period.last_month() }
}

/// Households of the projects that ran in some months.
fn households(projects: &[Project], first: Month, last: Month) -> i64 {
    let ran = projects.iter().filter(|project| project.runs_within(first.first_day(), last.last_day()));
    ran.map(|project| i64::from(project.households)).sum()
}
