//! What accounts are called where officials read who did something.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::account::NamesPeople;
use xinwu_store::{Conn, Result};

use crate::schema::account;

/// The names of accounts that have one: the one that is shown, else the one to sign in with.
pub(crate) fn names_of(conn: &mut Conn, mut ids: Vec<String>) -> Result<HashMap<String, Option<String>>> {
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, Option<String>, Option<String>)> = account::table
        .filter(account::id.eq_any(ids))
        .select((account::id, account::display_name, account::username))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, shown, username)| (id, shown.or(username))).collect())
}

/// Says of each view what the accounts are called that it names.
pub(crate) fn name_people<T: NamesPeople>(conn: &mut Conn, views: &mut [T]) -> Result<()> {
    let ids = views.iter().flat_map(NamesPeople::accounts).map(str::to_owned).collect();
    let names = names_of(conn, ids)?;
    for view in views {
        let named = view.accounts().into_iter().filter_map(|id| {
            let name = names.get(id).cloned().flatten()?;
            Some((id.to_owned(), name))
        });
        let people = named.collect();
        *view.people_mut() = people;
    }
    Ok(())
}

/// [`name_people`] of one view.
pub(crate) fn with_people<T: NamesPeople>(conn: &mut Conn, mut view: T) -> Result<T> {
    name_people(conn, std::slice::from_mut(&mut view))?;
    Ok(view)
}
