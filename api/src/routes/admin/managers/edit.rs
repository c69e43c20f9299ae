//! `PATCH /v1/admin/managers/{id}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::manager::Manager;
use xinwu_persistence::registers::manager::{self, ManagerEdit};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::rules::nullable;

/// What changes in a manager; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"uscc": "91219900MA0D00001T"}))]
pub struct EditManager {
    /// The name.
    #[validate(length(min = 1, max = 50), custom(function = "crate::rules::plain_text"))]
    name: Option<String>,
    /// Another firm, or null for none. The manager leaves the charge of the old firm's running
    /// projects; those that ended stay in the file.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    uscc: Option<Option<String>>,
}

/// Changes a manager in your jurisdiction: the name, the firm. Needs `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The manager's id")),
    request_body = EditManager,
    responses((status = 200, description = "The manager", body = Manager))
)]
#[patch("/v1/admin/managers/{id}")]
pub(super) async fn edit_manager(
    permit: Permit<op::EditManager>,
    Path(id): Path<String>,
    body: Json<EditManager>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    let uscc = match value.uscc {
        Some(Some(text)) => Some(Some(crate::rules::require_uscc(&text)?)),
        Some(None) => Some(None),
        None => None,
    };
    let edit = ManagerEdit { name: value.name, uscc };
    permit.change(id, edit, manager::edit).await
}
