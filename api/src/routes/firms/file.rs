//! `GET /v1/firms/{uscc}/file`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::evaluation::Dossier;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations;

/// A firm’s credit file, for the firm and its officials: with a scheme’s text, `xinwu evaluate`
/// makes of it what `evaluation` answers them. It holds what is not published.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91210200241281392F")),
    responses((status = 200, description = "The credit file", body = Dossier))
)]
#[get("/v1/firms/{uscc}/file")]
pub(super) async fn get_firm_file(
    permit: Permit<op::GetFirmFile>,
    Path(uscc): Path<String>,
) -> Result<HttpResponse, Problem> {
    evaluations::file(&permit, evaluations::firm(&uscc)?).await
}
