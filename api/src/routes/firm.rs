//! `/v1/firm`: a firm's own file.

mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_own_firm);
}
