//! What is asked of accounts and clients. What has a password cannot print itself, so that none
//! reaches a log.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{AccountStatus, Me};
use crate::access::Role;
use crate::refusal::Refusal;
use crate::rules;
use crate::text::Text;
use crate::uscc::Uscc;

/// A new account. Whoever it is for chooses the password, by the code that its confirmation shows.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "username": "haijun.street", "role": "street", "place": "210202001", "can_confirm": true,
    "staff_number": "DL-0731", "display_name": "海军广场街道", "reason": "新任网格负责人"
}))]
pub struct NewUser {
    /// The name to sign in with: 3 to 64 lower-case letters, digits, dots, underscores or hyphens.
    pub username: String,
    /// `firm`, `manager`, `community`, `street`, `district`, `city`, `department` or `admin`
    pub role: Role,
    /// An official's place, of the role's own level.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub place: Option<String>,
    /// The firm of a firm's account.
    pub uscc: Option<Uscc>,
    /// The manager of a manager's account, by id.
    #[validate(length(min = 1, max = 64))]
    pub manager: Option<String>,
    /// The department of a department's account, by its code.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub department: Option<String>,
    /// The power to confirm what others drafted; officials.
    #[serde(default)]
    pub can_confirm: bool,
    /// The number in the staff list: letters A to Z, digits and hyphens. Accounts of one number,
    /// with whatever hyphens and leading zeros, are one person's.
    #[validate(length(min = 1, max = 32), custom(function = "super::check_staff_number"))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub staff_number: Option<String>,
    /// The name that is shown.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub display_name: Option<String>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
}

/// What changes in an account; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
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
    /// Another manager; null takes the account's away.
    #[validate(length(min = 1, max = 64))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub manager: Option<Option<String>>,
    /// Another department; null takes the account's away.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::nullable_code")]
    #[schema(value_type = Option<String>)]
    pub department: Option<Option<String>>,
    /// The power to confirm what others drafted.
    pub can_confirm: Option<bool>,
    /// `active` or `disabled`
    pub status: Option<AccountStatus>,
    /// Whether the password goes: a code for a new one is shown to who confirms it.
    #[serde(default)]
    pub reset_password: bool,
    /// Whether the second factor goes, for whoever lost it.
    #[serde(default)]
    pub reset_second_factor: bool,
    /// The number in the staff list: letters A to Z, digits and hyphens. Accounts of one number,
    /// with whatever hyphens and leading zeros, are one person's.
    #[validate(length(min = 1, max = 32), custom(function = "super::check_staff_number"))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub staff_number: Option<String>,
    /// The name that is shown; null takes it away.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub display_name: Option<Option<String>>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
}

impl UserEdit {
    /// Whether it opens an account that stands as it does.
    pub fn opens(&self, status: AccountStatus) -> bool {
        self.status == Some(AccountStatus::Active) && status != AccountStatus::Active
    }
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
    /// A code of the authenticator, or a recovery code: needed for a new password where the account
    /// has a second factor.
    #[validate(length(min = 1, max = 32))]
    pub totp: Option<String>,
}

impl OwnEdit {
    /// Two administrators change the name of an official: colleagues know each other by it.
    ///
    /// # Errors
    /// A fault of `/display_name`.
    pub fn require_own_name(&self, own: &Me) -> Result<(), Refusal> {
        let is_changed = self.display_name.as_ref().is_some_and(|name| *name != own.display_name);
        if !(own.role.has_staff_number() && is_changed) {
            return Ok(());
        }
        let text = Text::new("工作人员的姓名由管理员更改", "Administrators change the names of officials");
        Err(Refusal::invalid("/display_name", "not_for_role", text))
    }
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
    /// The account of an official without the power to confirm: the program acts as it.
    #[validate(length(min = 1, max = 64))]
    pub on_behalf_of: Option<String>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
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
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
}

/// A password for a new account, or for one whose password was reset.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "haijun.street", "code": "mRkq0mXo5rT1cQ2YwPzL", "password": "a long password, please", "privacy_version": "2026-11-30"}))]
pub struct Activation {
    /// The name to sign in with.
    #[validate(length(min = 1, max = 64))]
    pub username: String,
    /// The code that the confirmation showed; it holds for 72 hours, once.
    #[validate(length(min = 1, max = 64))]
    pub code: String,
    /// 12 to 128 characters.
    pub password: String,
    /// The `version` of `GET /v1/privacy` that is agreed to: an account whose owner has agreed to
    /// none yet needs the one in force (422, and the code stays good).
    #[validate(length(min = 1, max = 1024))]
    pub privacy_version: Option<String>,
}
