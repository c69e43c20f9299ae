//! One row by the use case of its single request: add what is not there, change what differs, leave
//! what stands already.

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Operation;
use xinwu_domain::estate::{EstateEdit, NewEstate};
use xinwu_domain::firm::{FirmEdit, NewFirm};
use xinwu_domain::import::{EstateRow, FirmRow, ManagerRow, PlaceRow, ProjectRow, RecordRow, Row};
use xinwu_domain::manager::NewManager;
use xinwu_domain::place::{NewPlace, PlaceEdit};
use xinwu_domain::project::{Area, NewProject, ProjectEdit, check_term};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Result, StoreError, Tx};

use super::apply::{Applied, Context};
use crate::credit::record::{self, Staged};
use crate::credit::{assessment, metric};
use crate::registers::authorized::hold;
use crate::registers::estate;
use crate::registers::firm;
use crate::registers::manager;
use crate::registers::place;
use crate::registers::project;
use crate::registers::second_person::changes;
use crate::schema;

pub(super) fn apply(tx: &mut Tx<'_>, context: &Context<'_>, row: &Row) -> Result<Applied> {
    match row {
        Row::Place(row) => apply_place(tx, context, row),
        Row::Firm(row) => apply_firm(tx, context, row),
        Row::Estate(row) => apply_estate(tx, context, row),
        Row::Project(row) => apply_project(tx, context, row),
        Row::Manager(row) => apply_manager(tx, context, row),
        Row::Record(row) => stage_record(tx, context, row),
        Row::Assessment(row) => {
            assessment::stage(tx, context.warrant, context.import_id, row, context.request).map(applied)
        }
        Row::Metric(new) => {
            metric::stage(tx, context.warrant, context.import_id, new, context.request).map(applied)
        }
        Row::Staff(_) | Row::Household(_) => {
            Err(StoreError::internal("staff and households are applied in their own ways"))
        }
    }
}

fn apply_place(tx: &mut Tx<'_>, context: &Context<'_>, row: &PlaceRow) -> Result<Applied> {
    let exists: bool = diesel::select(exists(schema::place::table.find(&row.code))).get_result(tx.conn)?;
    if !exists {
        let new = NewPlace {
            code: row.code.clone(),
            level: row.level,
            name: row.name.clone(),
            parent: row.parent.clone(),
            valid_from: row.valid_from,
            aliases: row.aliases.clone().unwrap_or_default(),
        };
        place::insert(tx, context.warrant, &new)?;
        return Ok(Applied::created(&row.code));
    }
    let editing = context.warrant.also(Operation::EditPlace)?;
    let held = hold::<place::Row>(tx, &editing, &row.code, &Expected::Any, context.request.today())?;
    let (there, _) = place::get(tx.conn, &row.code)?;
    let mut faults = Faults::default();
    if there.level != row.level {
        let text = Text::new("区划的级别不能改变", "The level of a place cannot change");
        faults.add("/level", "wrong_level", text);
    }
    let retired = listed_again(there.retired_on, there.successors.is_empty());
    let name = differing(&row.name, &there.name);
    let edit = PlaceEdit {
        // The name of an entry that was a mistake was never the right one.
        correction: retired.is_some() && name.is_some(),
        name,
        parent: row
            .parent
            .clone()
            .filter(|parent| Some(parent) != there.parent.as_ref().map(|above| &above.code)),
        aliases: row.aliases.clone().filter(|aliases| *aliases != there.aliases),
        retired,
        ..PlaceEdit::default()
    };
    if edit == PlaceEdit::default() {
        faults.refuse_if_any()?;
        return Ok(Applied::unchanged());
    }
    let edited = faults.keep(place::edit(tx, &editing, &held, &edit, context.request))?;
    let (after, _) = faults.or_refuse(edited)?;
    let changes = changes(Some(&there), &after, &["name", "parent", "aliases", "retired_on"])?;
    Ok(Applied::updated(&row.code, changes))
}

/// What a file can change of a firm.
const OF_A_FIRM: &[&str] = &[
    "name",
    "short_name",
    "status",
    "registered_place",
    "participates",
    "residential",
    "licensed_on",
    "parent",
    "retired_on",
];

fn apply_firm(tx: &mut Tx<'_>, context: &Context<'_>, row: &FirmRow) -> Result<Applied> {
    let exists: bool = diesel::select(exists(schema::firm::table.find(&row.uscc))).get_result(tx.conn)?;
    if !exists {
        let new = NewFirm {
            uscc: row.uscc.clone(),
            name: row.name.clone(),
            short_name: row.short_name.value(),
            status: row.status,
            registered_place: row.registered_place.clone(),
            check_override_reason: row.check_override_reason.clone(),
            participates: row.participates,
            residential: row.residential,
            licensed_on: row.licensed_on.value(),
            parent: row.parent.value(),
            parent_since: row.parent_since,
            ..NewFirm::default()
        };
        let uscc = firm::insert(tx, context.warrant, &new)?;
        return Ok(Applied::created(uscc.as_str()));
    }
    let editing = context.warrant.also(Operation::EditFirm)?;
    let held = hold::<firm::Row>(tx, &editing, &row.uscc, &Expected::Any, context.request.today())?;
    let (there, _) = firm::get(tx.conn, &row.uscc)?;
    let parent = row.parent.change(&there.parent.as_ref().map(|parent| parent.uscc.clone()));
    let since = there.parent.as_ref().map(|parent| parent.since);
    let retired = listed_again(there.retired_on, there.successors.is_empty());
    let name = differing(&row.name, &there.name);
    let edit = FirmEdit {
        // The name of an entry that was a mistake was never the right one.
        correction: retired.is_some() && name.is_some(),
        name,
        short_name: row.short_name.change(&there.short_name),
        status: row.status.filter(|status| *status != there.status),
        registered_place: differing(&row.registered_place, &there.registered_place.code),
        participates: row.participates.filter(|participates| *participates != there.participates),
        residential: row.residential.filter(|residential| *residential != there.residential),
        licensed_on: row.licensed_on.change(&there.licensed_on),
        parent_since: row.parent_since.filter(|said| parent.is_some() || since != Some(*said)),
        parent,
        retired,
        ..FirmEdit::default()
    };
    if edit == FirmEdit::default() {
        return Ok(Applied::unchanged());
    }
    let (after, _) = firm::edit(tx, &editing, &held, &edit, context.request)?;
    Ok(Applied::updated(&row.uscc, changes(Some(&there), &after, OF_A_FIRM)?))
}

fn apply_estate(tx: &mut Tx<'_>, context: &Context<'_>, row: &EstateRow) -> Result<Applied> {
    let exists: bool = diesel::select(exists(schema::estate::table.find(&row.code))).get_result(tx.conn)?;
    if !exists {
        let new = NewEstate {
            code: Some(row.code.clone()),
            name: row.name.clone(),
            aliases: row.aliases.clone().unwrap_or_default(),
            kind: row.kind,
            place: row.place.clone(),
            address: row.address.value(),
            households: row.households.unwrap_or(0),
            reason: None,
            evidence: Vec::new(),
            demo: false,
        };
        return Ok(Applied::created(estate::insert(tx, context.warrant, &new)?));
    }
    let editing = context.warrant.also(Operation::EditEstate)?;
    let held = hold::<estate::Row>(tx, &editing, &row.code, &Expected::Any, context.request.today())?;
    let (there, _) = estate::get(tx.conn, &row.code)?;
    let retired = listed_again(there.retired_on, there.successor.is_none());
    let name = differing(&row.name, &there.name);
    let edit = EstateEdit {
        // The name of an entry that was a mistake was never the right one.
        correction: retired.is_some() && name.is_some(),
        name,
        aliases: row.aliases.clone().filter(|aliases| *aliases != there.aliases),
        kind: Some(row.kind).filter(|kind| *kind != there.kind),
        place: differing(&row.place, &there.place.code),
        address: row.address.change(&there.address),
        households: row.households.filter(|households| *households != there.households),
        retired,
        ..EstateEdit::default()
    };
    if edit == EstateEdit::default() {
        return Ok(Applied::unchanged());
    }
    let (after, _) = estate::edit(tx, &editing, &held, &edit, context.request)?;
    let changes = changes(
        Some(&there),
        &after,
        &["name", "aliases", "kind", "place", "address", "households", "retired_on"],
    )?;
    Ok(Applied::updated(&row.code, changes))
}

/// A project is known again by its estate and the first day of its term: at most one project serves
/// an estate on a day.
fn apply_project(tx: &mut Tx<'_>, context: &Context<'_>, row: &ProjectRow) -> Result<Applied> {
    use schema::project as table;
    let known = table::table
        .filter(table::estate.eq(&row.estate))
        .filter(table::starts_on.eq(Col(row.starts_on)))
        .filter(table::retired_on.is_null())
        .select(table::id)
        .limit(1);
    let known: Option<String> = known.get_result(tx.conn).optional()?;
    let area_m2 = Area::from_hundredths(row.area_dm2);
    let Some(id) = known else {
        let new = NewProject {
            estate: row.estate.clone(),
            operator: row.operator,
            uscc: row.uscc.clone(),
            manager: row.manager.value(),
            starts_on: row.starts_on,
            ends_on: row.ends_on.value(),
            area_m2,
            households: row.households,
            fee_fen: row.fee_fen.value(),
            area_reason: row.area_reason.clone(),
            reason: None,
            evidence: Vec::new(),
            demo: false,
        };
        return Ok(Applied::created(project::insert(tx, context.warrant, &new)?));
    };
    let editing = context.warrant.also(Operation::EditProject)?;
    let held = hold::<project::Row>(tx, &editing, &id, &Expected::Any, context.request.today())?;
    let (there, _) = project::get(tx.conn, &id)?;
    if there.operator != row.operator || there.firm.as_ref().map(|firm| &firm.uscc) != row.uscc.as_ref() {
        check_term(row.starts_on, row.ends_on.value())?;
        let text = Text::new(
            "该小区这一天起的项目由另一方承接；更换须另立项目",
            "Another operator has the project of this estate from that day; a takeover is another project",
        );
        return Err(Refusal::conflict("other_operator", text).into());
    }
    let edit = ProjectEdit {
        manager: row.manager.change(&there.manager.as_ref().map(|manager| manager.id.clone())),
        ends_on: row.ends_on.change(&there.ends_on),
        area_m2: Some(area_m2).filter(|area| *area != there.area_m2),
        households: Some(row.households).filter(|households| *households != there.households),
        fee_fen: row.fee_fen.change(&there.fee_fen),
        ..ProjectEdit::default()
    };
    if edit == ProjectEdit::default() {
        return Ok(Applied::unchanged());
    }
    let edit = ProjectEdit { area_reason: row.area_reason.clone(), ..edit };
    let (after, _) = project::edit(tx, &editing, &held, &edit, context.request)?;
    let fields = ["manager", "ends_on", "area_m2", "households", "fee_fen"];
    let changes = changes(Some(&there), &after, &fields)?;
    Ok(Applied::updated(id, changes))
}

/// A manager is known again by name and firm; a change of either is a single request.
fn apply_manager(tx: &mut Tx<'_>, context: &Context<'_>, row: &ManagerRow) -> Result<Applied> {
    use schema::manager as table;
    let known: i64 = table::table
        .filter(table::name.eq(&row.name))
        .filter(table::uscc.eq(&row.uscc))
        .filter(table::retired_on.is_null())
        .count()
        .get_result(tx.conn)?;
    if known > 0 {
        firm::require_reach(tx.conn, context.warrant, &row.uscc)?;
        return Ok(Applied::unchanged());
    }
    let new = NewManager { name: row.name.clone(), uscc: Some(row.uscc.clone()), demo: false };
    Ok(Applied::created(manager::insert(tx, context.warrant, &new)?))
}

fn stage_record(tx: &mut Tx<'_>, context: &Context<'_>, row: &RecordRow) -> Result<Applied> {
    let new = (&row.new, row.known_from);
    record::stage(tx, context.warrant, context.import_id, new, context.procedure, context.request)
        .map(applied)
}

fn applied(staged: Staged) -> Applied {
    match staged {
        Staged::Created(id) => Applied::created(id),
        Staged::Unchanged(_) => Applied::unchanged(),
    }
}

/// A file that lists an entry which was retired, such as one that a wrong file had made, takes that
/// back, unless another entry holds in its place.
fn listed_again(retired_on: Option<NaiveDate>, holds_itself: bool) -> Option<bool> {
    retired_on.filter(|_| holds_itself).map(|_| false)
}

fn differing(wanted: &str, there: &str) -> Option<String> {
    (wanted != there).then(|| wanted.to_owned())
}
