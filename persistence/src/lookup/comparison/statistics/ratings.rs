//! Residents' ratings of a place: "every public figure is made of whole increments".

use std::collections::HashMap;

use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::comparison::{MonthRatings, RatingFigures};
use xinwu_domain::context::RequestContext;
use xinwu_domain::rating::{Span, Tally};
use xinwu_store::{Conn, Result};

use super::{Project, households, span_of};
use crate::ratings::rating::of_place;

/// The increments of the period's months, and the households of the projects that ran in it.
pub(super) fn figures(
    conn: &mut Conn,
    place: &str,
    projects: &[Project],
    period: Period,
    context: &RequestContext,
) -> Result<RatingFigures> {
    let span = span_of(period);
    let tally: Tally = of_place(conn, place, span)?.into_values().sum();
    let occasions = months_so_far(span, context).map(|month| households(projects, month, month)).sum();
    Ok(RatingFigures::of(&tally, households(projects, span.first, span.last), occasions))
}

/// The twelve months to the period's last, the latest first.
pub(super) fn twelve_months(
    conn: &mut Conn,
    place: &str,
    projects: &[Project],
    period: Period,
    context: &RequestContext,
) -> Result<Vec<MonthRatings>> {
    let span = Span::usual(period.last_month());
    let tallies: HashMap<Month, Tally> = of_place(conn, place, span)?;
    let figures = |month: Month| {
        let tally = tallies.get(&month).copied().unwrap_or_default();
        MonthRatings::of(month, &tally, households(projects, month, month))
    };
    Ok(months_so_far(span, context).rev().map(figures).collect())
}

/// The months of a span that have begun.
fn months_so_far(span: Span, context: &RequestContext) -> impl DoubleEndedIterator<Item = Month> + use<> {
    let current = context.month();
    span.months().filter(move |month| *month <= current)
}
