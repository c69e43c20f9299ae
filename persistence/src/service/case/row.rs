//! The rows of a case: what it is, how its time stands, its steps and its households.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::case::{Assignee, AssigneeKind, CaseOutcome, CaseState, Channel, PartyRole, StepKind};
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::text::Text;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, hot};

use crate::registers::authorized::{Owner, Resource, by_key};
use crate::schema::{case, case_clock, case_household, case_step};

/// A case's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case)]
// The statement is always the same, and prepared once.
#[diesel(treat_none_as_default_value = false)]
pub struct Row {
    /// The id.
    pub id: String,
    pub(crate) kind: String,
    pub(crate) category: String,
    pub(crate) class: String,
    pub(crate) state: Col<CaseState>,
    pub(crate) cycle: i32,
    pub(crate) channel: Col<Channel>,
    pub(crate) estate: String,
    pub(crate) project_id: Option<String>,
    pub(crate) uscc: Option<String>,
    pub(crate) place: String,
    pub(crate) desk: String,
    pub(crate) building: Option<String>,
    pub(crate) dwelling: Option<String>,
    pub(crate) place_in_estate: Option<String>,
    pub(crate) description: String,
    pub(crate) opened_role: Col<PartyRole>,
    pub(crate) opened_by: Option<String>,
    pub(crate) opened_uscc: Option<String>,
    pub(crate) opened_at: NaiveDateTime,
    pub(crate) assignee_kind: Option<Col<AssigneeKind>>,
    pub(crate) assignee: Option<String>,
    pub(crate) contested: bool,
    pub(crate) households: i32,
    pub(crate) is_incident: bool,
    pub(crate) joined_into: Option<String>,
    pub(crate) is_open: bool,
    pub(crate) sort_at: NaiveDateTime,
    pub(crate) waits_for_desk: bool,
    pub(crate) version: i64,
}

impl Row {
    /// Who has it.
    pub(crate) fn assignee(&self) -> Option<Assignee> {
        Some(Assignee { kind: self.assignee_kind?.0, id: self.assignee.clone()? })
    }

    /// The firm that has it.
    pub(crate) fn assigned_firm(&self) -> Option<&str> {
        let is_firm = self.assignee_kind == Some(Col(AssigneeKind::Firm));
        self.assignee.as_deref().filter(|_| is_firm)
    }

    /// # Errors
    /// [`Refusal::Conflict`] `wrong_state` of one that has ended.
    pub(crate) fn require_open(&self) -> Result<()> {
        if self.is_open {
            return Ok(());
        }
        let text = Text::new("该事项已结束", "The case has ended");
        Err(Refusal::wrong_state(Situation::new(self.state.0.into_str(), &[]), text).into())
    }

    /// The dwelling that it is about.
    pub(crate) fn dwelling(&self) -> Option<Dwelling> {
        let mut parts = self.dwelling.as_deref()?.splitn(3, '/').map(str::to_owned);
        Some(Dwelling { building: parts.next()?, unit: parts.next()?, room: parts.next()? })
    }
}

/// A dwelling as its column has it.
pub(super) fn written(dwelling: &Dwelling) -> String {
    let Dwelling { building, unit, room } = dwelling;
    format!("{building}/{unit}/{room}")
}

impl Resource for Row {
    const KIND: Kind = Kind::Case;

    by_key!(case);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let assignee = |kind| self.assignee().filter(|assignee| assignee.kind == kind).map(|each| each.id);
        let households = households(conn, &self.id)?.into_iter().filter_map(|household| household.account_id);
        Ok(Owner {
            firm: assignee(AssigneeKind::Firm).or_else(|| self.opened_uscc.clone()),
            department: assignee(AssigneeKind::Department),
            residents: self.opened_by.clone().into_iter().chain(households).collect(),
            ..Owner::place(&self.place)
        })
    }
}

/// How the time of a case stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_clock)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct ClockRow {
    pub case_id: String,
    pub dispatched_at: Option<NaiveDateTime>,
    pub due_at: Option<NaiveDateTime>,
    pub original_due_at: Option<NaiveDateTime>,
    pub paused_since: Option<NaiveDateTime>,
    pub consumed: i64,
    pub extended_cycle: i32,
    pub escalated_cycle: i32,
    pub done_at: Option<NaiveDateTime>,
    pub verify_by: Option<NaiveDateTime>,
    pub ended_at: Option<NaiveDateTime>,
    pub outcome: Option<Col<CaseOutcome>>,
    pub satisfied: Option<bool>,
    pub late_at: Option<NaiveDateTime>,
    pub late_uscc: Option<String>,
    pub clock_at: Option<NaiveDateTime>,
    pub draft_at: Option<NaiveDateTime>,
    pub late_drafted: bool,
    pub unsolved_drafted: bool,
    pub opened_counted: Option<String>,
    pub timing_counted: Option<String>,
    pub end_counted: Option<String>,
}

/// A step's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_step)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct StepRow {
    pub case_id: String,
    pub seq: i32,
    pub at: NaiveDateTime,
    pub kind: Col<StepKind>,
    pub by_role: Col<PartyRole>,
    pub by_account: Option<String>,
    pub by_uscc: Option<String>,
    pub by_place: Option<String>,
    pub by_department: Option<String>,
    pub cycle: i32,
    pub assignee_kind: Option<Col<AssigneeKind>>,
    pub assignee: Option<String>,
    pub class: Option<String>,
    pub hours: Option<i32>,
    pub reason_code: Option<String>,
    pub reason: Option<String>,
    pub target: Option<String>,
}

impl StepRow {
    /// To whom it was dispatched, or who is said to be responsible.
    pub fn assignee(&self) -> Option<Assignee> {
        Some(Assignee { kind: self.assignee_kind?.0, id: self.assignee.clone()? })
    }

    /// The firm to which it was dispatched, or whose time ran out; `None` of another party.
    pub fn assigned_firm(&self) -> Option<&str> {
        let kind = self.assignee_kind.map(|kind| kind.0);
        self.assignee.as_deref().filter(|_| kind == Some(AssigneeKind::Firm))
    }

    /// The party that took it, where such a party can have a case.
    pub fn by_assignee(&self) -> Option<Assignee> {
        let (kind, id) = match self.by_role.0 {
            PartyRole::Firm => (AssigneeKind::Firm, &self.by_uscc),
            PartyRole::Community => (AssigneeKind::Community, &self.by_place),
            PartyRole::Street => (AssigneeKind::Street, &self.by_place),
            PartyRole::Department => (AssigneeKind::Department, &self.by_department),
            PartyRole::Resident | PartyRole::District | PartyRole::City | PartyRole::Clock => return None,
        };
        Some(Assignee { kind, id: id.clone()? })
    }
}

/// A household that a case concerns.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_household)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct HouseholdRow {
    pub case_id: String,
    pub household: String,
    pub account_id: Option<String>,
    pub joined_at: NaiveDateTime,
    pub satisfied: Option<bool>,
}

/// The households of a case, in the order of joining.
pub(crate) fn households(conn: &mut Conn, id: &str) -> Result<Vec<HouseholdRow>> {
    Ok(hot!(conn, case_household::table
        .filter(case_household::case_id.eq(id))
        .order((case_household::joined_at, case_household::household))
        .select(HouseholdRow::as_select()) => load)?)
}

/// How the time of a case stands.
pub(crate) fn clock(conn: &mut Conn, id: &str) -> Result<ClockRow> {
    Ok(hot!(conn, case_clock::table.find(id).select(ClockRow::as_select()) => get_result)?)
}

/// The steps of a case, in order.
pub(crate) fn steps(conn: &mut Conn, id: &str) -> Result<Vec<StepRow>> {
    Ok(hot!(conn, case_step::table
        .filter(case_step::case_id.eq(id))
        .order(case_step::seq)
        .select(StepRow::as_select()) => load)?)
}
