//! `PUT /v1/me/ratings/{project}/{month}`

use actix_web::{HttpResponse, put};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{Dimensions, OwnRating, Stars, screen};
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::ratings::rating::{self, NewRating};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// What a resident says of a project's service in a month.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overall": 5, "dimensions": {"cleaning": 5, "attitude": 4}, "comment": "楼道很干净"}))]
pub struct PutRating {
    /// Stars overall, 1 to 5.
    overall: Stars,
    /// Stars by dimension, each optional.
    dimensions: Option<PutDimensions>,
    /// A comment of at most 500 characters, published without a name, together with the stars. One
    /// that seems to hold a phone or identity number, an e-mail address, an account of WeChat or QQ
    /// or a dwelling is held.
    comment: Option<String>,
}

/// The stars by dimension as they are sent: one that is null is not rated. An answer leaves it out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct PutDimensions {
    /// 保洁
    cleaning: Option<Stars>,
    /// 秩序维护
    security: Option<Stars>,
    /// 绿化
    greening: Option<Stars>,
    /// 维修
    maintenance: Option<Stars>,
    /// 服务态度
    attitude: Option<Stars>,
}

impl From<PutDimensions> for Dimensions {
    fn from(put: PutDimensions) -> Dimensions {
        let PutDimensions { cleaning, security, greening, maintenance, attitude } = put;
        Dimensions { cleaning, security, greening, maintenance, attitude }
    }
}

/// Rates a project for the current month, or changes the rating while its stars wait for their
/// publication. Only for verified residents of the project's estate. A dwelling has one rating a
/// month, and so has a person.
#[utoipa::path(
    tag = "me",
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    request_body = PutRating,
    responses(
        (status = 200, description = "The changed rating", body = OwnRating),
        (status = 201, description = "The new rating", body = OwnRating)
    )
)]
#[put("/v1/me/ratings/{project}/{month}")]
pub(super) async fn put_rating(
    permit: Permit<op::PutRating>,
    Path((project, month)): Path<(String, Month)>,
    body: Json<PutRating>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected, reader) = (permit.warrant()?, permit.expected_if_any()?, permit.own_reader());
    let value = body.value;
    let comment = value.comment.as_deref().map(screen).transpose();
    let comment = comment.map_err(|fault| Refusal::invalid("/comment", fault.code(), fault.text()))?;
    let dimensions = value.dimensions.unwrap_or_default().into();
    let new = NewRating { overall: value.overall, dimensions, comment };
    let put = permit
        .write(move |tx| rating::put(tx, &reader, &warrant, &project, month, expected.as_ref(), &new))
        .await?;
    permit.put_response(put.is_new, put.version, &put.rating)
}
