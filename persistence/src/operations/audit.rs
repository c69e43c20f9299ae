//! What officials and administrators did, to be read; [`Tx::audit`](xinwu_store::Tx::audit) writes
//! it.

mod names;
mod sign_in;
mod whose;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::AuditEntry;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::word::Word;
use xinwu_store::schema::audit;
use xinwu_store::{Conn, Result};

use crate::registers::place::{at_or_below, is_within};
use crate::schema::{account, place, place_ancestor};

use names::Names;
pub use sign_in::{Meant, Outcome, UNKNOWN, signed, unknown};
pub(crate) use whose::place;

/// What part of the audit is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only this kind of object.
    pub object_kind: Option<Kind>,
    /// Only this object.
    pub object_id: Option<String>,
    /// Only what this account did: its id or its username.
    pub user: Option<String>,
    /// Only this operation.
    pub operation: Option<String>,
    /// Only what is of this place or below it.
    pub place: Option<String>,
    /// From this time on.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit)]
struct Row {
    id: i64,
    at: NaiveDateTime,
    user_id: String,
    role: String,
    operation: String,
    object_kind: String,
    object_id: String,
    detail: String,
    place: Option<String>,
    address: Option<String>,
}

/// Which lines are looked at.
enum Scope {
    All,
    /// Those of any place: the city's, without naming its thousands, which would be sorted.
    AnyPlace,
    Places(Vec<String>),
}

/// What was done, the newest first: an official reads what is of the own place and below it, an
/// administrator all.
///
/// # Errors
/// [`Refusal::Forbidden`] for a place outside the own one.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &AuditQuery,
    window: &Window,
) -> Result<Listed<AuditEntry>> {
    let scope = match scope(conn, warrant, query.place.as_deref())? {
        Some(place) if is_above_all(conn, &place)? => Scope::AnyPlace,
        Some(place) => Scope::Places(at_or_below(place).select(place_ancestor::place).load(conn)?),
        None => Scope::All,
    };
    let users: Option<Vec<String>> = match &query.user {
        Some(user) => {
            let mut named: Vec<String> =
                account::table.filter(account::username.eq(user)).select(account::id).load(conn)?;
            named.push(user.clone());
            Some(named)
        }
        None => None,
    };
    let filtered = || {
        let mut rows = audit::table.into_boxed();
        rows = match &scope {
            Scope::All => rows,
            Scope::AnyPlace => rows.filter(audit::place.is_not_null()),
            Scope::Places(places) => rows.filter(audit::place.eq_any(places.clone())),
        };
        if let Some(kind) = query.object_kind {
            rows = rows.filter(audit::object_kind.eq(kind.into_str()));
        }
        if let Some(id) = &query.object_id {
            rows = rows.filter(audit::object_id.eq(id.clone()));
        }
        if let Some(users) = &users {
            rows = rows.filter(audit::user_id.eq_any(users.clone()));
        }
        if let Some(operation) = &query.operation {
            rows = rows.filter(audit::operation.eq(operation.clone()));
        }
        if let Some(from) = query.from {
            rows = rows.filter(audit::at.ge(from.naive_utc()));
        }
        if let Some(until) = query.until {
            rows = rows.filter(audit::at.lt(until.naive_utc()));
        }
        rows
    };
    let mut rows = filtered().select(Row::as_select()).order(audit::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(audit::id.lt(after.get(0).parse::<i64>().unwrap_or(0)));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys(vec![row.id.to_string()]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let names = Names::of(conn, &page.items)?;
    Ok(Listed { total, ..page.map(|row| view(row, &names)) })
}

/// The place at and below which is read; none for an administrator who names none.
fn scope(conn: &mut Conn, warrant: &Warrant, wanted: Option<&str>) -> Result<Option<String>> {
    if warrant.role() == Role::Admin {
        return Ok(wanted.map(str::to_owned));
    }
    let own = warrant.own_place()?;
    match wanted {
        Some(wanted) if is_within(conn, wanted, own)? => Ok(Some(wanted.to_owned())),
        Some(_) => Err(Refusal::out_of_reach().into()),
        None => Ok(Some(own.to_owned())),
    }
}

/// Whether every place is the one or below it.
fn is_above_all(conn: &mut Conn, code: &str) -> Result<bool> {
    let all: i64 = place::table.count().get_result(conn)?;
    let below: i64 = at_or_below(code.to_owned()).count().get_result(conn)?;
    Ok(all == below)
}

fn view(row: Row, names: &Names) -> AuditEntry {
    // Written by ourselves as JSON; were it damaged, the line is shown all the same.
    let detail = serde_json::from_str(&row.detail).unwrap_or(serde_json::Value::String(row.detail));
    AuditEntry {
        id: row.id.to_string(),
        at: row.at.and_utc(),
        username: names.username(&row.user_id),
        name: names.person(&row.user_id),
        user: row.user_id,
        role: row.role.parse().ok(),
        operation: row.operation,
        object_name: names.object(&row.object_kind, &row.object_id),
        object_kind: row.object_kind,
        object_id: row.object_id,
        place: names.place(row.place),
        address: row.address,
        detail: names.with_the_second(detail),
    }
}
