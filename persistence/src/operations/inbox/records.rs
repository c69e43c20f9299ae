//! Records that were submitted by themselves: those of a file wait with it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use strum::VariantArray;
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::import::ImportState;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::record::{RecordState, RecordStep};
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, waiting};
use crate::credit::procedure::Procedure;
use crate::credit::record::record_is_visible;
use crate::registers::place::at_or_below;
use crate::schema::{import, record, record_clock, record_step};

/// Of which rewards and of which penalties the procedure in force lets an official take a step.
pub(super) struct Allowed {
    pub rewards: Vec<Col<Severity>>,
    pub penalties: Vec<Col<Severity>>,
}

impl Allowed {
    pub fn to(conn: &mut Conn, part: &Part<'_>, step: StepKind) -> Result<Allowed> {
        let procedure = Procedure::load(conn, part.context.today())?;
        let of = |kind: RecordKind| {
            let may = |severity: &Severity| procedure.require(part.warrant, step, (kind, *severity)).is_ok();
            Severity::VARIANTS.iter().copied().filter(may).map(Col).collect()
        };
        Ok(Allowed { rewards: of(RecordKind::Reward), penalties: of(RecordKind::Penalty) })
    }
}

/// Records of a weight with which `$allowed` lets an official take a step.
macro_rules! is_allowed {
    ($allowed:expr) => {{
        let allowed: &Allowed = $allowed;
        let reward = record::kind
            .eq(Col(xinwu_domain::catalogue::RecordKind::Reward))
            .and(record::severity.eq_any(allowed.rewards.clone()));
        let penalty = record::kind
            .eq(Col(xinwu_domain::catalogue::RecordKind::Penalty))
            .and(record::severity.eq_any(allowed.penalties.clone()));
        reward.or(penalty)
    }};
}
pub(super) use is_allowed;

/// The steps of records with which one has a hand in them, of those that `counts` names.
pub(super) fn steps(counts: fn(RecordStep) -> bool) -> Vec<Col<RecordStep>> {
    RecordStep::VARIANTS.iter().copied().filter(|step| counts(*step)).map(Col).collect()
}

pub(super) fn records(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, StepKind::Confirm)?;
    let wanted = || {
        let returned =
            import::table.filter(import::state.eq(Col(ImportState::Returned))).select(import::id.nullable());
        let own_steps = record_step::table
            .filter(record_step::record_id.eq(record::id))
            .filter(record_step::by_account.eq_any(part.person.clone()))
            .filter(record_step::step.eq_any(steps(RecordStep::is_authorship)));
        let mut rows = record::table
            .left_join(record_clock::table.on(record_clock::record_id.eq(record::id)))
            .filter(record::state.eq(Col(RecordState::Submitted)))
            .filter(record::place.eq_any(at_or_below(part.scope())))
            .filter(record_is_visible!())
            .filter(record::import_id.is_null().or(record::import_id.eq_any(returned)))
            .filter(record::drafted_by.ne_all(part.person.clone()))
            .filter(not(exists(own_steps)))
            .filter(is_allowed!(&allowed))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(record::drafted_by.eq(drafter.clone()));
        }
        if let Some(import) = &part.query.import {
            rows = rows.filter(record::import_id.eq(import.clone()));
        }
        if let Some(day) = part.query.due_by {
            rows = rows.filter(record_clock::confirm_due_on.le(Col(day)));
        }
        rows
    };
    type Row = (String, String, String, String, NaiveDateTime, Option<Col<NaiveDate>>);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Record,
        wanted,
        dated record_clock::confirm_due_on.nullable(),
        day,
        since record::updated_at,
        record::id,
        (
            record::id,
            record::title,
            record::place,
            record::drafted_by,
            record::updated_at,
            record_clock::confirm_due_on.nullable(),
        )
    );
    let waiting = |(id, title, place, by, since, due_on): Row| {
        let due_at = due_on.map(|day| part.end_of(day.0));
        shown(InboxKind::Record, (id, title, place, by, since), due_at)
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}

/// Records that the asker drafted and that were sent back: they are the own office's to change, to
/// submit again or to give up.
pub(super) fn returned(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let wanted = || {
        let mut rows = record::table
            .filter(record::state.eq(Col(RecordState::Returned)))
            .filter(record::place.eq_any(at_or_below(part.scope())))
            .filter(record_is_visible!())
            .filter(record::drafted_by.eq_any(part.person.clone()))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(record::drafted_by.eq(drafter.clone()));
        }
        if let Some(import) = &part.query.import {
            rows = rows.filter(record::import_id.eq(import.clone()));
        }
        rows
    };
    let (rows, count): (Vec<Shown>, i64) = waiting!(
        conn,
        part,
        InboxKind::Returned,
        wanted,
        undated,
        since record::updated_at,
        record::id,
        (record::id, record::title, record::place, record::drafted_by, record::updated_at)
    );
    let waiting = rows.into_iter().map(|row| shown(InboxKind::Returned, row, None)).collect();
    Ok(Found { waiting, count })
}

/// A record's id, title, place and drafter, and when it came to where it stands.
type Shown = (String, String, String, String, NaiveDateTime);

fn shown(kind: InboxKind, (id, title, place, by, since): Shown, due_at: Option<DateTime<Utc>>) -> Waiting {
    Waiting {
        position: Position { kind, id, due_at, since: Some(since.and_utc()) },
        name: title,
        place: Some(place),
        by: Some(by),
        can_be_extended: false,
    }
}
