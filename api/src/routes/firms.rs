//! `/v1/firms`

mod get;
mod list;
mod projects;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) mod assessments;
mod evaluation;
mod evaluations;
pub(super) mod records;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(assessments::list_firm_assessments);
    config.service(records::list_firm_records);
    config.service(evaluation::get_firm_evaluation);
    config.service(evaluations::list_firm_evaluations);
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_firms);
    config.service(get::get_firm);
    config.service(projects::list_firm_projects);
}
