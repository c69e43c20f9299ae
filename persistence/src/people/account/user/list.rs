//! The register of accounts as it is read, with the names that they show.

use diesel::prelude::*;
use xinwu_domain::access::Role;
use xinwu_domain::account::{AccountFirm, User};
use xinwu_domain::department::NamedDepartment;
use xinwu_domain::manager::NamedManager;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::NamedPlace;
use xinwu_store::{Col, Conn, Result};

use super::Row;
use crate::registers::department;
use crate::registers::narrowing::like_pattern;
use crate::registers::place::{at_or_below, names_of};
use crate::schema::{account, department as departments, firm as firms, manager as managers, place_ancestor};

diesel::define_sql_function! {
    /// Small letters; on SQLite of ASCII alone.
    fn lower(name: diesel::sql_types::Nullable<diesel::sql_types::Text>) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

/// What part of the register is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Only this role.
    pub role: Option<Role>,
    /// Only accounts of this place and of those below it, and of their departments.
    pub place: Option<String>,
    /// Part of a username or of a shown name.
    pub q: Option<String>,
}

/// Accounts of people by age; those that their owners deleted are not among them.
pub fn list(conn: &mut Conn, query: &UserQuery, window: &Window) -> Result<Listed<User>> {
    let filtered = || {
        let mut rows = account::table
            .filter(account::role.ne(Col(Role::Integrator)))
            .filter(account::status.ne("deleted"))
            .into_boxed();
        if let Some(role) = query.role {
            rows = rows.filter(account::role.eq(Col(role)));
        }
        if let Some(place) = &query.place {
            let below = place_ancestor::table
                .filter(place_ancestor::ancestor.eq(place.clone()))
                .select(place_ancestor::place.nullable());
            let of_departments = departments::table
                .filter(departments::place.eq_any(at_or_below(place.clone())))
                .select(departments::code.nullable());
            rows = rows.filter(account::place.eq_any(below).or(account::department.eq_any(of_departments)));
        }
        if let Some(q) = &query.q {
            // Usernames are in small letters; who looks for a name does not think of capitals.
            let (name, pattern) = (like_pattern(q), like_pattern(&q.to_lowercase()));
            rows = rows.filter(
                account::username
                    .like(pattern.clone())
                    .escape('\\')
                    .or(account::display_name.like(name).escape('\\'))
                    .or(lower(account::display_name).like(pattern).escape('\\')),
            );
        }
        rows
    };
    let mut rows = filtered().select(Row::as_select()).order(account::id).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(account::id.gt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let items = views(conn, page.items)?;
    Ok(Listed { items, next: page.next, total })
}

/// The names that accounts show: of their places, their firms, their managers and their
/// departments.
pub(crate) struct Names {
    places: std::collections::HashMap<String, String>,
    firms: std::collections::HashMap<String, String>,
    managers: std::collections::HashMap<String, String>,
    departments: std::collections::HashMap<String, String>,
}

impl Names {
    pub fn of(conn: &mut Conn, rows: &[Row]) -> Result<Names> {
        let places = names_of(conn, rows.iter().filter_map(|row| row.place.clone()).collect())?;
        let usccs: Vec<String> = rows.iter().filter_map(|row| row.uscc.clone()).collect();
        let firms: Vec<(String, String)> = if usccs.is_empty() {
            Vec::new()
        } else {
            firms::table.filter(firms::uscc.eq_any(usccs)).select((firms::uscc, firms::name)).load(conn)?
        };
        let ids: Vec<String> = rows.iter().filter_map(|row| row.manager_id.clone()).collect();
        let managers: Vec<(String, String)> = if ids.is_empty() {
            Vec::new()
        } else {
            let named = managers::table.filter(managers::id.eq_any(ids));
            named.select((managers::id, managers::name)).load(conn)?
        };
        let departments =
            department::names_of(conn, rows.iter().filter_map(|row| row.department.clone()).collect())?;
        let (firms, managers) = (firms.into_iter().collect(), managers.into_iter().collect());
        Ok(Names { places, firms, managers, departments })
    }

    pub fn place(&self, code: Option<String>) -> Option<NamedPlace> {
        code.map(|code| NamedPlace { name: self.places.get(&code).cloned().unwrap_or_default(), code })
    }

    pub fn manager(&self, id: Option<String>) -> Option<NamedManager> {
        id.map(|id| NamedManager { name: self.managers.get(&id).cloned().unwrap_or_default(), id })
    }

    pub fn department(&self, code: Option<String>) -> Option<NamedDepartment> {
        code.map(|code| NamedDepartment {
            name: self.departments.get(&code).cloned().unwrap_or_default(),
            code,
        })
    }

    pub fn firm(&self, uscc: Option<String>) -> Option<AccountFirm> {
        uscc.map(|uscc| AccountFirm { name: self.firms.get(&uscc).cloned().unwrap_or_default(), uscc })
    }
}

pub(super) fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<User>> {
    let names = Names::of(conn, &rows)?;
    let view = |row: Row| User {
        role: row.role.0,
        id: row.id,
        username: row.username,
        display_name: row.display_name,
        place: names.place(row.place),
        firm: names.firm(row.uscc),
        manager: names.manager(row.manager_id),
        department: names.department(row.department),
        staff_number: row.staff_number,
        can_confirm: row.can_confirm,
        second_factor: row.second_factor,
        status: row.status.0,
        demo: row.demo,
        created_at: row.created_at.and_utc(),
    };
    Ok(rows.into_iter().map(view).collect())
}
