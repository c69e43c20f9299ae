//! `/v1/admin/managers`

use actix_web::{HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::manager::Manager;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::manager::{self, ManagerEdit, NewManager};

use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::rules::nullable;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_manager);
    config.service(get_admin_manager);
    config.service(edit_manager);
}

/// A new manager.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "王经理", "uscc": "91219900MA0D00000P"}))]
pub struct AddManager {
    /// The name.
    #[validate(length(min = 1, max = 50), custom(function = "crate::rules::plain_text"))]
    name: String,
    /// The code of the firm that the manager works for.
    #[validate(length(min = 1, max = 100))]
    uscc: Option<String>,
}

/// Adds a manager of a firm registered in your jurisdiction, or of none.
#[utoipa::path(tag = "registers", request_body = AddManager, responses((status = 201, description = "The new manager", body = Manager)))]
#[post("/v1/admin/managers")]
async fn add_manager(
    permit: Permit<op::AddManager>,
    body: Json<AddManager>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let uscc = value.uscc.as_deref().map(crate::rules::require_uscc).transpose()?;
    let new = NewManager { name: value.name, uscc, demo: false };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (manager, version) = manager::add(tx, warrant, &new)?;
            Posted::created(format!("/v1/managers/{}", manager.id), version, &manager)
        })
        .await
}

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
async fn edit_manager(
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

/// One manager whose firm is registered in, or who has charge of an estate in, your place.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The manager", body = Manager))
)]
#[get("/v1/admin/managers/{id}")]
async fn get_admin_manager(
    permit: Permit<op::GetAdminManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<manager::Row>| manager::get(conn, &row.id)).await
}
