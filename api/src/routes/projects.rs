//! `/v1/projects`

use utoipa_actix_web::service_config::ServiceConfig;

mod evaluation;
mod evaluations;
mod get;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_project);
    config.service(evaluation::get_project_evaluation);
    config.service(evaluations::list_project_evaluations);
}
