//! What a project opens: during its term the officials of its place read the private files of its
//! firm and its manager, once the firm's own district has confirmed that the firm works there. Two
//! officials of one place could else invent a project to read a foreign file.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::account::AccountStatus;
use xinwu_domain::context::RequestContext;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::project::{Project, ProjectReach};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, get};
use crate::registers::authorized::{Authorized, note};
use crate::registers::{estate, firm, place};
use crate::schema::{account, manager, project};

/// Projects of which the district has said that they are what they say.
macro_rules! is_confirmed {
    () => {{
        use diesel::prelude::*;
        use xinwu_domain::project::ProjectReach;
        use xinwu_store::Col;
        use $crate::schema::project;
        project::retired_on.is_null().and(project::reach.eq(Col(ProjectReach::Confirmed)))
    }};
}
pub(crate) use is_confirmed;

/// Projects that open files on a day: confirmed ones that run.
macro_rules! gives_reach {
    ($today:expr) => {{
        use diesel::prelude::*;
        use xinwu_store::Col;
        use $crate::schema::project;
        $crate::registers::project::is_confirmed!()
            .and(project::starts_on.le(Col($today)))
            .and(project::ends_on.is_null().or(project::ends_on.assume_not_null().ge(Col($today))))
    }};
}
pub(crate) use gives_reach;

/// A new project: it opens files at once where the firm's district had a part in it.
pub(super) fn of_new(conn: &mut Conn, warrant: &Warrant, row: Row) -> Result<Row> {
    let reach = if is_by_the_district(conn, warrant, &row)? { ProjectReach::Confirmed } else { row.reach.0 };
    Ok(Row { reach: Col(reach), ..row })
}

/// A project that would open another file, or the same for longer, asks the district anew.
pub(super) fn of_edited(conn: &mut Conn, warrant: &Warrant, before: &Row, after: Row) -> Result<Row> {
    if !opens_more(before, &after) {
        return Ok(after);
    }
    of_new(conn, warrant, Row { reach: Col(ProjectReach::Open), ..after })
}

fn opens_more(before: &Row, after: &Row) -> bool {
    let last = |row: &Row| row.ends_on.map_or(NaiveDate::MAX, |day| day.0);
    after.uscc != before.uscc
        || (after.manager_id.is_some() && after.manager_id != before.manager_id)
        || after.starts_on.0 < before.starts_on.0
        || last(after) > last(before)
        || (before.retired_on.is_some() && after.retired_on.is_none())
}

/// Says for the firm's own district that the firm works there.
///
/// # Errors
/// [`Refusal::Forbidden`] for officials of another district, [`Refusal::Conflict`] where it was
/// said already, or the entry is retired.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    _: RequestContext,
) -> Result<(Project, i64)> {
    let district = district(tx.conn, row)?;
    if !is_at_or_above(tx.conn, &district, warrant.place())? {
        return Err(Refusal::out_of_reach().into());
    }
    if row.reach.0 == ProjectReach::Confirmed || row.retired_on.is_some() {
        let text = Text::new("该项目无需确认", "This project does not wait for confirmation");
        return Err(Refusal::conflict("not_waiting", text).into());
    }
    diesel::update(project::table.find(&row.id))
        .set((
            project::reach.eq(Col(ProjectReach::Confirmed)),
            project::updated_at.eq(tx.now_utc()),
            project::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let detail = serde_json::json!({"estate": row.estate, "uscc": row.uscc});
    note::<Row>(tx, warrant, &row.id, &detail)?;
    get(tx.conn, &row.id)
}

/// Whether one of the two who act is an official of the firm's district, or above it, with the
/// power to confirm; the operator is outside the rule.
fn is_by_the_district(conn: &mut Conn, warrant: &Warrant, row: &Row) -> Result<bool> {
    if warrant.is_operator() {
        return Ok(true);
    }
    let district = district(conn, row)?;
    if warrant.can_confirm() && is_at_or_above(conn, &district, warrant.place())? {
        return Ok(true);
    }
    match warrant.second() {
        Some(second) => {
            let place = place_of_confirmer(conn, &second.account_id)?;
            is_at_or_above(conn, &district, place.as_deref())
        }
        None => Ok(false),
    }
}

/// The place whose officials say so: the firm's district; where no firm serves, the estate's. Whose
/// manager is not of the firm, or of none, asks the city: that file is of no district.
fn district(conn: &mut Conn, row: &Row) -> Result<String> {
    let own = estate::place_of(conn, &row.estate)?;
    let of_manager = match &row.manager_id {
        Some(id) => manager::table.find(id).select(manager::uscc).first(conn)?,
        None => row.uscc.clone(),
    };
    if row.manager_id.is_some() && (of_manager.is_none() || of_manager != row.uscc) {
        let city = place::ancestor_at(conn, &own, PlaceLevel::City)?;
        return Ok(city.map_or(own, |city| city.code));
    }
    match &row.uscc {
        Some(uscc) => firm::district(conn, uscc),
        None => place::district_of(conn, own),
    }
}

fn is_at_or_above(conn: &mut Conn, place: &str, own: Option<&str>) -> Result<bool> {
    match own {
        Some(own) => place::is_within(conn, place, own),
        None => Ok(false),
    }
}

/// The place of an official who may confirm.
fn place_of_confirmer(conn: &mut Conn, account_id: &str) -> Result<Option<String>> {
    let place: Option<Option<String>> = account::table
        .find(account_id)
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(account::can_confirm)
        .select(account::place)
        .first(conn)
        .optional()?;
    Ok(place.flatten())
}
