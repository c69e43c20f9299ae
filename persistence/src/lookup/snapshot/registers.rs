//! The lines of the registers: nothing is ever taken out of them, so each has a value.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::copy::{
    CopiedEstate, CopiedFirm, CopiedLink, CopiedManager, CopiedPlace, CopiedProject, CopyKind, CopyLine,
};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::project::{Area, Operator};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use super::credit::{CreditFacts, updated_at};
use super::{AT_ONCE, Found, by_id};
use crate::ratings::burst::OPEN;
use crate::registers::place::from_json;
use crate::schema::{
    estate, firm, firm_branch, firm_former_name, firm_successor, manager, place, project, rating_burst,
};

/// The next ids of a kind after one, in their order.
pub(super) fn ids(conn: &mut Conn, kind: CopyKind, after: &str) -> Result<Vec<String>> {
    macro_rules! next {
        ($table:ident, $id:ident) => {
            $table::table
                .filter($table::$id.gt(after))
                .order($table::$id)
                .limit(AT_ONCE)
                .select($table::$id)
                .load(conn)?
        };
    }
    Ok(match kind {
        CopyKind::Place => next!(place, code),
        CopyKind::Firm => next!(firm, uscc),
        CopyKind::Estate => next!(estate, code),
        CopyKind::Manager => next!(manager, id),
        CopyKind::Project => next!(project, id),
        _ => Vec::new(),
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = place)]
struct PlaceRow {
    code: String,
    level: Col<PlaceLevel>,
    name: String,
    parent: Option<String>,
    valid_from: Col<NaiveDate>,
    valid_until: Option<Col<NaiveDate>>,
    aliases: String,
    successors: String,
    retired_on: Option<Col<NaiveDate>>,
}

pub(super) fn places(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<PlaceRow> =
        place::table.filter(place::code.eq_any(ids)).select(PlaceRow::as_select()).load(conn)?;
    let mut found = Found::new();
    for row in rows {
        let id = row.code.clone();
        let value = Some(CopiedPlace {
            level: row.level.0,
            valid_from: row.valid_from.0,
            valid_until: row.valid_until.map(|day| day.0),
            aliases: from_json(&row.aliases)?,
            successors: from_json(&row.successors)?,
            retired_on: row.retired_on.map(|day| day.0),
            code: row.code,
            name: row.name,
            parent: row.parent,
        });
        found.insert(id.clone(), Some(CopyLine::Place { id, value }));
    }
    Ok(found)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = estate)]
struct EstateRow {
    code: String,
    name: String,
    aliases: String,
    kind: Col<EstateKind>,
    place: String,
    address: Option<String>,
    households: i32,
    demo: bool,
    updated_at: NaiveDateTime,
    retired_on: Option<Col<NaiveDate>>,
    successor: Option<String>,
}

pub(super) fn estates(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<EstateRow> =
        estate::table.filter(estate::code.eq_any(ids)).select(EstateRow::as_select()).load(conn)?;
    let mut found = Found::new();
    for row in rows {
        let id = row.code.clone();
        let value = Some(CopiedEstate {
            kind: row.kind.0,
            aliases: from_json(&row.aliases)?,
            code: row.code,
            name: row.name,
            place: row.place,
            address: row.address,
            households: row.households,
            demo: row.demo,
            retired_on: row.retired_on.map(|day| day.0),
            successor: row.successor,
            updated_at: row.updated_at.and_utc(),
        });
        found.insert(id.clone(), Some(CopyLine::Estate { id, value }));
    }
    Ok(found)
}

/// What everyone sees of a firm's entry: not what officials alone do.
#[derive(Queryable, Selectable)]
#[diesel(table_name = firm)]
struct FirmRow {
    uscc: String,
    name: String,
    short_name: Option<String>,
    status: Col<FirmStatus>,
    registered_place: String,
    demo: bool,
    updated_at: NaiveDateTime,
    retired_on: Option<Col<NaiveDate>>,
}

type Link = (String, String, Col<NaiveDate>);

fn link((of, uscc, since): Link) -> (String, CopiedLink) {
    (of, CopiedLink { uscc, since: since.0 })
}

pub(super) fn firms(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<FirmRow> =
        firm::table.filter(firm::uscc.eq_any(ids)).select(FirmRow::as_select()).load(conn)?;
    let former: Vec<(String, String)> = firm_former_name::table
        .filter(firm_former_name::uscc.eq_any(ids))
        .order((firm_former_name::used_until.desc(), firm_former_name::name))
        .select((firm_former_name::uscc, firm_former_name::name))
        .load(conn)?;
    let successors: Vec<Link> = firm_successor::table
        .filter(firm_successor::uscc.eq_any(ids))
        .order(firm_successor::successor)
        .select((firm_successor::uscc, firm_successor::successor, firm_successor::since))
        .load(conn)?;
    let parents: Vec<Link> = firm_branch::table
        .filter(firm_branch::known_until.is_null())
        .filter(firm_branch::branch.eq_any(ids))
        .select((firm_branch::branch, firm_branch::parent, firm_branch::since))
        .load(conn)?;
    let branches: Vec<Link> = firm_branch::table
        .filter(firm_branch::known_until.is_null())
        .filter(firm_branch::parent.eq_any(ids))
        .order(firm_branch::branch)
        .select((firm_branch::parent, firm_branch::branch, firm_branch::since))
        .load(conn)?;
    let mut kept = CreditFacts::load(conn, SubjectKind::Firm, ids)?;
    let mut former = by_id(former);
    let mut successors = by_id(successors.into_iter().map(link));
    let mut parents = by_id(parents.into_iter().map(link));
    let mut branches = by_id(branches.into_iter().map(link));
    let mut found = Found::new();
    for row in rows {
        let id = row.uscc.clone();
        let credits = kept.take_credits(&id);
        let (records, projects) = kept.counts(&id);
        let value = Some(Box::new(CopiedFirm {
            former_names: former.remove(&id).unwrap_or_default(),
            successors: successors.remove(&id).unwrap_or_default(),
            parent: parents.remove(&id).and_then(|mut all| all.pop()),
            branches: branches.remove(&id).unwrap_or_default(),
            status: row.status.0,
            updated_at: updated_at(row.updated_at, &credits),
            credits,
            lists: kept.take_lists(&id),
            records,
            projects,
            service: kept.service(&id),
            uscc: row.uscc,
            name: row.name,
            short_name: row.short_name,
            registered_place: row.registered_place,
            demo: row.demo,
            retired_on: row.retired_on.map(|day| day.0),
        }));
        found.insert(id.clone(), Some(CopyLine::Firm { id, value }));
    }
    Ok(found)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = manager)]
struct ManagerRow {
    id: String,
    name: String,
    uscc: Option<String>,
    demo: bool,
    updated_at: NaiveDateTime,
    retired_on: Option<Col<NaiveDate>>,
    successor: Option<String>,
}

pub(super) fn managers(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<ManagerRow> =
        manager::table.filter(manager::id.eq_any(ids)).select(ManagerRow::as_select()).load(conn)?;
    let mut kept = CreditFacts::load(conn, SubjectKind::Manager, ids)?;
    let mut found = Found::new();
    for row in rows {
        let id = row.id.clone();
        let credits = kept.take_credits(&id);
        let value = Some(CopiedManager {
            updated_at: updated_at(row.updated_at, &credits),
            credits,
            lists: kept.take_lists(&id),
            id: row.id,
            name: row.name,
            firm: row.uscc,
            demo: row.demo,
            retired_on: row.retired_on.map(|day| day.0),
            successor: row.successor,
        });
        found.insert(id.clone(), Some(CopyLine::Manager { id, value }));
    }
    Ok(found)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = project)]
struct ProjectRow {
    id: String,
    estate: String,
    operator: Col<Operator>,
    uscc: Option<String>,
    manager_id: Option<String>,
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    area_dm2: i64,
    households: i32,
    fee_fen: Option<i64>,
    demo: bool,
    updated_at: NaiveDateTime,
    retired_on: Option<Col<NaiveDate>>,
    successor: Option<String>,
}

pub(super) fn projects(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<ProjectRow> =
        project::table.filter(project::id.eq_any(ids)).select(ProjectRow::as_select()).load(conn)?;
    let held: Vec<String> = rating_burst::table
        .filter(rating_burst::project_id.eq_any(ids))
        .filter(rating_burst::state.eq_any(OPEN))
        .select(rating_burst::project_id)
        .load(conn)?;
    let mut kept = CreditFacts::load(conn, SubjectKind::Project, ids)?;
    let mut found = Found::new();
    for row in rows {
        let id = row.id.clone();
        let credits = kept.take_credits(&id);
        let value = Some(Box::new(CopiedProject {
            operator: row.operator.0,
            starts_on: row.starts_on.0,
            ends_on: row.ends_on.map(|day| day.0),
            area_m2: Area::from_hundredths(row.area_dm2),
            updated_at: updated_at(row.updated_at, &credits),
            credits,
            lists: kept.take_lists(&id),
            service: kept.service(&id),
            held: held.contains(&id),
            id: row.id,
            estate: row.estate,
            firm: row.uscc,
            manager: row.manager_id,
            households: row.households,
            fee_fen: row.fee_fen,
            demo: row.demo,
            retired_on: row.retired_on.map(|day| day.0),
            successor: row.successor,
        }));
        found.insert(id.clone(), Some(CopyLine::Project { id, value }));
    }
    Ok(found)
}
