//! Who may do what: roles and what each is bound to, the one table of operations
//! ([`operation`]), and permission to do one of them ([`warrant`]).

mod operation;
mod warrant;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use operation::{Audience, Foreign, Operates, Operation, Reach, op};
pub use warrant::{Party, Seconded, Warrant};

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
    /// A program of a third party, by scopes.
    Integrator,
    /// Runs the system, not the content.
    Admin,
}

impl Role {
    /// Every role, in the order of the permission table.
    pub const ALL: [Role; 9] = [
        Role::Resident,
        Role::Firm,
        Role::Manager,
        Role::Community,
        Role::Street,
        Role::District,
        Role::City,
        Role::Integrator,
        Role::Admin,
    ];

    /// Whether the role is bound to a place.
    pub fn is_official(self) -> bool {
        matches!(self, Role::Community | Role::Street | Role::District | Role::City)
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
    /// Whether the account may confirm what others drafted (a power beside the role).
    pub can_confirm: bool,
    /// The session that the token belongs to.
    pub session_id: String,
}
