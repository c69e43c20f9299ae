//! `/v1/projects`

mod get;

use utoipa_actix_web::service_config::ServiceConfig;

mod assessments;
mod evaluation;
mod evaluations;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(assessments::list_project_assessments);
    config.service(evaluation::get_project_evaluation);
    config.service(evaluations::list_project_evaluations);
    config.service(get::get_project);
mod ratings;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(ratings::get_project_ratings);
    config.service(reviews::list_project_reviews);
}
