//! `GET /v1/managers/{id}/dossier`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::evaluation::Dossier;
use xinwu_domain::subject::Subject;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations;

/// A manager’s credit dossier, for the firm and its officials: with a scheme’s text,
/// `xinwu evaluate` makes of it what `evaluation` answers them. It holds what is not published.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The credit dossier", body = Dossier))
)]
#[get("/v1/managers/{id}/dossier")]
pub(super) async fn get_manager_dossier(
    permit: Permit<op::GetManagerDossier>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    evaluations::dossier(&permit, Subject::manager(&id)).await
}
