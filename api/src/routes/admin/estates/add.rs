//! `POST /v1/admin/estates`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::estate::{Estate, EstateKind, read_code};
use xinwu_persistence::registers::estate::{self, NewEstate};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A new estate.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "幸福家园", "kind": "professional", "place": "210202001002", "aliases": ["幸福小区"], "households": 1200}))]
pub struct AddEstate {
    /// Its code, 4 to 32 digits, letters and hyphens; the community's code and the next free number
    /// when left out.
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    code: Option<String>,
    /// Its name.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: String,
    /// Other names.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "xinwu_domain::rules::plain_texts"))]
    aliases: Vec<String>,
    /// Its kind.
    kind: EstateKind,
    /// The code of the community that it lies in.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "xinwu_domain::rules::typed_code")]
    place: String,
    /// Its address.
    #[validate(length(min = 1, max = 200), custom(function = "xinwu_domain::rules::plain_text"))]
    address: Option<String>,
    /// How many dwellings it has.
    #[validate(range(min = 0, max = 100_000))]
    households: i32,
}

/// Adds an estate in a community of your jurisdiction.
#[utoipa::path(tag = "registers", request_body = AddEstate, responses((status = 201, description = "The new estate", body = Estate)))]
#[post("/v1/admin/estates")]
pub(super) async fn add_estate(
    permit: Permit<op::AddEstate>,
    body: Json<AddEstate>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let new = NewEstate {
        code: value.code.as_deref().map(read_code).transpose()?,
        name: value.name,
        aliases: value.aliases,
        kind: value.kind,
        place: value.place,
        address: value.address,
        households: value.households,
        demo: false,
    };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (estate, version) = estate::add(tx, warrant, &new)?;
            Posted::created(format!("/v1/estates/{}", estate.code), version, &estate)
        })
        .await
}
