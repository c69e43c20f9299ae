//! What waits in the places' batches, and who had a hand in it, as conditions of queries.

use std::collections::BTreeSet;

use diesel::prelude::*;
use xinwu_domain::assessment::{RevisionState, assessors_of};
use xinwu_domain::calendar::Period;
use xinwu_domain::place::{NamedPlace, PlaceLevel};
use xinwu_store::{Col, Conn, Result};

use crate::registers::place::at_or_below;
use crate::schema::{assessment, estate, place, place_ancestor, project};

/// Whether `$before`, an alias of the table, was given by hand in the place of an assessment of the
/// query and taken away before anybody confirmed it. Macros, since such conditions have no types
/// that could be written.
macro_rules! was_withdrawn {
    ($before:ident) => {
        ($before.field(assessment::project_id).eq(assessment::project_id))
            .and($before.field(assessment::period).eq(assessment::period))
            .and($before.field(assessment::assessor).eq(assessment::assessor))
            .and($before.field(assessment::state).eq(Col(RevisionState::Withdrawn)))
            .and($before.field(assessment::import_id).is_null())
    };
}
pub(super) use was_withdrawn;

/// Whether one of the accounts `$person` gave, corrected or confirmed a revision of the assessment
/// of an id, which may be null; as [`participants`](super::participants) says of a single one.
macro_rules! is_participant_in_assessment {
    ($person:expr, $id:expr) => {{
        use $crate::schema::{assessment, import};
        let person = || $person.clone();
        let revision = diesel::alias!(assessment as revision);
        let files = import::table
            .filter(import::confirmed_by.is_not_null())
            .filter(import::confirmed_by.assume_not_null().eq_any(person()))
            .select(import::id.nullable());
        let confirmed = revision.field(assessment::confirmed_by);
        let is_confirmer = confirmed.is_not_null().and(confirmed.assume_not_null().eq_any(person()));
        let came = revision.field(assessment::import_id);
        let has_confirmed_file = came.is_not_null().and(came.eq_any(files).assume_not_null());
        let is_same = revision
            .field(assessment::project_id)
            .eq(assessment::project_id)
            .and(revision.field(assessment::period).eq(assessment::period))
            .and(revision.field(assessment::assessor).eq(assessment::assessor));
        let took_part =
            revision.field(assessment::by_account).eq_any(person()).or(is_confirmer).or(has_confirmed_file);
        diesel::dsl::exists(
            assessment::table
                .inner_join(revision.on(is_same))
                .filter(assessment::id.nullable().eq($id))
                .filter(took_part),
        )
    }};
}
pub(crate) use is_participant_in_assessment;

/// A place's batch for a period, of which something waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaitingBatch {
    pub place: NamedPlace,
    pub period: Period,
}

/// What waits in a place or below, each with the place whose batch it is of.
macro_rules! given_by_hand {
    ($scope:expr) => {{
        let is_of = |level: PlaceLevel| -> Result<_> {
            let assessors = assessors_of(level)?.iter().copied().map(Col);
            Ok(place::level.eq(Col(level)).and(assessment::assessor.eq_any(assessors)))
        };
        let above = diesel::alias!(place_ancestor as above);
        assessment::table
            .inner_join(project::table.on(project::id.eq(assessment::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(above.on(above.field(place_ancestor::place).eq(estate::place)))
            .inner_join(place::table.on(place::code.eq(above.field(place_ancestor::ancestor))))
            .filter(assessment::state.eq(Col(RevisionState::Submitted)))
            .filter(assessment::import_id.is_null())
            .filter(project::retired_on.is_null())
            .filter(place::code.eq_any(at_or_below($scope.to_owned())))
            .filter(is_of(PlaceLevel::Street)?.or(is_of(PlaceLevel::District)?))
    }};
}

/// The batches of a place and those below it, but for those of which one of the accounts `person`
/// gave something, or what stood there before. There is one a place and period at the most.
pub(crate) fn waiting_batches(conn: &mut Conn, scope: &str, person: &[String]) -> Result<Vec<WaitingBatch>> {
    type Found = (String, String, Col<Period>);
    let all: Vec<Found> =
        given_by_hand!(scope).select((place::code, place::name, assessment::period)).distinct().load(conn)?;
    let own: Vec<(String, Col<Period>)> = given_by_hand!(scope)
        .filter(assessment::by_account.eq_any(person))
        .select((place::code, assessment::period))
        .distinct()
        .load(conn)?;
    let before = diesel::alias!(assessment as before);
    let earlier: Vec<(String, Col<Period>)> = given_by_hand!(scope)
        .inner_join(before.on(was_withdrawn!(before)))
        .filter(before.field(assessment::by_account).eq_any(person))
        .select((place::code, assessment::period))
        .distinct()
        .load(conn)?;
    let own: BTreeSet<_> = own.into_iter().chain(earlier).collect();
    let batch = |(code, name, period): Found| {
        let is_own = own.contains(&(code.clone(), period));
        (!is_own).then_some(WaitingBatch { place: NamedPlace { code, name }, period: period.0 })
    };
    Ok(all.into_iter().filter_map(batch).collect())
}
