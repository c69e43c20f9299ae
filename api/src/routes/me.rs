//! `/v1/me`

use utoipa_actix_web::service_config::ServiceConfig;

mod ratings;
mod residences;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(ratings::configure);
    config.configure(residences::configure);
}
