//! `/v1/schemes/{id}/versions`

use utoipa_actix_web::service_config::ServiceConfig;

mod get;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_scheme_version);
}
