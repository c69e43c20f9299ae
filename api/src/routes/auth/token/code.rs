//! Residents: the code that went to their phone.

use xinwu_domain::access::op;
use xinwu_domain::phone::Phone;
use xinwu_persistence::people::account::{self, Comer};
use xinwu_persistence::people::code::{Tried, TypedCode};
use xinwu_persistence::people::session::{self, REFRESH_TOKEN_LIFE, Signed};
use xinwu_persistence::people::{code, device};
use xinwu_store::Random;

use super::super::{device_hash, typed_code, typed_from, wrong_code_text};
use super::{account_disabled, new_refresh_token};
use crate::permit::Permit;
use crate::problem::Problem;

/// What became of a code.
enum Outcome {
    Signed { signed: Signed, is_kept: bool },
    WrongCode(Tried<1>),
    Disabled,
}

/// What a sign-in by a code gives.
pub(super) struct ByCode {
    pub signed: Signed,
    pub refresh_token: String,
    pub device: String,
}

pub(super) async fn sign_in(
    permit: &Permit<op::IssueToken>,
    phone: &Phone,
    code: &str,
    device: Option<String>,
    agreed_to: Option<String>,
) -> Result<ByCode, Problem> {
    let secrets = &permit.state().secrets;
    let sent = device.as_deref().map(|device| device_hash(secrets, device));
    let typed = TypedCode { device_hash: sent, ..typed_code(secrets, phone, code) };
    let from = typed_from(permit);
    let (refresh_token, token_hash) = new_refresh_token(permit)?;
    let fresh = crate::secrets::random_token::<32>().map_err(Problem::internal)?;
    let fresh_hash = device_hash(secrets, &fresh);
    // Made for a new account that may not be needed: the phone is encrypted for the account's own
    // id.
    let (new_id, session_id) = (Random.id(), Random.id());
    let phone_encrypted = secrets.encrypt(&new_id, phone.digits().as_bytes()).map_err(Problem::internal)?;
    let privacy_version = permit.state().privacy.version.clone();
    let outcome = permit
        .write(move |tx| {
            let tried = code::redeem(tx, std::array::from_ref(&typed), &from)?;
            if !tried.all_right() {
                return Ok(Outcome::WrongCode(tried));
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
            let sent = typed.device_hash.as_deref();
            let is_kept = device::remember(tx, &typed.phone_hash, sent, &fresh_hash)?;
            let until = tx.now + REFRESH_TOKEN_LIFE;
            let signed = session::open(tx, &id, &session_id, Some(&token_hash), until)?;
            Ok(Outcome::Signed { signed, is_kept })
        })
        .await?;
    match outcome {
        Outcome::Signed { signed, is_kept } => {
            let device = device.filter(|_| is_kept).unwrap_or(fresh);
            Ok(ByCode { signed, refresh_token, device })
        }
        Outcome::Disabled => Err(account_disabled()),
        Outcome::WrongCode(Tried { wait: Some(wait), .. }) => Err(code::too_many_wrong_codes(wait).into()),
        Outcome::WrongCode(Tried { tries_left, .. }) => {
            let problem = Problem::unauthenticated("wrong_code", wrong_code_text(tries_left));
            Err(problem.tries_left(tries_left))
        }
    }
}
