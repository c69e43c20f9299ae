//! Proposals: what waits for a second person. That one is confirmed is done in
//! [`crate::operations::decide`], which knows every use case.

mod object;
mod order;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::{Operation, Reach, Role, Warrant};
use xinwu_domain::account::People;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::proposal::{
    Change, OPEN_DAYS, Proposal, ProposalState, ProposedObject, SecondPerson, Seconding, second_person_needed,
};
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::people::account::names::{name_people, with_people};
use crate::people::notice::{NewNotice, tell, tell_firm};
use crate::registers::authorized::{Authorized, Owner, Resource};
use crate::registers::firm::{self as firms, registered_place};
use crate::registers::narrowing::{Narrowing, narrowed};
use crate::registers::place::{from_json, is_within, to_json};
use crate::registers::second_person::{require_numbered, require_other_person};
use crate::schema::proposal;

pub(crate) use object::{concerns, lies_within, project_of};

/// Proposals that one write ends.
const ENDED_AT_ONCE: i64 = 200;

/// A proposal's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = proposal)]
pub struct Row {
    /// The id.
    pub id: String,
    pub(crate) operation: String,
    kind: Col<Kind>,
    pub(crate) object_id: Option<String>,
    pub(crate) object_version: Option<i64>,
    object_key: String,
    command: String,
    changes: String,
    reason: String,
    evidence: String,
    asks: Col<SecondPerson>,
    uscc: Option<String>,
    place: Option<String>,
    pub(crate) proposed_by: String,
    proposed_at: NaiveDateTime,
    until: NaiveDateTime,
    state: Col<ProposalState>,
    decided_by: Option<String>,
    decision_reason: Option<String>,
    ended_at: Option<NaiveDateTime>,
    version: i64,
}

/// The place's officials know it, and those of the district of a firm that is asked, and the firm;
/// whoever reaches what it is about, since that can no longer be changed without it; its author
/// wherever that works by now.
impl Resource for Row {
    const KIND: Kind = Kind::Proposal;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<Row>> {
        Ok(proposal::table.find(id).select(Row::as_select()).first(conn).optional()?)
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner {
            place: self.place.clone(),
            firm: self.uscc.clone(),
            account: Some(self.proposed_by.clone()),
            drafter: Some(self.proposed_by.clone()),
            is_administrators: self.asks.0 == SecondPerson::Administrator,
            ..Owner::default()
        })
    }

    fn is_within(
        &self,
        conn: &mut Conn,
        owner: &Owner,
        wanted: &str,
        on: (Reach, NaiveDate),
    ) -> Result<bool> {
        if let Some(place) = &owner.place
            && is_within(conn, place, wanted)?
        {
            return Ok(true);
        }
        if let Some(uscc) = &self.uscc {
            let registered = registered_place(conn, uscc)?;
            if is_within(conn, &registered, wanted)? {
                return Ok(true);
            }
        }
        object::is_reached(conn, self, wanted, on)
    }
}

impl Row {
    /// As it stands in a state. A firm that is asked agrees or not by operations of its own.
    fn situation(&self, state: ProposalState) -> Situation {
        let mut situation = Situation::from(state);
        if state == ProposalState::Open && self.asks.0 == SecondPerson::FirmOrDistrict {
            situation.allows.extend([Operation::ConfirmFirmProposal, Operation::ReturnFirmProposal]);
        }
        situation
    }

    /// What is to be done, as it was sent.
    ///
    /// # Errors
    /// When the column does not read back.
    pub(crate) fn command(&self) -> Result<Value> {
        from_json(&self.command)
    }

    /// What it was to change.
    ///
    /// # Errors
    /// When the column does not read back.
    pub(crate) fn changes(&self) -> Result<Vec<Change>> {
        from_json(&self.changes)
    }

    /// Whether it is about the account of who acts: nobody decides about the own.
    fn is_about(&self, warrant: &Warrant) -> bool {
        self.kind.0 == Kind::User && self.object_id.as_deref() == Some(warrant.account_id())
    }

    fn view(self) -> Result<Proposal> {
        Ok(Proposal {
            changes: from_json(&self.changes)?,
            evidence: from_json(&self.evidence)?,
            id: self.id,
            operation: self.operation,
            object: ProposedObject { kind: self.kind.0, id: self.object_id },
            reason: self.reason,
            asks: self.asks.0,
            firm: self.uscc,
            place: self.place,
            proposed_by: Some(self.proposed_by),
            proposed_at: self.proposed_at.and_utc(),
            until: self.until.and_utc(),
            state: self.state.0,
            decided_by: self.decided_by,
            decision_reason: self.decision_reason,
            ended_at: self.ended_at.map(|at| at.and_utc()),
            people: People::default(),
            activation_code: None,
            client_secret: None,
        })
    }
}

/// Proposes what one may not do alone. `command` is the body as it was sent.
///
/// # Errors
/// [`Refusal::Invalid`] without a reason, or where that must not be shown; [`Refusal::Conflict`]
/// with the id of the proposal about the same object that is open, unless that gives way;
/// [`Refusal::Forbidden`] for the own account, and for one without a staff number: nobody could be
/// told apart from it.
pub fn propose(tx: &mut Tx<'_>, warrant: &Warrant, needed: &Seconding, command: &Value) -> Result<Proposal> {
    order::require_anothers(warrant, needed)?;
    require_numbered(tx.conn, warrant.account_id())?;
    let reason = needed.require_reason()?;
    needed.require_showable()?;
    let open: Option<Row> = proposal::table
        .filter(proposal::object_key.eq(&needed.key))
        .filter(proposal::state.eq(Col(ProposalState::Open)))
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    match open {
        // Its time has come, and the clock not yet to it.
        Some(row) if row.until <= tx.now_utc() => end_by_itself(tx, &row, ProposalState::Expired)?,
        Some(row) if order::gives_way(tx, &row, warrant)? => end_by_itself(tx, &row, ProposalState::Stale)?,
        Some(row) => {
            let text = Text::new(
                format!("对该对象已有待确认的双人确认事项，编号 {}", row.id),
                format!("A proposal about it is open already: {}", row.id),
            );
            let situation = row.situation(row.state.0);
            return Err(Refusal::repeats("proposal_open", text, row.id).of_state(situation).into());
        }
        None => {}
    }
    let row = Row {
        id: tx.random.id(),
        operation: warrant.operation().id().to_owned(),
        kind: Col(needed.kind),
        object_id: needed.id.clone(),
        object_version: needed.version,
        object_key: needed.key.clone(),
        command: command.to_string(),
        changes: to_json(&needed.changes)?,
        reason: reason.to_owned(),
        evidence: to_json(&needed.evidence)?,
        asks: Col(needed.asks),
        uscc: needed.firm.clone(),
        place: warrant.place().map(str::to_owned),
        proposed_by: warrant.account_id().to_owned(),
        proposed_at: tx.now_utc(),
        until: tx.now_utc() + Duration::days(OPEN_DAYS),
        state: Col(ProposalState::Open),
        decided_by: None,
        decision_reason: None,
        ended_at: None,
        version: 1,
    };
    diesel::insert_into(proposal::table).values(&row).execute(tx.conn)?;
    let detail = json!({"operation": row.operation, "object": row.object_id, "reason": row.reason});
    tx.audit_as(warrant, "propose", (Kind::Proposal, &row.id), &detail)?;
    if let Some(uscc) = &row.uscc {
        let kind = match needed.asks {
            SecondPerson::District => NoticeKind::ProposalConcerns,
            _ => NoticeKind::ProposalAsked,
        };
        tell_firm(tx, uscc, &NewNotice::new(kind, &row.id).because(&row.reason))?;
    }
    with_people(tx.conn, row.view()?)
}

/// One proposal with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str) -> Result<(Proposal, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((with_people(conn, row.view()?)?, version))
}

/// What part of the proposals is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProposalQuery {
    /// Only those that stand so.
    pub state: Option<ProposalState>,
    /// Only of this operation.
    pub operation: Option<String>,
    /// Only what ends by itself by this instant.
    pub due_by: Option<DateTime<Utc>>,
    /// By place, who proposed it, and the day of that.
    pub narrowing: Narrowing,
}

/// The proposals that are the actor's to know of, the newest first: an administrator's those of
/// administrators, a firm's those in which it or its district is asked, an official's those of its
/// place and below, those in which a firm registered there is asked and those about what lies
/// there; and one's own.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &ProposalQuery,
    window: &Window,
) -> Result<Listed<Proposal>> {
    let (place, uscc) = (warrant.place().map(str::to_owned), warrant.firm().map(str::to_owned));
    let is_own = || proposal::proposed_by.eq(warrant.account_id().to_owned());
    let filtered = || {
        let mut rows = proposal::table.into_boxed();
        rows = match (&place, &uscc) {
            (Some(place), _) => rows.filter(concerns!(place).or(is_own())),
            (None, Some(uscc)) => rows.filter(proposal::uscc.eq(uscc.clone())),
            (None, None) => rows.filter(proposal::asks.eq(Col(SecondPerson::Administrator)).or(is_own())),
        };
        if let Some(state) = query.state {
            rows = rows.filter(proposal::state.eq(Col(state)));
        }
        if let Some(operation) = &query.operation {
            rows = rows.filter(proposal::operation.eq(operation.clone()));
        }
        if let Some(last) = query.due_by {
            rows = rows.filter(proposal::until.le(last.naive_utc()));
        }
        if let Some(place) = &query.narrowing.place {
            rows = rows.filter(concerns!(place));
        }
        let narrowing = Narrowing { place: None, ..query.narrowing.clone() };
        narrowed!(rows, &narrowing, proposal::place, proposal::proposed_by, proposal::proposed_at)
    };
    // Ids are of UUID version 7: they sort by the time of their making.
    let mut rows = filtered().select(Row::as_select()).order(proposal::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(proposal::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let mut items = page.items.into_iter().map(Row::view).collect::<Result<Vec<_>>>()?;
    name_people(conn, &mut items)?;
    Ok(Listed { items, next: page.next, total })
}

/// Sends a proposal back with a reason, which its author reads.
///
/// # Errors
/// As [`require_returnable`].
pub fn give_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(Proposal, i64)> {
    require_returnable(tx, warrant, row, context)?;
    let ended = Ended { state: ProposalState::Returned, by: Some(warrant), reason: Some(reason) };
    end(tx, row, &ended, None)?;
    let told = NewNotice::new(NoticeKind::ProposalReturned, &row.id).because(reason);
    tell(tx, &row.proposed_by, &told)?;
    audit(tx, warrant, "return_proposal", row)?;
    get(tx.conn, &row.id)
}

/// Takes a proposal of one's own office back; where that is a colleague's, its author is told.
///
/// # Errors
/// [`Refusal::Conflict`] when it is no longer open; [`Refusal::Forbidden`] for a colleague whose
/// own account it is about.
pub fn withdraw(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    _: RequestContext,
) -> Result<(Proposal, i64)> {
    require_open(row, tx.now)?;
    let is_authors = row.proposed_by == warrant.account_id();
    if !is_authors && row.is_about(warrant) {
        return Err(second_person_needed().into());
    }
    end(tx, row, &Ended { state: ProposalState::Withdrawn, by: Some(warrant), reason: None }, None)?;
    if !is_authors {
        tell(tx, &row.proposed_by, &NewNotice::new(NoticeKind::ProposalWithdrawn, &row.id))?;
    }
    audit(tx, warrant, "withdraw_proposal", row)?;
    get(tx.conn, &row.id)
}

/// Notes that a proposal was confirmed and done; `object` is what it was done to.
pub(crate) fn confirmed(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    object: &str,
) -> Result<(Proposal, i64)> {
    let ended = Ended { state: ProposalState::Confirmed, by: Some(warrant), reason: None };
    end(tx, row, &ended, Some(object))?;
    tell(tx, &row.proposed_by, &NewNotice::new(NoticeKind::ProposalConfirmed, &row.id))?;
    audit(tx, warrant, "confirm_proposal", row)?;
    get(tx.conn, &row.id)
}

/// Ends a proposal that can no longer be done, if it is open still.
pub fn end_stale(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    match Row::find(tx.conn, id)? {
        Some(row) if row.state.0 == ProposalState::Open => end_by_itself(tx, &row, ProposalState::Stale),
        _ => Ok(()),
    }
}

/// The instant at which the first open proposal ends by itself.
pub(crate) fn next_expiry(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let open = proposal::table.filter(proposal::state.eq(Col(ProposalState::Open)));
    let until: Option<NaiveDateTime> = open.select(min(proposal::until)).first(conn)?;
    Ok(until.map(|until| until.and_utc()))
}

/// Ends some of the proposals whose time has come, and gives how many.
pub(crate) fn expire(tx: &mut Tx<'_>) -> Result<usize> {
    let rows: Vec<Row> = proposal::table
        .filter(proposal::state.eq(Col(ProposalState::Open)))
        .filter(proposal::until.le(tx.now_utc()))
        .order((proposal::until, proposal::id))
        .limit(ENDED_AT_ONCE)
        .select(Row::as_select())
        .load(tx.conn)?;
    for row in &rows {
        end_by_itself(tx, row, ProposalState::Expired)?;
    }
    Ok(rows.len())
}

/// # Errors
/// [`Refusal::Conflict`] when it is no longer open; [`Refusal::Forbidden`] for who cannot be its
/// second person.
pub(crate) fn require_decidable(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row) -> Result<()> {
    require_open(row, tx.now)?;
    if may_decide(tx.conn, warrant, row)? { Ok(()) } else { Err(second_person_needed().into()) }
}

/// Besides those who could confirm it, whoever has the power to and reaches what it is about sends
/// it back: else what a place is in charge of could be kept from it.
///
/// # Errors
/// As [`require_decidable`].
pub(crate) fn require_returnable(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Row,
    context: RequestContext,
) -> Result<()> {
    require_open(row, tx.now)?;
    if may_decide(tx.conn, warrant, row)? {
        return Ok(());
    }
    let on = (warrant.operation().reach(), context.at(tx.now).today());
    match warrant.place() {
        Some(place) if object::is_reached(tx.conn, row, place, on)? => Ok(()),
        _ => Err(second_person_needed().into()),
    }
}

/// Whether who asks could be its second person.
///
/// # Errors
/// [`Refusal::Forbidden`] for who proposed it, and for an official without the power to confirm.
fn may_decide(conn: &mut Conn, warrant: &Warrant, row: &Row) -> Result<bool> {
    require_other_person(conn, warrant, &[&row.proposed_by], second_person_needed)?;
    match row.asks.0 {
        SecondPerson::Administrator => Ok(warrant.role() == Role::Admin && !row.is_about(warrant)),
        SecondPerson::Official => {
            warrant.require_power_to_confirm()?;
            is_of_or_above(conn, row.place.as_deref(), warrant.place())
        }
        SecondPerson::FirmOrDistrict if warrant.role() == Role::Firm => {
            Ok(warrant.firm() == row.uscc.as_deref())
        }
        SecondPerson::District if warrant.role() == Role::Firm => Ok(false),
        SecondPerson::FirmOrDistrict | SecondPerson::District => {
            warrant.require_power_to_confirm()?;
            match &row.uscc {
                Some(uscc) => is_of_the_district(conn, uscc, warrant.place()),
                None => Ok(false),
            }
        }
    }
}

/// Whether an official's place is the district where a firm is registered, or the city.
pub(crate) fn is_of_the_district(conn: &mut Conn, uscc: &str, own: Option<&str>) -> Result<bool> {
    let district = firms::district(conn, uscc)?;
    is_of_or_above(conn, Some(&district), own)
}

fn is_of_or_above(conn: &mut Conn, place: Option<&str>, own: Option<&str>) -> Result<bool> {
    match (place, own) {
        (Some(place), Some(own)) => is_within(conn, place, own),
        _ => Ok(false),
    }
}

fn require_open(row: &Row, now: DateTime<Utc>) -> Result<()> {
    let state = match row.state.0 {
        ProposalState::Open if row.until.and_utc() > now => return Ok(()),
        ProposalState::Open => ProposalState::Expired,
        other => other,
    };
    let text = match state {
        ProposalState::Open | ProposalState::Confirmed => {
            Text::new("该事项已确认", "It was confirmed already")
        }
        ProposalState::Returned => Text::new("该事项已退回", "It was returned"),
        ProposalState::Withdrawn => Text::new("该事项已撤回", "It was withdrawn"),
        ProposalState::Expired => Text::new("该事项已过期", "Its time has ended"),
        ProposalState::Stale => {
            Text::new("该事项已失效", "It has ended, since what it was to change had changed")
        }
    };
    Err(Refusal::wrong_state(row.situation(state), text).into())
}

/// How a proposal ends.
struct Ended<'a> {
    state: ProposalState,
    by: Option<&'a Warrant>,
    reason: Option<&'a str>,
}

fn end(tx: &mut Tx<'_>, row: &Row, ended: &Ended<'_>, object: Option<&str>) -> Result<()> {
    diesel::update(proposal::table.find(&row.id))
        .set((
            proposal::state.eq(Col(ended.state)),
            proposal::object_id.eq(object.or(row.object_id.as_deref())),
            proposal::decided_by.eq(ended.by.map(Warrant::account_id)),
            proposal::decision_reason.eq(ended.reason),
            proposal::ended_at.eq(tx.now_utc()),
            proposal::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    tell_who_was_asked(tx, row, ended)
}

/// The firm whose agreement was asked for is told that it no longer is, unless it decided itself.
fn tell_who_was_asked(tx: &mut Tx<'_>, row: &Row, ended: &Ended<'_>) -> Result<()> {
    let is_by_firm = ended.by.is_some_and(|warrant| warrant.role() == Role::Firm);
    let Some(uscc) = row.uscc.as_deref().filter(|_| !is_by_firm) else { return Ok(()) };
    let kind = match ended.state {
        ProposalState::Confirmed => NoticeKind::ProposalAgreed,
        _ => NoticeKind::ProposalDropped,
    };
    tell_firm(tx, uscc, &NewNotice::new(kind, &row.id))
}

fn end_by_itself(tx: &mut Tx<'_>, row: &Row, state: ProposalState) -> Result<()> {
    end(tx, row, &Ended { state, by: None, reason: None }, None)?;
    let kind = match state {
        ProposalState::Stale => NoticeKind::ProposalStale,
        _ => NoticeKind::ProposalExpired,
    };
    tell(tx, &row.proposed_by, &NewNotice::new(kind, &row.id))
}

fn audit(tx: &mut Tx<'_>, warrant: &Warrant, operation: &str, row: &Row) -> Result<()> {
    let detail = json!({"operation": row.operation, "object": row.object_id, "proposed_by": row.proposed_by});
    // A firm confirms and returns by operations of its own.
    tx.audit_as(warrant, operation, (Kind::Proposal, &row.id), &detail)
}
