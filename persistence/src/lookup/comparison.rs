//! Comparison: firms side by side, rankings, the red and black lists, eligibility, statistics by
//! place.
//!
//! Rankings and lists read the kept current grades and tallies of all firms of a place and order
//! them here: a city has some thousands of firms, which is less work than a page of SQL with ranks
//! that are right over ties.

mod eligibility;
mod lists;
mod past;
mod rankings;
mod statistics;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use xinwu_domain::card::{Credit, PendingGrade};
use xinwu_domain::comparison::{ComparedFirm, ComparedPart, Comparison, unknown_firms};
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::consequences_of;
use xinwu_domain::evaluation::{ComponentValue, Evaluation, Outcome};
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::kind::Kind;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_domain::text::Text;
use xinwu_domain::uscc::Uscc;

pub use eligibility::{TenderQuestion, eligibilities, eligibility};
pub use lists::list;
pub use rankings::rankings;
pub use statistics::{statistics, statistics_below};

use xinwu_store::{Col, Conn, Result, StoreError};

use crate::credit::evaluation::{self, Question, Visibility};
use crate::credit::scheme::{Rulebook, Rulebooks};
use crate::registers::place as places;
use crate::schema::{estate, firm, place, place_ancestor, project};

/// Firms side by side, in the order asked for, now or with their grades at an instant of the past.
///
/// # Errors
/// [`Refusal::BadParameter`] that names the firms that are not known, and for an instant to come.
pub fn compare(
    conn: &mut Conn,
    rulebooks: &Rulebooks,
    firms: &[Uscc],
    as_of: Option<DateTime<Utc>>,
    context: &RequestContext,
) -> Result<Comparison> {
    evaluation::require_past(&[("as_of", as_of)], context.now)?;
    let codes: Vec<String> = firms.iter().map(Uscc::to_string).collect();
    let mut cards = summaries(conn, &codes, context)?;
    let unknown: Vec<String> = codes.iter().filter(|code| !cards.contains_key(*code)).cloned().collect();
    if !unknown.is_empty() {
        return Err(unknown_firms(&unknown).into());
    }
    let mut compared = Vec::with_capacity(codes.len());
    for code in &codes {
        let Some(firm) = cards.remove(code) else { continue };
        let evaluation = primary_evaluation(conn, rulebooks, code, as_of, context)?;
        let credit_as_of = as_of.map(|_| credit(evaluation.as_ref(), context));
        let components = evaluation.filter(|evaluation| evaluation.score.is_some());
        let components = components.into_iter().flat_map(|evaluation| evaluation.components);
        let components = components.map(|part| compared_part(part, context)).collect();
        compared.push(ComparedFirm { firm, credit_as_of, components });
    }
    Ok(Comparison { as_of, firms: compared })
}

/// A firm's evaluation by the primary scheme, as the public sees it; `None` where no scheme was in
/// force.
fn primary_evaluation(
    conn: &mut Conn,
    rulebooks: &Rulebooks,
    uscc: &str,
    as_of: Option<DateTime<Utc>>,
    context: &RequestContext,
) -> Result<Option<Evaluation>> {
    let (subject, question) = (Subject::firm(uscc), Question { as_of, ..Question::default() });
    match evaluation::evaluate(conn, rulebooks, &subject, &question, Visibility::Public, context.now) {
        Ok(evaluation) => Ok(Some(evaluation)),
        Err(StoreError::Refused(Refusal::NotFound(_))) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a card would have said at the instant of an evaluation: while another grade was announced,
/// the one in effect.
fn credit(evaluation: Option<&Evaluation>, context: &RequestContext) -> Credit {
    let Some(evaluation) = evaluation else {
        return Credit { outcome: Outcome::NoScheme, ..Credit::unknown() };
    };
    let text = |text: &Text| text.in_language(context.language).to_owned();
    let consequences = consequences_of(evaluation).into_iter().map(|each| each.told(context.language));
    let credit = Credit {
        outcome: evaluation.outcome,
        scheme: Some(evaluation.scheme.clone()),
        scheme_version: i32::try_from(evaluation.scheme_version).ok(),
        score: evaluation.score,
        grade: evaluation.grade.clone(),
        effective_from: None,
        reason: evaluation.reason.as_ref().map(text),
        pending: None,
        consequences: consequences.collect(),
    };
    let Some(announced) = &evaluation.announcement else { return credit };
    let in_effect = announced.in_effect.clone();
    Credit {
        outcome: in_effect.outcome,
        score: in_effect.score,
        grade: in_effect.grade,
        pending: Some(PendingGrade {
            grade: announced.grade.clone(),
            score: announced.score,
            effective_from: announced.effective_from,
        }),
        ..credit
    }
}

fn compared_part(part: ComponentValue, context: &RequestContext) -> ComparedPart {
    ComparedPart {
        name: part.name.in_language(context.language).to_owned(),
        id: part.id,
        value: part.value,
        weight: part.weight,
    }
}

/// The place that a query names, else the city.
///
/// # Errors
/// [`Refusal::BadParameter`] when there is no such place.
fn place_or_city(conn: &mut Conn, code: Option<&str>) -> Result<NamedPlace> {
    let found = match code {
        Some(code) => {
            let named = place::table.find(code).select((place::code, place::name)).first(conn).optional()?;
            named.map(|(code, name)| NamedPlace { code, name })
        }
        None => crate::registers::place::city(conn)?,
    };
    found.ok_or_else(|| {
        let (code, text) = Kind::Place.unknown();
        Refusal::bad_parameter("place", code, text).into()
    })
}

/// The scheme that was the city's primary one for firms on the last day of a period, as far as it
/// was announced by then.
fn primary_at(conn: &mut Conn, end: past::End) -> Result<Option<String>> {
    let rulebook = Rulebook::load(conn)?;
    Ok(rulebook.known_at(end.at).primary(SubjectKind::Firm, end.day).map(|scheme| scheme.id.clone()))
}

/// The firms of a place that are not retired: registered there, or running a project there today.
fn firms_of(conn: &mut Conn, place: &str, today: NaiveDate) -> Result<HashSet<String>> {
    let registered: Vec<String> = firm::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(firm::retired_on.is_null())
        .select(firm::uscc)
        .load(conn)?;
    let running: Vec<Option<String>> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(project::uscc.is_not_null())
        .filter(project::starts_on.le(Col(today)))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(today))))
        .filter(project::retired_on.is_null())
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
