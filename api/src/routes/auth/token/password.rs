//! Staff, officials and administrators: a password.

use xinwu_domain::access::{Operates, op};
use xinwu_domain::text::Text;
use xinwu_persistence::people::account::Credentials;
use xinwu_persistence::people::session::{self, REFRESH_TOKEN_LIFE, Signed};
use xinwu_persistence::people::{account, attempt};
use xinwu_store::Random;

use super::super::{account_hash, address_hash};
use super::{account_disabled, new_refresh_token};
use crate::permit::Permit;
use crate::problem::Problem;

pub(super) async fn sign_in(
    permit: &Permit<op::IssueToken>,
    username: &str,
    password: &str,
) -> Result<(Signed, Option<String>), Problem> {
    let username = username.to_lowercase();
    let name = username.clone();
    let found = permit.read(move |conn| account::credentials(conn, &name)).await?;
    let stored = found.as_ref().and_then(|found| found.password_hash.as_deref());
    if !check(permit, &username, password, stored).await? {
        return Err(Problem::unauthenticated(
            "wrong_password",
            Text::new("用户名或密码错误", "The username or the password is wrong"),
        ));
    }
    let Some(Credentials { id, is_active: true, password_hash }) = found else {
        return Err(account_disabled());
    };
    let (token, token_hash) = new_refresh_token(permit)?;
    let session_id = Random.id();
    let signed = permit
        .write(move |tx| {
            // The password was checked outside of this transaction: it must still be the account's.
            let still = account::credentials(tx.conn, &username)?;
            if still.is_none_or(|still| !still.is_active || still.password_hash != password_hash) {
                return Ok(None);
            }
            let until = tx.now + REFRESH_TOKEN_LIFE;
            session::open(tx, &id, &session_id, Some(&token_hash), until).map(Some)
        })
        .await?;
    Ok((signed.ok_or_else(account_disabled)?, Some(token)))
}

/// Checks a password within the limits: "10 failures an account and 30 an address in 15 minutes".
/// An unknown name is counted, costs the same time and gets the same answer.
pub(in crate::routes) async fn check<O: Operates>(
    permit: &Permit<O>,
    username: &str,
    password: &str,
    stored: Option<&str>,
) -> Result<bool, Problem> {
    let account = account_hash(permit, "username", username);
    let address = address_hash(permit);
    let (of_account, of_address) = (account.clone(), address.clone());
    permit.write(move |tx| attempt::begin(tx, &of_account, &of_address)).await?;
    let is_right = permit.state().passwords.verify(password, stored).await?;
    if is_right {
        permit.write(move |tx| attempt::succeeded(tx, &account, &address)).await?;
    }
    Ok(is_right)
}
