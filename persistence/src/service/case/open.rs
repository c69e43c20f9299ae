//! How cases are opened: by a resident, by a firm, at a desk.

mod similar;

use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::day_of;
use xinwu_domain::case::{
    Assignee, AssigneeKind, CaseKind, CaseRules, CaseState, CaseView, Channel, DeskCase, DwellingUse,
    FirmCase, NewCase, OpenedBy, PartyRole, StepKind, check_dispatch,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::household::{Dwelling, normal_building};
use xinwu_domain::refusal::{Faults, FieldFault, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result, Tx};

use super::assign::dispatch_to;
use super::found::{
    Serving, named_estate, named_residence, own_project, own_residence, require_few_open, serving_project,
    works_for,
};
use super::party::{self, By};
use super::row::{HouseholdRow, Row, written};
use super::step::{answer, noted};
use super::whole::{NewStep, Whole};
use crate::registers::place;

/// What is opened, once all that it names is found.
struct Opening<'a> {
    kind: &'a CaseKind,
    class: &'a str,
    category: &'a str,
    estate: String,
    /// The estate's community.
    place: String,
    desk: String,
    project: Option<Serving>,
    building: Option<String>,
    dwelling: Option<Dwelling>,
    place_in_estate: Option<&'a str>,
    description: &'a str,
    channel: Channel,
    role: PartyRole,
    /// The resident.
    account: Option<&'a str>,
    /// The firm.
    uscc: Option<&'a str>,
    is_incident: bool,
}

/// Opens a case of a resident's, in an estate where the account has a verified residence. What the
/// kind sends to the firm at once is dispatched.
///
/// # Errors
/// [`Refusal::Invalid`] for codes that are none, and for a residence that is not the account's and
/// verified; [`Refusal::Forbidden`] `not_a_resident` of an estate without one;
/// [`Refusal::Conflict`] `too_many_open_cases`, and `similar_case` with the one that can be joined.
pub fn open_own(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &NewCase,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (rules, mut faults) = (CaseRules::shipped(), Faults::default());
    let kind = faults.keep(rules.require_kind(&new.kind, OpenedBy::Resident))?;
    if let Some(kind) = kind {
        faults.keep(rules.require_category(&new.category, kind))?;
        faults.keep(new.check(kind.dwelling == DwellingUse::Shown))?;
    }
    let named =
        faults.keep(named_residence(tx.conn, warrant, new.residence.as_deref(), "/residence"))?.flatten();
    let code = new.estate.clone().or_else(|| named.as_ref().map(|home| home.estate.clone()));
    if let (Some(home), Some(code)) = (&named, &new.estate)
        && home.estate != *code
    {
        let text = Text::new("与所选住房不在同一小区", "is not the residence's");
        faults.add("/estate", "not_applicable", text);
    }
    let estate = match code {
        Some(code) => faults.keep(named_estate(tx.conn, &code))?,
        None => None,
    };
    let kind = faults.or_refuse(kind)?;
    let estate = faults.or_refuse(estate)?;
    let home = match named.clone() {
        Some(home) => home,
        None => own_residence(tx.conn, warrant, &estate.code)?,
    };
    let building = new.building.as_deref().map(normal_building);
    let building = building.or_else(|| named.as_ref().map(|home| home.building.clone()));
    require_few_open(tx.conn, warrant, rules.limits.open_per_resident)?;
    let project = serving_project(tx.conn, &estate.code, context.at(tx.now))?;
    let opening = Opening {
        kind,
        class: &kind.class,
        category: &new.category,
        desk: estate.place.clone(),
        estate: estate.code,
        place: estate.place,
        building,
        dwelling: named.map(|home| home.dwelling()),
        place_in_estate: new.place_in_estate.as_deref(),
        description: &new.description,
        channel: Channel::App,
        role: PartyRole::Resident,
        account: Some(warrant.account_id()),
        uscc: None,
        is_incident: false,
        project,
    };
    if !new.despite_similar {
        similar::require_none(tx, &opening)?;
    }
    // Who works for the firm speaks for it: such a case counts for no household, and its desk
    // verifies it.
    let is_staff = works_for(tx.conn, warrant, opening.project.as_ref())?;
    let household = home.household_id.filter(|_| !is_staff);
    open(tx, warrant, &opening, household, None, context)
}

/// Opens a case of a firm's, in a project of its own that runs today. Its desk dispatches it.
///
/// # Errors
/// [`Refusal::Invalid`] for codes that are none, a project that is not the firm's or does not run,
/// and a suggested assignee that has nothing to do with the estate.
pub fn open_firm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &FirmCase,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (rules, mut faults) = (CaseRules::shipped(), Faults::default());
    let kind = faults.keep(rules.require_kind(&new.kind, OpenedBy::Firm))?;
    if let Some(kind) = kind {
        faults.keep(rules.require_category(&new.category, kind))?;
    }
    let own = warrant.own_firm()?;
    let today = day_of(tx.now, context.zone());
    let found = faults.keep(own_project(tx.conn, own, &new.project, today))?;
    let kind = faults.or_refuse(kind)?;
    let (code, project) = faults.or_refuse(found)?;
    let estate = named_estate(tx.conn, &code)?;
    let suggested = match &new.suggested {
        Some(name) => {
            let serving = [project.uscc.clone()];
            let found = party::assignee(tx.conn, name, (&estate.place, &serving), "/suggested")?;
            check_dispatch(kind, None, &[], &found).map_err(|refused| below(refused, "/suggested/kind"))?;
            Some(found)
        }
        None => None,
    };
    let opening = Opening {
        kind,
        class: &kind.class,
        category: &new.category,
        desk: estate.place.clone(),
        estate: estate.code,
        place: estate.place,
        building: new.building.as_deref().map(normal_building),
        dwelling: None,
        place_in_estate: new.place_in_estate.as_deref(),
        description: &new.description,
        channel: Channel::App,
        role: PartyRole::Firm,
        account: None,
        uscc: Some(own),
        is_incident: false,
        project: Some(project),
    };
    open(tx, warrant, &opening, None, suggested.as_ref(), context)
}

/// Opens a case at the desk of an official's own office, which verifies it.
///
/// # Errors
/// [`Refusal::Invalid`] for codes that are none, half a dwelling and an assignee that such a case
/// does not go to; [`Refusal::Forbidden`] outside the actor's place.
pub fn open_desk(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &DeskCase,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (rules, mut faults) = (CaseRules::shipped(), Faults::default());
    let kind = faults.keep(rules.require_kind(&new.kind, OpenedBy::Desk))?;
    if let Some(kind) = kind {
        faults.keep(rules.require_category(&new.category, kind))?;
    }
    if let Some(class) = &new.class {
        faults.keep(rules.require_class(class))?;
    }
    let channel = faults.keep(new.channel())?;
    let dwelling = faults.keep(new.dwelling())?;
    let estate = faults.keep(named_estate(tx.conn, &new.estate))?;
    if let Some(estate) = &estate {
        place::require_reach(tx.conn, warrant, &estate.place)?;
    }
    let kind = faults.or_refuse(kind)?;
    let channel = faults.or_refuse(channel)?;
    let dwelling = faults.or_refuse(dwelling)?;
    let estate = faults.or_refuse(estate)?;
    let project = serving_project(tx.conn, &estate.code, context.at(tx.now))?;
    let assignee = match &new.assignee {
        Some(name) => {
            let serving = [project.as_ref().and_then(|project| project.uscc.clone())];
            let found = party::assignee(tx.conn, name, (&estate.place, &serving), "/assignee")?;
            check_dispatch(kind, None, &[], &found)?;
            Some(found)
        }
        None => None,
    };
    let building = dwelling.as_ref().map(|dwelling| dwelling.building.clone());
    let opening = Opening {
        kind,
        class: new.class.as_ref().unwrap_or(&kind.class),
        category: &new.category,
        desk: warrant.place().unwrap_or(&estate.place).to_owned(),
        estate: estate.code,
        place: estate.place,
        building: building.or_else(|| new.building.as_deref().map(normal_building)),
        dwelling,
        place_in_estate: new.place_in_estate.as_deref(),
        description: &new.description,
        channel,
        role: By::of(warrant).role.unwrap_or(PartyRole::City),
        account: None,
        uscc: None,
        is_incident: new.is_incident,
        project,
    };
    open(tx, warrant, &opening, None, assignee.as_ref(), context)
}

/// Writes a case down. `named` is who the desk gives it to, or who the firm thinks is responsible.
fn open(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    opening: &Opening<'_>,
    household: Option<String>,
    named: Option<&Assignee>,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (row, by) = (new_row(tx, opening), By::of(warrant));
    let joined = |household| HouseholdRow {
        case_id: row.id.clone(),
        household,
        account_id: opening.account.map(str::to_owned),
        joined_at: row.opened_at,
        satisfied: None,
    };
    let households = household.into_iter().map(joined).collect();
    let mut whole = Whole::new(row, households);
    let step = NewStep {
        class: Some(opening.class),
        target: Some(&opening.desk),
        assignee: named.filter(|_| opening.uscc.is_some()),
        ..NewStep::by(by.clone())
    };
    whole.take(StepKind::Opened, tx.now_utc(), &step);
    let at_once = Assignee { kind: AssigneeKind::Firm, id: String::new() };
    let firm = opening.project.as_ref().and_then(|project| project.uscc.clone());
    let firm = firm.filter(|_| opening.kind.at_once).map(|id| Assignee { id, ..at_once });
    match (named, firm) {
        (Some(named), _) if opening.uscc.is_none() => {
            dispatch_to(tx, &mut whole, by, named, (opening.class, None), context)?;
        }
        (None, Some(firm)) => {
            dispatch_to(tx, &mut whole, By::clock(), &firm, (opening.class, None), context)?;
        }
        _ => {}
    }
    whole.write(tx, context)?;
    let detail = json!({"kind": opening.kind.code, "category": opening.category, "estate": opening.estate});
    noted(tx, warrant, &whole, &detail)?;
    answer(tx, warrant, whole, context)
}

fn new_row(tx: &mut Tx<'_>, opening: &Opening<'_>) -> Row {
    Row {
        id: tx.random.id(),
        kind: opening.kind.code.clone(),
        category: opening.category.to_owned(),
        class: opening.class.to_owned(),
        state: Col(CaseState::Open),
        cycle: 1,
        channel: Col(opening.channel),
        estate: opening.estate.clone(),
        project_id: opening.project.as_ref().map(|project| project.id.clone()),
        uscc: opening.project.as_ref().and_then(|project| project.uscc.clone()),
        place: opening.place.clone(),
        desk: opening.desk.clone(),
        building: opening.building.clone(),
        dwelling: opening.dwelling.as_ref().map(written),
        place_in_estate: opening.place_in_estate.map(str::to_owned),
        description: opening.description.to_owned(),
        opened_role: Col(opening.role),
        opened_by: opening.account.map(str::to_owned),
        opened_uscc: opening.uscc.map(str::to_owned),
        opened_at: tx.now_utc(),
        assignee_kind: None,
        assignee: None,
        contested: false,
        households: 0,
        is_incident: opening.is_incident,
        joined_into: None,
        is_open: true,
        sort_at: tx.now_utc(),
        waits_for_desk: true,
        version: 0,
    }
}

/// The same faults at another field.
fn below(refused: Refusal, pointer: &str) -> Refusal {
    let moved = |fault| FieldFault { pointer: pointer.to_owned(), ..fault };
    match refused {
        Refusal::Invalid(faults) => Refusal::Invalid(faults.into_iter().map(moved).collect()),
        other => other,
    }
}
