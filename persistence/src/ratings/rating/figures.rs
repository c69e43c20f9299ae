//! What everyone reads of ratings: "every public figure is made of whole increments, chosen by
//! project and month, and of register data; of nothing else".

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{max, sql, sum};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::rating::{
    Coverage, Figures, MonthFigures, Publication, Ratings, ServiceFigures, Span, Sum, Tally,
};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use crate::ratings::burst::OPEN;
use crate::ratings::tally::kept_sums;
use crate::schema::{
    estate, firm, place_ancestor, project, rating_burst, rating_increment, rating_step, tally,
};

type Number = Option<i64>;

/// What [`sums!`] gives.
pub(crate) type Sums = (
    (Number, Number, Number, Number, Number),
    (Number, Number, Number, Number, Number),
    (Number, Number, Number, Number, Number),
);

/// The columns of increments, each added up: ratings of 1 to 5 stars, and by dimension how many
/// and their stars together.
macro_rules! sums {
    () => {
        (
            (
                sum(rating_increment::one),
                sum(rating_increment::two),
                sum(rating_increment::three),
                sum(rating_increment::four),
                sum(rating_increment::five),
            ),
            (
                sum(rating_increment::cleaning_count),
                sum(rating_increment::security_count),
                sum(rating_increment::greening_count),
                sum(rating_increment::maintenance_count),
                sum(rating_increment::attitude_count),
            ),
            (
                sum(rating_increment::cleaning_sum),
                sum(rating_increment::security_sum),
                sum(rating_increment::greening_sum),
                sum(rating_increment::maintenance_sum),
                sum(rating_increment::attitude_sum),
            ),
        )
    };
}

/// The increments of the months of a span.
macro_rules! within {
    ($span:expr) => {
        rating_increment::month.between(Col($span.first), Col($span.last))
    };
}

/// The increments with their projects: those of a project that is retired count nowhere.
macro_rules! with_projects {
    () => {
        rating_increment::table
            .inner_join(project::table.on(project::id.eq(rating_increment::project_id)))
            .filter(project::retired_on.is_null())
    };
}

fn tally_of((stars, counts, sums): Sums) -> Tally {
    let five = |(one, two, three, four, five)| [one, two, three, four, five];
    let count = |count: Number| u32::try_from(count.unwrap_or_default()).unwrap_or(u32::MAX);
    let mut tally = Tally { counts: five(stars).map(count), ..Tally::default() };
    let answers = five(counts).into_iter().zip(five(sums));
    for (dimension, (number, stars)) in tally.dimensions.iter_mut().zip(answers) {
        let stars = u64::try_from(stars.unwrap_or_default()).unwrap_or_default();
        *dimension = Sum { count: count(number), stars };
    }
    tally
}

/// The increments of each of some firms, by its projects of today. In two statements: joined,
/// PostgreSQL reads the increments of the whole city.
pub(crate) fn of_firms(conn: &mut Conn, usccs: &[String], span: Span) -> Result<HashMap<String, Tally>> {
    let projects: Vec<(String, Option<String>)> = project::table
        .filter(project::uscc.eq_any(usccs))
        .filter(project::retired_on.is_null())
        .select((project::id, project::uscc))
        .load(conn)?;
    let ids: Vec<String> = projects.iter().map(|(id, _)| id.clone()).collect();
    let of_projects = of_projects(conn, &ids, span)?;
    let mut firms: HashMap<String, Tally> = HashMap::new();
    for (id, uscc) in projects {
        if let (Some(tally), Some(uscc)) = (of_projects.get(&id), uscc) {
            firms.entry(uscc).or_default().merge(tally);
        }
    }
    Ok(firms)
}

/// The increments of each of some projects.
pub(crate) fn of_projects(conn: &mut Conn, ids: &[String], span: Span) -> Result<HashMap<String, Tally>> {
    let rows: Vec<(String, Sums)> = rating_increment::table
        .filter(rating_increment::project_id.eq_any(ids))
        .filter(within!(span))
        .group_by(rating_increment::project_id)
        .select((rating_increment::project_id, sums!()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, sums)| (id, tally_of(sums))).collect())
}

/// The increments of all projects in a place, by month.
pub(crate) fn of_place(conn: &mut Conn, place: &str, span: Span) -> Result<HashMap<Month, Tally>> {
    let rows: Vec<(Col<Month>, Sums)> = with_projects!()
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(within!(span))
        .group_by(rating_increment::month)
        .select((rating_increment::month, sums!()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(Col(month), sums)| (month, tally_of(sums))).collect())
}

/// The last month whose closing step, that of a 1st, is done.
pub(crate) fn last_closed_month(conn: &mut Conn) -> Result<Option<Month>> {
    let last: Option<Col<Month>> = rating_step::table
        .filter(rating_step::done_at.is_not_null())
        .select(max(rating_step::closes))
        .first(conn)?;
    Ok(last.map(|Col(month)| month))
}

/// What a project's page shows.
pub(crate) fn service_of_project(
    conn: &mut Conn,
    id: &str,
    context: &RequestContext,
) -> Result<ServiceFigures> {
    let kept: Option<Option<String>> =
        tally::table.find((Col(SubjectKind::Project), id)).select(tally::sums).first(conn).optional()?;
    let figures = match kept_sums(kept.flatten().as_deref(), context.month()) {
        Some(sums) => Figures::of(&sums),
        None => {
            let ids = [id.to_owned()];
            let sums = of_projects(conn, &ids, Span::usual(context.month()))?.remove(id);
            Figures::of(&sums.unwrap_or_default())
        }
    };
    Ok(ServiceFigures { figures, publication: publication(conn, context)? })
}

/// A step that is done.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = rating_step)]
pub(crate) struct LastStep {
    done_at: Option<NaiveDateTime>,
    covers: NaiveDateTime,
}

/// In any statement: the name of the last step that is done.
pub(crate) fn last_step() -> SqlLiteral<Nullable<Text>> {
    sql("(SELECT step FROM rating_step WHERE done_at IS NOT NULL ORDER BY step DESC LIMIT 1)")
}

/// "Dated by its commit, however late"; and the next is not before today.
pub(crate) fn published(last: Option<LastStep>, context: &RequestContext) -> Publication {
    let after = last.map_or(context.now, |last| last.covers.and_utc());
    Publication {
        published_on: last.and_then(|last| Some(day_of(last.done_at?.and_utc(), context.zone()))),
        next_on: context.schedule.next(after).day.max(day_of(context.now, context.zone())),
    }
}

/// When the city's figures were published, and when next.
pub fn publication(conn: &mut Conn, context: &RequestContext) -> Result<Publication> {
    let last = rating_step::table
        .filter(rating_step::step.nullable().eq(last_step()))
        .select(LastStep::as_select())
        .first(conn)
        .optional()?;
    Ok(published(last, context))
}

/// A firm's ratings.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn of_firm(conn: &mut Conn, uscc: &str, span: Span, context: &RequestContext) -> Result<Ratings> {
    let terms: Vec<Option<Term>> = firm::table
        .left_join(
            project::table.on(project::uscc.eq(firm::uscc.nullable()).and(project::retired_on.is_null())),
        )
        .filter(firm::uscc.eq(uscc))
        .select(Option::<Term>::as_select())
        .load(conn)?;
    if terms.is_empty() {
        return Err(Kind::Firm.not_found().into());
    }
    let by_month: Vec<(Col<Month>, Sums)> = with_projects!()
        .filter(project::uscc.eq(uscc))
        .filter(within!(span))
        .group_by(rating_increment::month)
        .select((rating_increment::month, sums!()))
        .load(conn)?;
    let held: Vec<Col<Month>> = rating_burst::table
        .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
        .filter(project::uscc.eq(uscc))
        .filter(project::retired_on.is_null())
        .filter(rating_burst::state.eq_any(OPEN))
        .select(rating_burst::month)
        .load(conn)?;
    ratings(conn, &terms.into_iter().flatten().collect::<Vec<_>>(), by_month, held, span, context)
}

/// A project's ratings.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn of_project(conn: &mut Conn, id: &str, span: Span, context: &RequestContext) -> Result<Ratings> {
    let term: Option<Term> = project::table.find(id).select(Term::as_select()).first(conn).optional()?;
    let term = term.ok_or(Kind::Project.not_found())?;
    let by_month: Vec<(Col<Month>, Sums)> = rating_increment::table
        .filter(rating_increment::project_id.eq(id))
        .filter(within!(span))
        .group_by(rating_increment::month)
        .select((rating_increment::month, sums!()))
        .load(conn)?;
    let held: Vec<Col<Month>> = rating_burst::table
        .filter(rating_burst::project_id.eq(id))
        .filter(rating_burst::state.eq_any(OPEN))
        .select(rating_burst::month)
        .load(conn)?;
    ratings(conn, &[term], by_month, held, span, context)
}

/// When a project ran, and its households.
#[derive(Queryable, Selectable)]
#[diesel(table_name = project)]
struct Term {
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    households: i32,
}

impl Term {
    fn touches(&self, span: Span) -> bool {
        self.starts_on.0 <= span.last.last_day()
            && self.ends_on.is_none_or(|end| end.0 >= span.first.first_day())
    }
}

/// Households of the projects that ran in a span.
fn households(terms: &[Term], span: Span) -> i64 {
    terms.iter().filter(|term| term.touches(span)).map(|term| i64::from(term.households)).sum()
}

fn ratings(
    conn: &mut Conn,
    terms: &[Term],
    by_month: Vec<(Col<Month>, Sums)>,
    held: Vec<Col<Month>>,
    span: Span,
    context: &RequestContext,
) -> Result<Ratings> {
    let tallies: HashMap<Month, Tally> =
        by_month.into_iter().map(|(Col(month), sums)| (month, tally_of(sums))).collect();
    let held: HashSet<Month> = held.into_iter().map(|Col(month)| month).collect();
    let coverage = |tally: &Tally, span: Span| Coverage::of(tally.count(), households(terms, span));
    let months = span.months().rev().map(|month| {
        let tally = tallies.get(&month).copied().unwrap_or_default();
        MonthFigures {
            month,
            figures: Figures::of(&tally),
            held: held.contains(&month),
            coverage: coverage(&tally, Span { first: month, last: month }),
        }
    });
    let all: Tally = tallies.values().copied().sum();
    Ok(Ratings {
        from: span.first,
        to: span.last,
        figures: Figures::of(&all),
        held: held.iter().any(|month| span.has(*month)),
        coverage: coverage(&all, span),
        publication: publication(conn, context)?,
        months: months.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_touches_a_span_in_which_it_runs_a_day() {
        let span =
            |first: &str, last: &str| Span { first: first.parse().unwrap(), last: last.parse().unwrap() };
        let term = |starts_on: &str, ends_on: Option<&str>| Term {
            starts_on: Col(starts_on.parse().unwrap()),
            ends_on: ends_on.map(|day| Col(day.parse().unwrap())),
            households: 7,
        };
        let november = span("2026-11", "2026-11");
        for (starts_on, ends_on, touches) in [
            ("2026-11-30", None, true),
            ("2026-12-01", None, false),
            ("2020-01-01", Some("2026-11-01"), true),
            ("2020-01-01", Some("2026-10-31"), false),
            ("2026-11-10", Some("2026-11-20"), true),
            ("2020-01-01", Some("2030-01-01"), true),
        ] {
            assert_eq!(term(starts_on, ends_on).touches(november), touches, "{starts_on} {ends_on:?}");
        }
        let ran = [term("2026-11-30", None), term("2020-01-01", Some("2026-11-29"))];
        assert_eq!(households(&ran, november), 14);
        assert_eq!(households(&ran, span("2026-10", "2026-10")), 7);
    }

    #[test]
    fn sums_are_read_in_the_order_of_the_dimensions() {
        let none = (None, None, None, None, None);
        assert_eq!(tally_of((none, none, none)), Tally::default());
        let tally = tally_of((
            (Some(1), Some(1), None, Some(1), Some(2)),
            (Some(7), None, None, None, Some(5)),
            (Some(28), None, None, None, Some(12)),
        ));
        assert_eq!((tally.count(), tally.sum()), (5, 17));
        let [cleaning, security, .., attitude] = tally.dimensions;
        assert_eq!(cleaning, Sum { count: 7, stars: 28 });
        assert_eq!(security, Sum::default());
        assert_eq!(attitude, Sum { count: 5, stars: 12 });
    }
}
