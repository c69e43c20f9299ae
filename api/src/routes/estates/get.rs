//! `GET /v1/estates/{code}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstatePage;
use xinwu_domain::typed;
use xinwu_persistence::registers::estate;

use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One estate: where it is, who serves it now, who did.
#[utoipa::path(
    tag = "projects",
    params(("code" = String, Path, description = "The estate's code", example = "210202001006-001")),
    responses((status = 200, description = "The estate", body = EstatePage))
)]
#[get("/v1/estates/{code}")]
pub(super) async fn get_estate(
    permit: Permit<op::GetEstate>,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (code, context) = (typed::code(&code), permit.context());
    let tags = vec![Tag::One(Entity::Estate, code.clone()), Tag::Any(Entity::Place)];
    permit.cached(tags, move |conn| estate::page(conn, &code, &context)).await
}
