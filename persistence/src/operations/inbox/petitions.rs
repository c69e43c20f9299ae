//! Objections and requests for repair, with the days by which they are to be decided.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::objection::{ObjectKind, ObjectionStatus};
use xinwu_domain::record::RecordStep;
use xinwu_domain::record::repair::RepairStatus;
use xinwu_domain::scheme::StepKind;
use xinwu_domain::subject::CauseKind;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, coalesce, waiting};
use super::records::{Allowed, is_allowed, steps};
use crate::registers::place::at_or_below;
use crate::schema::{assessment, evaluation, firm, import, manager, objection, record, record_step, repair};

/// A row of either: the id, the name of the firm or manager, the place, who filed it, when, its
/// day, and why that was put off.
type Row = (String, String, String, String, NaiveDateTime, Col<NaiveDate>, Option<String>);

/// Whether the person of `$part` had a hand in the record of an id, which may be null.
macro_rules! has_hand_in_record {
    ($part:expr, $id:expr) => {{
        let person = || $part.person.clone();
        let is_confirmer = record::confirmed_by.is_not_null().and(record::confirmed_by.eq_any(person()));
        let own = record::table
            .filter(record::id.nullable().eq($id))
            .filter(record::drafted_by.eq_any(person()).or(is_confirmer));
        let own_steps = record_step::table
            .filter(record_step::record_id.nullable().eq($id))
            .filter(record_step::by_account.eq_any(person()))
            .filter(record_step::step.eq_any(steps(RecordStep::is_hand)));
        exists(own).or(exists(own_steps))
    }};
}

/// Whether there is a record of an id with which `$allowed` lets an official take the step.
macro_rules! is_allowed_record {
    ($allowed:expr, $id:expr) => {{ exists(record::table.filter(record::id.eq($id)).filter(is_allowed!($allowed))) }};
}

pub(super) fn objections(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, StepKind::DecideObjection)?;
    // Whoever gave, corrected or confirmed one of its revisions had a hand in an assessment.
    let revision = diesel::alias!(assessment as revision);
    macro_rules! has_hand_in_assessment {
        ($id:expr) => {{
            let confirmed = import::table
                .filter(import::confirmed_by.eq_any(part.person.clone()))
                .select(import::id.nullable());
            let by_oneself = revision.field(assessment::by_account).eq_any(part.person.clone());
            let confirmed_by_oneself =
                revision.field(assessment::confirmed_by).assume_not_null().eq_any(part.person.clone());
            let is_same = revision
                .field(assessment::project_id)
                .eq(assessment::project_id)
                .and(revision.field(assessment::period).eq(assessment::period))
                .and(revision.field(assessment::assessor).eq(assessment::assessor));
            exists(
                assessment::table
                    .inner_join(revision.on(is_same))
                    .filter(assessment::id.nullable().eq($id))
                    .filter(
                        by_oneself
                            .or(confirmed_by_oneself)
                            .or(revision.field(assessment::import_id).eq_any(confirmed)),
                    ),
            )
        }};
    }
    let wanted = || {
        let is_of = |kind: ObjectKind| objection::object_kind.eq(Col(kind));
        let is_caused_by = |kind: CauseKind| evaluation::cause_kind.eq(Col(kind));
        let object = || objection::object_id.nullable();
        let record_caused =
            is_caused_by(CauseKind::Record).and(has_hand_in_record!(part, evaluation::cause_id));
        let assessment_caused =
            is_caused_by(CauseKind::Assessment).and(has_hand_in_assessment!(evaluation::cause_id));
        let own_cause = evaluation::table
            .filter(evaluation::id.eq(objection::object_id))
            .filter(record_caused.or(assessment_caused));
        let record = is_of(ObjectKind::Record)
            .and(is_allowed_record!(&allowed, objection::object_id))
            .and(not(has_hand_in_record!(part, object())));
        let assessment = is_of(ObjectKind::Assessment).and(not(has_hand_in_assessment!(object())));
        let evaluation = is_of(ObjectKind::Evaluation).and(not(exists(own_cause)));
        let mut rows = objection::table
            .left_join(firm::table.on(firm::uscc.nullable().eq(objection::uscc)))
            .left_join(manager::table.on(manager::id.nullable().eq(objection::manager_id)))
            .filter(objection::state.eq(Col(ObjectionStatus::Open)))
            .filter(objection::place.eq_any(at_or_below(part.scope())))
            .filter(objection::filed_by.ne_all(part.person.clone()))
            .filter(record.or(assessment).or(evaluation))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(objection::filed_by.eq(drafter.clone()));
        }
        if let Some(day) = part.query.due_by {
            rows = rows.filter(objection::due_on.le(Col(day)));
        }
        rows
    };
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Objection,
        wanted,
        dated objection::due_on,
        day,
        since objection::filed_at,
        objection::id,
        (
            objection::id,
            coalesce(firm::name.nullable(), manager::name.nullable(), ""),
            objection::place,
            objection::filed_by,
            objection::filed_at,
            objection::due_on,
            objection::extension_reason,
        )
    );
    Ok(found(part, InboxKind::Objection, rows, count))
}

pub(super) fn repairs(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, StepKind::Repair)?;
    let wanted = || {
        let mut rows = repair::table
            .inner_join(firm::table.on(firm::uscc.eq(repair::uscc)))
            .filter(repair::state.eq(Col(RepairStatus::Open)))
            .filter(repair::place.eq_any(at_or_below(part.scope())))
            .filter(is_allowed_record!(&allowed, repair::record_id))
            .filter(not(has_hand_in_record!(part, repair::record_id.nullable())))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(repair::filed_by.eq(drafter.clone()));
        }
        if let Some(day) = part.query.due_by {
            rows = rows.filter(repair::due_on.le(Col(day)));
        }
        rows
    };
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Repair,
        wanted,
        dated repair::due_on,
        day,
        since repair::filed_at,
        repair::id,
        (
            repair::id,
            firm::name,
            repair::place,
            repair::filed_by,
            repair::filed_at,
            repair::due_on,
            repair::extension_reason,
        )
    );
    Ok(found(part, InboxKind::Repair, rows, count))
}

fn found(part: &Part<'_>, kind: InboxKind, rows: Vec<Row>, count: i64) -> Found {
    let waiting = |(id, firm, place, by, since, due_on, put_off): Row| Waiting {
        position: Position { kind, id, due_at: Some(part.end_of(due_on.0)), since: Some(since.and_utc()) },
        name: firm,
        place: Some(place),
        by: Some(by),
        can_be_extended: put_off.is_none() && part.context.today() <= due_on.0,
    };
    Found { waiting: rows.into_iter().map(waiting).collect(), count }
}
