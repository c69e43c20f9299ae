//! Objections and requests for repair, with the days by which they are to be decided.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Text;
use xinwu_domain::access::Operation;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::kind::Kind;
use xinwu_domain::objection::ObjectionStatus;
use xinwu_domain::proposal::ProposalState;
use xinwu_domain::record::repair::RepairStatus;
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, coalesce, waiting};
use super::records::Allowed;
use crate::registers::place::at_or_below;
use crate::schema::{assessment, firm, manager, objection, proposal, repair};

/// A row of either: the id, the name of the firm or manager, the place, who filed it, when, its
/// day, and why that was put off.
type Row = (String, String, String, String, NaiveDateTime, Col<NaiveDate>, Option<String>);

/// Whether a decision on what `$key` tells apart is proposed: nobody decides on that before.
macro_rules! is_proposed {
    ($part:expr, $key:expr) => {{
        let open = proposal::table
            .filter(proposal::object_key.eq($key))
            .filter(
                proposal::operation
                    .eq_any([Operation::DecideObjection, Operation::DecideRepair].map(Operation::id)),
            )
            .filter(proposal::state.eq(Col(ProposalState::Open)))
            .filter(proposal::until.gt($part.context.now.naive_utc()));
        exists(open)
    }};
}

/// The words of a key before an id.
macro_rules! key {
    ($kind:expr, $id:expr) => {
        format!("{}/", $kind).into_sql::<Text>().concat($id)
    };
}

/// Whether whoever asks decides on an objection of the query, as
/// [`require_not_participant`](crate::credit::objection::require_not_participant) says of a single
/// one: without a hand in what it is against, of a level that the procedure in force names, and
/// neither who filed it for a manager nor the second person of that. A macro, since such a
/// condition has no type that could be written.
macro_rules! decides_objection {
    ($part:expr, $allowed:expr) => {{
        use diesel::dsl::{exists, not};
        use xinwu_domain::objection::ObjectKind;
        use xinwu_domain::record::RecordStep;
        use xinwu_domain::subject::CauseKind;
        use xinwu_store::Col;
        use $crate::credit::assessment::is_participant_in_assessment;
        use $crate::credit::record::is_participant_in_record;
        use $crate::operations::inbox::records::is_allowed_record;
        use $crate::schema::{evaluation, objection, record_step};
        let person = || $part.person.clone();
        let is_of = |kind: ObjectKind| objection::object_kind.eq(Col(kind));
        let is_caused_by = |kind: CauseKind| evaluation::cause_kind.eq(Col(kind));
        let object = || objection::object_id.nullable();
        let by_record =
            is_caused_by(CauseKind::Record).and(is_participant_in_record!(person(), evaluation::cause_id));
        let by_assessment = is_caused_by(CauseKind::Assessment)
            .and(is_participant_in_assessment!(person(), evaluation::cause_id));
        let own_cause = evaluation::table
            .filter(evaluation::id.eq(objection::object_id))
            .filter(by_record.or(by_assessment));
        let seconded = record_step::table
            .filter(record_step::record_id.eq(objection::object_id))
            .filter(record_step::step.eq(Col(RecordStep::Objected)))
            .filter(record_step::at.eq(objection::filed_at))
            .filter(record_step::seconded_by.is_not_null())
            .filter(record_step::seconded_by.assume_not_null().eq_any(person()));
        let record = is_of(ObjectKind::Record)
            .and(is_allowed_record!($allowed, object()))
            .and(not(is_participant_in_record!(person(), object())))
            .and(not(exists(seconded)));
        let assessment =
            is_of(ObjectKind::Assessment).and(not(is_participant_in_assessment!(person(), object())));
        let evaluation = is_of(ObjectKind::Evaluation).and(not(exists(own_cause)));
        objection::filed_by.ne_all(person()).and(record.or(assessment).or(evaluation))
    }};
}
pub(super) use decides_objection;

/// The same of a request for repair.
macro_rules! decides_repair {
    ($part:expr, $allowed:expr) => {{
        use $crate::credit::record::is_participant_in_record;
        use $crate::operations::inbox::records::is_allowed_record;
        use $crate::schema::repair;
        let record = || repair::record_id.nullable();
        is_allowed_record!($allowed, record())
            .and(diesel::dsl::not(is_participant_in_record!($part.person, record())))
    }};
}
pub(super) use decides_repair;

pub(super) fn objections(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let allowed = Allowed::to(conn, part, (Operation::DecideObjection, StepKind::DecideObjection))?;
    let wanted = || {
        let path = key!(Kind::Assessment, assessment::project_id)
            .concat("/")
            .concat(assessment::period)
            .concat("/")
            .concat(assessment::assessor);
        let proposed = assessment::table
            .filter(assessment::id.eq(objection::object_id))
            .filter(is_proposed!(part, path));
        let mut rows = objection::table
            .left_join(firm::table.on(firm::uscc.nullable().eq(objection::uscc)))
            .left_join(manager::table.on(manager::id.nullable().eq(objection::manager_id)))
            .filter(objection::state.eq(Col(ObjectionStatus::Open)))
            .filter(objection::place.eq_any(at_or_below(part.scope())))
            .filter(decides_objection!(part, &allowed))
            .filter(not(is_proposed!(part, key!(Kind::Record, objection::object_id))))
            .filter(not(exists(proposed)))
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
    let allowed = Allowed::to(conn, part, (Operation::DecideRepair, StepKind::Repair))?;
    let wanted = || {
        let mut rows = repair::table
            .inner_join(firm::table.on(firm::uscc.eq(repair::uscc)))
            .filter(repair::state.eq(Col(RepairStatus::Open)))
            .filter(repair::place.eq_any(at_or_below(part.scope())))
            .filter(decides_repair!(part, &allowed))
            .filter(not(is_proposed!(part, key!(Kind::Record, repair::record_id))))
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
        cannot: match put_off.is_none() && part.context.today() <= due_on.0 {
            true => &[],
            false => &[Operation::ExtendObjection, Operation::ExtendRepair],
        },
    };
    Found { waiting: rows.into_iter().map(waiting).collect(), count }
}
