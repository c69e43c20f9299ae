//! `GET /v1/admin/residences/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::people::residence;

use super::opened;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One claim of your place, with the entity tag that a decision needs.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The claim")),
    responses((status = 200, description = "The claim", body = ResidenceClaim))
)]
#[get("/v1/admin/residences/{id}")]
pub(super) async fn get_admin_residence(
    permit: Permit<op::GetAdminResidence>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let (found, version) = permit.read(move |conn| residence::get_claim(conn, &actor, &id)).await?;
    permit.object(version, &opened(permit.state().secrets(), found))
}
