//! `/v1/projects`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_domain::calendar::Month;
use xinwu_domain::case::figures::CaseFigures;
use xinwu_domain::credit::HistoryEntry;
use xinwu_domain::entity::Entity;
use xinwu_domain::evaluation::{Dossier, Evaluation};
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind, PublicMetric};
use xinwu_domain::project::ProjectPage;
use xinwu_domain::rating::Ratings;
use xinwu_domain::record::RecordView;
use xinwu_domain::review::Review;
use xinwu_domain::subject::Subject;
use xinwu_persistence::credit::assessment::{self, AssessmentOwner};
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};
use xinwu_persistence::lookup::project_page;
use xinwu_persistence::ratings::rating;
use xinwu_persistence::ratings::review::{self, Of};
use xinwu_persistence::service::case::figures;

use crate::cache::Tag;
use crate::extract::{Path, Query};
use crate::permit::{Page, PageQuery, Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::evaluations::{self, GetEvaluation, ListEvaluations};
use crate::routes::firms::cases::GetCaseFigures;
use crate::routes::firms::records::ListRecords;
use crate::routes::metrics::{ListFigures, figures_of};
use crate::routes::reviews::tags;
use crate::rules::span;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_project_assessments);
    config.service(get_project_evaluation);
    config.service(list_project_evaluations);
    config.service(get_project_dossier);
    config.service(get_project);
    config.service(get_project_ratings);
    config.service(get_project_cases);
    config.service(list_project_metrics);
    config.service(list_project_records);
    config.service(list_project_reviews);
}

/// Officials' assessments of a project, the latest period first.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), PageQuery),
    responses((status = 200, description = "A page of assessments", body = Page<AssessmentView>))
)]
#[get("/v1/projects/{id}/assessments")]
async fn list_project_assessments(
    permit: Permit<op::ListProjectAssessments>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let owner = AssessmentOwner::Project(id);
    let assessments = permit.read(move |conn| assessment::list(conn, &owner, &window)).await?;
    permit.page(assessments)
}

/// A project’s credit dossier, for the firm and its officials: with a scheme’s text,
/// `xinwu evaluate` makes of it what `evaluation` answers them. It holds what is not published.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id")),
    responses((status = 200, description = "The credit dossier", body = Dossier))
)]
#[get("/v1/projects/{id}/dossier")]
async fn get_project_dossier(
    permit: Permit<op::GetProjectDossier>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    evaluations::dossier(&permit, Subject::project(&id)).await
}

/// A project’s score, grade and every item behind them.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), GetEvaluation),
    responses((status = 200, description = "The evaluation", body = Evaluation))
)]
#[get("/v1/projects/{id}/evaluation")]
async fn get_project_evaluation(
    permit: Permit<op::GetProjectEvaluation>,
    Path(id): Path<String>,
    Query(query): Query<GetEvaluation>,
) -> Result<HttpResponse, Problem> {
    evaluations::show(&permit, Subject::project(&id), query).await
}

/// The history of a project’s grades, the newest first.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), ListEvaluations),
    responses((status = 200, description = "A page of changes", body = Page<HistoryEntry>))
)]
#[get("/v1/projects/{id}/evaluations")]
async fn list_project_evaluations(
    permit: Permit<op::ListProjectEvaluations>,
    Path(id): Path<String>,
    Query(query): Query<ListEvaluations>,
) -> Result<HttpResponse, Problem> {
    evaluations::list(&permit, Subject::project(&id), query).await
}

/// One project: where it is, who runs it, its credit and its residents' ratings.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id")),
    responses((status = 200, description = "The project", body = ProjectPage))
)]
#[get("/v1/projects/{id}")]
async fn get_project(
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

/// Which months.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetProjectRatings {
    /// The first month; eleven before the last when left out.
    #[param(value_type = Option<String>, example = "2025-12")]
    from: Option<Month>,
    /// The last month; this one when left out. At most 36 months.
    #[param(value_type = Option<String>, example = "2026-11")]
    to: Option<Month>,
}

/// A project's published ratings, together and month by month. Null with the reason `waiting` where
/// nothing is published. `published_on` and `next_on` are the days of the city's last step and
/// next.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), GetProjectRatings),
    responses((status = 200, description = "The ratings", body = Ratings))
)]
#[get("/v1/projects/{id}/ratings")]
async fn get_project_ratings(
    permit: Permit<op::GetProjectRatings>,
    Path(id): Path<String>,
    Query(query): Query<GetProjectRatings>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    let tags = vec![Tag::One(Entity::Project, id.clone()), Tag::figures()];
    permit.cached(tags, move |conn| Ok((rating::of_project(conn, &id, span, &context)?, UNVERSIONED))).await
}

/// What is published of a project's cases, together and month by month. Null with the reason
/// `waiting` where nothing is published: sums come out once they are of at least five households
/// together.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), GetCaseFigures),
    responses((status = 200, description = "The sums", body = CaseFigures))
)]
#[get("/v1/projects/{id}/cases")]
async fn get_project_cases(
    permit: Permit<op::GetProjectCases>,
    Path(id): Path<String>,
    Query(query): Query<GetCaseFigures>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    let tags = vec![Tag::One(Entity::Project, id.clone()), Tag::figures()];
    permit.cached(tags, move |conn| Ok((figures::of_project(conn, &id, span, &context)?, UNVERSIONED))).await
}

/// A project’s public figures, those of the latest period first, each with the values that it had
/// before it was corrected.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), ListFigures),
    responses((status = 200, description = "A page of figures", body = Page<PublicMetric>))
)]
#[get("/v1/projects/{id}/metrics")]
async fn list_project_metrics(
    permit: Permit<op::ListProjectMetrics>,
    Path(id): Path<String>,
    Query(query): Query<ListFigures>,
) -> Result<HttpResponse, Problem> {
    let tag = Tag::One(Entity::Project, id.clone());
    figures_of(&permit, (MetricSubject::new(MetricSubjectKind::Project, id), tag), query).await
}

/// The rewards and penalties that name a project and are public now, the latest decision first;
/// those of a project without a firm stand here alone.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), ListRecords),
    responses((status = 200, description = "A page of records", body = Page<RecordView>))
)]
#[get("/v1/projects/{id}/records")]
async fn list_project_records(
    permit: Permit<op::ListProjectRecords>,
    Path(id): Path<String>,
    Query(query): Query<ListRecords>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let wanted = PublicQuery { owner: RecordOwner::Project(id), kind: query.kind, status: query.status };
    let records = permit.read(move |conn| record::list_public(conn, &wanted, &window, context)).await?;
    permit.page(records)
}

/// Comments that came out, with the firm's replies, raters unnamed: the latest month first, in no
/// order of time within it. Of one that officials hid, the rule under which they did.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id"), PageQuery),
    responses((status = 200, description = "A page of reviews", body = Page<Review>))
)]
#[get("/v1/projects/{id}/reviews")]
async fn list_project_reviews(
    permit: Permit<op::ListProjectReviews>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let language = permit.language();
    permit
        .cached_page(move |conn| {
            let of = Tag::One(Entity::Project, id.clone());
            let listed = review::list(conn, &Of::Project(id), &window, language)?;
            let tags = tags(&listed.items, of);
            Ok((listed, tags))
        })
        .await
}
