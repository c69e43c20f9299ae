//! What is asked of accounts and clients. What has a password cannot print itself, so that none
//! reaches a log.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::AccountStatus;
use crate::access::Role;
use crate::rules;
use crate::uscc::Uscc;

/// A new account with a password.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "username": "haijun.street", "password": "a long password, please", "role": "street", "place": "210202001", "can_confirm": true,
    "display_name": "海军广场街道"
}))]
pub struct NewUser {
    /// The name to sign in with: 3 to 64 lower-case letters, digits, dots, underscores or hyphens.
    pub username: String,
    /// 12 to 128 characters.
    pub password: String,
    /// `firm`, `community`, `street`, `district`, `city` or `admin`
    pub role: Role,
    /// An official's place, of the role's own level.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub place: Option<String>,
    /// The firm of a firm's account.
    pub uscc: Option<Uscc>,
    /// The power to confirm what others drafted; officials.
    #[serde(default)]
    pub can_confirm: bool,
    /// The name that is shown.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub display_name: Option<String>,
}

/// What changes in an account; what is left out stays.
#[derive(Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "disabled"}))]
pub struct UserEdit {
    /// Another role; place, firm and the power to confirm go where the new role has none.
    pub role: Option<Role>,
    /// Another place; null takes it away.
    #[serde(default, deserialize_with = "rules::nullable_code")]
    #[schema(value_type = Option<String>)]
    pub place: Option<Option<String>>,
    /// Another firm; null takes it away.
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub uscc: Option<Option<Uscc>>,
    /// The power to confirm what others drafted.
    pub can_confirm: Option<bool>,
    /// `active` or `disabled`
    pub status: Option<AccountStatus>,
    /// A new password, 12 to 128 characters.
    pub password: Option<String>,
    /// The name that is shown; null takes it away.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub display_name: Option<Option<String>>,
}

/// What changes in your account; what is left out stays.
#[derive(Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "王女士"}))]
pub struct OwnEdit {
    /// The name that is shown to you and to administrators; null takes it away.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub display_name: Option<Option<String>>,
    /// A new password, 12 to 128 characters; for accounts that have one. It ends all your sessions.
    pub password: Option<String>,
    /// The password until now: needed for a new one.
    pub current_password: Option<String>,
}

/// A new client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "招标平台", "scopes": ["read"]}))]
pub struct NewClient {
    /// Whose it is and what for.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: String,
    /// `read`, `changes`
    #[validate(length(max = 10))]
    pub scopes: Vec<String>,
}

/// What changes in a client; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rotate_secret": true}))]
pub struct ClientEdit {
    /// Another name.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: Option<String>,
    /// All scopes.
    #[validate(length(max = 10))]
    pub scopes: Option<Vec<String>>,
    /// `active` or `disabled`
    pub status: Option<AccountStatus>,
    /// Whether to make a new secret; the old one is no longer good.
    #[serde(default)]
    pub rotate_secret: bool,
}
