//! Who acts on a case, and what they are to it.

use diesel::prelude::*;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::case::{Assignee, AssigneeKind, AssigneeName, CaseAssignee, CaseSide, PartyRole};
use xinwu_domain::kind::Kind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, hot};

use super::row::{HouseholdRow, Row};
use crate::registers::authorized::Resource;
use crate::registers::place::{self, is_within};
use crate::registers::retirement::named;
use crate::registers::{department, firm};
use crate::schema::place_ancestor;

/// Who takes a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct By {
    pub role: Option<PartyRole>,
    pub account: Option<String>,
    pub uscc: Option<String>,
    pub place: Option<String>,
    pub department: Option<String>,
}

impl By {
    /// The clock, without anybody.
    pub fn clock() -> By {
        By::default()
    }

    /// Whoever a warrant is of.
    pub fn of(warrant: &Warrant) -> By {
        let role = match warrant.role() {
            Role::Resident => Some(PartyRole::Resident),
            Role::Firm => Some(PartyRole::Firm),
            Role::Community => Some(PartyRole::Community),
            Role::Street => Some(PartyRole::Street),
            Role::District => Some(PartyRole::District),
            Role::City => Some(PartyRole::City),
            Role::Department => Some(PartyRole::Department),
            Role::Manager | Role::Integrator | Role::Admin => None,
        };
        By {
            role,
            account: warrant.actor().map(|actor| actor.account_id.clone()),
            uscc: warrant.firm().map(str::to_owned),
            place: warrant.place().map(str::to_owned),
            department: warrant.department().map(str::to_owned),
        }
    }
}

/// What who asks is to a case.
pub(super) fn sides(
    conn: &mut Conn,
    warrant: &Warrant,
    row: &Row,
    households: &[HouseholdRow],
) -> Result<Vec<CaseSide>> {
    if warrant.is_operator() {
        return Ok(vec![CaseSide::Desk, CaseSide::Assignee]);
    }
    let (own, mut sides) = (Some(warrant.account_id()), Vec::new());
    if row.opened_by.as_deref() == own {
        sides.push(CaseSide::Opener);
    } else if households.iter().any(|household| household.account_id.as_deref() == own) {
        sides.push(CaseSide::Household);
    }
    if row.assignee().is_some_and(|assignee| is_whose(warrant, &assignee)) {
        sides.push(CaseSide::Assignee);
    }
    if let Some(own) = warrant.place()
        && is_within(conn, &row.desk, own)?
    {
        sides.push(CaseSide::Desk);
    }
    Ok(sides)
}

/// Whether an assignee is the firm, the department or the very office for which somebody acts.
pub(super) fn is_whose(warrant: &Warrant, assignee: &Assignee) -> bool {
    let own = match assignee.kind {
        AssigneeKind::Firm => warrant.firm(),
        AssigneeKind::Community | AssigneeKind::Street => warrant.place(),
        AssigneeKind::Department => warrant.department(),
    };
    own == Some(&*assignee.id)
}

/// The office above one; `None` above the city's.
pub(super) fn office_above(conn: &mut Conn, office: &str) -> Result<Option<String>> {
    let above: Vec<String> = hot!(conn, place_ancestor::table
        .filter(place_ancestor::place.eq(office))
        .filter(place_ancestor::distance.eq(1))
        .select(place_ancestor::ancestor) => load)?;
    Ok(above.into_iter().next())
}

/// The party that a command names for a case, which has to do with its estate: the firm that serves
/// that, or did when the case was opened; its community; its street; a department of a place that
/// it lies in. `serving` is the firm that serves the estate now. So nobody is made late who has
/// nothing to do with it.
///
/// # Errors
/// [`Refusal::Invalid`] of the field `id` below `pointer`.
pub(super) fn assignee(
    conn: &mut Conn,
    name: &AssigneeName,
    (place, serving): (&str, &[Option<String>]),
    pointer: &str,
) -> Result<Assignee> {
    name.check(pointer)?;
    let pointer = format!("{pointer}/id");
    let of_level = |conn: &mut Conn, level| -> Result<Vec<String>> {
        Ok(place::ancestor_at(conn, place, level)?.into_iter().map(|found| found.code).collect())
    };
    let possible: Vec<String> = match name.kind {
        AssigneeKind::Firm => serving.iter().flatten().cloned().collect(),
        AssigneeKind::Community => of_level(conn, PlaceLevel::Community)?,
        AssigneeKind::Street => of_level(conn, PlaceLevel::Street)?,
        AssigneeKind::Department => return department_of(conn, name.id.as_deref(), place, &pointer),
    };
    let found = match &name.id {
        Some(id) => {
            let is_known = match name.kind {
                AssigneeKind::Firm => firm::Row::find(conn, id)?.is_some(),
                _ => place::Row::find(conn, id)?.is_some(),
            };
            if !is_known {
                let kind = if name.kind == AssigneeKind::Firm { Kind::Firm } else { Kind::Place };
                return Err(kind.unknown_at(&pointer).into());
            }
            possible.into_iter().find(|possible| possible == id)
        }
        None => possible.into_iter().next(),
    };
    let id = found.ok_or_else(|| not_of_the_estate(&pointer))?;
    Ok(Assignee { kind: name.kind, id })
}

fn department_of(conn: &mut Conn, code: Option<&str>, place: &str, pointer: &str) -> Result<Assignee> {
    let row: department::Row = named(conn, code.unwrap_or_default(), pointer)?;
    if !is_within(conn, place, &row.place)? {
        return Err(not_of_the_estate(pointer).into());
    }
    Ok(Assignee { kind: AssigneeKind::Department, id: row.code })
}

fn not_of_the_estate(pointer: &str) -> Refusal {
    let text = Text::new("该单位不负责此小区", "It has nothing to do with this estate");
    Refusal::invalid(pointer, "not_applicable", text)
}

/// What some assignees are called.
pub(super) fn named_assignees(conn: &mut Conn, assignees: Vec<Assignee>) -> Result<Vec<CaseAssignee>> {
    let of = |kinds: &[AssigneeKind]| -> Vec<String> {
        let these = assignees.iter().filter(|assignee| kinds.contains(&assignee.kind));
        these.map(|assignee| assignee.id.clone()).collect()
    };
    let firms = firm_names(conn, of(&[AssigneeKind::Firm]))?;
    let places = place::names_of(conn, of(&[AssigneeKind::Community, AssigneeKind::Street]))?;
    let departments = department::names_of(conn, of(&[AssigneeKind::Department]))?;
    let named = |Assignee { kind, id }: Assignee| {
        let name = match kind {
            AssigneeKind::Firm => firms.get(&id),
            AssigneeKind::Community | AssigneeKind::Street => places.get(&id),
            AssigneeKind::Department => departments.get(&id),
        };
        CaseAssignee { kind, name: name.cloned().unwrap_or_default(), id }
    };
    Ok(assignees.into_iter().map(named).collect())
}

/// Names of firms by uscc.
pub(super) fn firm_names(
    conn: &mut Conn,
    usccs: Vec<String>,
) -> Result<std::collections::HashMap<String, String>> {
    use crate::schema::firm;
    if usccs.is_empty() {
        return Ok(std::collections::HashMap::new());
    }
    let names = firm::table.filter(firm::uscc.eq_any(usccs)).select((firm::uscc, firm::name));
    let names: Vec<(String, String)> = names.load(conn)?;
    Ok(names.into_iter().collect())
}

/// The column of a kind of party.
pub(super) fn columns(assignee: Option<&Assignee>) -> (Option<Col<AssigneeKind>>, Option<String>) {
    (assignee.map(|each| Col(each.kind)), assignee.map(|each| each.id.clone()))
}
