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
    config.service(list::list_firms);
    config.service(get::get_firm);
    config.service(projects::list_firm_projects);
mod ratings;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(ratings::get_firm_ratings);
    config.service(reviews::list_firm_reviews);
}
