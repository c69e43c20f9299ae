//! Codes with which a password is chosen, for an account that has none: a new one, or one whose
//! password was reset. Two administrators gave it, and are told of its use; of an account that
//! the operator imported one is told, who was named.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::account::AccountStatus;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::privacy::require_agreed;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{active_actor, keep_agreed, revoke_access};
use crate::people::notice::{NewNotice, tell};
use crate::schema::{account, activation};

/// Hours for which a code holds.
const HOURS: i64 = 72;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activation)]
struct Row {
    account_id: String,
    code_hash: String,
    proposed_by: String,
    confirmed_by: String,
    expires_at: NaiveDateTime,
}

/// Keeps the hash of a code for an account; one before it is void.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    account_id: &str,
    code_hash: &str,
    (proposed_by, confirmed_by): (&str, &str),
) -> Result<()> {
    put_for(tx, account_id, code_hash, (proposed_by, confirmed_by), Duration::hours(HOURS))
}

/// [`put`] of a code that holds for so long.
pub(super) fn put_for(
    tx: &mut Tx<'_>,
    account_id: &str,
    code_hash: &str,
    (proposed_by, confirmed_by): (&str, &str),
    valid: Duration,
) -> Result<()> {
    let row = Row {
        account_id: account_id.to_owned(),
        code_hash: code_hash.to_owned(),
        proposed_by: proposed_by.to_owned(),
        confirmed_by: confirmed_by.to_owned(),
        expires_at: tx.now_utc() + valid,
    };
    diesel::delete(activation::table.find(account_id)).execute(tx.conn)?;
    diesel::insert_into(activation::table).values(&row).execute(tx.conn)?;
    Ok(())
}

/// The instant at which the first of the codes no longer holds.
pub(crate) fn next_expiry(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let first: Option<NaiveDateTime> = activation::table.select(min(activation::expires_at)).first(conn)?;
    Ok(first.map(|at| at.and_utc()))
}

/// Deletes the codes that no longer hold.
pub(crate) fn expire(tx: &mut Tx<'_>) -> Result<()> {
    diesel::delete(activation::table.filter(activation::expires_at.le(tx.now_utc()))).execute(tx.conn)?;
    Ok(())
}

/// Whether some code opens the account now.
pub(super) fn is_given(conn: &mut Conn, account_id: &str, now: NaiveDateTime) -> Result<bool> {
    let good = activation::table.find(account_id).filter(activation::expires_at.gt(now));
    Ok(diesel::select(diesel::dsl::exists(good)).get_result(conn)?)
}

/// What an activation sends beside the name and the password.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The code's hash.
    pub code_hash: String,
    /// The privacy notice that is agreed to,
    pub agreed_to: Option<String>,
    /// and the one in force.
    pub privacy_version: String,
}

/// What a code is worth.
#[derive(Debug)]
pub enum Code {
    /// It opens the account.
    Good,
    /// It would, and its owner has agreed to no privacy notice yet.
    NotAgreed(Refusal),
    /// It opens nothing.
    Wrong,
}

/// Whether a code opens the account of a name now.
///
/// # Errors
/// Only of the store.
pub fn check(conn: &mut Conn, username: &str, sent: &Sent, now: NaiveDateTime) -> Result<Code> {
    let Some(row) = find(conn, username, &sent.code_hash, now)? else { return Ok(Code::Wrong) };
    let agreed: Option<String> =
        account::table.find(&row.account_id).select(account::privacy_version).first(conn)?;
    if agreed.is_some() {
        return Ok(Code::Good);
    }
    let asked = require_agreed(sent.agreed_to.as_deref(), &sent.privacy_version);
    Ok(asked.map_or_else(Code::NotAgreed, |()| Code::Good))
}

/// Gives the account its password, and keeps what its owner agrees to; the code is used up.
///
/// # Errors
/// [`Refusal::Unauthenticated`] where the code does not hold, any longer.
pub fn activate(
    tx: &mut Tx<'_>,
    (username, sent): (&str, &Sent),
    password_hash: &str,
    address: Option<&str>,
) -> Result<()> {
    let now = tx.now_utc();
    let row = find(tx.conn, username, &sent.code_hash, now)?.ok_or_else(wrong_code)?;
    diesel::delete(activation::table.find(&row.account_id)).execute(tx.conn)?;
    diesel::update(account::table.find(&row.account_id))
        .set((account::password_hash.eq(password_hash), account::version.eq(account::version + 1)))
        .execute(tx.conn)?;
    keep_agreed(tx, &row.account_id, (sent.agreed_to.as_deref(), &sent.privacy_version))?;
    revoke_access(tx, &row.account_id, "account_changed")?;
    if let Some(actor) = active_actor(tx.conn, &row.account_id)? {
        let warrant = Warrant::of(Operation::ActivateAccount, actor)?.asked_from(address.map(str::to_owned));
        let detail = json!({"proposed_by": row.proposed_by, "confirmed_by": row.confirmed_by});
        tx.audit(&warrant, Kind::User, &row.account_id, &detail)?;
    }
    for administrator in BTreeSet::from([&row.proposed_by, &row.confirmed_by]) {
        let told = NewNotice::new(NoticeKind::AccountActivated, &row.account_id).named(username);
        tell(tx, administrator, &told)?;
    }
    tx.changed(Entity::Account, &row.account_id);
    Ok(())
}

/// What is told of a code that is not the account's, was used or has expired, and of an unknown
/// name.
pub fn wrong_code() -> Refusal {
    Refusal::Unauthenticated {
        code: "wrong_code",
        detail: Text::new(
            "用户名或激活码错误，或激活码已失效",
            "The username or the code is wrong, or the code no longer holds",
        ),
    }
}

fn find(conn: &mut Conn, username: &str, code_hash: &str, now: NaiveDateTime) -> Result<Option<Row>> {
    Ok(activation::table
        .inner_join(account::table.on(account::id.eq(activation::account_id)))
        .filter(account::username.eq(username))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(account::password_hash.is_null())
        .filter(activation::code_hash.eq(code_hash))
        .filter(activation::expires_at.gt(now))
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}
