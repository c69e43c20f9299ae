//! `POST /v1/admin/schemes/{id}/versions/{n}/announce/confirm`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::credit::scheme::draft;

use crate::extract::{Path, VersionNumber};
use crate::permit::Permit;
use crate::problem::Problem;

/// Confirms the announcement that another official proposed: from now on the version is public as
/// `announced`, and it is applied on its first day. Needs the power to confirm; who drafted or
/// proposed it may not. Needs `If-Match`.
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
#[post("/v1/admin/schemes/{id}/versions/{n}/announce/confirm")]
pub(super) async fn confirm_scheme(
    permit: Permit<op::ConfirmScheme>,
    Path((id, number)): Path<(String, VersionNumber)>,
) -> Result<HttpResponse, Problem> {
    super::step(&permit, (id, number.0), draft::confirm).await
}
