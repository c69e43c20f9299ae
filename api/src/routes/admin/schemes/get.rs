//! `GET /v1/admin/schemes/{id}/versions/{n}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::credit::scheme::draft;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Conn;

use crate::extract::{Path, VersionNumber};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations::localised;

/// One draft with its text.
#[utoipa::path(
    tag = "schemes",
    params(
        ("id" = String, Path, description = "The scheme's id", example = "dalian-demo"),
        ("n" = u32, Path, description = "The version's number", example = 2)
    ),
    responses((status = 200, description = "The draft", body = SchemeDraft))
)]
#[get("/v1/admin/schemes/{id}/versions/{n}")]
pub(super) async fn get_scheme_draft(
    permit: Permit<op::GetSchemeDraft>,
    Path((id, number)): Path<(String, VersionNumber)>,
) -> Result<HttpResponse, Problem> {
    let language = permit.language();
    let view = move |_: &mut Conn, row: Authorized<draft::Row>| {
        let (draft, version) = draft::get(&row)?;
        Ok((localised(&draft, language)?, version))
    };
    permit.read_one(format!("{id}/{}", number.0), view).await
}
