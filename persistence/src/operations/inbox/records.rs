//! Records that were submitted by themselves: those of a file wait with it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::not;
use diesel::prelude::*;
use strum::VariantArray;
use xinwu_domain::access::{OPERATOR, Operation};
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::import::ImportState;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::record::{RecordState, RecordStep};
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, waiting};
use crate::credit::procedure::Procedure;
use crate::credit::record::{did_step, record_is_visible};
use crate::registers::place::at_or_below;
use crate::schema::{import, record, record_clock};

/// Of which rewards and of which penalties the procedure in force lets an official take a step.
pub(super) struct Allowed {
    pub rewards: Vec<Col<Severity>>,
    pub penalties: Vec<Col<Severity>>,
}

impl Allowed {
    /// Of none, where the account may not ask for the operation at all.
    pub fn to(conn: &mut Conn, part: &Part<'_>, (operation, step): (Operation, StepKind)) -> Result<Allowed> {
        let procedure = Procedure::load(conn, part.context.today())?;
        let is_admitted = part.may(operation);
        let of = |kind: RecordKind| {
            let may = |severity: &Severity| {
                is_admitted && procedure.require(part.warrant, step, (kind, *severity)).is_ok()
            };
            Severity::VARIANTS.iter().copied().filter(may).map(Col).collect()
        };
        Ok(Allowed { rewards: of(RecordKind::Reward), penalties: of(RecordKind::Penalty) })
    }

    fn has(&self, (kind, severity): (Col<RecordKind>, Col<Severity>)) -> bool {
        match kind.0 {
            RecordKind::Reward => self.rewards.contains(&severity),
            RecordKind::Penalty => self.penalties.contains(&severity),
        }
    }
}

/// Records of a weight with which `$allowed` lets an official take a step.
macro_rules! is_allowed {
    ($allowed:expr) => {{
        use $crate::schema::record;
        let allowed: &$crate::operations::inbox::records::Allowed = $allowed;
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

/// Whether there is a record of an id with which `$allowed` lets an official take the step.
macro_rules! is_allowed_record {
    ($allowed:expr, $id:expr) => {{
        use $crate::schema::record;
        let named = record::table.filter(record::id.nullable().eq($id));
        diesel::dsl::exists(named.filter($crate::operations::inbox::records::is_allowed!($allowed)))
    }};
}
pub(super) use is_allowed_record;

pub(super) fn records(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, (Operation::ConfirmRecord, StepKind::Confirm))?;
    let wanted = || {
        let returned =
            import::table.filter(import::state.eq(Col(ImportState::Returned))).select(import::id.nullable());
        let mut rows = record::table
            .left_join(record_clock::table.on(record_clock::record_id.eq(record::id)))
            .filter(record::state.eq(Col(RecordState::Submitted)))
            .filter(record::place.eq_any(at_or_below(part.scope())))
            .filter(record_is_visible!())
            .filter(record::import_id.is_null().or(record::import_id.eq_any(returned)))
            .filter(not(did_step!(part.person, RecordStep::is_authorship)))
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
/// submit again or to give up; what another account of the same person drafted elsewhere is that
/// one's.
pub(super) fn returned(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, (Operation::EditRecord, StepKind::Record))?;
    let (account, place) = (part.warrant.account_id().to_owned(), part.warrant.own_place()?.to_owned());
    let wanted = || {
        let mut rows = record::table
            .filter(record::state.eq(Col(RecordState::Returned)))
            .filter(record::place.eq_any(at_or_below(part.scope())))
            .filter(record_is_visible!())
            .filter(record::drafted_by.eq_any(part.person.clone()))
            .filter(record::drafted_by.eq(account.clone()).or(record::place.eq(place.clone())))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(record::drafted_by.eq(drafter.clone()));
        }
        if let Some(import) = &part.query.import {
            rows = rows.filter(record::import_id.eq(import.clone()));
        }
        rows
    };
    type Row = (Shown, Col<RecordKind>, Col<Severity>);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Returned,
        wanted,
        undated,
        since record::updated_at,
        record::id,
        (
            (record::id, record::title, record::place, record::drafted_by, record::updated_at),
            record::kind,
            record::severity,
        )
    );
    // By the procedure in force others record it by now: it may still be given up.
    let cannot = |weight| -> &'static [Operation] {
        if allowed.has(weight) { &[] } else { &[Operation::EditRecord, Operation::SubmitRecord] }
    };
    let waiting = |(row, kind, severity): Row| Waiting {
        cannot: cannot((kind, severity)),
        ..shown(InboxKind::Returned, row, None)
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}

/// Records that the clock drafted for the asker's own office, also those that were sent back to it:
/// nobody else goes on with them.
pub(super) fn drafted(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, (Operation::EditRecord, StepKind::Record))?;
    let place = part.warrant.own_place()?.to_owned();
    let states = [RecordState::Draft, RecordState::Returned].map(Col);
    let wanted = || {
        record::table
            .filter(record::state.eq_any(states))
            .filter(record::drafted_by.eq(OPERATOR))
            .filter(record::import_id.is_null())
            .filter(record::place.eq(place.clone()))
            .filter(record::place.eq_any(at_or_below(part.scope())))
            .filter(is_allowed!(&allowed))
            .into_boxed()
    };
    type Row = (String, String, String, NaiveDateTime);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Draft,
        wanted,
        undated,
        since record::updated_at,
        record::id,
        (record::id, record::title, record::place, record::updated_at)
    );
    let waiting = |(id, title, place, since): Row| Waiting {
        position: Position { kind: InboxKind::Draft, id, due_at: None, since: Some(since.and_utc()) },
        name: title,
        place: Some(place),
        by: None,
        cannot: &[],
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}

/// A record's id, title, place and drafter, and when it came to where it stands.
type Shown = (String, String, String, String, NaiveDateTime);

fn shown(kind: InboxKind, (id, title, place, by, since): Shown, due_at: Option<DateTime<Utc>>) -> Waiting {
    Waiting {
        position: Position { kind, id, due_at, since: Some(since.and_utc()) },
        name: title,
        place: Some(place),
        by: Some(by),
        cannot: &[],
    }
}
