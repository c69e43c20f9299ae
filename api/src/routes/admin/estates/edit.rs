//! `PATCH /v1/admin/estates/{code}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::estate::{Estate, EstateKind};
use xinwu_domain::typed;
use xinwu_persistence::registers::estate::{self, EstateEdit};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use xinwu_domain::rules::{naming, nullable};

/// What changes in an estate; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "old"}))]
pub struct EditEstate {
    /// A new name; the old one becomes an alias.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: Option<String>,
    /// Whether the name only corrects a slip: then the old one is not kept.
    #[serde(default)]
    correction: bool,
    /// All other names.
    #[validate(length(max = 20), custom(function = "xinwu_domain::rules::plain_texts"))]
    aliases: Option<Vec<String>>,
    /// Its kind.
    kind: Option<EstateKind>,
    /// The code of the community that it lies in.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// Its address; null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    address: Option<Option<String>>,
    /// How many dwellings it has.
    #[validate(range(min = 0, max = 100_000))]
    households: Option<i32>,
}

/// Changes an estate in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("code" = String, Path, description = "The estate's code", example = "210202001006-001")),
    request_body = EditEstate,
    responses((status = 200, description = "The estate", body = Estate))
)]
#[patch("/v1/admin/estates/{code}")]
pub(super) async fn edit_estate(
    permit: Permit<op::EditEstate>,
    Path(code): Path<String>,
    body: Json<EditEstate>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    if let Some(Some(address)) = &value.address {
        xinwu_domain::rules::require_line("/address", address, 200)?;
    }
    let edit = EstateEdit {
        naming: naming(value.correction, value.name.as_deref())?,
        name: value.name,
        aliases: value.aliases,
        kind: value.kind,
        place: value.place,
        address: value.address,
        households: value.households,
    };
    permit.change(typed::code(&code), edit, estate::edit).await
}
