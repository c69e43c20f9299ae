//! `GET /v1/managers/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::manager::ManagerPage;
use xinwu_persistence::lookup::manager_page;

use crate::cache::Tag;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// A project manager's file: firm, projects, credit.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The manager", body = ManagerPage))
)]
#[get("/v1/managers/{id}")]
pub(super) async fn get_manager(
    permit: Permit<op::GetManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .cached_as_read(move |conn| {
            let (page, version) = manager_page::page(conn, &id, &context)?;
            // Projects of the past are shown with their estates' and firms' names too, and who is
            // renamed tells only those that it runs now.
            let projects = page.projects.iter().chain(&page.past_projects);
            let shown = projects.flat_map(|project| {
                let firm = project.firm.as_ref().map(|firm| Tag::One(Entity::Firm, firm.uscc.clone()));
                let estate = Tag::One(Entity::Estate, project.estate.code.clone());
                [Some(Tag::One(Entity::Project, project.id.clone())), Some(estate), firm]
            });
            let firm = page.firm.iter().map(|firm| Tag::One(Entity::Firm, firm.uscc.clone()));
            let tags = shown.flatten().chain(firm).chain([Tag::One(Entity::Manager, id)]).collect();
            Ok((page, version, tags))
        })
        .await
}
