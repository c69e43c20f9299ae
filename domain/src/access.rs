//! Who may do what: roles and what each is bound to, the one table of operations
//! ([`operation`]), and permission to do one of them ([`warrant`]).

mod names;
mod operation;
mod warrant;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use operation::{Audience, Foreign, Operates, Operation, Reach, op};
pub use warrant::{OPERATOR, Party, Seconded, Warrant};

/// What an account is. A person who is both an official and a resident has two accounts.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
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
pub enum Role {
    /// A person bound to households by verified residences.
    Resident,
    /// Someone who acts for one firm.
    Firm,
    /// A project manager, for what is recorded of that person.
    Manager,
    /// An official of a community and what is below it.
    Community,
    /// An official of a street.
    Street,
    /// An official of a district.
    District,
    /// An official of the city.
    City,
    /// An official of a department of a district, to which cases go; bound to no place.
    Department,
    /// A program of a third party, by scopes.
    Integrator,
    /// Runs the system, not the content.
    Admin,
}

impl Role {
    /// Every role, in the order of the permission table.
    pub const ALL: [Role; 10] = [
        Role::Resident,
        Role::Firm,
        Role::Manager,
        Role::Community,
        Role::Street,
        Role::District,
        Role::City,
        Role::Department,
        Role::Integrator,
        Role::Admin,
    ];

    /// Whether the role is bound to a place.
    pub fn is_official(self) -> bool {
        matches!(self, Role::Community | Role::Street | Role::District | Role::City)
    }

    /// Whether its accounts have a number in the staff list: by that a person is known who has
    /// several.
    pub fn has_staff_number(self) -> bool {
        self.is_official() || matches!(self, Role::Department | Role::Admin)
    }
}

/// Who acts: an account as it stands now, not as a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account_id: String,
    /// Its role.
    pub role: Role,
    /// The place of an official.
    pub place: Option<String>,
    /// The firm of a firm's account.
    pub uscc: Option<String>,
    /// The manager of a manager's account.
    pub manager: Option<String>,
    /// The department of a department's account, by its code.
    pub department: Option<String>,
    /// Whether the account may confirm what others drafted (a power beside the role).
    pub can_confirm: bool,
    /// Whether it signs in with a second factor.
    pub has_second_factor: bool,
    /// The program that acts as this account, where one does.
    pub client: Option<String>,
    /// The session that the token belongs to.
    pub session_id: String,
}

impl Actor {
    /// Whether it has to sign in with a second factor.
    pub fn needs_second_factor(&self) -> bool {
        needs_second_factor(self.role, self.can_confirm)
    }
}

/// Whether whoever takes the password of such an account could do much harm alone: who decides what
/// others drafted, and who keeps the accounts, signs in with a second factor.
pub fn needs_second_factor(role: Role, can_confirm: bool) -> bool {
    role == Role::Admin || can_confirm
}
