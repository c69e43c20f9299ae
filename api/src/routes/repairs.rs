//! `/v1/repairs`: a firm's own.

mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_repair);
}
