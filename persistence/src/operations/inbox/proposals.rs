//! What one person proposes and whoever asks can be the second person of.

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Text;
use xinwu_domain::access::{Operation, Role};
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{ProposalState, SecondPerson};
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Col, Conn, Result};

use super::names;
use super::part::{Found, Part, Position, Waiting, waiting};
use super::petitions::{decides_objection, decides_repair};
use super::records::{Allowed, is_allowed, is_allowed_record};
use crate::credit::record::{is_participant, is_participant_in_record};
use crate::people::proposal::concerns;
use crate::registers::place::at_or_below;
use crate::schema::{firm, import, objection, place_ancestor, proposal, record, repair};

/// What the inbox shows of a proposal.
#[derive(Queryable, Selectable)]
#[diesel(table_name = proposal)]
pub(super) struct ProposalRow {
    id: String,
    pub kind: Col<Kind>,
    pub object_id: Option<String>,
    pub changes: String,
    place: Option<String>,
    proposed_by: String,
    proposed_at: NaiveDateTime,
    until: NaiveDateTime,
}

/// With which records whoever asks could take each of the steps that proposals decide.
struct Levels {
    confirm: Allowed,
    decide: Allowed,
    repair: Allowed,
}

impl Levels {
    fn of(conn: &mut Conn, part: &Part<'_>) -> Result<Levels> {
        Ok(Levels {
            confirm: Allowed::to(conn, part, (Operation::ConfirmRecord, StepKind::Confirm))?,
            decide: Allowed::to(conn, part, (Operation::DecideObjection, StepKind::DecideObjection))?,
            repair: Allowed::to(conn, part, (Operation::DecideRepair, StepKind::Repair))?,
        })
    }
}

/// The `$rows`, a boxed query, of which whoever asks may be the second person by what they decide
/// on, as [`require_may_second`](crate::operations::decide) says of a single one: on a record by
/// who could have decided it alone, without a hand in it.
macro_rules! seconded_by {
    ($part:expr, $levels:expr, $rows:expr) => {{
        let (part, levels): (&Part<'_>, &Levels) = ($part, $levels);
        let object = || proposal::object_id;
        let is_other = |operation: Operation| proposal::operation.ne(operation.id());
        let objections = objection::table
            .filter(objection::id.nullable().eq(object()))
            .filter(decides_objection!(part, &levels.decide));
        let repairs = repair::table
            .filter(repair::id.nullable().eq(object()))
            .filter(decides_repair!(part, &levels.repair));
        let falls = is_allowed_record!(&levels.confirm, object())
            .and(not(is_participant_in_record!(part.person, object())));
        // Of a file that is taken back, in nothing that it brought, nor in the file.
        let came = record::table
            .filter(record::import_id.eq(import::id.nullable()))
            .filter(is_participant!(part.person).or(not(is_allowed!(&levels.confirm))));
        let confirmer = import::confirmed_by;
        let files = import::table
            .filter(import::id.nullable().eq(object()))
            .filter(import::by_account.ne_all(part.person.clone()))
            .filter(confirmer.is_null().or(confirmer.assume_not_null().ne_all(part.person.clone())))
            .filter(not(exists(came)));
        // Where entries fall for which firms would be asked, of the districts of all of these.
        let named = "%\"".into_sql::<Text>().concat(firm::uscc).concat("\"%");
        let others_firms = firm::table
            .filter(firm::registered_place.ne_all(at_or_below(part.speaks_for())))
            .filter(proposal::changes.like("%\"districts_of\"%"))
            .filter(proposal::changes.like(named));
        let undoing = exists(files).and(not(exists(others_firms)));
        let mut rows = $rows
            .filter(is_other(Operation::DecideObjection).or(exists(objections)))
            .filter(is_other(Operation::DecideRepair).or(exists(repairs)))
            .filter(is_other(Operation::RevokeRecord).or(falls))
            .filter(is_other(Operation::UndoImport).or(undoing))
            .filter(
                is_other(Operation::AddObjection).or(not(is_participant_in_record!(part.person, object()))),
            );
        if !part.may(Operation::DecideObjection) {
            rows = rows.filter(is_other(Operation::DecideObjection));
        }
        rows
    }};
}

/// Proposals of which the asker can be the second person.
pub(super) fn proposals(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let warrant = part.warrant;
    if warrant.role() != Role::Admin && !warrant.can_confirm() {
        return Ok(Found { waiting: Vec::new(), count: 0 });
    }
    let levels = Levels::of(conn, part)?;
    let own = warrant.place().unwrap_or_default().to_owned();
    let (now, limit_of_day) = (part.context.now.naive_utc(), part.query.due_by.map(|day| part.end_of(day)));
    let wanted = || {
        let mut rows = proposal::table
            .filter(proposal::state.eq(Col(ProposalState::Open)))
            .filter(proposal::until.gt(now))
            .filter(proposal::proposed_by.ne_all(part.person.clone()))
            .into_boxed();
        let asks = |who: SecondPerson| proposal::asks.eq(Col(who));
        // A firm's agreement is given for it by its district, and by the city.
        let firms = firm::table
            .filter(firm::registered_place.eq_any(at_or_below(part.speaks_for())))
            .select(firm::uscc.nullable());
        rows = if warrant.role() == Role::Admin {
            let is_own = proposal::object_id.eq_any(part.person.clone());
            let is_foreign = proposal::object_id.is_null().or(not(is_own));
            rows.filter(asks(SecondPerson::Administrator)).filter(is_foreign)
        } else {
            let below = at_or_below(own.clone()).select(place_ancestor::place.nullable());
            let of_place = asks(SecondPerson::Official).and(proposal::place.eq_any(below));
            let asked = [SecondPerson::FirmOrDistrict, SecondPerson::District].map(Col);
            let of_firm = proposal::asks.eq_any(asked).and(proposal::uscc.eq_any(firms));
            seconded_by!(part, &levels, rows.filter(of_place.or(of_firm)))
        };
        if let Some(place) = &part.query.place {
            rows = rows.filter(concerns!(place));
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
    let names = names::of_proposals(conn, &rows, part.context.language)?;
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
        cannot: &[],
    };
    Ok(Found { waiting: rows.into_iter().zip(names).map(waiting).collect(), count })
}
