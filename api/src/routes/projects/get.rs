//! `GET /v1/projects/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::project::ProjectPage;
use xinwu_persistence::lookup::project_page;

use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One project: where it is, who runs it, its credit and its residents' ratings.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The project's id")),
    responses((status = 200, description = "The project", body = ProjectPage))
)]
#[get("/v1/projects/{id}")]
pub(super) async fn get_project(
    permit: Permit<op::GetProject>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .cached_as_read(move |conn| {
            let (page, version) = project_page::page(conn, &id, &context)?;
            let firm = page.firm.iter().map(|firm| Tag::One(Entity::Firm, firm.uscc.clone()));
            let own = [Tag::One(Entity::Project, id), Tag::Any(Entity::Place), Tag::figures()];
            let tags = firm.chain(own).collect();
            Ok((page, version, tags))
        })
        .await
}
