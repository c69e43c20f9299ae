//! Reads of projects, with the names of their estates, firms and managers.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::firm::NamedFirm;
use xinwu_domain::manager::NamedManager;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::project::{Area, Operator, Project, ProjectSummary};
use xinwu_domain::record::RecordProject;
use xinwu_store::{Col, Conn, Result};

use super::{Row, not_found};
use crate::registers::place::at_or_below;
use crate::schema::{estate, firm, manager, project};

/// A project with the names of its estate, its firm and its manager.
pub(crate) type Joined = (Row, String, Option<String>, Option<String>);

/// Projects with the names of their estates, firms and managers. A macro, since the type of the
/// joined query has no short name.
macro_rules! joined {
    () => {
        project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .left_join(firm::table.on(project::uscc.eq(firm::uscc.nullable())))
            .left_join(manager::table.on(project::manager_id.eq(manager::id.nullable())))
            .select((Row::as_select(), estate::name, firm::name.nullable(), manager::name.nullable()))
    };
}

/// Of a project that is not retired: only one that is read by its id may be.
pub(crate) fn view((row, estate, firm, manager): Joined) -> Project {
    Project {
        id: row.id,
        estate: NamedEstate { code: row.estate, name: estate },
        operator: row.operator.0,
        firm: row.uscc.zip(firm).map(|(uscc, name)| NamedFirm { uscc, name }),
        manager: row.manager_id.zip(manager).map(|(id, name)| NamedManager { id, name }),
        starts_on: row.starts_on.0,
        ends_on: row.ends_on.map(|day| day.0),
        area_m2: Area::from_hundredths(row.area_dm2),
        households: row.households,
        fee_fen: row.fee_fen,
        reach: row.reach.0,
        demo: row.demo,
        retired_on: row.retired_on.map(|day| day.0),
        successor: None,
        updated_at: row.updated_at.and_utc(),
    }
}

/// One project of the register with its version.
///
/// # Errors
/// [`NotFound`](xinwu_domain::refusal::Refusal::NotFound).
pub fn get(conn: &mut Conn, id: &str) -> Result<(Project, i64)> {
    let row: Option<Joined> = joined!().filter(project::id.eq(id)).first(conn).optional()?;
    let row = row.ok_or_else(not_found)?;
    let version = row.0.version;
    let successor = match row.0.successor.clone() {
        Some(id) => {
            let estates = project::table.inner_join(estate::table.on(estate::code.eq(project::estate)));
            let named = estates.filter(project::id.eq(&id)).select((estate::code, estate::name));
            let (estate, name): (String, String) = named.first(conn)?;
            Some(RecordProject { id, estate, name })
        }
        None => None,
    };
    Ok((Project { successor, ..view(row) }, version))
}

/// The projects of a firm, current and past, those that began last first.
///
/// # Errors
/// [`NotFound`](xinwu_domain::refusal::Refusal::NotFound) for an unknown firm.
pub fn of_firm(
    conn: &mut Conn,
    uscc: &str,
    window: &Window,
    context: &RequestContext,
) -> Result<Listed<ProjectSummary>> {
    crate::registers::firm::require(conn, uscc)?;
    let mut rows = joined!()
        .filter(project::uscc.eq(uscc.to_owned()))
        .filter(project::retired_on.is_null())
        .order((project::starts_on.desc(), project::id))
        .limit(window.limit + 1)
        .into_boxed();
    if let Some(after) = &window.after {
        let (day, id) = (after.get(0).to_owned(), after.get(1).to_owned());
        rows = rows.filter(
            project::starts_on.lt(day.clone()).or(project::starts_on.eq(day).and(project::id.gt(id))),
        );
    }
    let rows: Vec<Joined> = rows.load(conn)?;
    let mut page =
        Listed::from_rows(rows, window, |(row, ..)| Keys::of([&row.starts_on.0.to_string(), &row.id]));
    if window.count {
        let of_firm = project::table.filter(project::uscc.eq(uscc)).filter(project::retired_on.is_null());
        page.total = Some(of_firm.count().get_result(conn)?);
    }
    Ok(page.map(|row| view(row).summary(context.today())))
}

/// The projects of an estate, by the beginning of their terms.
pub fn of_estate(conn: &mut Conn, code: &str) -> Result<Vec<Project>> {
    let rows: Vec<Joined> = joined!()
        .filter(project::estate.eq(code))
        .filter(project::retired_on.is_null())
        .order((project::starts_on, project::id))
        .load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// The project that serves each of some estates on a day, by estate.
pub fn current_of_estates(
    conn: &mut Conn,
    codes: &[String],
    day: NaiveDate,
) -> Result<HashMap<String, ProjectSummary>> {
    let rows: Vec<Joined> = joined!()
        .filter(project::estate.eq_any(codes))
        .filter(project::starts_on.le(Col(day)))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(day))))
        .filter(project::retired_on.is_null())
        .load(conn)?;
    let projects = rows.into_iter().map(view);
    Ok(projects.map(|project| (project.estate.code.clone(), project.summary(day))).collect())
}

/// Some projects by id, those that began last first.
pub fn some(conn: &mut Conn, ids: &[String]) -> Result<Vec<Project>> {
    let rows: Vec<Joined> = joined!()
        .filter(project::id.eq_any(ids))
        .order((project::starts_on.desc(), project::id))
        .load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// Which projects, for officials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectQuery {
    /// Only in this place or below it.
    pub place: Option<String>,
    /// Only of this firm.
    pub uscc: Option<String>,
    /// Only those of which this manager is in charge.
    pub manager: Option<String>,
    /// Only in this estate.
    pub estate: Option<String>,
    /// Only so served.
    pub operator: Option<Operator>,
    /// Only those that run today, or only those that do not.
    pub running: Option<bool>,
}

/// The projects in estates of the actor's place and below, the latest entered first.
///
/// # Errors
/// [`Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for an account without a place.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &ProjectQuery,
    window: &Window,
    today: NaiveDate,
) -> Result<Listed<Project>> {
    let own = warrant.own_place()?.to_owned();
    let asked_for = || {
        let runs = project::starts_on
            .le(Col(today))
            .and(project::ends_on.is_null().or(project::ends_on.assume_not_null().ge(Col(today))));
        let within = estate::table.filter(estate::place.eq_any(at_or_below(own.clone())));
        let mut rows = project::table
            .filter(project::retired_on.is_null())
            .filter(project::estate.eq_any(within.select(estate::code)))
            .select(project::id)
            .into_boxed::<<Conn as diesel::Connection>::Backend>();
        if let Some(place) = &query.place {
            let within = estate::table.filter(estate::place.eq_any(at_or_below(place.clone())));
            rows = rows.filter(project::estate.eq_any(within.select(estate::code)));
        }
        if let Some(uscc) = &query.uscc {
            rows = rows.filter(project::uscc.eq(uscc.clone()));
        }
        if let Some(manager) = &query.manager {
            rows = rows.filter(project::manager_id.eq(manager.clone()));
        }
        if let Some(code) = &query.estate {
            rows = rows.filter(project::estate.eq(code.clone()));
        }
        if let Some(operator) = query.operator {
            rows = rows.filter(project::operator.eq(Col(operator)));
        }
        match query.running {
            Some(true) => rows.filter(runs),
            Some(false) => rows.filter(diesel::dsl::not(runs)),
            None => rows,
        }
    };
    let mut ids = asked_for().order(project::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        ids = ids.filter(project::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(ids.load::<String>(conn)?, window, |id| Keys::of([id]));
    let total = if window.count { Some(asked_for().count().get_result(conn)?) } else { None };
    let rows: Vec<Joined> =
        joined!().filter(project::id.eq_any(&page.items)).order(project::id.desc()).load(conn)?;
    Ok(Listed { items: rows.into_iter().map(view).collect(), next: page.next, total })
}
