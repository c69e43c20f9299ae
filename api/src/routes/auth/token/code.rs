//! Residents: the code that went to their phone.

use xinwu_domain::access::op;
use xinwu_domain::phone::Phone;
use xinwu_persistence::people::account::{self, Comer};
use xinwu_persistence::people::code;
use xinwu_persistence::people::session::{self, REFRESH_TOKEN_LIFE, Signed};
use xinwu_store::Random;

use super::super::{address_hash, typed_code, wrong_code_text};
use super::{account_disabled, new_refresh_token};
use crate::permit::Permit;
use crate::problem::Problem;

/// What became of a code.
enum Outcome {
    Signed(Signed),
    WrongCode { tries_left: Option<u32> },
    Disabled,
}

pub(super) async fn sign_in(
    permit: &Permit<op::IssueToken>,
    phone: &Phone,
    code: &str,
    agreed_to: Option<String>,
) -> Result<(Signed, Option<String>), Problem> {
    let secrets = &permit.state().secrets;
    let typed = typed_code(secrets, phone, code);
    let address_hash = address_hash(permit);
    let (token, token_hash) = new_refresh_token(permit)?;
    // Made for a new account that may not be needed: the phone is encrypted for the account's own
    // id.
    let (new_id, session_id) = (Random.id(), Random.id());
    let phone_encrypted = secrets.encrypt(&new_id, phone.digits().as_bytes()).map_err(Problem::internal)?;
    let privacy_version = permit.state().privacy.version.clone();
    let outcome = permit
        .write(move |tx| {
            let tried = code::redeem(tx, std::array::from_ref(&typed), &address_hash)?;
            if !tried.all_right() {
                return Ok(Outcome::WrongCode { tries_left: tried.tries_left });
            }
            let comer = Comer {
                phone_hash: &typed.phone_hash,
                new_id: &new_id,
                phone_encrypted: &phone_encrypted,
                agreed_to: agreed_to.as_deref(),
                privacy_version: &privacy_version,
            };
            // Only the owner of the phone is asked to agree, and the code stays good for it: a
            // refusal takes back that it was used.
            let Some(id) = account::resident(tx, &comer)? else {
                return Ok(Outcome::Disabled);
            };
            let until = tx.now + REFRESH_TOKEN_LIFE;
            Ok(Outcome::Signed(session::open(tx, &id, &session_id, Some(&token_hash), until)?))
        })
        .await?;
    match outcome {
        Outcome::Signed(signed) => Ok((signed, Some(token))),
        Outcome::Disabled => Err(account_disabled()),
        Outcome::WrongCode { tries_left } => {
            let problem = Problem::unauthenticated("wrong_code", wrong_code_text(tries_left));
            Err(problem.tries_left(tries_left))
        }
    }
}
