//! What opening a case, and other steps, look up: the estate, the resident's own home, and who
//! serves there.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, hot};

use super::row::Row;
use crate::people::residence::{self, is_staff};
use crate::registers::retirement::named;
use crate::registers::{estate, project};
use crate::schema::{account, case, project as projects, residence as residences, staff};

/// A project that serves an estate on a day, and its firm.
pub(super) struct Serving {
    pub id: String,
    pub uscc: Option<String>,
}

pub(super) fn named_estate(conn: &mut Conn, code: &str) -> Result<estate::Row> {
    named(conn, code, "/estate")
}

/// The verified residence of one's own that a field names; `None` where it names none.
pub(super) fn named_residence(
    conn: &mut Conn,
    warrant: &Warrant,
    id: Option<&str>,
    pointer: &str,
) -> Result<Option<residence::Row>> {
    let Some(id) = id else { return Ok(None) };
    let own = residences::table
        .find(id)
        .filter(residences::account_id.eq(warrant.account_id()))
        .filter(residences::status.eq(Col(ResidenceStatus::Verified)));
    let found: Vec<residence::Row> = hot!(conn, own.select(residence::Row::as_select()) => load)?;
    match found.into_iter().next() {
        Some(found) => Ok(Some(found)),
        None => {
            let text = Text::new("不是您经核实的住房", "is no verified residence of yours");
            Err(Refusal::invalid(pointer, "not_applicable", text).into())
        }
    }
}

/// A verified residence of one's own in an estate: the one that is known longest.
pub(super) fn own_residence(conn: &mut Conn, warrant: &Warrant, estate: &str) -> Result<residence::Row> {
    let own = residences::table
        .filter(residences::account_id.eq(warrant.account_id()))
        .filter(residences::estate.eq(estate))
        .filter(residences::status.eq(Col(ResidenceStatus::Verified)))
        .order(residences::id);
    let found: Vec<residence::Row> = hot!(conn, own.select(residence::Row::as_select()) => load)?;
    found.into_iter().next().ok_or_else(|| {
        let text = Text::new(
            "只有该小区经核实的居民可以提交事项",
            "Only verified residents of the estate open cases there",
        );
        Refusal::forbidden("not_a_resident", text).into()
    })
}

/// "At most 5 open cases a resident."
pub(super) fn require_few_open(conn: &mut Conn, warrant: &Warrant, most: u32) -> Result<()> {
    let open: i64 = hot!(conn, case::table
        .filter(case::opened_by.eq(warrant.account_id()))
        .filter(case::is_open.eq(true))
        .count() => get_result)?;
    if open < i64::from(most) {
        return Ok(());
    }
    let text = Text::new(
        format!("最多同时有{most}件未办结的事项"),
        format!("At most {most} cases of one resident are open at once"),
    );
    Err(Refusal::conflict("too_many_open_cases", text).into())
}

/// The project that serves an estate today.
pub(super) fn serving_project(
    conn: &mut Conn,
    estate: &str,
    context: RequestContext,
) -> Result<Option<Serving>> {
    let today = Col(context.today());
    let found: Vec<(String, Option<String>)> = hot!(conn, projects::table
        .filter(projects::estate.eq(estate))
        .filter(projects::starts_on.le(today))
        .filter(projects::ends_on.is_null().or(projects::ends_on.ge(today)))
        .filter(projects::retired_on.is_null())
        .select((projects::id, projects::uscc)) => load)?;
    Ok(found.into_iter().next().map(|(id, uscc)| Serving { id, uscc }))
}

/// The firms that a case may go to: the one that serves its estate today, and the one that did when
/// it was opened.
pub(super) fn serving(conn: &mut Conn, row: &Row, context: RequestContext) -> Result<Vec<Option<String>>> {
    let today = serving_project(conn, &row.estate, context)?;
    Ok(vec![today.and_then(|project| project.uscc), row.uscc.clone()])
}

/// A project of one's own firm that runs today, and its estate.
pub(super) fn own_project(
    conn: &mut Conn,
    own: &str,
    id: &str,
    today: NaiveDate,
) -> Result<(String, Serving)> {
    let found: project::Row = named(conn, id, "/project")?;
    let (starts_on, ends_on) = found.term();
    let runs = starts_on <= today && ends_on.is_none_or(|ends_on| today <= ends_on);
    if found.uscc() != Some(own) || !runs {
        return Err(Kind::Project.unknown_at("/project").into());
    }
    let estate: String = projects::table.find(id).select(projects::estate).first(conn)?;
    Ok((estate, Serving { id: found.id.clone(), uscc: found.uscc().map(str::to_owned) }))
}

/// Whether an account is on the staff of the firm of a case's project, or of the firm that has the
/// case now.
pub(super) fn is_staff_of_case(conn: &mut Conn, account_id: &str, row: &Row) -> Result<bool> {
    if let Some(project) = &row.project_id
        && is_staff_of(conn, account_id, project)?
    {
        return Ok(true);
    }
    let Some(uscc) = row.assigned_firm() else { return Ok(false) };
    let (phone, person): (Option<String>, Option<String>) =
        account::table.find(account_id).select((account::phone_hash, account::person)).first(conn)?;
    let of_firm = || staff::table.filter(staff::uscc.eq(uscc)).into_boxed();
    let by_person = person.map(|person| of_firm().filter(staff::person.eq(person)));
    let by_phone =
        phone.map(|phone| of_firm().filter(staff::phone_hash.eq(phone)).filter(staff::person.is_null()));
    for found in [by_person, by_phone].into_iter().flatten() {
        if found.count().get_result::<i64>(conn)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an account is on the staff of a project's firm.
pub(super) fn works_for(conn: &mut Conn, warrant: &Warrant, project: Option<&Serving>) -> Result<bool> {
    let Some(project) = project else { return Ok(false) };
    is_staff_of(conn, warrant.account_id(), &project.id)
}

/// Whether an account is on the staff of a project's firm.
pub(super) fn is_staff_of(conn: &mut Conn, account_id: &str, project: &str) -> Result<bool> {
    Ok(hot!(conn, account::table
        .inner_join(projects::table.on(projects::id.eq(project)))
        .filter(account::id.eq(account_id))
        .select(is_staff()) => get_result)?)
}
