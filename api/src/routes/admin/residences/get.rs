//! `GET /v1/admin/residences/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::people::residence;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Conn;

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
    let state = std::sync::Arc::clone(permit.state());
    let view = move |conn: &mut Conn, row: Authorized<residence::Row>| {
        let (found, version) = residence::get_claim(conn, &row.id)?;
        Ok((opened(state.secrets(), found), version))
    };
    permit.read_one(id, view).await
}
