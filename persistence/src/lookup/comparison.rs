//! Comparison: firms side by side, rankings, the red and black lists, eligibility, statistics by
//! place.
//!
//! Rankings and lists read the kept current grades and tallies of all firms of a place and order
//! them here: a city has some thousands of firms, which is less work than a page of SQL with ranks
//! that are right over ties.

mod eligibility;
mod lists;
mod rankings;
mod statistics;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::comparison::{ComparedFirm, ComparedPart, Comparison};
use xinwu_domain::context::RequestContext;
use xinwu_domain::evaluation::ComponentValue;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::place::PlaceName;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Text;
use xinwu_domain::uscc::Uscc;

pub use eligibility::eligibility;
pub use lists::list;
pub use rankings::rankings;
pub use statistics::statistics;

use xinwu_store::{Col, Conn, Result, StoreError};

use crate::credit::evaluation::{self, Question, Visibility};
use crate::credit::scheme::Rulebooks;
use crate::registers::place as places;
use crate::schema::{estate, firm, place, place_ancestor, project};

/// Firms side by side, in the order asked for.
///
/// # Errors
/// [`Refusal::BadParameter`] that names a firm that is not known.
pub fn compare(
    conn: &mut Conn,
    rulebooks: &Rulebooks,
    firms: &[Uscc],
    context: &RequestContext,
) -> Result<Comparison> {
    let codes: Vec<String> = firms.iter().map(Uscc::to_string).collect();
    let mut cards = summaries(conn, &codes, context)?;
    let mut compared = Vec::with_capacity(codes.len());
    for code in &codes {
        let firm = cards.remove(code).ok_or_else(|| {
            let detail = Text::new(format!("没有企业 {code}"), format!("There is no firm {code}"));
            StoreError::from(Refusal::bad_parameter("firms", "unknown_firm", detail))
        })?;
        let components = components(conn, rulebooks, code, context)?;
        compared.push(ComparedFirm { firm, components });
    }
    Ok(Comparison { firms: compared })
}

/// The components of a firm's score by the primary scheme, as the public sees them; `None` if there
/// is no score.
fn components(
    conn: &mut Conn,
    rulebooks: &Rulebooks,
    uscc: &str,
    context: &RequestContext,
) -> Result<Vec<ComparedPart>> {
    let (subject, question) = (Subject::firm(uscc), Question::default());
    let evaluation =
        evaluation::evaluate(conn, rulebooks, &subject, &question, Visibility::Public, context.now);
    let evaluation = match evaluation {
        Ok(evaluation) if evaluation.score.is_some() => evaluation,
        // No scheme is in force.
        Ok(_) | Err(StoreError::Refused(Refusal::NotFound { .. })) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let part = |part: ComponentValue| ComparedPart {
        name: part.name.in_language(context.language).to_owned(),
        id: part.id,
        value: part.value,
        weight: part.weight,
    };
    Ok(evaluation.components.into_iter().map(part).collect())
}

/// The place that a query names, else the city.
///
/// # Errors
/// [`Refusal::BadParameter`] when there is no such place.
fn place_or_city(conn: &mut Conn, code: Option<&str>) -> Result<PlaceName> {
    let found = match code {
        Some(code) => {
            let named = place::table.find(code).select((place::code, place::name)).first(conn).optional()?;
            named.map(|(code, name)| PlaceName { code, name })
        }
        None => crate::registers::place::city(conn)?,
    };
    found.ok_or_else(|| {
        let detail = Text::new("没有这个区划", "There is no such place");
        Refusal::bad_parameter("place", "unknown_place", detail).into()
    })
}

/// The firms of a place: registered there, or running a project there today.
fn firms_of(conn: &mut Conn, place: &str, today: NaiveDate) -> Result<HashSet<String>> {
    let registered: Vec<String> = firm::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
        .filter(place_ancestor::ancestor.eq(place))
        .select(firm::uscc)
        .load(conn)?;
    let running: Vec<Option<String>> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(project::uscc.is_not_null())
        .filter(project::starts_on.le(Col(today)))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(today))))
        .select(project::uscc)
        .distinct()
        .load(conn)?;
    Ok(registered.into_iter().chain(running.into_iter().flatten()).collect())
}

/// The cards of firms by uscc.
fn summaries(
    conn: &mut Conn,
    codes: &[String],
    context: &RequestContext,
) -> Result<HashMap<String, FirmCardSummary>> {
    let cards = crate::lookup::firm_card::cards(conn, codes, context)?;
    Ok(cards.into_iter().map(|card| (card.uscc.clone(), card)).collect())
}
