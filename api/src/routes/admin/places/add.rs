//! `POST /v1/admin/places`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::place::{Place, PlaceLevel, check_code};
use xinwu_domain::typed;
use xinwu_persistence::registers::place::{self, NewPlace};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A new place.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "2102X01", "level": "district", "name": "高新区", "parent": "2102", "valid_from": "2026-01-01", "aliases": ["大连高新技术产业园区"]}))]
pub struct AddPlace {
    /// A division code, or a local one: the parent's code, `X` and two digits.
    #[serde(deserialize_with = "xinwu_domain::rules::typed_code")]
    code: String,
    /// City, district, street or community.
    level: PlaceLevel,
    /// The place's name.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: String,
    /// The code of the place above.
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    parent: Option<String>,
    /// First day on which it exists; today when left out.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    valid_from: Option<String>,
    /// Other names.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "xinwu_domain::rules::plain_texts"))]
    aliases: Vec<String>,
}

/// Adds a place below one in your jurisdiction: a functional zone, a new community.
#[utoipa::path(tag = "registers", request_body = AddPlace, responses((status = 201, description = "The new place", body = Place)))]
#[post("/v1/admin/places")]
pub(super) async fn add_place(
    permit: Permit<op::AddPlace>,
    body: Json<AddPlace>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let code = typed::code(&value.code);
    check_code(&code, "/code")?;
    let new = NewPlace {
        code,
        level: value.level,
        name: value.name,
        parent: value.parent,
        valid_from: match value.valid_from {
            Some(day) => xinwu_domain::rules::require_day("/valid_from", &day)?,
            None => permit.today(),
        },
        aliases: value.aliases,
    };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (place, version) = place::add(tx, warrant, &new)?;
            Posted::created(format!("/v1/places/{}", place.code), version, &place)
        })
        .await
}
