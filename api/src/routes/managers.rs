//! `/v1/managers`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::evaluation::{Dossier, Evaluation};
use xinwu_domain::manager::ManagerPage;
use xinwu_domain::record::RecordView;
use xinwu_domain::subject::Subject;
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};
use xinwu_persistence::lookup::manager_page;

use crate::cache::Tag;
use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::evaluations::{self, GetEvaluation};
use crate::routes::firms::records::ListRecords;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_manager_evaluation);
    config.service(get_manager_dossier);
    config.service(get_manager);
    config.service(list_manager_records);
}

/// A manager’s credit dossier, for the manager, the firm and its officials: with a scheme’s text,
/// `xinwu evaluate` makes of it what `evaluation` answers them. It holds what is not published.
#[utoipa::path(
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The credit dossier", body = Dossier))
)]
#[get("/v1/managers/{id}/dossier")]
async fn get_manager_dossier(
    permit: Permit<op::GetManagerDossier>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    evaluations::dossier(&permit, Subject::manager(&id)).await
}

/// A manager’s score, grade and every item behind them; `not_evaluated` where no scheme in force
/// grades managers.
#[utoipa::path(
    params(("id" = String, Path, description = "The manager's id"), GetEvaluation),
    responses((status = 200, description = "The evaluation", body = Evaluation))
)]
#[get("/v1/managers/{id}/evaluation")]
async fn get_manager_evaluation(
    permit: Permit<op::GetManagerEvaluation>,
    Path(id): Path<String>,
    Query(query): Query<GetEvaluation>,
) -> Result<HttpResponse, Problem> {
    evaluations::show(&permit, Subject::manager(&id), query).await
}

/// A project manager's dossier: firm, projects, credit.
#[utoipa::path(
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The manager", body = ManagerPage))
)]
#[get("/v1/managers/{id}")]
async fn get_manager(
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

/// The rewards and penalties that name a manager and are public now, the latest decision first.
#[utoipa::path(
    params(("id" = String, Path, description = "The manager's id"), ListRecords),
    responses((status = 200, description = "A page of records", body = Page<RecordView>))
)]
#[get("/v1/managers/{id}/records")]
async fn list_manager_records(
    permit: Permit<op::ListManagerRecords>,
    Path(id): Path<String>,
    Query(query): Query<ListRecords>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let wanted = PublicQuery { owner: RecordOwner::Manager(id), kind: query.kind, status: query.status };
    let records = permit.read(move |conn| record::list_public(conn, &wanted, &window, context)).await?;
    permit.page(records)
}
