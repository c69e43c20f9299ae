//! What people call that which a proposal is about.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use xinwu_domain::assessment::AssessmentKey;
use xinwu_domain::import::{ImportKind, Named};
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Change;
use xinwu_domain::text::Language;
use xinwu_store::{Col, Conn, Result};

use super::homes::{Home, name_of};
use super::part::coalesce;
use super::proposals::ProposalRow;
use crate::people::account::names::names_of;
use crate::registers::place::{self, from_json};
use crate::schema::{
    estate, firm, household, import, manager, objection, project, record, repair, residence,
};

/// The name of what each proposal is about; of something new the one that it is to have, and of
/// what has none what such things are called.
pub(super) fn of_proposals(conn: &mut Conn, rows: &[ProposalRow], language: Language) -> Result<Vec<String>> {
    let mut ids: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for row in rows {
        ids.entry(row.kind.0).or_default().extend(row.object_id.clone());
    }
    let mut known: HashMap<(Kind, String), String> = HashMap::new();
    for (kind, ids) in ids {
        let named = of(conn, kind, ids, language)?;
        known.extend(named.into_iter().map(|(id, name)| ((kind, id), name)));
    }
    let name = |row: &ProposalRow| {
        let key = row.object_id.clone().map(|id| (row.kind.0, id));
        Ok(match key.and_then(|key| known.get(&key).cloned()) {
            Some(name) => name,
            None => new_name(&row.changes)?.unwrap_or_else(|| row.kind.0.told(language).to_owned()),
        })
    };
    rows.iter().map(name).collect()
}

/// The names of some things of one kind, by their ids.
fn of(conn: &mut Conn, kind: Kind, ids: Vec<String>, language: Language) -> Result<Vec<(String, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(match kind {
        Kind::Assessment => assessments(conn, ids)?,
        Kind::Client | Kind::User => {
            let names = names_of(conn, ids.iter().map(String::as_str))?;
            ids.into_iter().filter_map(|id| Some((id.clone(), names.get(&id)?.clone()))).collect()
        }
        Kind::Estate => {
            estate::table.filter(estate::code.eq_any(ids)).select((estate::code, estate::name)).load(conn)?
        }
        Kind::Firm => {
            firm::table.filter(firm::uscc.eq_any(ids)).select((firm::uscc, firm::name)).load(conn)?
        }
        Kind::Household | Kind::Residence => dwellings(conn, kind, ids)?,
        Kind::Import => files(conn, ids, language)?,
        Kind::Manager => {
            manager::table.filter(manager::id.eq_any(ids)).select((manager::id, manager::name)).load(conn)?
        }
        Kind::Objection => objection::table
            .left_join(firm::table.on(firm::uscc.nullable().eq(objection::uscc)))
            .left_join(manager::table.on(manager::id.nullable().eq(objection::manager_id)))
            .filter(objection::id.eq_any(ids))
            .select((objection::id, coalesce(firm::name.nullable(), manager::name.nullable(), "")))
            .load(conn)?,
        Kind::Place => place::names_of(conn, ids)?.into_iter().collect(),
        Kind::Project => projects(conn, ids)?,
        Kind::Record => {
            record::table.filter(record::id.eq_any(ids)).select((record::id, record::title)).load(conn)?
        }
        Kind::Repair => repair::table
            .inner_join(firm::table.on(firm::uscc.eq(repair::uscc)))
            .filter(repair::id.eq_any(ids))
            .select((repair::id, firm::name))
            .load(conn)?,
        _ => Vec::new(),
    })
}

/// A project is known by its estate.
fn projects(conn: &mut Conn, ids: Vec<String>) -> Result<Vec<(String, String)>> {
    Ok(project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq_any(ids))
        .select((project::id, estate::name))
        .load(conn)?)
}

/// An assessment, of which there may be none yet, by its project and the period.
fn assessments(conn: &mut Conn, paths: Vec<String>) -> Result<Vec<(String, String)>> {
    let keys: Vec<AssessmentKey> = paths.iter().filter_map(|path| AssessmentKey::of_path(path)).collect();
    let estates = projects(conn, keys.iter().map(|key| key.project.clone()).collect())?;
    let estates: HashMap<String, String> = estates.into_iter().collect();
    let name =
        |key: &AssessmentKey| Some((key.path(), format!("{} {}", estates.get(&key.project)?, key.period)));
    Ok(keys.iter().filter_map(name).collect())
}

fn dwellings(conn: &mut Conn, kind: Kind, ids: Vec<String>) -> Result<Vec<(String, String)>> {
    macro_rules! of {
        ($table:ident) => {
            $table::table
                .inner_join(estate::table.on(estate::code.eq($table::estate)))
                .filter($table::id.eq_any(ids))
                .select((
                    $table::id,
                    (estate::place, estate::name, $table::building, $table::unit, $table::room),
                ))
                .load(conn)?
        };
    }
    let homes: Vec<(String, Home)> = if kind == Kind::Household { of!(household) } else { of!(residence) };
    Ok(homes.into_iter().map(|(id, home)| (id, name_of(home).1)).collect())
}

/// A file by its own name, else by what its rows are.
fn files(conn: &mut Conn, ids: Vec<String>, language: Language) -> Result<Vec<(String, String)>> {
    let files: Vec<(String, Option<String>, Col<ImportKind>)> = import::table
        .filter(import::id.eq_any(ids))
        .select((import::id, import::name, import::kind))
        .load(conn)?;
    Ok(files.into_iter().map(|(id, name, kind)| (id, file_name(name, kind.0, language))).collect())
}

/// What a file is called, or what its rows are.
pub(super) fn file_name(name: Option<String>, kind: ImportKind, language: Language) -> String {
    name.unwrap_or_else(|| kind.told(language).to_owned())
}

/// What a new object is to be called.
fn new_name(changes: &str) -> Result<Option<String>> {
    let changes: Vec<Change> = from_json(changes)?;
    let field = |name: &str| changes.iter().find(|change| change.field == name);
    let named = ["name", "username", "estate"].into_iter().find_map(field);
    // A project is known by its estate.
    let name = named.and_then(|change| change.after.get("name").unwrap_or(&change.after).as_str());
    Ok(name.map(str::to_owned))
}
