//! `POST /v1/admin/managers`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::manager::Manager;
use xinwu_persistence::registers::manager::{self, NewManager};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

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
pub(super) async fn add_manager(
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
