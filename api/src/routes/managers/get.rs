//! `GET /v1/managers/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::manager::ManagerPage;
use xinwu_persistence::{Entity, manager};

use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// A project manager's file: firm, projects, credit.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The manager's id", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    responses((status = 200, description = "The manager", body = ManagerPage))
)]
#[get("/v1/managers/{id}")]
pub(super) async fn get_manager(
    permit: Permit<op::GetManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let reading = permit.reading();
    // Projects of the past are shown with their estates' and firms' names too.
    let tags = vec![
        Tag::One(Entity::Manager, id.clone()),
        Tag::Any(Entity::Project),
        Tag::Any(Entity::Estate),
        Tag::Any(Entity::Firm),
    ];
    permit.cached(tags, move |conn| manager::page(conn, &id, &reading)).await
}
