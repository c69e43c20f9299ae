//! What another official made and this one confirms as a whole: proposals, files and schemes.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::Role;
use xinwu_domain::credit::DraftState;
use xinwu_domain::import::{ImportKind, ImportState};
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{ProposalState, SecondPerson};
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result};

use super::names;
use super::part::{Found, Part, Position, Waiting, waiting};
use crate::registers::authors::written_earlier_by;
use crate::registers::place::at_or_below;
use crate::schema::{account, firm, import, place_ancestor, proposal, scheme_draft};

/// What the inbox shows of a proposal.
#[derive(Queryable, Selectable)]
#[diesel(table_name = proposal)]
pub(super) struct ProposalRow {
    id: String,
    pub operation: String,
    pub kind: Col<Kind>,
    pub object_id: Option<String>,
    pub changes: String,
    place: Option<String>,
    proposed_by: String,
    proposed_at: NaiveDateTime,
    until: NaiveDateTime,
}

/// Proposals of which the asker can be the second person. An account without a staff number can be
/// nobody's.
pub(super) fn proposals(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let warrant = part.warrant;
    let has_power = warrant.role() == Role::Admin || warrant.can_confirm();
    if !has_power || !is_numbered(conn, warrant.account_id())? {
        return Ok(Found { waiting: Vec::new(), count: 0 });
    }
    // A firm's agreement is given for it by its district, and by the city.
    let decides_for_firms = matches!(warrant.role(), Role::District | Role::City);
    let own = warrant.place().unwrap_or_default().to_owned();
    let (now, limit_of_day) = (part.context.now.naive_utc(), part.query.due_by.map(|day| part.end_of(day)));
    let wanted = || {
        let below = || place_ancestor::table.filter(place_ancestor::ancestor.eq(own.clone()));
        let mut rows = proposal::table
            .filter(proposal::state.eq(Col(ProposalState::Open)))
            .filter(proposal::until.gt(now))
            .filter(proposal::proposed_by.ne_all(part.person.clone()))
            .into_boxed();
        let asks = |who: SecondPerson| proposal::asks.eq(Col(who));
        let of_place = || {
            asks(SecondPerson::Official)
                .and(proposal::place.eq_any(below().select(place_ancestor::place.nullable())))
        };
        rows = match warrant.role() {
            Role::Admin => {
                let is_own = proposal::object_id.eq_any(part.person.clone());
                let is_foreign = proposal::object_id.is_null().or(diesel::dsl::not(is_own));
                rows.filter(asks(SecondPerson::Administrator)).filter(is_foreign)
            }
            _ if decides_for_firms => {
                let firms = firm::table
                    .filter(firm::registered_place.eq_any(below().select(place_ancestor::place)))
                    .select(firm::uscc.nullable());
                let asked = [SecondPerson::FirmOrDistrict, SecondPerson::District].map(Col);
                let of_firm = proposal::asks.eq_any(asked).and(proposal::uscc.eq_any(firms));
                rows.filter(of_place().or(of_firm))
            }
            _ => rows.filter(of_place()),
        };
        if let Some(place) = &part.query.place {
            let within = place_ancestor::table.filter(place_ancestor::ancestor.eq(place.clone()));
            rows = rows.filter(proposal::place.eq_any(within.select(place_ancestor::place.nullable())));
        }
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(proposal::proposed_by.eq(drafter.clone()));
        }
        if let Some(last) = limit_of_day {
            rows = rows.filter(proposal::until.le(last.naive_utc()));
        }
        rows
    };
    let (rows, count): (Vec<ProposalRow>, i64) = waiting!(
        conn,
        part,
        InboxKind::Proposal,
        wanted,
        dated proposal::until,
        due,
        since proposal::proposed_at,
        proposal::id,
        ProposalRow::as_select()
    );
    let names = names::of_proposals(conn, &rows)?;
    let waiting = |(row, name): (ProposalRow, String)| Waiting {
        position: Position {
            kind: InboxKind::Proposal,
            id: row.id,
            due_at: Some(row.until.and_utc()),
            since: Some(row.proposed_at.and_utc()),
        },
        name,
        place: row.place,
        by: Some(row.proposed_by),
        can_be_extended: false,
    };
    Ok(Found { waiting: rows.into_iter().zip(names).map(waiting).collect(), count })
}

fn is_numbered(conn: &mut Conn, account_id: &str) -> Result<bool> {
    let own = account::table.find(account_id).select(account::staff_number);
    Ok(own.first::<Option<String>>(conn).optional()?.flatten().is_some())
}

/// Files that wait as a whole, until they end by themselves.
pub(super) fn imports(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let (now, limit_of_day) = (part.context.now.naive_utc(), part.query.due_by.map(|day| part.end_of(day)));
    let wanted = || {
        let below = at_or_below(part.scope()).select(place_ancestor::place.nullable());
        let mut rows = import::table
            .filter(import::state.eq(Col(ImportState::Submitted)))
            .filter(import::place.eq_any(below))
            .filter(import::by_account.ne_all(part.person.clone()))
            .filter(import::expires_at.is_null().or(import::expires_at.gt(now)))
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
    type Row = (String, Col<ImportKind>, Option<String>, String, NaiveDateTime, Option<NaiveDateTime>);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Import,
        wanted,
        dated import::expires_at,
        due,
        since import::created_at,
        import::id,
        (import::id, import::kind, import::place, import::by_account, import::created_at, import::expires_at)
    );
    let waiting = |(id, Col(kind), place, by, since, until): Row| Waiting {
        position: Position {
            kind: InboxKind::Import,
            id,
            due_at: until.map(|at| at.and_utc()),
            since: Some(since.and_utc()),
        },
        name: kind.into_str().to_owned(),
        place,
        by: Some(by),
        can_be_extended: false,
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
            can_be_extended: false,
        }
    };
    let follows = |each: &Waiting| part.after.as_ref().is_none_or(|after| each.position > *after);
    let mut waiting: Vec<Waiting> = rows.into_iter().map(waiting).filter(follows).collect();
    waiting.sort_by(|one, other| one.position.cmp(&other.position));
    Ok(Found { waiting, count })
}

/// Schemes that wait at one time, at the most.
const MOST_SCHEMES: i64 = 200;
