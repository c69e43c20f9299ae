//! `/v1/managers`

use utoipa_actix_web::service_config::ServiceConfig;

mod evaluation;
mod get;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_manager);
    config.service(evaluation::get_manager_evaluation);
}
