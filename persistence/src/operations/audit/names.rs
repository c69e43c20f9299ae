//! What is called how that lines of the audit name, now.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::kind::Kind;
use xinwu_domain::place::NamedPlace;
use xinwu_store::{Conn, Result};

use super::Row;
use crate::registers::place::names_of;
use crate::schema::{account, department, estate, firm, manager};

/// Of a page of lines.
pub(super) struct Names {
    accounts: HashMap<String, (Option<String>, Option<String>)>,
    places: HashMap<String, String>,
    objects: HashMap<(Kind, String), String>,
}

impl Names {
    pub fn of(conn: &mut Conn, rows: &[Row]) -> Result<Names> {
        let ids_of = |kinds: &[Kind]| -> Vec<String> {
            let is_one = |row: &&Row| row.object_kind.parse().is_ok_and(|kind: Kind| kinds.contains(&kind));
            rows.iter().filter(is_one).map(|row| row.object_id.clone()).collect()
        };
        let mut accounts: BTreeSet<String> =
            ids_of(&[Kind::Account, Kind::User, Kind::Client]).into_iter().collect();
        accounts.extend(rows.iter().map(|row| row.user_id.clone()));
        accounts.extend(rows.iter().filter_map(|row| second_of(&serde_json::from_str(&row.detail).ok()?)));
        type Account = (String, Option<String>, Option<String>);
        let accounts: Vec<Account> = account::table
            .filter(account::id.eq_any(accounts))
            .select((account::id, account::username, account::display_name))
            .load(conn)?;
        let mut places: Vec<String> = rows.iter().filter_map(|row| row.place.clone()).collect();
        places.extend(ids_of(&[Kind::Place]));
        let mut objects = HashMap::new();
        macro_rules! named {
            ($kind:ident, $table:ident, $id:ident) => {
                let found: Vec<(String, String)> = $table::table
                    .filter($table::$id.eq_any(ids_of(&[Kind::$kind])))
                    .select(($table::$id, $table::name))
                    .load(conn)?;
                objects.extend(found.into_iter().map(|(id, name)| ((Kind::$kind, id), name)));
            };
        }
        named!(Department, department, code);
        named!(Firm, firm, uscc);
        named!(Estate, estate, code);
        named!(Manager, manager, id);
        Ok(Names {
            accounts: accounts.into_iter().map(|(id, username, shown)| (id, (username, shown))).collect(),
            places: names_of(conn, places)?,
            objects,
        })
    }

    pub fn username(&self, id: &str) -> Option<String> {
        self.accounts.get(id)?.0.clone()
    }

    /// The name that is shown, else the one to sign in with.
    pub fn person(&self, id: &str) -> Option<String> {
        let (username, shown) = self.accounts.get(id)?;
        shown.clone().or_else(|| username.clone())
    }

    pub fn object(&self, kind: &str, id: &str) -> Option<String> {
        let kind: Kind = kind.parse().ok()?;
        match kind {
            Kind::Account | Kind::User | Kind::Client => self.person(id),
            Kind::Place => self.places.get(id).cloned(),
            _ => self.objects.get(&(kind, id.to_owned())).cloned(),
        }
    }

    pub fn place(&self, code: Option<String>) -> Option<NamedPlace> {
        let code = code?;
        Some(NamedPlace { name: self.places.get(&code).cloned().unwrap_or_default(), code })
    }

    /// The detail, with the name of who was the second person.
    pub fn with_the_second(&self, mut detail: Value) -> Value {
        if let (Some(id), Some(fields)) = (second_of(&detail), detail.as_object_mut()) {
            let name = self.person(&id);
            fields.insert("seconded_by".to_owned(), json!({"id": id, "name": name}));
        }
        detail
    }
}

fn second_of(detail: &Value) -> Option<String> {
    Some(detail.get("seconded_by")?.as_str()?.to_owned())
}
