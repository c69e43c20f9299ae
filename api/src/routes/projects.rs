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
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_project);
}
