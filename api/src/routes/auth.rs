//! `/v1/auth`: signing in and out.

use serde::{Deserialize, Deserializer};
use validator::ValidationError;
use xinwu_domain::access::Operates;
use xinwu_domain::phone::Phone;
use xinwu_domain::text::Text;
use xinwu_domain::typed;
use xinwu_persistence::people::code::TypedCode;

use crate::permit::Permit;
use crate::routes::Routes;
use crate::rules::rule;
use crate::secrets::Secrets;

mod otp;
mod revoke;
mod token;

pub(super) use token::password::check as check_own_password;

pub(super) fn configure(config: &mut Routes) {
    config.service(otp::request_code);
    config.service(revoke::revoke_token);
    config.service(token::issue_token);
}

/// The keyed hash by which the limits count an address.
pub(super) fn address_hash<O: Operates>(permit: &Permit<O>) -> String {
    permit.state().secrets.token_hash(&format!("address {}", permit.client_network()))
}

/// A one-time code as it is compared: its digits, however they were pasted.
pub(super) fn digits_of(code: &str) -> String {
    typed::code(code).replace('-', "")
}

/// [`digits_of`] a field.
pub(super) fn pasted_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|code| digits_of(&code))
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
    TypedCode { code_hash: secrets.code_hash(&phone_hash, code), phone_hash }
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
