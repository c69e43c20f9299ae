//! `/v1/firms`

use utoipa_actix_web::service_config::ServiceConfig;

mod evaluation;
mod evaluations;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(evaluation::get_firm_evaluation);
    config.service(evaluations::list_firm_evaluations);
}
