//! `POST /v1/auth/activate`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::account::{Activation, check_password};
use xinwu_persistence::operations::audit::{Meant, Outcome};
use xinwu_persistence::people::account::activation::{self, Code, Sent};
use xinwu_persistence::people::attempt;

use super::{attempt_of, note_failure};
use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;

/// Chooses a password with the code that two administrators gave: for a new account, or for one
/// whose password was reset. Both are told. Wrong codes count as failed sign-ins. The first time
/// agrees to the privacy notice.
#[utoipa::path(request_body = Activation, responses((status = 204, description = "The account signs in with the password from now on")))]
#[post("/v1/auth/activate")]
pub(super) async fn activate_account(
    permit: Permit<op::ActivateAccount>,
    body: Json<Activation>,
) -> Result<HttpResponse, Problem> {
    let Activation { username, code, password, privacy_version: agreed_to } = body.value;
    let username = username.to_lowercase();
    check_password(&password, &username)?;
    let tried = attempt_of(&permit, "username", &username);
    let begun = tried.clone();
    permit.write(move |tx| attempt::begin(tx, &begun)).await?;
    let state = permit.state();
    let sent = Sent {
        code_hash: state.secrets.token_hash(&code),
        agreed_to,
        privacy_version: state.privacy.version.clone(),
    };
    let (name, checked, now) = (username.clone(), sent.clone(), permit.now().naive_utc());
    // The hash of a password takes long: whoever has no code does not cause one.
    match permit.read_newest(move |conn| activation::check(conn, &name, &checked, now)).await? {
        Code::Good => {}
        Code::NotAgreed(refusal) => {
            permit.write(move |tx| attempt::succeeded(tx, &tried)).await?;
            return Err(refusal.into());
        }
        Code::Wrong => {
            note_failure(&permit, Meant::Username(username.clone()), Outcome::WrongCode).await?;
            return Err(activation::wrong_code().into());
        }
    }
    let password_hash = permit.state().passwords.hash(&password).await?;
    let told = permit.told_address();
    permit
        .write(move |tx| {
            attempt::succeeded(tx, &tried)?;
            activation::activate(tx, (&username, &sent), &password_hash, told.as_deref())
        })
        .await?;
    Ok(permit.nothing())
}
