//! `POST /v1/admin/schemes/{id}/versions/{n}/withdraw`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::credit::scheme::draft;

use crate::extract::{Path, VersionNumber};
use crate::permit::Permit;
use crate::problem::Problem;

/// Gives up a draft that is not announced. Needs `If-Match`.
#[utoipa::path(
    tag = "schemes",
    params(
        ("id" = String, Path, description = "The scheme's id", example = "dalian-demo"),
        ("n" = u32, Path, description = "The version's number", example = 2)
    ),
    responses(
        (status = 200, description = "The draft", body = SchemeDraft)
    )
)]
#[post("/v1/admin/schemes/{id}/versions/{n}/withdraw")]
pub(super) async fn withdraw_scheme(
    permit: Permit<op::WithdrawScheme>,
    Path((id, number)): Path<(String, VersionNumber)>,
) -> Result<HttpResponse, Problem> {
    super::step(&permit, (id, number.0), draft::withdraw).await
}
