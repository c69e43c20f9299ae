//! `/v1/auth`: signing in and out.
//!
//! Bodies with phones, codes, passwords and tokens are declared here and at `PUT /v1/me/phone`, not
//! in `domain`: they are HTTP's own, as no use case is given more of them than keyed hashes.

use actix_web::{HttpResponse, post};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};
use xinwu_domain::access::{Operates, Operation, op};
use xinwu_domain::phone::Phone;
use xinwu_domain::text::{Text, rule_message};
use xinwu_domain::typed;
use xinwu_persistence::operations::audit::{self, Meant, Outcome};
use xinwu_persistence::people::attempt::Attempt;
use xinwu_persistence::people::code::{TypedCode, TypedFrom};
use xinwu_persistence::people::{account, session};
use xinwu_store::Tx;

use crate::extract::{Json, OptionalJson};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::secrets::Secrets;
use xinwu_domain::rules::rule;

mod activate;
mod otp;
pub(super) mod second_factor;
mod token;

pub(super) use token::password::check as check_own_password;

pub(super) fn configure(config: &mut Routes) {
    config.service(otp::request_code);
    config.service(activate::activate_account);
    config.service(revoke_token);
    config.service(token::issue_token);
}

/// The keyed hash by which the limits count an address.
fn address_hash<O: Operates>(permit: &Permit<O>) -> String {
    permit.state().secrets.token_hash(&format!("address {}", permit.client_network()))
}

/// The keyed hash by which they count the network around it.
fn network_hash<O: Operates>(permit: &Permit<O>) -> String {
    permit.state().secrets.token_hash(&format!("network {}", permit.client_wide_network()))
}

/// Writes down a sign-in that failed: by a name that nobody has only so many in an hour. The same
/// write either way, so that its time tells nothing of the name.
async fn note_failure<O: Operates>(
    permit: &Permit<O>,
    meant: Meant,
    outcome: Outcome,
) -> Result<(), Problem> {
    let (names, now) = (&permit.state().unknown_names, permit.now());
    let has_room = names.take(now);
    let address = permit.told_address();
    let write = move |tx: &mut Tx<'_>| {
        let is_known = audit::signed(tx, O::OPERATION, (&meant, outcome), address.as_deref())?;
        if !is_known && has_room {
            audit::unknown(tx, O::OPERATION, outcome, address.as_deref());
        }
        Ok(is_known)
    };
    let is_known = permit.write(write).await;
    if has_room && !matches!(is_known, Ok(false)) {
        names.give_back(now);
    }
    is_known?;
    Ok(())
}

/// The characters that a one-time code may be written in, with what was pasted around its digits.
const LONGEST_CODE: usize = 32;

/// A one-time code as it is compared: its digits, however they were pasted.
pub(super) fn pasted_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let code = String::deserialize(deserializer)?;
    if code.chars().count() > LONGEST_CODE {
        let words = Text::new(
            format!("最多{LONGEST_CODE}个字符"),
            format!("must have at most {LONGEST_CODE} characters"),
        );
        return Err(serde::de::Error::custom(rule_message("length", &words)));
    }
    Ok(typed::code(&code).replace('-', ""))
}

/// [`pasted_code`] where one is sent.
pub(super) fn pasted_code_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    struct Pasted(String);
    impl<'de> Deserialize<'de> for Pasted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            pasted_code(deserializer).map(Pasted)
        }
    }
    Ok(Option::<Pasted>::deserialize(deserializer)?.map(|code| code.0))
}

/// # Errors
/// `invalid` for what cannot be a code.
pub(super) fn check_code(code: &str) -> Result<(), ValidationError> {
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(rule("invalid", "验证码为6位数字", "a code has 6 digits"))
}

/// A code for a phone, as it is compared.
pub(super) fn typed_code(secrets: &Secrets, phone: &Phone, code: &str) -> TypedCode {
    let phone_hash = secrets.phone_hash(phone.digits());
    TypedCode { code_hash: secrets.code_hash(&phone_hash, code), phone_hash, device_hash: None }
}

/// From where codes are typed.
pub(super) fn typed_from<O: Operates>(permit: &Permit<O>) -> TypedFrom {
    TypedFrom {
        address_hash: address_hash(permit),
        network_hash: network_hash(permit),
        limits: permit.state().config.limits(),
    }
}

/// The keyed hash by which a device is known.
pub(super) fn device_hash(secrets: &Secrets, device: &str) -> String {
    secrets.token_hash(&format!("device {device}"))
}

/// What is said of a wrong code; `tries_left` where it may be told.
pub(super) fn wrong_code_text(tries_left: Option<u32>) -> Text {
    match tries_left {
        None => Text::new("验证码错误或已失效", "The code is wrong or no longer good"),
        Some(0) => Text::new("验证码已失效，请重新获取", "The code is no longer good; ask for another"),
        Some(1) => Text::new("验证码错误，还可尝试1次", "The code is wrong; 1 try is left"),
        Some(left) => Text::new(
            format!("验证码错误，还可尝试{left}次"),
            format!("The code is wrong; {left} tries are left"),
        ),
    }
}

/// The keyed hash by which the limits count the name of an account, whether or not there is one.
pub(super) fn account_hash<O: Operates>(permit: &Permit<O>, kind: &str, name: &str) -> String {
    permit.state().secrets.token_hash(&format!("{kind} {name}"))
}

/// A try at a password or a secret.
pub(super) fn attempt_of<O: Operates>(permit: &Permit<O>, kind: &str, name: &str) -> Attempt {
    let here = format!("{name} at {}", permit.client_network());
    Attempt {
        account: account_hash(permit, kind, name),
        address: address_hash(permit),
        here: account_hash(permit, kind, &here),
        limits: permit.state().config.limits(),
    }
}

/// Whose session ends.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E"}))]
pub struct RevokeToken {
    /// A refresh token of the session; without one it is the session of the access token that the
    /// request carries.
    #[validate(length(max = 1024))]
    refresh_token: Option<String>,
}

/// Ends a session at once: that of the refresh token, or else that of the access token. The body
/// may be left out. A token that is not known is no error.
#[utoipa::path(request_body = Option<RevokeToken>, responses((status = 204, description = "The session has ended")))]
#[post("/v1/auth/revoke")]
async fn revoke_token(
    permit: Permit<op::RevokeToken>,
    OptionalJson(Json { value, .. }): OptionalJson<RevokeToken>,
) -> Result<HttpResponse, Problem> {
    let hash = value.refresh_token.map(|token| permit.state().secrets.token_hash(&token));
    let (warrant, address) = (permit.warrant_if_any()?, permit.told_address());
    let is_open = match hash.clone() {
        Some(hash) => permit.read_newest(move |conn| session::is_open(conn, &hash)).await?,
        None => warrant.is_some(),
    };
    if !is_open {
        return Ok(permit.nothing());
    }
    permit
        .write(move |tx| {
            let owner = match (&hash, &warrant) {
                (Some(hash), _) => session::end_by_token(tx, hash, "signed_out")?,
                (None, Some(warrant)) => {
                    // A program's session is its own, as whomever it acts.
                    let owner = warrant.client().unwrap_or(warrant.account_id());
                    account::end_session(tx, owner, warrant.session_id(), "signed_out")?;
                    Some(owner.to_owned())
                }
                (None, None) => None,
            };
            match owner {
                Some(id) => {
                    let ended = (&Meant::Id(id), Outcome::Done);
                    audit::signed(tx, Operation::RevokeToken, ended, address.as_deref()).map(drop)
                }
                None => Ok(()),
            }
        })
        .await?;
    Ok(permit.nothing())
}
