//! The second factor of an account: the authenticator's secret, which only the API decrypts, and
//! the hashes of the recovery codes. A code of either is used once.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde_json::json;
use xinwu_domain::access::{Operation, Role, Warrant, needs_second_factor};
use xinwu_domain::account::AccountStatus;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::{Refusal, Situation};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::end_other_sessions;
use crate::people::notice::{NewNotice, tell, tell_all};
use crate::schema::{account, recovery_code, totp};

/// Administrators that are told at the most: far more than a city has.
const MOST_TOLD: i64 = 200;

/// A code that was found to be right, before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The authenticator's, of this secret and of these 30 seconds.
    Step {
        /// Encrypted, as it is kept.
        secret: Vec<u8>,
        /// Counted from 1970.
        step: i64,
    },
    /// What may be one of the recovery codes.
    RecoveryCode {
        /// The keyed hash.
        hash: String,
    },
}

/// Whether an account has a second factor, within a statement over `account`.
pub(crate) fn has_second_factor() -> SqlLiteral<Bool> {
    sql("EXISTS (SELECT 1 FROM totp WHERE totp.account_id = account.id AND totp.secret IS NOT NULL)")
}

/// The encrypted secret of an account's authenticator, if it has one.
///
/// # Errors
/// Of the database.
pub fn secret(conn: &mut Conn, account_id: &str) -> Result<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> =
        totp::table.find(account_id).select(totp::secret).first(conn).optional()?;
    Ok(found.flatten())
}

/// The encrypted secret of one that was set up and is not confirmed yet.
///
/// # Errors
/// [`Refusal::Conflict`] where there is none.
pub fn new_secret(conn: &mut Conn, account_id: &str) -> Result<Vec<u8>> {
    let found: Option<Option<Vec<u8>>> =
        totp::table.find(account_id).select(totp::new_secret).first(conn).optional()?;
    match found.flatten() {
        Some(secret) => Ok(secret),
        None => Err(none_set_up(conn, account_id)?.into()),
    }
}

/// Uses a code; whether it was one. Of two requests with the same code at once one gets through.
///
/// # Errors
/// Of the database.
pub fn spend(tx: &mut Tx<'_>, account_id: &str, shown: &Shown) -> Result<bool> {
    let used = match shown {
        Shown::Step { secret, step } => diesel::update(totp::table.find(account_id))
            .filter(totp::secret.eq(secret))
            .filter(totp::last_step.lt(step))
            .set(totp::last_step.eq(step))
            .execute(tx.conn)?,
        Shown::RecoveryCode { hash } => {
            let used = diesel::delete(recovery_code::table.find((account_id, hash))).execute(tx.conn)?;
            if used == 1 {
                tell_of_recovery_code(tx, account_id)?;
            }
            used
        }
    };
    Ok(used == 1)
}

fn tell_of_recovery_code(tx: &mut Tx<'_>, account_id: &str) -> Result<()> {
    let left: i64 =
        recovery_code::table.filter(recovery_code::account_id.eq(account_id)).count().get_result(tx.conn)?;
    tell_of(tx, account_id, NoticeKind::RecoveryCodeUsed, Some(&left.to_string()))
}

/// Tells the account what became of its second factor, and, where it could do much harm alone, the
/// administrators: whoever knows the password alone and sets one up first keeps the owner from
/// reading it.
fn tell_of(tx: &mut Tx<'_>, account_id: &str, kind: NoticeKind, detail: Option<&str>) -> Result<()> {
    let account = account::table.find(account_id);
    let (username, Col(role), can_confirm): (Option<String>, Col<Role>, bool) =
        account.select((account::username, account::role, account::can_confirm)).first(tx.conn)?;
    let name = username.unwrap_or_default();
    let told = NewNotice { detail, ..NewNotice::new(kind, account_id).named(&name) };
    tell(tx, account_id, &told)?;
    if !needs_second_factor(role, can_confirm) {
        return Ok(());
    }
    let administrators: Vec<String> = account::table
        .filter(account::role.eq(Col(Role::Admin)))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(account::id.ne(account_id))
        .order(account::id)
        .limit(MOST_TOLD)
        .select(account::id)
        .load(tx.conn)?;
    let now = tx.now_utc();
    tell_all(tx, &administrators, &told, now)
}

/// Whether whoever signs in has shown what the account asks for.
///
/// # Errors
/// Of the database.
pub fn is_satisfied(tx: &mut Tx<'_>, account_id: &str, shown: Option<&Shown>) -> Result<bool> {
    match shown {
        Some(shown) => spend(tx, account_id, shown),
        None => Ok(secret(tx.conn, account_id)?.is_none()),
    }
}

/// Keeps a new secret until it is confirmed; one in force stays so. `shown` is a code of that.
///
/// # Errors
/// A fault of `/totp` where the code was used before, or one is needed by now.
pub fn set_up(tx: &mut Tx<'_>, account_id: &str, sealed: &[u8], shown: Option<&Shown>) -> Result<()> {
    if !is_satisfied(tx, account_id, shown)? {
        return Err(wrong_code().into());
    }
    let known =
        diesel::update(totp::table.find(account_id)).set(totp::new_secret.eq(sealed)).execute(tx.conn)?;
    if known == 0 {
        diesel::insert_into(totp::table)
            .values((totp::account_id.eq(account_id), totp::new_secret.eq(sealed), totp::last_step.eq(0_i64)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Puts a new secret in force, once its authenticator has shown the code of `step`: every other
/// session ends, the recovery codes of these hashes are good in place of any before, and it is
/// told.
///
/// # Errors
/// [`Refusal::Conflict`] where another was set up meanwhile.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (sealed, step): (&[u8], i64),
    recovery_hashes: &[String],
) -> Result<()> {
    let id = warrant.account_id();
    let confirmed = diesel::update(totp::table.find(id))
        .filter(totp::new_secret.eq(sealed))
        .set((totp::secret.eq(Some(sealed)), totp::new_secret.eq(None::<Vec<u8>>), totp::last_step.eq(step)))
        .execute(tx.conn)?;
    if confirmed == 0 {
        return Err(none_set_up(tx.conn, id)?.into());
    }
    diesel::delete(recovery_code::table.filter(recovery_code::account_id.eq(id))).execute(tx.conn)?;
    let rows: Vec<_> = recovery_hashes
        .iter()
        .map(|hash| (recovery_code::account_id.eq(id), recovery_code::code_hash.eq(hash)))
        .collect();
    on_each!(tx.conn, |conn| diesel::insert_into(recovery_code::table).values(&rows).execute(conn))?;
    end_other_sessions(tx, id, warrant.session_id(), "second_factor_changed")?;
    tell_of(tx, id, NoticeKind::SecondFactorSetUp, None)?;
    tx.audit(warrant, Kind::User, id, &json!({}))?;
    tx.changed(Entity::Account, id);
    Ok(())
}

/// Takes an account's second factor away, and tells of it if there was one.
pub(crate) fn reset(tx: &mut Tx<'_>, account_id: &str) -> Result<()> {
    if secret(tx.conn, account_id)?.is_some() {
        tell_of(tx, account_id, NoticeKind::SecondFactorReset, None)?;
    }
    diesel::delete(recovery_code::table.filter(recovery_code::account_id.eq(account_id))).execute(tx.conn)?;
    diesel::delete(totp::table.find(account_id)).execute(tx.conn)?;
    Ok(())
}

/// A code that is not right, was used before, or is missing.
pub fn wrong_code() -> Refusal {
    let text = Text::new("动态码或恢复码错误或已使用", "the code is wrong, or was used before");
    Refusal::invalid("/totp", "wrong_code", text)
}

/// There is no authenticator to confirm, whether or not one is in force.
fn none_set_up(conn: &mut Conn, account_id: &str) -> Result<Refusal> {
    let state = if secret(conn, account_id)?.is_some() { "in_force" } else { "none" };
    let text = Text::new("没有待确认的动态码验证器", "No authenticator waits to be confirmed");
    Ok(Refusal::wrong_state(Situation::new(state, &[Operation::SetUpTotp]), text))
}
