//! `POST /v1/admin/households/{id}/confirm`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::household::Household;
use xinwu_persistence::registers::household;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Confirms a household that waits because its estate's register is full: it is a dwelling from now
/// on. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The household's id")),
    responses((status = 200, description = "The household", body = Household))
)]
#[post("/v1/admin/households/{id}/confirm")]
pub(super) async fn confirm_household(
    permit: Permit<op::ConfirmHousehold>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), household::confirm).await
}
