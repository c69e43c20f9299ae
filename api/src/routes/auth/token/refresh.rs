//! A refresh token for the next one.

use xinwu_domain::access::op;
use xinwu_domain::text::Text;
use xinwu_persistence::people::session::{self, Refreshed, Signed};

use super::new_refresh_token;
use crate::permit::Permit;
use crate::problem::Problem;

pub(super) async fn renew(
    permit: &Permit<op::IssueToken>,
    refresh_token: &str,
) -> Result<(Signed, Option<String>), Problem> {
    let hash = permit.state().secrets.token_hash(refresh_token);
    let (token, new_hash) = new_refresh_token(permit)?;
    match permit.write(move |tx| session::refresh(tx, &hash, &new_hash)).await? {
        Refreshed::Renewed(signed) => Ok((signed, Some(token))),
        Refreshed::Replayed => {
            tracing::warn!("a refresh token was used again; its session is ended");
            Err(refused())
        }
        Refreshed::Refused => Err(refused()),
    }
}

/// The same answer for a token that is unknown, has expired, was used, or whose session has ended.
fn refused() -> Problem {
    Problem::unauthenticated(
        "bad_refresh_token",
        Text::new("登录已失效，请重新登录", "The refresh token is not good any more; sign in again"),
    )
}
