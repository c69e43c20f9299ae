//! One's own account: reading it and changing it.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::{Me, OwnEdit};
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::privacy::AcceptedPrivacy;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use super::revoke_access;
use super::second_factor::{Shown, is_satisfied, wrong_code};
use super::user::Names;
use crate::registers::audited::with_changes;
use crate::schema::account;

/// An account as its owner sees it. The phone is still encrypted, and `account.phone` empty: only
/// the API has the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own<T> {
    /// What is shown.
    pub view: T,
    /// The phone, encrypted for this account.
    pub phone_encrypted: Option<Vec<u8>>,
    /// The account's version.
    pub version: i64,
}

/// One's own account, a program's included.
///
/// # Errors
/// [`NotFound`](xinwu_domain::refusal::Refusal::NotFound)
pub fn get(conn: &mut Conn, id: &str) -> Result<Own<Me>> {
    let row: super::user::Row = account::table
        .find(id)
        .filter(account::status.ne("deleted"))
        .select(super::user::Row::as_select())
        .first(conn)
        .optional()?
        .ok_or(Kind::Account.not_found())?;
    let rows = [row];
    let names = Names::of(conn, &rows)?;
    let privacy = accepted(conn, id)?;
    let [row] = rows;
    let view = Me {
        role: row.role.0,
        id: row.id,
        username: row.username,
        display_name: row.display_name,
        phone: None,
        place: names.place(row.place),
        firm: names.firm(row.uscc),
        manager: names.manager(row.manager_id),
        department: names.department(row.department),
        can_confirm: row.can_confirm,
        second_factor: row.second_factor,
        scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
        privacy,
        demo: row.demo,
        created_at: row.created_at.and_utc(),
    };
    Ok(Own { view, phone_encrypted: row.phone_encrypted, version: row.version })
}

/// The privacy notice that an account's owner agreed to.
fn accepted(conn: &mut Conn, id: &str) -> Result<Option<AcceptedPrivacy>> {
    let (version, at): (Option<String>, Option<NaiveDateTime>) =
        account::table.find(id).select((account::privacy_version, account::privacy_at)).first(conn)?;
    let accepted = version.zip(at);
    Ok(accepted.map(|(version, at)| AcceptedPrivacy { version, accepted_at: at.and_utc() }))
}

/// The username and password hash that a change of password is checked against; none for accounts
/// without a password.
pub fn password(conn: &mut Conn, id: &str) -> Result<Option<(String, String)>> {
    let (username, hash): (Option<String>, Option<String>) =
        account::table.find(id).select((account::username, account::password_hash)).first(conn)?;
    Ok(username.zip(hash))
}

/// A new password.
#[derive(Clone)]
pub struct NewPassword {
    /// Its hash.
    pub hash: String,
    /// What was shown of the second factor.
    pub shown: Option<Shown>,
}

/// Changes one's own account. A new password ends all sessions. Both are written down, but for
/// residents: a name that one of them chose would outlast the account in the audit.
///
/// # Errors
/// [`Stale`](xinwu_domain::refusal::Refusal::Stale); a fault of `/totp` where the second factor's
/// code was used before, or one is needed by now; a fault of `/display_name` for an official, whose
/// name two administrators change: colleagues know each other by it.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    version: &Expected,
    edit: &OwnEdit,
    password: Option<&NewPassword>,
) -> Result<Own<Me>> {
    let id = warrant.account_id();
    let own = get(tx.conn, id)?;
    version.check(own.version)?;
    edit.require_own_name(&own.view)?;
    let display_name = edit.display_name.as_ref().unwrap_or(&own.view.display_name);
    diesel::update(account::table.find(id))
        .set((account::display_name.eq(display_name), account::version.eq(own.version + 1)))
        .execute(tx.conn)?;
    if let Some(NewPassword { hash, shown }) = password {
        if !is_satisfied(tx, id, shown.as_ref())? {
            return Err(wrong_code().into());
        }
        diesel::update(account::table.find(id)).set(account::password_hash.eq(hash)).execute(tx.conn)?;
        revoke_access(tx, id, "password_changed")?;
    }
    tx.changed(Entity::Account, id);
    let after = get(tx.conn, id)?;
    let is_changed = password.is_some() || after.view.display_name != own.view.display_name;
    if warrant.role() != Role::Resident && is_changed {
        let detail = json!({"password_changed": password.is_some()});
        tx.audit(warrant, Kind::User, id, &with_changes(detail, &own.view, &after.view)?)?;
    }
    Ok(after)
}
