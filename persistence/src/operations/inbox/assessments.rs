//! Assessments of a place for a period that is over: one thing, since they are confirmed at once.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use xinwu_domain::assessment::RevisionState;
use xinwu_domain::calendar::Period;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::scheme::Assessor;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting};
use crate::registers::place::{ancestor_at, at_or_below};
use crate::schema::{assessment, estate, project};

/// Communities, periods, assessors and authors of which something waits, at the most.
const MOST: i64 = 5_000;

/// A batch under way.
struct Batch {
    name: String,
    has_own: bool,
}

/// What waits for the street or the district, but for what whoever asks gave a part of.
pub(super) fn batches(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    type Row = (String, Col<Period>, Col<Assessor>, String);
    let rows: Vec<Row> = assessment::table
        .inner_join(project::table.on(project::id.eq(assessment::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .filter(assessment::import_id.is_null())
        .filter(project::retired_on.is_null())
        .filter(estate::place.eq_any(at_or_below(part.scope())))
        .select((estate::place, assessment::period, assessment::assessor, assessment::by_account))
        .distinct()
        .order((estate::place, assessment::period, assessment::assessor, assessment::by_account))
        .limit(MOST)
        .load(conn)?;
    let mut batches: BTreeMap<(String, Period), Batch> = BTreeMap::new();
    for (place, Col(period), Col(assessor), author) in rows {
        if !period.is_over(part.context.now, part.context.zone()) {
            continue;
        }
        let level = match assessor {
            Assessor::Community | Assessor::Street => PlaceLevel::Street,
            Assessor::District => PlaceLevel::District,
        };
        let Some(whose) = ancestor_at(conn, &place, level)? else { continue };
        let batch = batches
            .entry((whose.code, period))
            .or_insert_with(|| Batch { name: format!("{} {period}", whose.name), has_own: false });
        batch.has_own |= part.person.contains(&author);
    }
    let reached = places_within(conn, part, batches.keys().map(|(place, _)| place.clone()).collect())?;
    let mut waiting: Vec<Waiting> = batches
        .into_iter()
        .filter(|((place, _), batch)| !batch.has_own && reached.contains(place))
        .filter_map(|((place, period), batch)| {
            let last = period.closes_on().pred_opt()?;
            Some(Waiting {
                position: Position {
                    kind: InboxKind::Assessments,
                    id: format!("{place}/{period}"),
                    due_at: Some(part.end_of(last)),
                    since: None,
                },
                name: batch.name,
                place: Some(place),
                by: None,
                can_be_extended: false,
            })
        })
        .filter(|each| part.query.due_by.is_none_or(|day| each.position.due_at <= Some(part.end_of(day))))
        .collect();
    let count = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    waiting.retain(|each| part.after.as_ref().is_none_or(|after| each.position > *after));
    waiting.sort_by(|one, other| one.position.cmp(&other.position));
    Ok(Found { waiting, count })
}

/// Those of some places that lie where is looked: a street's official does not confirm the
/// district's.
fn places_within(conn: &mut Conn, part: &Part<'_>, places: BTreeSet<String>) -> Result<BTreeSet<String>> {
    use crate::schema::place;
    let within: Vec<String> = place::table
        .filter(place::code.eq_any(places))
        .filter(place::code.eq_any(at_or_below(part.scope())))
        .select(place::code)
        .load(conn)?;
    Ok(within.into_iter().collect())
}
