//! `POST /v1/admin/schemes/{id}/versions/{n}/withdraw`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::scheme::draft;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations::localised;

/// Gives up a draft that is not announced. Needs `If-Match`.
#[utoipa::path(
    tag = "schemes",
    params(
        ("id" = String, Path, description = "The scheme’s id", example = "dalian-demo"),
        ("n" = u32, Path, description = "The version’s number", example = 2)
    ),
    responses(
        (status = 200, description = "The draft as it stands now", body = SchemeDraft)
    )
)]
#[post("/v1/admin/schemes/{id}/versions/{n}/withdraw")]
pub(super) async fn withdraw_scheme(
    permit: Permit<op::WithdrawScheme>,
    Path((id, number)): Path<(String, u32)>,
) -> Result<HttpResponse, Problem> {
    let language = permit.language();
    permit
        .step("", move |tx, actor, known| {
            let (draft, version) = draft::withdraw(tx, actor, &id, number, known)?;
            Ok((localised(&draft, language)?, version))
        })
        .await
}
