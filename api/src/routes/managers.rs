//! `/v1/managers`

mod get;

use utoipa_actix_web::service_config::ServiceConfig;

mod evaluation;
mod records;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(records::list_manager_records);
    config.service(evaluation::get_manager_evaluation);
    config.service(get::get_manager);
}
