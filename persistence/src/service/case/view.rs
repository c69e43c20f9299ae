//! What each side sees of a case. Who opened it is never named; the firm sees the dwelling of what
//! is to be done in one, and of a complaint never.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::case::{
    Assignee, CaseAssignee, CaseBy, CaseClockView, CaseRules, CaseStepView, CaseSummary, CaseView, CodedName,
    DwellingUse, PartyRole, StepKind,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::record::RecordState;
use xinwu_store::{Col, Conn, Result};

use super::party::{firm_names, is_whose, named_assignees, sides};
use super::photo;
use super::row::{ClockRow, Row, StepRow};
use super::whole::Whole;
use crate::registers::{department, place};
use crate::schema::{case_record, estate, record};

/// What the names of some cases' estates, places and assignees are.
struct Names {
    estates: HashMap<String, String>,
    places: HashMap<String, String>,
    assignees: HashMap<Assignee, String>,
}

impl Names {
    fn of(conn: &mut Conn, rows: &[&Row], assignees: Vec<Assignee>) -> Result<Names> {
        let codes: Vec<&String> = rows.iter().map(|row| &row.estate).collect();
        let named = estate::table.filter(estate::code.eq_any(codes)).select((estate::code, estate::name));
        let estates: Vec<(String, String)> = named.load(conn)?;
        let places = rows.iter().flat_map(|row| [row.place.clone(), row.desk.clone()]).collect();
        let places = place::names_of(conn, places)?;
        let assignees = rows.iter().filter_map(|row| row.assignee()).chain(assignees).collect();
        let assignees = named_assignees(conn, assignees)?;
        let assignees =
            assignees.into_iter().map(|CaseAssignee { kind, id, name }| (Assignee { kind, id }, name));
        Ok(Names { estates: estates.into_iter().collect(), places, assignees: assignees.collect() })
    }

    fn place(&self, code: &str) -> NamedPlace {
        NamedPlace { code: code.to_owned(), name: self.places.get(code).cloned().unwrap_or_default() }
    }

    fn assignee(&self, assignee: Assignee) -> CaseAssignee {
        let name = self.assignees.get(&assignee).cloned().unwrap_or_default();
        CaseAssignee { kind: assignee.kind, id: assignee.id, name }
    }
}

/// What of a case is shown to who asks.
#[derive(Clone, Copy)]
struct Shown {
    /// What whoever opened it wrote, and the dwelling where somebody of that side may see it.
    opening: bool,
    dwelling: bool,
    /// What offices and assignees say to each other.
    between_offices: bool,
}

impl Shown {
    fn to(warrant: &Warrant, row: &Row) -> Shown {
        let kind = CaseRules::shipped().kind(&row.kind);
        let is_shown = kind.is_some_and(|kind| kind.dwelling == DwellingUse::Shown);
        let is_assignee = row.assignee().is_some_and(|assignee| is_whose(warrant, &assignee));
        match warrant.role() {
            Role::Resident => {
                let is_opener = row.opened_by.as_deref() == Some(warrant.account_id());
                Shown { opening: is_opener, dwelling: is_opener, between_offices: false }
            }
            Role::Firm => {
                Shown { opening: true, dwelling: is_shown && is_assignee, between_offices: is_assignee }
            }
            Role::Department => Shown { opening: true, dwelling: false, between_offices: true },
            _ => Shown { opening: true, dwelling: true, between_offices: true },
        }
    }

    /// Whether the reason of a step is shown.
    fn reason_of(self, step: &StepRow, warrant: &Warrant) -> bool {
        let is_between_offices =
            matches!(step.kind.0, StepKind::Returned | StepKind::Dispatched | StepKind::Supervised);
        if is_between_offices {
            return self.between_offices;
        }
        // Of several households none reads what another writes.
        let is_residents = step.by_role.0 == PartyRole::Resident;
        warrant.role() != Role::Resident
            || !is_residents
            || step.by_account.as_deref() == Some(warrant.account_id())
    }
}

/// A case as who asks sees it.
pub(super) fn of(
    conn: &mut Conn,
    warrant: &Warrant,
    whole: Whole,
    context: RequestContext,
) -> Result<CaseView> {
    let clock = whole.clock_at(context.now, context)?;
    let sides = sides(conn, warrant, &whole.row, &whole.households)?;
    let may = whole.condition(conn, &clock)?.may(&sides, warrant.role());
    let records = records(conn, warrant, &whole.row.id)?;
    let photos = photo::shown(conn, warrant, &whole.row.id)?;
    let Whole { row, clock: kept, steps, households, .. } = whole;
    let said = |wanted: bool| {
        let said = households.iter().filter(|household| household.satisfied == Some(wanted)).count();
        i32::try_from(said).unwrap_or(i32::MAX)
    };
    let (satisfied, unsatisfied) = (said(true), said(false));
    let (shown, hides) = (Shown::to(warrant, &row), Hides::from(warrant, &row));
    let names = Names::of(conn, &[&row], steps.iter().filter_map(StepRow::assignee).collect())?;
    let parties = Parties::of(conn, &row, &steps)?;
    let opened_by = match steps.first() {
        Some(step) => parties.by(step),
        None => CaseBy { role: row.opened_role.0, name: None },
    };
    let steps = steps.into_iter().map(|step| step_view(step, shown, warrant, &names, &parties)).collect();
    let description = Some(row.description.clone()).filter(|text| shown.opening && !text.is_empty());
    Ok(CaseView {
        project: row.project_id.clone(),
        desk: names.place(&row.desk),
        dwelling: row.dwelling().filter(|_| shown.dwelling),
        description,
        opened_by,
        clock: CaseClockView::from(&clock),
        satisfied,
        unsatisfied,
        closed_at: kept.ended_at.map(|at| at.and_utc()),
        joined_into: row.joined_into.clone(),
        summary: summary(row, &kept, hides, &names, context.now),
        steps,
        photos,
        records,
        may: may.into_iter().map(|operation: Operation| operation.id().to_owned()).collect(),
    })
}

/// Cases in a list, as who asks sees them.
pub(super) fn summaries(
    conn: &mut Conn,
    warrant: &Warrant,
    rows: Vec<(Row, ClockRow)>,
    context: RequestContext,
) -> Result<Vec<CaseSummary>> {
    listed(conn, rows, context, |row| Hides::from(warrant, row))
}

/// A resident's own cases in a list.
pub(super) fn own_summaries(
    conn: &mut Conn,
    account_id: &str,
    rows: Vec<(Row, ClockRow)>,
    context: RequestContext,
) -> Result<Vec<CaseSummary>> {
    let is_opener = |row: &Row| row.opened_by.as_deref() == Some(account_id);
    listed(conn, rows, context, |row| Hides::of(Role::Resident, row, is_opener(row)))
}

fn listed(
    conn: &mut Conn,
    rows: Vec<(Row, ClockRow)>,
    context: RequestContext,
    hides: impl Fn(&Row) -> Hides,
) -> Result<Vec<CaseSummary>> {
    let names = Names::of(conn, &rows.iter().map(|(row, _)| row).collect::<Vec<_>>(), Vec::new())?;
    let view = |(row, clock): (Row, ClockRow)| {
        let hides = hides(&row);
        summary(row, &clock, hides, &names, context.now)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// What of where it is stays hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hides {
    Nothing,
    /// Where a dwelling is named, the building is that one's, and hidden with it.
    Building,
    /// From a household that joined: what another resident wrote, too.
    BuildingAndPlace,
}

impl Hides {
    fn from(warrant: &Warrant, row: &Row) -> Hides {
        Hides::of(warrant.role(), row, Shown::to(warrant, row).dwelling)
    }

    /// From somebody of a role, who does or does not see the dwelling.
    fn of(role: Role, row: &Row, sees_dwelling: bool) -> Hides {
        match (role, row.opened_role.0) {
            _ if sees_dwelling => Hides::Nothing,
            (Role::Resident, PartyRole::Resident) => Hides::BuildingAndPlace,
            _ if row.dwelling.is_some() => Hides::Building,
            _ => Hides::Nothing,
        }
    }
}

fn summary(row: Row, clock: &ClockRow, hides: Hides, names: &Names, now: DateTime<Utc>) -> CaseSummary {
    let rules = CaseRules::shipped();
    let until = clock.paused_since.map_or(now, |since| now.min(since.and_utc()));
    let due_at = clock.due_at.map(|at| at.and_utc());
    CaseSummary {
        kind: CodedName::of_kind(rules, &row.kind),
        category: CodedName::of_category(rules, &row.category),
        class: CodedName::of_class(rules, &row.class),
        state: row.state.0,
        cycle: row.cycle,
        estate: NamedEstate {
            name: names.estates.get(&row.estate).cloned().unwrap_or_default(),
            code: row.estate.clone(),
        },
        place: names.place(&row.place),
        channel: row.channel.0,
        opened_at: row.opened_at.and_utc(),
        households: row.households,
        is_incident: row.is_incident,
        assignee: row.assignee().map(|assignee| names.assignee(assignee)),
        is_contested: row.contested,
        due_at: due_at.filter(|_| clock.paused_since.is_none()),
        is_overdue: due_at.is_some_and(|due| due < until),
        verify_by: clock.verify_by.map(|at| at.and_utc()),
        outcome: clock.outcome.map(|outcome| outcome.0),
        building: row.building.filter(|_| hides == Hides::Nothing),
        place_in_estate: row.place_in_estate.filter(|_| hides != Hides::BuildingAndPlace),
        id: row.id,
    }
}

/// What the parties are called that took steps.
struct Parties {
    firms: HashMap<String, String>,
    places: HashMap<String, String>,
    departments: HashMap<String, String>,
}

impl Parties {
    fn of(conn: &mut Conn, row: &Row, steps: &[StepRow]) -> Result<Parties> {
        let of = |column: fn(&StepRow) -> &Option<String>| -> Vec<String> {
            steps.iter().filter_map(|step| column(step).clone()).collect()
        };
        let mut firms = of(|step| &step.by_uscc);
        firms.extend(row.opened_uscc.clone());
        Ok(Parties {
            firms: firm_names(conn, firms)?,
            places: place::names_of(conn, of(|step| &step.by_place))?,
            departments: department::names_of(conn, of(|step| &step.by_department))?,
        })
    }

    fn by(&self, step: &StepRow) -> CaseBy {
        let of = |names: &HashMap<String, String>, code: &Option<String>| names.get(code.as_ref()?).cloned();
        let name = of(&self.firms, &step.by_uscc)
            .or_else(|| of(&self.places, &step.by_place))
            .or_else(|| of(&self.departments, &step.by_department));
        CaseBy { role: step.by_role.0, name }
    }
}

fn step_view(
    step: StepRow,
    shown: Shown,
    warrant: &Warrant,
    names: &Names,
    parties: &Parties,
) -> CaseStepView {
    let is_reason_shown = shown.reason_of(&step, warrant);
    CaseStepView {
        by: parties.by(&step),
        assignee: step.assignee().map(|assignee| names.assignee(assignee)),
        class: step.class.map(|class| CodedName::of_class(CaseRules::shipped(), &class)),
        // Of a class its hours are the city's: only what was added is told.
        hours: step.hours.filter(|_| step.kind.0 == StepKind::Extended),
        reason: step.reason.filter(|_| is_reason_shown),
        seq: step.seq,
        at: step.at.and_utc(),
        kind: step.kind.0,
        cycle: step.cycle,
    }
}

/// The records that were drafted of it: officials see all, a firm those of its own that are in its
/// dossier.
fn records(conn: &mut Conn, warrant: &Warrant, id: &str) -> Result<Option<Vec<String>>> {
    let all = case_record::table
        .inner_join(record::table.on(record::id.eq(case_record::record_id)))
        .filter(case_record::case_id.eq(id))
        .order(record::id)
        .select(record::id);
    match warrant.role() {
        Role::Firm => {
            let known = [RecordState::InForce, RecordState::Repaired].map(Col);
            let own = all.filter(record::uscc.eq(warrant.firm())).filter(record::state.eq_any(known));
            Ok(Some(own.load(conn)?))
        }
        role if role.is_official() || warrant.is_operator() => Ok(Some(all.load(conn)?)),
        _ => Ok(None),
    }
}
