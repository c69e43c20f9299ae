//! `POST /v1/admin/users`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::{Role, op};
use xinwu_domain::account::{User, check_password};
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::people::account::{NewAccount, user};
use xinwu_store::Random;

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A new account with a password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "username": "haijun.street", "password": "a long password, please", "role": "street", "place": "210202001", "can_confirm": true,
    "display_name": "海军广场街道"
}))]
pub struct AddUser {
    /// The name to sign in with: 3 to 64 lower-case letters, digits, dots, underscores or hyphens.
    username: String,
    /// 12 to 128 characters.
    password: String,
    /// `firm`, `community`, `street`, `district`, `city` or `admin`
    role: Role,
    /// An official's place, of the role's own level.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// The firm of a firm's account.
    uscc: Option<Uscc>,
    /// The power to confirm what others drafted; officials.
    #[serde(default)]
    can_confirm: bool,
    /// The name that is shown.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    display_name: Option<String>,
}

/// Adds an account. An official needs a place of the role's level, a firm's account a registered
/// firm, an administrator neither.
#[utoipa::path(tag = "system", request_body = AddUser, responses((status = 201, description = "The new account", body = User)))]
#[post("/v1/admin/users")]
pub(super) async fn add_user(
    permit: Permit<op::AddUser>,
    body: Json<AddUser>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    check_password(&value.password, &value.username)?;
    let new = NewAccount {
        role: value.role,
        username: Some(value.username),
        display_name: value.display_name,
        password_hash: Some(permit.state().passwords.hash(&value.password).await?),
        phone_hash: None,
        phone_encrypted: None,
        place: value.place,
        uscc: value.uscc.map(|uscc| uscc.to_string()),
        scopes: Vec::new(),
        can_confirm: value.can_confirm,
        demo: false,
    };
    let id = Random.id();
    // The body holds a password: a plain hash of it, kept with the idempotency key, could be
    // guessed from.
    let fingerprint = permit.state().secrets.token_hash(&fingerprint);
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (user, version) = user::add(tx, warrant, &id, &new)?;
            Posted::created(format!("/v1/admin/users/{id}"), version, &user)
        })
        .await
}
