//! `GET /v1/me/ratings/{project}/{month}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::OwnRating;
use xinwu_persistence::ratings::rating;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One's own rating of a project's month.
#[utoipa::path(
    tag = "me",
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    responses((status = 200, description = "The rating", body = OwnRating))
)]
#[get("/v1/me/ratings/{project}/{month}")]
pub(super) async fn get_rating(
    permit: Permit<op::GetRating>,
    Path((project, month)): Path<(String, Month)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, reader) = (permit.warrant()?, permit.own_reader());
    let (rating, version) =
        permit.read(move |conn| rating::get(conn, &reader, warrant.account_id(), &project, month)).await?;
    permit.object(version, &rating)
}
