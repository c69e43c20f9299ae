//! What everyone reads of cases: sums of whole increments, by project and month. How they are made
//! stands in [`step`].

use std::collections::BTreeMap;

use diesel::dsl::sum;
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::case::figures::{CaseFigures, CaseTally};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::rating::Span;
use xinwu_store::{Col, Conn, Result};

use crate::ratings::rating;
use crate::registers::place;
use crate::schema::{case_increment, estate, firm, place_ancestor, project};

mod increment;
mod metrics;
mod project_step;
pub(crate) mod put_back;
pub(crate) mod step;

pub use increment::Increment;

type Number = Option<i64>;

/// What [`sums!`] gives.
type Sums = (
    (Number, Number, Number, Number),
    (Number, Number, Number, Number),
    (Number, Number, Number, Number),
    (Number, Number, Number, Number),
);

/// The columns of increments, each added up.
macro_rules! sums {
    () => {
        (
            (
                sum(case_increment::opened),
                sum(case_increment::on_time),
                sum(case_increment::late),
                sum(case_increment::closed),
            ),
            (
                sum(case_increment::reopened),
                sum(case_increment::satisfied),
                sum(case_increment::unsatisfied),
                sum(case_increment::unanswered),
            ),
            (
                sum(case_increment::hours_24),
                sum(case_increment::hours_48),
                sum(case_increment::hours_72),
                sum(case_increment::hours_more),
            ),
            (
                sum(case_increment::excluded_withdrawn),
                sum(case_increment::excluded_joined),
                sum(case_increment::excluded_not_theirs),
                sum(case_increment::excluded_elsewhere),
            ),
        )
    };
}

/// The sums of each month of a span in which something of `$rows` is published.
macro_rules! by_month {
    ($conn:expr, $rows:expr, $span:expr) => {{
        let rows: Vec<(Col<Month>, Sums)> = $rows
            .filter(case_increment::month.between(Col($span.first), Col($span.last)))
            .group_by(case_increment::month)
            .select((case_increment::month, sums!()))
            .load($conn)?;
        rows.into_iter().map(|(Col(month), sums)| (month, tally_of(sums))).collect::<ByMonth>()
    }};
}

/// The increments with their projects: those of a project that is retired count nowhere else.
macro_rules! with_projects {
    () => {
        case_increment::table
            .inner_join(project::table.on(project::id.eq(case_increment::project_id)))
            .filter(project::retired_on.is_null())
    };
}

/// [`with_projects!`] of a place and below it.
macro_rules! in_place {
    ($code:expr) => {
        with_projects!()
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq($code))
    };
}

/// The sums of the months in which something is published.
type ByMonth = BTreeMap<Month, CaseTally>;

fn tally_of((first, second, hours, excluded): Sums) -> CaseTally {
    let four = |(one, two, three, four): (Number, Number, Number, Number)| {
        [one, two, three, four].map(|sum| u32::try_from(sum.unwrap_or_default()).unwrap_or(u32::MAX))
    };
    let [opened, on_time, late, closed] = four(first);
    let [reopened, satisfied, unsatisfied, unanswered] = four(second);
    CaseTally {
        opened,
        on_time,
        late,
        closed,
        reopened,
        satisfied,
        unsatisfied,
        unanswered,
        hours: four(hours),
        excluded: four(excluded),
    }
}

/// A firm's cases: those of its projects.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound)
pub fn of_firm(conn: &mut Conn, uscc: &str, span: Span, context: &RequestContext) -> Result<CaseFigures> {
    if firm::table.find(uscc).count().get_result::<i64>(conn)? == 0 {
        return Err(Kind::Firm.not_found().into());
    }
    let months = by_month!(conn, with_projects!().filter(project::uscc.eq(uscc)), span);
    view(conn, &months, span, context)
}

/// A project's cases.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound)
pub fn of_project(conn: &mut Conn, id: &str, span: Span, context: &RequestContext) -> Result<CaseFigures> {
    if project::table.find(id).count().get_result::<i64>(conn)? == 0 {
        return Err(Kind::Project.not_found().into());
    }
    let months = by_month!(conn, case_increment::table.filter(case_increment::project_id.eq(id)), span);
    view(conn, &months, span, context)
}

/// The cases of all projects in a place.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound)
pub fn of_place(conn: &mut Conn, code: &str, span: Span, context: &RequestContext) -> Result<CaseFigures> {
    place::require(conn, code)?;
    let months = months_of_place(conn, code, span)?;
    view(conn, &months, span, context)
}

/// [`of_place`], as sums.
fn months_of_place(conn: &mut Conn, code: &str, span: Span) -> Result<ByMonth> {
    Ok(by_month!(conn, in_place!(code), span))
}

/// [`of_place`], as the sums of each kind of case, by its code, of all months together.
pub(crate) fn kinds_of_place(conn: &mut Conn, code: &str, span: Span) -> Result<BTreeMap<String, CaseTally>> {
    let rows: Vec<(String, Sums)> = in_place!(code)
        .filter(case_increment::month.between(Col(span.first), Col(span.last)))
        .group_by(case_increment::kind)
        .select((case_increment::kind, sums!()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(kind, sums)| (kind, tally_of(sums))).collect())
}

fn view(conn: &mut Conn, months: &ByMonth, span: Span, context: &RequestContext) -> Result<CaseFigures> {
    let publication = rating::publication(conn, context)?;
    Ok(CaseFigures::of(span, |month| months.get(&month).copied(), publication, context.language))
}
