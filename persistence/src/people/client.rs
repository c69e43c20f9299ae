//! Programs: accounts of the role `integrator`, whose `password_hash` is the keyed hash of their
//! secret. Some act as an official who may not confirm: what lets them takes two administrators.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::{AccountStatus, Client, ClientEdit, NewClient, People, check_scopes};
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::proposal::{Change, SecondPerson};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::people::account::names::{name_people, with_people};
use crate::people::account::{self, NewAccount};
use crate::people::notice::{NewNotice, tell};
use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::second_person::{self, Asked};
use crate::schema::account as accounts;

/// A client's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Row {
    /// The id.
    pub id: String,
    display_name: Option<String>,
    scopes: String,
    on_behalf_of: Option<String>,
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
    let mut page = page.map(view);
    name_people(conn, &mut page.items)?;
    Ok(Listed { total, ..page })
}

/// One client with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str) -> Result<(Client, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((with_people(conn, view(row))?, version))
}

/// Adds a client under `id`, with the keyed hash of its secret.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown scope, and for an account as which no program acts.
pub fn add(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    new: &NewClient,
    secret_hash: &str,
) -> Result<(Client, i64)> {
    let mut faults = Faults::default();
    faults.keep(check_scopes(&new.scopes))?;
    if let Some(official) = &new.on_behalf_of {
        faults.keep(require_bindable(tx.conn, official))?;
    }
    faults.refuse_if_any()?;
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
            department: None,
            scopes: new.scopes.clone(),
            can_confirm: false,
            staff_number: None,
            demo: false,
        },
    )?;
    let detail = json!({"name": new.name, "scopes": new.scopes, "on_behalf_of": new.on_behalf_of});
    note::<Row>(tx, warrant, id, &with_all_new(detail))?;
    let Some(official) = &new.on_behalf_of else { return get(tx.conn, id) };
    diesel::update(accounts::table.find(id)).set(accounts::on_behalf_of.eq(official)).execute(tx.conn)?;
    let after = get(tx.conn, id)?;
    let key = format!("client_of/{official}");
    let asked = Asked::of_new(Kind::Client, key, new.reason.as_deref(), &[]);
    let asked = Asked { asks: SecondPerson::Administrator, ..asked };
    second_person::require(warrant, asked, (None, &after.0), &["name", "scopes", "on_behalf_of"])?;
    tell(tx, official, &NewNotice::new(NoticeKind::ClientBound, official).named(&new.name))?;
    Ok(after)
}

fn require_bindable(conn: &mut Conn, official: &str) -> Result<()> {
    if account::bindable(conn, official)?.is_some() {
        return Ok(());
    }
    let text = Text::new(
        "须为在用的、无确认权限的工作人员账号",
        "must be the open account of an official without the power to confirm",
    );
    Err(Refusal::invalid("/on_behalf_of", "not_for_role", text).into())
}

/// Changes a client. Other scopes, another secret (by its keyed hash) or a shut client end its
/// sessions at once. Of one that acts as an official its name is changed by one, and it is shut by
/// one: whatever else lets somebody act.
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
    let id: &str = &row.id;
    let (before, _) = get(tx.conn, id)?;
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
    tx.changed(Entity::Account, id);
    let after = get(tx.conn, id)?;
    let detail = json!({
        "name": edit.name, "scopes": edit.scopes, "status": edit.status, "secret_rotated": secret_hash.is_some()
    });
    note::<Row>(tx, warrant, id, &with_changes(detail, &before, &after.0)?)?;
    if let Some(official) = &row.on_behalf_of {
        let asked = Asked::of(Kind::Client, id, row.version, edit.reason.as_deref(), &[]);
        let asked = Asked { asks: SecondPerson::Administrator, ..asked };
        let rotated =
            || Change { field: "client_secret".to_owned(), before: Value::Null, after: "new".into() };
        let hidden_changes: Vec<Change> = secret_hash.map(|_| rotated()).into_iter().collect();
        let is_opened = before.status != after.0.status && after.0.status == AccountStatus::Active;
        let fields: &[&str] = if is_opened { &["scopes", "status"] } else { &["scopes"] };
        let is_let = is_opened || !hidden_changes.is_empty();
        let asked = Asked { hidden_changes, ..asked };
        second_person::require(warrant, asked, (Some(&before), &after.0), fields)?;
        if is_let {
            tell(tx, official, &NewNotice::new(NoticeKind::ClientBound, official).named(&after.0.name))?;
        }
    }
    Ok(after)
}

/// Whether a client may sign in now: as an official, only as long as one may act as that.
///
/// # Errors
/// Of the database.
pub fn may_sign_in(conn: &mut Conn, id: &str) -> Result<bool> {
    match Row::require(conn, id)?.on_behalf_of {
        Some(official) => Ok(account::bindable(conn, &official)?.is_some()),
        None => Ok(true),
    }
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
        on_behalf_of: row.on_behalf_of,
        created_at: row.created_at.and_utc(),
        people: People::default(),
    }
}
