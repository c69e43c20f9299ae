//! `/v1/managers`

use utoipa_actix_web::service_config::ServiceConfig;

mod evaluation;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(evaluation::get_manager_evaluation);
}
