//! Accounts: what roles are bound to, the rules of names and passwords, and the views of accounts,
//! clients and the audit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Role;
use crate::department::NamedDepartment;
use crate::manager::NamedManager;
use crate::place::{NamedPlace, PlaceLevel};
use crate::privacy::AcceptedPrivacy;
use crate::refusal::{Faults, Refusal};
use crate::text::Text;

mod command;
mod export;
mod people;
mod second_factor;
mod staff_number;

pub use command::{Activation, ClientEdit, NewClient, NewUser, OwnEdit, UserEdit};
pub use export::{
    Export, ExportedCase, ExportedCaseStep, ExportedDevice, ExportedFlag, ExportedResidence, ExportedSession,
};
pub use people::{NamesPeople, People};
pub use second_factor::{ConfirmTotp, NewTotp, RecoveryCodes, TotpSecret};
pub use staff_number::{check_staff_number, same_staff_number};

/// The fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;
/// The most characters of a password.
pub const LONGEST_PASSWORD: usize = 128;

/// What an integrator may be given: `read` for what is public, `changes` for the feed of changes.
pub const SCOPES: &[&str] = &["read", "changes"];

/// Whether an account may sign in.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum AccountStatus {
    /// It may.
    Active,
    /// An administrator has shut it; it can be opened again.
    Disabled,
}

/// An account where officials read who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "name": "海军广场街道"}))]
pub struct NamedAccount {
    /// Its id.
    pub id: String,
    /// The name that is shown of it, else the one that it signs in with; null for one that is gone
    /// and for the operator of the server.
    pub name: Option<String>,
}

/// A firm's code and name, as an account shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"uscc": "91210200241281392F", "name": "示例物业服务有限公司"}))]
pub struct AccountFirm {
    /// The unified social credit code.
    pub uscc: String,
    /// The firm's name.
    pub name: String,
}

/// One's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "role": "resident", "username": null, "display_name": "王女士", "phone": "139****0001",
    "place": null, "firm": null, "can_confirm": false, "second_factor": false, "scopes": [], "privacy": {"version": "2026-11-30", "accepted_at": "2026-11-30T02:00:00Z"}, "demo": false,
    "created_at": "2026-11-21T02:00:00Z"
}))]
pub struct Me {
    /// The account.
    pub id: String,
    /// Its role.
    pub role: Role,
    /// The name to sign in with; staff and officials.
    pub username: Option<String>,
    /// The name that is shown to itself and to administrators.
    pub display_name: Option<String>,
    /// The phone with its middle hidden; residents.
    pub phone: Option<String>,
    /// An official's place.
    pub place: Option<NamedPlace>,
    /// The firm of a firm's account.
    pub firm: Option<AccountFirm>,
    /// The manager of a manager's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manager: Option<NamedManager>,
    /// The department of a department's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub department: Option<NamedDepartment>,
    /// Whether it may confirm what others drafted.
    pub can_confirm: bool,
    /// Whether it signs in with a second factor.
    pub second_factor: bool,
    /// An integrator's scopes.
    pub scopes: Vec<String>,
    /// The privacy notice that its owner agreed to; null where that was never asked.
    pub privacy: Option<AcceptedPrivacy>,
    /// Whether it is part of demo data.
    pub demo: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An account as an administrator sees it: never a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "role": "street", "username": "haijun.street", "display_name": "海军广场街道",
    "place": {"code": "210202001", "name": "海军广场街道"}, "firm": null, "can_confirm": true, "second_factor": true, "staff_number": "DL-0731", "status": "active", "demo": false,
    "created_at": "2026-11-21T02:00:00Z"
}))]
pub struct User {
    /// The account.
    pub id: String,
    /// Its role.
    pub role: Role,
    /// The name to sign in with; none for residents.
    pub username: Option<String>,
    /// The name that is shown.
    pub display_name: Option<String>,
    /// An official's place.
    pub place: Option<NamedPlace>,
    /// The firm of a firm's account.
    pub firm: Option<AccountFirm>,
    /// The manager of a manager's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manager: Option<NamedManager>,
    /// The department of a department's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub department: Option<NamedDepartment>,
    /// Whether it may confirm what others drafted.
    pub can_confirm: bool,
    /// Whether it signs in with a second factor.
    pub second_factor: bool,
    /// The number in the staff list of an official, a department's official or an administrator.
    pub staff_number: Option<String>,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// Whether it is part of demo data.
    pub demo: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A program of a third party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "client_id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "招标平台", "scopes": ["read"], "on_behalf_of": null, "status": "active",
    "created_at": "2026-11-21T02:00:00Z", "people": {}
}))]
pub struct Client {
    /// What it signs in with, beside its secret.
    pub client_id: String,
    /// Whose it is and what for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The official's account as which it acts.
    pub on_behalf_of: Option<String>,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who the official is.
    pub people: People,
}

impl NamesPeople for Client {
    fn accounts(&self) -> Vec<&str> {
        self.on_behalf_of.as_deref().into_iter().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
}

/// A client with its secret, which is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "client_id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "name": "招标平台", "scopes": ["read"], "on_behalf_of": null, "status": "active",
    "created_at": "2026-11-21T02:00:00Z", "people": {}, "client_secret": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E"
}))]
pub struct ClientWithSecret {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// The secret: kept as a hash, so it cannot be shown again. Null where it was shown before.
    pub client_secret: Option<String>,
}

/// One line of what officials and administrators did.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "4711", "at": "2026-11-21T02:00:00Z", "user": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "username": "root", "name": "张工", "role": "admin",
    "operation": "edit_user", "object_kind": "user", "object_id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "object_name": "海军广场街道",
    "place": {"code": "210202001", "name": "海军广场街道"}, "address": "203.0.113.7",
    "detail": {"status": "disabled", "changes": [{"field": "status", "before": "active", "after": "disabled"}]}
}))]
pub struct AuditEntry {
    /// Its number, rising.
    pub id: String,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// The account that did it; `system` for the clock and the command line, and `unknown` for
    /// whoever tried to sign in by a name that no account has.
    pub user: String,
    /// The name by which the account signs in now.
    pub username: Option<String>,
    /// What its owner is called now.
    pub name: Option<String>,
    /// The role in which it was done; null for nobody's account.
    pub role: Option<Role>,
    /// The operation, as in the OpenAPI document.
    pub operation: String,
    /// What kind of thing it was done to.
    pub object_kind: String,
    /// Which one.
    pub object_id: String,
    /// What an account, a place, a department, a firm, an estate or a manager is called now.
    pub object_name: Option<String>,
    /// The place whose officials read this, and those above it; null for what administrators alone
    /// read.
    pub place: Option<NamedPlace>,
    /// The address from which it was asked for.
    pub address: Option<String>,
    /// What changed, before and after, without secrets; of a reading how many were read, of a
    /// sign-in what became of it.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

/// The level of the place that an official of this role is bound to.
pub fn level_of(role: Role) -> Option<PlaceLevel> {
    match role {
        Role::Community => Some(PlaceLevel::Community),
        Role::Street => Some(PlaceLevel::Street),
        Role::District => Some(PlaceLevel::District),
        Role::City => Some(PlaceLevel::City),
        _ => None,
    }
}

/// What a role may touch: "roles, each bound to what it may touch".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bindings {
    /// The role.
    pub role: Role,
    /// The level of the account's place, where it has one.
    pub place: Option<PlaceLevel>,
    /// Whether it has a firm.
    pub firm: bool,
    /// Whether it has a manager.
    pub manager: bool,
    /// Whether it has a department.
    pub department: bool,
    /// Whether it may confirm.
    pub can_confirm: bool,
    /// Whether it has a staff number.
    pub is_numbered: bool,
}

impl Bindings {
    /// Checks that an official has a place of the role's own level, a firm's account a firm, a
    /// manager's a manager and a department's a department, and nobody else any of them; and that
    /// only officials of places confirm.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that is wrong.
    pub fn check(self) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        let mut fault = |pointer: &str, code, zh: &'static str, en: &'static str| {
            faults.add(pointer, code, Text::new(zh, en));
        };
        match (level_of(self.role), self.place) {
            (Some(_), None) => {
                fault("/place", "required", "该角色须绑定区划", "This role is bound to a place");
            }
            (Some(level), Some(place)) if level != place => {
                fault(
                    "/place",
                    "wrong_level",
                    "区划级别须与角色一致",
                    "The place must be of the role's own level",
                );
            }
            (None, Some(_)) => {
                fault("/place", "not_for_role", "该角色不绑定区划", "This role is not bound to a place");
            }
            _ => {}
        }
        match (self.role == Role::Firm, self.firm) {
            (true, false) => {
                fault("/uscc", "required", "企业账号须绑定企业", "A firm's account is bound to a firm")
            }
            (false, true) => {
                fault("/uscc", "not_for_role", "该角色不绑定企业", "This role is not bound to a firm")
            }
            _ => {}
        }
        match (self.role == Role::Manager, self.manager) {
            (true, false) => fault(
                "/manager",
                "required",
                "项目经理账号须绑定项目经理",
                "A manager's account is bound to a manager",
            ),
            (false, true) => fault(
                "/manager",
                "not_for_role",
                "该角色不绑定项目经理",
                "This role is not bound to a manager",
            ),
            _ => {}
        }
        match (self.role == Role::Department, self.department) {
            (true, false) => fault(
                "/department",
                "required",
                "部门账号须绑定部门",
                "A department's account is bound to a department",
            ),
            (false, true) => fault(
                "/department",
                "not_for_role",
                "该角色不绑定部门",
                "This role is not bound to a department",
            ),
            _ => {}
        }
        if self.can_confirm && !self.role.is_official() {
            fault(
                "/can_confirm",
                "not_for_role",
                "只有市、区县、街道、社区工作人员可有确认权限",
                "Only officials of a place may have the power to confirm",
            );
        }
        // Two accounts without one could not be told to be two people.
        if !self.is_numbered && self.role.has_staff_number() {
            fault(
                "/staff_number",
                "required",
                "工作人员和管理员账号须登记工号",
                "Officials and administrators have a staff number",
            );
        }
        faults.refuse_if_any()
    }
}

/// Checks a name to sign in with: 3 to 64 of `a`–`z`, digits, `.`, `_`, `-`, beginning with a
/// letter or digit.
///
/// # Errors
/// [`Refusal::Invalid`] at `/username`.
pub fn check_username(username: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let good = (3..=64).contains(&username.len())
        && username.bytes().next().is_some_and(plain)
        && username.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'));
    if good {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/username",
        "username",
        Text::new(
            "用户名应为3到64个小写字母、数字、点、下划线或连字符，以字母或数字开头",
            "A username has 3 to 64 lower-case letters, digits, dots, underscores or hyphens, and begins with a letter or digit",
        ),
    ))
}

/// Checks a new password: 12 to 128 characters, and not the username again.
///
/// # Errors
/// [`Refusal::Invalid`] at `/password`.
pub fn check_password(password: &str, username: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        let text = Text::new("密码应为12到128个字符", "A password has 12 to 128 characters");
        return Err(Refusal::invalid("/password", "length", text));
    }
    if password.to_lowercase() == username || password.chars().all(|each| password.starts_with(each)) {
        let text = Text::new("密码太容易猜到", "The password is too easy to guess");
        return Err(Refusal::invalid("/password", "weak_password", text));
    }
    Ok(())
}

/// Checks a client's scopes.
///
/// # Errors
/// [`Refusal::Invalid`] at each scope that there is not, or that stands twice.
pub fn check_scopes(scopes: &[String]) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    for (index, scope) in scopes.iter().enumerate() {
        let pointer = format!("/scopes/{index}");
        if !SCOPES.contains(&scope.as_str()) {
            let known = SCOPES.join(", ");
            let text = Text::new(format!("应为：{known}"), format!("must be: {known}"));
            faults.add(pointer, "unknown_value", text);
        } else if scopes.iter().take(index).any(|other| other == scope) {
            faults.add(pointer, "duplicate", Text::new("重复", "stands twice"));
        }
    }
    faults.refuse_if_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(
        role: Role,
        place: Option<PlaceLevel>,
        firm: bool,
        can_confirm: bool,
    ) -> Vec<(String, &'static str)> {
        let (manager, department) = (role == Role::Manager, role == Role::Department);
        match (Bindings { role, place, firm, manager, department, can_confirm, is_numbered: true }).check() {
            Ok(()) => Vec::new(),
            Err(Refusal::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn each_role_is_bound_to_what_it_may_touch() {
        let none: Vec<(String, &'static str)> = Vec::new();
        assert_eq!(faults(Role::Street, Some(PlaceLevel::Street), false, true), none);
        assert_eq!(faults(Role::Firm, None, true, false), none);
        assert_eq!(faults(Role::Admin, None, false, false), none);
        assert_eq!(faults(Role::Manager, None, false, false), none);
        assert_eq!(faults(Role::Department, None, false, false), none);
        assert_eq!(
            faults(Role::Department, Some(PlaceLevel::District), false, true),
            [("/can_confirm".to_owned(), "not_for_role"), ("/place".to_owned(), "not_for_role")]
        );
        assert_eq!(faults(Role::Street, None, false, false), [("/place".to_owned(), "required")]);
        assert_eq!(
            faults(Role::Street, Some(PlaceLevel::City), false, false),
            [("/place".to_owned(), "wrong_level")]
        );
        assert_eq!(faults(Role::Firm, None, false, false), [("/uscc".to_owned(), "required")]);
        assert_eq!(
            faults(Role::Admin, Some(PlaceLevel::City), true, true),
            [
                ("/can_confirm".to_owned(), "not_for_role"),
                ("/place".to_owned(), "not_for_role"),
                ("/uscc".to_owned(), "not_for_role")
            ]
        );
    }

    #[test]
    fn passwords_have_12_to_128_characters_and_are_not_the_name() {
        assert!(check_password("elevenchars", "someone").is_err());
        assert!(check_password("twelve chars", "someone").is_ok());
        assert!(check_password("十二个汉字也算十二个字符", "someone").is_ok());
        assert!(check_password(&"ab".repeat(64), "someone").is_ok());
        assert!(check_password(&format!("{}c", "ab".repeat(64)), "someone").is_err());
        assert!(check_password("Haijun.Street", "haijun.street").is_err());
        assert!(check_password("aaaaaaaaaaaaaa", "someone").is_err());
    }

    #[test]
    fn usernames_are_plain() {
        for good in ["abc", "a.b-c_d", "0street", &"a".repeat(64)] {
            assert!(check_username(good).is_ok(), "{good}");
        }
        for bad in ["ab", "Abc", ".abc", "a b", "街道街道", &"a".repeat(65)] {
            assert!(check_username(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scopes_are_known_and_stand_once() {
        assert!(check_scopes(&["read".to_owned(), "changes".to_owned()]).is_ok());
        assert!(check_scopes(&["write".to_owned()]).is_err());
        assert!(check_scopes(&["read".to_owned(), "read".to_owned()]).is_err());
    }
}
