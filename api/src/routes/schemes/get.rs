//! `GET /v1/schemes/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeView;
use xinwu_persistence::credit::scheme;

use crate::extract::Path;
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::evaluations::localised;

/// One scheme with its versions.
#[utoipa::path(
    tag = "schemes",
    params(("id" = String, Path, description = "The scheme's id", example = "dalian-demo")),
    responses((status = 200, description = "The scheme", body = SchemeView))
)]
#[get("/v1/schemes/{id}")]
pub(super) async fn get_scheme(
    permit: Permit<op::GetScheme>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (now, language) = (permit.now(), permit.language());
    // Not cached: a version comes into force with time alone.
    let document = permit.read(move |conn| localised(&scheme::get(conn, &id, now)?, language)).await?;
    permit.object(UNVERSIONED, &document)
}
