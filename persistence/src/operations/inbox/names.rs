//! What people call that which a proposal is about.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Change;
use xinwu_store::{Conn, Result};

use super::files::ProposalRow;
use crate::people::account::names::names_of;
use crate::registers::place::{self, from_json};
use crate::schema::{estate, firm, manager, project, record};

/// The name of what each proposal is about; of something new the one that it is to have, and of
/// what has none the operation.
pub(super) fn of_proposals(conn: &mut Conn, rows: &[ProposalRow]) -> Result<Vec<String>> {
    let mut known: HashMap<(Kind, String), String> = HashMap::new();
    for kind in
        [Kind::Estate, Kind::Firm, Kind::Manager, Kind::Place, Kind::Project, Kind::Record, Kind::User]
    {
        let of_kind = rows.iter().filter(|row| row.kind.0 == kind);
        let ids: Vec<String> = of_kind.filter_map(|row| row.object_id.clone()).collect();
        if !ids.is_empty() {
            known.extend(of(conn, kind, ids)?.into_iter().map(|(id, name)| ((kind, id), name)));
        }
    }
    rows.iter()
        .map(|row| {
            let key = row.object_id.as_ref().map(|id| (row.kind.0, id.clone()));
            let name = key.and_then(|key| known.get(&key).cloned());
            Ok(match name {
                Some(name) => name,
                None => new_name(&row.changes)?.unwrap_or_else(|| row.operation.clone()),
            })
        })
        .collect()
}

fn of(conn: &mut Conn, kind: Kind, ids: Vec<String>) -> Result<Vec<(String, String)>> {
    Ok(match kind {
        Kind::Estate => {
            estate::table.filter(estate::code.eq_any(ids)).select((estate::code, estate::name)).load(conn)?
        }
        Kind::Firm => {
            firm::table.filter(firm::uscc.eq_any(ids)).select((firm::uscc, firm::name)).load(conn)?
        }
        Kind::Manager => {
            manager::table.filter(manager::id.eq_any(ids)).select((manager::id, manager::name)).load(conn)?
        }
        Kind::Place => place::names_of(conn, ids)?.into_iter().collect(),
        Kind::Project => project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::id.eq_any(ids))
            .select((project::id, estate::name))
            .load(conn)?,
        Kind::Record => {
            record::table.filter(record::id.eq_any(ids)).select((record::id, record::title)).load(conn)?
        }
        Kind::User => {
            let names = names_of(conn, ids.iter().map(String::as_str))?;
            ids.into_iter().filter_map(|id| Some((id.clone(), names.get(&id)?.clone()))).collect()
        }
        _ => Vec::new(),
    })
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
