//! The second factor of an account that signs in with a password: an authenticator app that shows a
//! code every 30 seconds (TOTP, RFC 6238), and codes on paper for when it is lost.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Whose account it is asks for a new authenticator.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "a long password, please"}))]
pub struct NewTotp {
    /// The account's password: a stolen token sets none up.
    #[validate(length(min = 1, max = 1024))]
    pub password: String,
    /// A code of the authenticator until now, or a recovery code, where the account has one.
    #[validate(length(min = 1, max = 32))]
    pub totp: Option<String>,
}

/// What an authenticator app is given.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/Xinwu:haijun.street?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Xinwu"
}))]
pub struct TotpSecret {
    /// The secret, in base32, to be typed.
    pub secret: String,
    /// The same as a link, or as a QR code, that apps read.
    pub uri: String,
}

/// What the authenticator shows.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"totp": "246810"}))]
pub struct ConfirmTotp {
    /// The six digits.
    #[validate(length(min = 1, max = 32))]
    pub totp: String,
}

/// Codes that each sign in once in place of one of the authenticator.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"recovery_codes": ["7QK2M-4XRTD"]}))]
pub struct RecoveryCodes {
    /// Ten of them, shown this once.
    pub recovery_codes: Vec<String>,
}
