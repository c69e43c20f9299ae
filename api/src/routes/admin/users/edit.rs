//! `PATCH /v1/admin/users/{id}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::{Role, op};
use xinwu_domain::account::{AccountStatus, User, check_password};
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::people::account::user::{self, UserEdit};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use xinwu_domain::rules::nullable;

/// What changes in an account; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "disabled"}))]
pub struct EditUser {
    /// Another role; place, firm and the power to confirm go where the new role has none.
    role: Option<Role>,
    /// Another place; null takes it away.
    #[serde(default, deserialize_with = "xinwu_domain::rules::nullable_code")]
    #[schema(value_type = Option<String>)]
    place: Option<Option<String>>,
    /// Another firm; null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    uscc: Option<Option<Uscc>>,
    /// The power to confirm what others drafted.
    can_confirm: Option<bool>,
    /// `active` or `disabled`
    status: Option<AccountStatus>,
    /// A new password, 12 to 128 characters.
    password: Option<String>,
    /// The name that is shown; null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    display_name: Option<Option<String>>,
}

/// Changes an account. Whatever takes something from it ends all its sessions at once. Needs
/// `If-Match`.
#[utoipa::path(
    tag = "system",
    params(("id" = String, Path, description = "The account")),
    request_body = EditUser,
    responses((status = 200, description = "The account", body = User))
)]
#[patch("/v1/admin/users/{id}")]
pub(super) async fn edit_user(
    permit: Permit<op::EditUser>,
    Path(id): Path<String>,
    body: Json<EditUser>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    if let Some(Some(name)) = &value.display_name {
        xinwu_domain::rules::require_line("/display_name", name, 100)?;
    }
    let password_hash = match &value.password {
        Some(password) => {
            let wanted = id.clone();
            let (user, _) = permit.read(move |conn| user::get(conn, &wanted)).await?;
            check_password(password, user.username.as_deref().unwrap_or_default())?;
            Some(permit.state().passwords.hash(password).await?)
        }
        None => None,
    };
    let edit = UserEdit {
        role: value.role,
        place: value.place,
        uscc: value.uscc.map(|uscc| uscc.map(|uscc| uscc.to_string())),
        can_confirm: value.can_confirm,
        status: value.status,
        password_hash,
        display_name: value.display_name,
    };
    permit.change(id, edit, |tx, warrant, row, edit, _| user::edit(tx, warrant, row, edit)).await
}
