//! What officials and administrators did, to be read; [`Tx::audit`](xinwu_store::Tx::audit) writes
//! it.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::access::Role;
use xinwu_domain::account::AuditEntry;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::word::Word;
use xinwu_store::schema::audit;
use xinwu_store::{Col, Conn, Result};

use crate::schema::account;

/// What part of the audit is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only this kind of object.
    pub object_kind: Option<Kind>,
    /// Only this object.
    pub object_id: Option<String>,
    /// Only what this account did: its id or its username.
    pub user: Option<String>,
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
    role: Col<Role>,
    operation: String,
    object_kind: String,
    object_id: String,
    detail: String,
}

/// What was done, the newest first.
pub fn list(conn: &mut Conn, query: &AuditQuery, window: &Window) -> Result<Listed<AuditEntry>> {
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
        if let Some(kind) = query.object_kind {
            rows = rows.filter(audit::object_kind.eq(kind.into_str()));
        }
        if let Some(id) = &query.object_id {
            rows = rows.filter(audit::object_id.eq(id.clone()));
        }
        if let Some(users) = &users {
            rows = rows.filter(audit::user_id.eq_any(users.clone()));
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
    let ids: Vec<String> = page.items.iter().map(|row| row.user_id.clone()).collect();
    let names: std::collections::HashMap<String, Option<String>> = account::table
        .filter(account::id.eq_any(ids))
        .select((account::id, account::username))
        .load(conn)?
        .into_iter()
        .collect();
    let entries = page.map(|row| AuditEntry {
        id: row.id.to_string(),
        at: row.at.and_utc(),
        username: names.get(&row.user_id).cloned().flatten(),
        user: row.user_id,
        role: row.role.0,
        operation: row.operation,
        object_kind: row.object_kind,
        object_id: row.object_id,
        // Written by ourselves as JSON; were it damaged, the line is shown all the same.
        detail: serde_json::from_str(&row.detail).unwrap_or(serde_json::Value::String(row.detail)),
    });
    Ok(Listed { total, ..entries })
}
