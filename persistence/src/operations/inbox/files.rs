//! What another official made and this one confirms as a whole: files and schemes.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::access::Operation;
use xinwu_domain::credit::DraftState;
use xinwu_domain::import::{ImportKind, ImportState};
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::kind::Kind;
use xinwu_domain::record::RecordState;
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Col, Conn, Result};

use super::names;
use super::part::{Found, Part, Position, Waiting, waiting};
use super::records::{Allowed, is_allowed};
use crate::registers::authors::written_earlier_by;
use crate::registers::place::at_or_below;
use crate::schema::{firm, import, import_row, place_ancestor, record, scheme_draft};

/// Files that wait as a whole, until they end by themselves. Of records whoever asks could confirm
/// each, and of entries for which firms would be asked is of the districts of all of these.
pub(super) fn imports(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let (now, limit_of_day) = (part.context.now.naive_utc(), part.query.due_by.map(|day| part.end_of(day)));
    let allowed = Allowed::to(conn, part, (Operation::ConfirmRecord, StepKind::Confirm))?;
    let wanted = || {
        let below = at_or_below(part.scope()).select(place_ancestor::place.nullable());
        let others_records = record::table
            .filter(record::import_id.eq(import::id.nullable()))
            .filter(record::state.eq(Col(RecordState::Submitted)))
            .filter(not(is_allowed!(&allowed)));
        let own_firms = firm::table
            .filter(firm::registered_place.eq_any(at_or_below(part.speaks_for())))
            .select(firm::uscc);
        let others_firms = import_row::table
            .filter(import_row::import_id.eq(import::id))
            .filter(import_row::firm.is_not_null())
            .filter(import_row::firm.assume_not_null().ne_all(own_firms));
        let mut rows = import::table
            .filter(import::state.eq(Col(ImportState::Submitted)))
            .filter(import::place.eq_any(below))
            .filter(import::by_account.ne_all(part.person.clone()))
            .filter(import::expires_at.is_null().or(import::expires_at.gt(now)))
            .filter(not(exists(others_records)))
            .filter(not(exists(others_firms)))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(import::by_account.eq(drafter.clone()));
        }
        if let Some(last) = limit_of_day {
            rows = rows.filter(import::expires_at.le(last.naive_utc()));
        }
        if let Some(import) = &part.query.import {
            rows = rows.filter(import::id.eq(import.clone()));
        }
        rows
    };
    type FileName = (Option<String>, Col<ImportKind>);
    type Row = (String, FileName, Option<String>, String, NaiveDateTime, Option<NaiveDateTime>);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Import,
        wanted,
        dated import::expires_at,
        due,
        since import::created_at,
        import::id,
        (
            import::id,
            (import::name, import::kind),
            import::place,
            import::by_account,
            import::created_at,
            import::expires_at,
        )
    );
    let waiting = |(id, (name, kind), place, by, since, until): Row| Waiting {
        position: Position {
            kind: InboxKind::Import,
            id,
            due_at: until.map(|at| at.and_utc()),
            since: Some(since.and_utc()),
        },
        name: names::file_name(name, kind.0, part.context.language),
        place,
        by: Some(by),
        cannot: &[],
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}

/// Schemes that another official of the city proposed to announce, at the latest on their first
/// day.
pub(super) fn schemes(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let proposer = scheme_draft::proposed_by;
    let mut rows = scheme_draft::table
        .filter(scheme_draft::state.eq(Col(DraftState::Proposed)))
        .filter(scheme_draft::place.eq_any(at_or_below(part.scope())))
        .filter(scheme_draft::drafted_by.ne_all(part.person.clone()))
        .filter(proposer.is_null().or(proposer.ne_all(part.person.clone())))
        .into_boxed();
    if let Some(drafter) = &part.query.drafter {
        rows = rows.filter(proposer.eq(drafter.clone()));
    }
    if let Some(day) = part.query.due_by {
        rows = rows.filter(scheme_draft::effective_from.le(Col(day)));
    }
    type Row = (String, i32, String, Option<String>, Option<NaiveDateTime>, Col<NaiveDate>);
    let mut rows: Vec<Row> = rows
        .order((scheme_draft::effective_from, scheme_draft::scheme, scheme_draft::version))
        .limit(MOST_SCHEMES)
        .select((
            scheme_draft::scheme,
            scheme_draft::version,
            scheme_draft::place,
            proposer,
            scheme_draft::proposed_at,
            scheme_draft::effective_from,
        ))
        .load(conn)?;
    let own: Vec<String> = written_earlier_by!(Kind::Scheme, part.person.clone()).load(conn)?;
    rows.retain(|(scheme, version, ..)| !own.contains(&format!("{scheme}/{version}")));
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let waiting = |(scheme, version, place, by, since, first_day): Row| {
        let id = format!("{scheme}/{version}");
        Waiting {
            name: id.clone(),
            position: Position {
                kind: InboxKind::Scheme,
                id,
                due_at: Some(part.end_of(first_day.0)),
                since: since.map(|at| at.and_utc()),
            },
            place: Some(place),
            by,
            cannot: &[],
        }
    };
    let follows = |each: &Waiting| part.after.as_ref().is_none_or(|after| each.position > *after);
    let mut waiting: Vec<Waiting> = rows.into_iter().map(waiting).filter(follows).collect();
    waiting.sort_by(|one, other| one.position.cmp(&other.position));
    Ok(Found { waiting, count })
}

/// Schemes that wait at one time, at the most.
const MOST_SCHEMES: i64 = 200;
