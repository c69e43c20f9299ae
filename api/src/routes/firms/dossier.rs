//! `GET /v1/firms/{uscc}/dossier`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::evaluation::Dossier;
use xinwu_domain::subject::Subject;

use crate::extract::{FirmCode, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations;

/// A firm’s credit dossier, for the firm and its officials: with a scheme’s text, `xinwu evaluate`
/// makes of it what `evaluation` answers them. It holds what is not published.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P")),
    responses((status = 200, description = "The credit dossier", body = Dossier))
)]
#[get("/v1/firms/{uscc}/dossier")]
pub(super) async fn get_firm_dossier(
    permit: Permit<op::GetFirmDossier>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    evaluations::dossier(&permit, Subject::firm(&uscc)).await
}
