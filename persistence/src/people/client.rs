//! Programs of third parties: accounts of the role `integrator`, whose `password_hash` is the keyed
//! hash of their secret.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::{AccountStatus, Client, ClientEdit, NewClient, check_scopes};
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::people::account::{self, NewAccount};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key};
use crate::schema::account as accounts;

/// A client's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Row {
    /// The id.
    pub id: String,
    display_name: Option<String>,
    scopes: String,
    status: Col<AccountStatus>,
    password_hash: Option<String>,
    created_at: NaiveDateTime,
    version: i64,
}

/// Clients by age.
pub fn list(conn: &mut Conn, window: &Window) -> Result<Listed<Client>> {
    let all = || accounts::table.filter(accounts::role.eq(Col(Role::Integrator))).into_boxed();
    let mut rows = all().select(Row::as_select()).order(accounts::id).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(accounts::id.gt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(all().count().get_result(conn)?) } else { None };
    Ok(Listed { total, ..page.map(view) })
}

/// One client with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str) -> Result<(Client, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((view(row), version))
}

/// Adds a client under `id`, with the keyed hash of its secret.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown scope.
pub fn add(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    new: &NewClient,
    secret_hash: &str,
) -> Result<(Client, i64)> {
    check_scopes(&new.scopes)?;
    account::add(
        tx,
        id,
        &NewAccount {
            role: Role::Integrator,
            username: None,
            display_name: Some(new.name.clone()),
            password_hash: Some(secret_hash.to_owned()),
            phone_hash: None,
            phone_encrypted: None,
            place: None,
            uscc: None,
            manager_id: None,
            scopes: new.scopes.clone(),
            can_confirm: false,
            staff_number: None,
            demo: false,
        },
    )?;
    tx.audit(warrant, "add_client", Kind::Client, id, &json!({"name": new.name, "scopes": new.scopes}))?;
    get(tx.conn, id)
}

/// Changes a client. Other scopes, another secret (by its keyed hash) or a shut client end its
/// sessions at once.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown scope.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &ClientEdit,
    secret_hash: Option<&str>,
) -> Result<(Client, i64)> {
    let id = row.id.as_str();
    if let Some(scopes) = &edit.scopes {
        check_scopes(scopes)?;
    }
    let scopes = edit.scopes.as_ref().map_or_else(|| row.scopes.clone(), |scopes| scopes.join(" "));
    let status = edit.status.map_or(row.status, Col);
    let loses_access = scopes != row.scopes || status != row.status || secret_hash.is_some();
    diesel::update(accounts::table.find(id))
        .set((
            accounts::display_name.eq(edit.name.as_ref().or(row.display_name.as_ref())),
            accounts::scopes.eq(&scopes),
            accounts::status.eq(status),
            accounts::password_hash.eq(secret_hash.or(row.password_hash.as_deref())),
            accounts::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if loses_access {
        account::revoke_access(tx, id, "client_changed")?;
    }
    tx.audit(
        warrant,
        "edit_client",
        Kind::Client,
        id,
        &json!({"name": edit.name, "scopes": edit.scopes, "status": edit.status, "secret_rotated": secret_hash.is_some()}),
    )?;
    tx.changed(Entity::Account, id);
    get(tx.conn, id)
}

/// The keyed hash of an active client's secret; none for any other.
pub fn secret_hash(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    Ok(accounts::table
        .find(id)
        .filter(accounts::role.eq(Col(Role::Integrator)))
        .filter(accounts::status.eq(Col(AccountStatus::Active)))
        .select(accounts::password_hash)
        .first::<Option<String>>(conn)
        .optional()?
        .flatten())
}

impl Resource for Row {
    const KIND: Kind = Kind::Client;

    by_key!(accounts, accounts::role.eq(Col(Role::Integrator)));

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner { account: Some(self.id.clone()), ..Owner::default() })
    }
}

fn view(row: Row) -> Client {
    Client {
        status: row.status.0,
        client_id: row.id,
        name: row.display_name.unwrap_or_default(),
        scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: row.created_at.and_utc(),
    }
}
