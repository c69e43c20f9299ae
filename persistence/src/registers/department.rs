//! Departments (部门), kept by the officials of the districts, and of the city, whose they are.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::department::{
    Department, DepartmentEdit, NamedDepartment, NewDepartment, check_code, check_end, check_level,
};
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::NamedPlace;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::retirement::{in_use, retired_text};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::narrowing::like_pattern;
use crate::registers::place;
use crate::registers::retirement::{Entry, named};
use crate::schema::{account, case, department, place as places};

/// A department's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = department)]
pub struct Row {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district, or the city, whose department it is.
    pub place: String,
    valid_until: Option<Col<NaiveDate>>,
    version: i64,
}

impl Row {
    /// Its code and name.
    pub fn named_department(&self) -> NamedDepartment {
        NamedDepartment { code: self.code.clone(), name: self.name.clone() }
    }
}

impl Resource for Row {
    const KIND: Kind = Kind::Department;

    by_key!(department);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner::place(&self.place))
    }
}

/// What no longer exists is named by nothing new.
impl Entry for Row {
    fn key(&self) -> &str {
        &self.code
    }

    fn retired_on(&self) -> Option<NaiveDate> {
        self.valid_until.map(|day| day.0)
    }

    /// Who works there, and what they have to do: with the department, both would end.
    fn require_unused(&self, conn: &mut Conn, _: NaiveDate) -> Result<()> {
        let officials =
            account::table.filter(account::department.eq(&self.code)).filter(account::status.eq("active"));
        let official: Option<String> = officials.select(account::id).first(conn).optional()?;
        if let Some(id) = official {
            return Err(in_use("该部门仍有工作人员账号", "An official works there", &id).into());
        }
        let assigned = case::table
            .filter(case::assignee_kind.eq("department"))
            .filter(case::assignee.eq(&self.code))
            .filter(case::is_open.eq(true));
        let assigned: Option<String> = assigned.select(case::id).first(conn).optional()?;
        match assigned {
            Some(id) => Err(in_use("该部门仍有未办结的事项", "A case is assigned to it", &id).into()),
            None => Ok(()),
        }
    }
}

/// Which departments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DepartmentQuery {
    /// Only those of this place, and of places below it.
    pub place: Option<String>,
    /// Part of a name, or of a code.
    pub q: Option<String>,
}

/// The departments that exist, by code.
///
/// # Errors
/// Of the database.
pub fn list(conn: &mut Conn, query: &DepartmentQuery, window: &Window) -> Result<Listed<Department>> {
    let wanted = || {
        let mut rows = department::table
            .inner_join(places::table.on(places::code.eq(department::place)))
            .filter(department::valid_until.is_null())
            .into_boxed::<<Conn as diesel::Connection>::Backend>();
        if let Some(place) = &query.place {
            rows = rows.filter(department::place.eq_any(place::at_or_below(place.clone())));
        }
        if let Some(q) = &query.q {
            let (name, code) = (like_pattern(q), like_pattern(&q.to_uppercase()));
            rows = rows.filter(
                department::name.like(name).escape('\\').or(department::code.like(code).escape('\\')),
            );
        }
        rows
    };
    let mut rows =
        wanted().select((Row::as_select(), places::name)).order(department::code).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(department::code.gt(after.get(0).to_owned()));
    }
    let rows: Vec<(Row, String)> = rows.load(conn)?;
    let page = Listed::from_rows(rows, window, |(row, _)| Keys::of([&row.code]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    Ok(Listed { total, ..page.map(|(row, place)| view(row, place)) })
}

/// One department with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, code: &str) -> Result<(Department, i64)> {
    let row = Row::require(conn, code)?;
    let (version, place) = (row.version, place::require(conn, &row.place)?);
    Ok((view(row, place.name), version))
}

/// Names of departments by code.
///
/// # Errors
/// Of the database.
pub fn names_of(conn: &mut Conn, codes: Vec<String>) -> Result<std::collections::HashMap<String, String>> {
    if codes.is_empty() {
        return Ok(std::collections::HashMap::new());
    }
    let rows: Vec<(String, String)> = department::table
        .filter(department::code.eq_any(codes))
        .select((department::code, department::name))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Adds a department of a place that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for a code that is none, and for an unknown place or one that has no
/// departments; [`Refusal::Forbidden`] outside the actor's place; [`Refusal::Conflict`] for a code
/// that exists.
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewDepartment) -> Result<(Department, i64)> {
    let mut faults = Faults::default();
    faults.keep(check_code(&new.code))?;
    let place = named::<place::Row>(tx.conn, &new.place, "/place");
    if let Some(place) = faults.keep(place)? {
        place::require_reach(tx.conn, warrant, &place.code)?;
        faults.keep(check_level(place.level.0))?;
    }
    faults.refuse_if_any()?;
    if Row::find(tx.conn, &new.code)?.is_some() {
        let text = Text::new("该代码的部门已登记", "A department of this code is registered");
        return Err(Refusal::conflict("already_exists", text).into());
    }
    let row = Row {
        code: new.code.clone(),
        name: new.name.clone(),
        place: new.place.clone(),
        valid_until: None,
        version: 1,
    };
    diesel::insert_into(department::table).values(&row).execute(tx.conn)?;
    let detail = serde_json::json!({"name": new.name, "place": new.place});
    note::<Row>(tx, warrant, &row.code, &with_all_new(detail))?;
    get(tx.conn, &row.code)
}

/// Changes a department, or ends it: one at which an official works stays, so that nobody acts for
/// what no longer exists.
///
/// # Errors
/// [`Refusal::Invalid`] for an end that has not come; [`Refusal::Conflict`] for another change of
/// one that has ended, and for an end while an account of it, or a case that it has, is open.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &DepartmentEdit,
    context: RequestContext,
) -> Result<(Department, i64)> {
    let today = context.at(tx.now).today();
    let (before, _) = get(tx.conn, &row.code)?;
    match edit.valid_until {
        Some(Some(day)) => {
            check_end(day, today)?;
            row.require_unused(tx.conn, today)?;
        }
        // Its place may have been retired since.
        Some(None) => {
            named::<place::Row>(tx.conn, &row.place, "/valid_until")?;
        }
        None if row.valid_until.is_some() => {
            return Err(Refusal::conflict("retired", retired_text()).into());
        }
        None => {}
    }
    diesel::update(department::table.find(&row.code))
        .set((
            department::name.eq(edit.name.as_ref().unwrap_or(&row.name)),
            department::valid_until.eq(edit.valid_until.map_or(row.valid_until, |day| day.map(Col))),
            department::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let after = get(tx.conn, &row.code)?;
    let detail = serde_json::json!({"name": edit.name, "valid_until": edit.valid_until});
    note::<Row>(tx, warrant, &row.code, &with_changes(detail, &before, &after.0)?)?;
    Ok(after)
}

fn view(row: Row, place: String) -> Department {
    Department {
        code: row.code,
        name: row.name,
        place: NamedPlace { code: row.place, name: place },
        valid_until: row.valid_until.map(|day| day.0),
    }
}
