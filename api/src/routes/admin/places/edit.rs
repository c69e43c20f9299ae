//! `PATCH /v1/admin/places/{code}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::place::Place;
use xinwu_persistence::registers::place::{self, PlaceEdit};

use crate::extract::{Json, Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;
use xinwu_domain::rules::{naming, nullable, require_day};

/// What changes in a place; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "高新园区"}))]
pub struct EditPlace {
    /// A new name; the old one becomes an alias.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: Option<String>,
    /// Whether the name only corrects a slip: then the old one is not kept.
    #[serde(default)]
    correction: bool,
    /// Another place above, from today.
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    parent: Option<String>,
    /// The first day on which it no longer exists; null takes it back.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    valid_until: Option<Option<String>>,
    /// All other names.
    #[validate(length(max = 20), custom(function = "xinwu_domain::rules::plain_texts"))]
    aliases: Option<Vec<String>>,
    /// Codes of the places that take over.
    #[validate(length(max = 20))]
    successors: Option<Vec<String>>,
}

/// Changes a place in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("code" = String, Path, description = "Division code", example = "210202")),
    request_body = EditPlace,
    responses((status = 200, description = "The place", body = Place))
)]
#[patch("/v1/admin/places/{code}")]
pub(super) async fn edit_place(
    permit: Permit<op::EditPlace>,
    Path(PlaceCode(code)): Path<PlaceCode>,
    body: Json<EditPlace>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    let day = |text: Option<String>| text.map(|text| require_day("/valid_until", &text)).transpose();
    let edit = PlaceEdit {
        naming: naming(value.correction, value.name.as_deref())?,
        name: value.name,
        parent: value.parent,
        valid_until: value.valid_until.map(day).transpose()?,
        aliases: value.aliases,
        successors: value.successors,
    };
    permit.change(code, edit, place::edit).await
}
