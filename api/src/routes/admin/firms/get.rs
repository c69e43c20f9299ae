//! `GET /v1/admin/firms/{uscc}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::firm::Firm;
use xinwu_persistence::{firm, place};

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One firm of the register, with the entity tag that a change needs.
#[utoipa::path(
    tag = "registers",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91210200241281392F")),
    responses((status = 200, description = "The firm", body = Firm))
)]
#[get("/v1/admin/firms/{uscc}")]
pub(super) async fn get_admin_firm(
    permit: Permit<op::GetAdminFirm>,
    Path(uscc): Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let uscc = firm::known(&uscc)?;
    let (view, version) = permit
        .read(move |conn| {
            let found = firm::get(conn, &uscc)?;
            place::require_reach(conn, &actor, &found.0.registered_place.code)?;
            Ok(found)
        })
        .await?;
    permit.object(version, &view)
}
