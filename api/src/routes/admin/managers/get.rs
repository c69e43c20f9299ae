//! `GET /v1/admin/managers/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::manager::Manager;
use xinwu_persistence::manager;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One manager of the register, with the entity tag that a change needs.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The manager's id", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    responses((status = 200, description = "The manager", body = Manager))
)]
#[get("/v1/admin/managers/{id}")]
pub(super) async fn get_admin_manager(
    permit: Permit<op::GetAdminManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let (view, version) = permit
        .read(move |conn| {
            manager::require_reach(conn, &actor, &id)?;
            manager::get(conn, &id)
        })
        .await?;
    permit.object(version, &view)
}
