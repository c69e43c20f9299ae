//! Staff, officials and administrators: a password.

use xinwu_domain::access::{Operates, Operation, op};
use xinwu_domain::text::Text;
use xinwu_persistence::operations::audit::{self, Meant};
use xinwu_persistence::people::account::{Credentials, second_factor as factor};
use xinwu_persistence::people::session::{self, REFRESH_TOKEN_LIFE, Signed};
use xinwu_persistence::people::{account, attempt};
use xinwu_store::{Random, Result as StoreResult, Tx};

use super::super::attempt_of;
use super::super::note_failure;
use super::super::second_factor::{self, Checked};
use super::{account_disabled, new_refresh_token};
use crate::permit::Permit;
use crate::problem::Problem;

pub(super) async fn sign_in(
    permit: &Permit<op::IssueToken>,
    username: &str,
    password: &str,
    totp: Option<&str>,
) -> Result<(Signed, Option<String>), Problem> {
    let username = username.to_lowercase();
    let name = username.clone();
    let found = permit.read(move |conn| account::credentials(conn, &name)).await?;
    let stored = found.as_ref().and_then(|found| found.password_hash.as_deref());
    if !check(permit, &username, password, stored).await? {
        note_failure(permit, Meant::Username(username.clone()), audit::Outcome::WrongPassword).await?;
        return Err(Problem::unauthenticated(
            "wrong_password",
            Text::new("用户名或密码错误", "The username or the password is wrong"),
        ));
    }
    let Some(Credentials { id, is_active: true, password_hash }) = found else {
        note_failure(permit, Meant::Username(username.clone()), audit::Outcome::Disabled).await?;
        return Err(account_disabled());
    };
    let shown = match second_factor::check(permit, &id, totp).await? {
        Checked::None => None,
        Checked::Shown(shown) => Some(shown),
        Checked::Wrong => {
            note_failure(permit, Meant::Username(username.clone()), audit::Outcome::WrongCode).await?;
            return Err(wrong_code());
        }
        Checked::Missing => {
            note_failure(permit, Meant::Username(username.clone()), audit::Outcome::SecondFactorRequired)
                .await?;
            return Err(second_factor_required());
        }
    };
    let (token, token_hash) = new_refresh_token(permit)?;
    let here = attempt_of(permit, "username", &username).here;
    let address = permit.told_address();
    let (session_id, account_id, had_one) = (Random.id(), id.clone(), shown.is_some());
    let outcome = permit
        .write(move |tx| {
            // The password was checked outside of this transaction: it must still be the account's.
            let still = account::credentials(tx.conn, &username)?;
            if still.is_none_or(|still| !still.is_active || still.password_hash != password_hash) {
                note(tx, &id, audit::Outcome::Disabled, address.as_deref())?;
                return Ok(Outcome::Disabled);
            }
            // So was the code: it is used once.
            if !factor::is_satisfied(tx, &id, shown.as_ref())? {
                note(tx, &id, audit::Outcome::WrongCode, address.as_deref())?;
                return Ok(Outcome::WrongCode);
            }
            note(tx, &id, audit::Outcome::Done, address.as_deref())?;
            let until = tx.now + REFRESH_TOKEN_LIFE;
            let signed = session::open(tx, &id, &session_id, Some(&token_hash), until)?;
            attempt::remember(tx, &here)?;
            Ok(Outcome::Signed(signed))
        })
        .await?;
    let signed = match outcome {
        Outcome::Signed(signed) => signed,
        Outcome::Disabled => return Err(account_disabled()),
        Outcome::WrongCode => return Err(wrong_code()),
    };
    if had_one {
        second_factor::succeeded(permit, &account_id).await?;
    }
    Ok((signed, Some(token)))
}

/// Writes down what became of a sign-in.
fn note(tx: &mut Tx<'_>, id: &str, outcome: audit::Outcome, address: Option<&str>) -> StoreResult<()> {
    audit::signed(tx, Operation::IssueToken, (&Meant::Id(id.to_owned()), outcome), address).map(drop)
}

/// What became of a sign-in whose password is right.
enum Outcome {
    Signed(Signed),
    Disabled,
    WrongCode,
}

fn second_factor_required() -> Problem {
    let text = Text::new(
        "请输入动态码，或一个恢复码",
        "Send the code of your authenticator as well, or a recovery code",
    );
    Problem::unauthenticated("second_factor_required", text)
}

fn wrong_code() -> Problem {
    let text = Text::new(
        "动态码或恢复码错误或已使用",
        "The code is wrong, or was used before: wait for the next one",
    );
    Problem::unauthenticated("wrong_code", text)
}

/// Checks a password within the limits of an account and of an address, or of the account on a
/// network where it has signed in. An unknown name is counted, costs the same time and gets the
/// same answer.
pub(in crate::routes) async fn check<O: Operates>(
    permit: &Permit<O>,
    username: &str,
    password: &str,
    stored: Option<&str>,
) -> Result<bool, Problem> {
    let tried = attempt_of(permit, "username", username);
    let begun = tried.clone();
    permit.write(move |tx| attempt::begin(tx, &begun)).await?;
    let is_right = permit.state().passwords.verify(password, stored).await?;
    if is_right {
        permit.write(move |tx| attempt::succeeded(tx, &tried)).await?;
    }
    Ok(is_right)
}
