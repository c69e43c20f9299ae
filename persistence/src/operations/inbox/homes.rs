//! Claims to dwellings, dwellings more than an estate declares, and held ratings. No instant is
//! told of ratings: it could name the rater.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::access::Operation;
use xinwu_domain::household::Dwelling;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::kind::Kind;
use xinwu_domain::rating::BurstState;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, waiting};
use crate::people::notice::dwelling_name;
use crate::registers::authors::written_earlier_by;
use crate::registers::place::at_or_below;
use crate::registers::roster::household_is_visible;
use crate::schema::{estate, household, project, rating_burst, residence};

/// An estate's place, its name, and the dwelling there.
pub(super) type Home = (String, String, String, String, String);

/// The place, and what the dwelling is called.
pub(super) fn name_of(home: Home) -> (String, String) {
    let (place, estate, building, unit, room) = home;
    let name = dwelling_name(&estate, &Dwelling { building, unit, room });
    (place, name)
}

/// Claims to dwellings. Who approves one to a dwelling that waits lets that in as well, which is
/// not for who ever wrote it.
pub(super) fn residences(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let lets_in = part.may(Operation::ConfirmHousehold);
    let own = || if lets_in { part.person.clone() } else { Vec::new() };
    let wanted = || {
        let own_dwelling = household::table
            .filter(household::estate.eq(residence::estate))
            .filter(household::building.eq(residence::building))
            .filter(household::unit.eq(residence::unit))
            .filter(household::room.eq(residence::room))
            .filter(household::waits)
            .filter(household_is_visible!())
            .filter(
                household::added_by
                    .is_not_null()
                    .and(household::added_by.assume_not_null().eq_any(own()))
                    .or(household::id.eq_any(written_earlier_by!(Kind::Household, own()))),
            );
        residence::table
            .inner_join(estate::table.on(estate::code.eq(residence::estate)))
            .filter(residence::status.eq(Col(ResidenceStatus::Pending)))
            .filter(estate::place.eq_any(at_or_below(part.scope())))
            .filter(not(exists(own_dwelling)))
            .into_boxed()
    };
    type Row = (String, NaiveDateTime, Home);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Residence,
        wanted,
        undated,
        since residence::requested_at,
        residence::id,
        (
            residence::id,
            residence::requested_at,
            (estate::place, estate::name, residence::building, residence::unit, residence::room),
        )
    );
    let waiting = |(id, since, home): Row| {
        let (place, name) = name_of(home);
        Waiting {
            position: Position { kind: InboxKind::Residence, id, due_at: None, since: Some(since.and_utc()) },
            name,
            place: Some(place),
            // Who lives where is read at the claim.
            by: None,
            cannot: &[],
        }
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}

pub(super) fn households(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let wanted = || {
        let author = household::added_by;
        let mut rows = household::table
            .inner_join(estate::table.on(estate::code.eq(household::estate)))
            .filter(household::waits)
            .filter(household_is_visible!())
            .filter(estate::retired_on.is_null())
            .filter(estate::place.eq_any(at_or_below(part.scope())))
            .filter(author.is_null().or(author.ne_all(part.person.clone())))
            .filter(household::id.ne_all(written_earlier_by!(Kind::Household, part.person.clone())))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(author.eq(drafter.clone()));
        }
        if let Some(import) = &part.query.import {
            rows = rows.filter(household::import_id.eq(import.clone()));
        }
        rows
    };
    type Row = (String, Option<String>, Home);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Household,
        wanted,
        undated,
        timeless,
        household::id,
        (
            household::id,
            household::added_by,
            (estate::place, estate::name, household::building, household::unit, household::room),
        )
    );
    let waiting = |(id, by, home): Row| {
        let (place, name) = name_of(home);
        Waiting {
            position: Position { kind: InboxKind::Household, id, due_at: None, since: None },
            name,
            place: Some(place),
            by,
            cannot: &[],
        }
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}

/// Held ratings: the district's for its days, and the city's until the end of its own.
pub(super) fn bursts(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    type Row = (String, Col<NaiveDate>, String, String);
    let wanted = || {
        let mut rows = rating_burst::table
            .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(rating_burst::state.eq(Col(BurstState::Held)))
            .filter(project::retired_on.is_null())
            .filter(estate::place.eq_any(at_or_below(part.scope())))
            .into_boxed();
        if !part.is_city() {
            rows = rows.filter(rating_burst::district_until.ge(Col(part.context.today())));
        }
        match part.query.due_by {
            Some(day) if part.is_city() => rows.filter(rating_burst::city_until.le(Col(day))),
            Some(day) => rows.filter(rating_burst::district_until.le(Col(day))),
            None => rows,
        }
    };
    let (rows, count): (Vec<Row>, i64) = if part.is_city() {
        waiting!(conn, part, InboxKind::Burst, wanted, dated rating_burst::city_until, day, timeless, rating_burst::id,
            (rating_burst::id, rating_burst::city_until, estate::place, estate::name))
    } else {
        waiting!(conn, part, InboxKind::Burst, wanted, dated rating_burst::district_until, day, timeless, rating_burst::id,
            (rating_burst::id, rating_burst::district_until, estate::place, estate::name))
    };
    let waiting = |(id, until, place, estate): Row| Waiting {
        position: Position { kind: InboxKind::Burst, id, due_at: Some(part.end_of(until.0)), since: None },
        name: estate,
        place: Some(place),
        by: None,
        cannot: &[],
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}
