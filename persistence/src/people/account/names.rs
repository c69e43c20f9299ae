//! What accounts are called where officials read who did something.

use diesel::prelude::*;
use xinwu_domain::account::{NamesPeople, People};
use xinwu_store::{Conn, Result};

use crate::schema::account;

/// The names of the accounts that have one: the one that is shown, else the one to sign in with.
pub(crate) fn names_of<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a str>) -> Result<People> {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = Vec::with_capacity(ids.len());
    for part in ids.chunks(500) {
        type Row = (String, Option<String>, Option<String>);
        let rows: Vec<Row> = account::table
            .filter(account::id.eq_any(part))
            .select((account::id, account::display_name, account::username))
            .load(conn)?;
        names.extend(rows.into_iter().filter_map(|(id, shown, username)| Some((id, shown.or(username)?))));
    }
    Ok(names.into_iter().collect())
}

/// Says of each view what the accounts are called that it names.
pub(crate) fn name_people<T: NamesPeople>(conn: &mut Conn, views: &mut [T]) -> Result<()> {
    let names = names_of(conn, views.iter().flat_map(NamesPeople::accounts))?;
    for view in views {
        let named = |id: &str| Some((id.to_owned(), names.get(id)?.clone()));
        let people = view.accounts().into_iter().filter_map(named).collect();
        *view.people_mut() = people;
    }
    Ok(())
}

/// [`name_people`] of one view.
pub(crate) fn with_people<T: NamesPeople>(conn: &mut Conn, mut view: T) -> Result<T> {
    name_people(conn, std::slice::from_mut(&mut view))?;
    Ok(view)
}
