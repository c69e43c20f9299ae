//! `/v1/firms`

use utoipa_actix_web::service_config::ServiceConfig;

mod evaluation;
mod evaluations;
mod get;
mod list;
mod projects;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_firms);
    config.service(get::get_firm);
    config.service(evaluation::get_firm_evaluation);
    config.service(evaluations::list_firm_evaluations);
    config.service(projects::list_firm_projects);
}
