//! The second factor as it is shown: at a sign-in, and before another authenticator takes its
//! place.

use xinwu_domain::access::Operates;
use xinwu_domain::refusal::Faults;
use xinwu_domain::text::Text;
use xinwu_persistence::people::account::second_factor::{self, Shown, wrong_code};
use xinwu_persistence::people::attempt;

use super::account_hash;
use crate::permit::Permit;
use crate::problem::Problem;

/// What became of the second factor of an account.
pub(in crate::routes) enum Checked {
    /// The account has none.
    None,
    /// It was not shown.
    Missing,
    /// It is not right.
    Wrong,
    /// It may be right, and is used by [`second_factor::spend`].
    Shown(Shown),
}

/// Checks what was typed against an account's second factor, if it has one. Wrong codes are counted
/// by themselves, 10 an account in 15 minutes: whoever has the password does not begin anew by it.
pub(in crate::routes) async fn check<O: Operates>(
    permit: &Permit<O>,
    account_id: &str,
    typed: Option<&str>,
) -> Result<Checked, Problem> {
    let id = account_id.to_owned();
    let secret = permit.read_newest(move |conn| second_factor::secret(conn, &id)).await?;
    match (secret, typed) {
        (None, _) => Ok(Checked::None),
        (Some(_), None) => Ok(Checked::Missing),
        (Some(secret), Some(typed)) => {
            let shown = look_at(permit, account_id, &secret, typed).await?;
            Ok(shown.map_or(Checked::Wrong, Checked::Shown))
        }
    }
}

/// What was shown of the second factor that an account has, before what a password alone must not
/// do; `None` where it has none, and where its fault, of `/totp`, is kept. Whoever does it uses it
/// up, and says that it was right. Whoever has not shown the password is told that a code is
/// missing, and has none looked at.
pub(in crate::routes) async fn require<O: Operates>(
    permit: &Permit<O>,
    account_id: &str,
    typed: Option<&str>,
    faults: &mut Faults,
) -> Result<Option<Shown>, Problem> {
    if typed.is_some() && !faults.is_empty() {
        return Ok(None);
    }
    match check(permit, account_id, typed).await? {
        Checked::None => {}
        Checked::Shown(shown) => return Ok(Some(shown)),
        Checked::Wrong => {
            faults.keep(Err::<(), _>(wrong_code()))?;
        }
        Checked::Missing => {
            let text = Text::new("须提供现用的动态码或恢复码", "needs a code of the present one");
            faults.add("/totp", "required", text);
        }
    }
    Ok(None)
}

/// What was typed against a secret, within the limits.
pub(in crate::routes) async fn look_at<O: Operates>(
    permit: &Permit<O>,
    account_id: &str,
    sealed: &[u8],
    typed: &str,
) -> Result<Option<Shown>, Problem> {
    let subject = subject(permit, account_id);
    permit.write(move |tx| attempt::begin_code(tx, &subject)).await?;
    let secrets = &permit.state().secrets;
    crate::second_factor::shown(secrets, account_id, sealed, typed, permit.now()).map_err(Problem::internal)
}

/// The code was right: it does not count among the wrong ones.
pub(in crate::routes) async fn succeeded<O: Operates>(
    permit: &Permit<O>,
    account_id: &str,
) -> Result<(), Problem> {
    let subject = subject(permit, account_id);
    permit.write(move |tx| attempt::code_succeeded(tx, &subject)).await
}

fn subject<O: Operates>(permit: &Permit<O>, account_id: &str) -> String {
    account_hash(permit, "second factor", account_id)
}
