//! `POST /v1/admin/schemes/{id}/versions/{n}/announce`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::credit::scheme::draft;

use crate::extract::{Path, VersionNumber};
use crate::permit::Permit;
use crate::problem::Problem;

/// Proposes to announce a draft; another official confirms it. Its first day must not have passed.
/// Needs `If-Match`.
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
#[post("/v1/admin/schemes/{id}/versions/{n}/announce")]
pub(super) async fn announce_scheme(
    permit: Permit<op::AnnounceScheme>,
    Path((id, number)): Path<(String, VersionNumber)>,
) -> Result<HttpResponse, Problem> {
    super::step(&permit, (id, number.0), draft::propose).await
}
