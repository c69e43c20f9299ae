//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

mod imports;
mod places;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(imports::configure);
    config.configure(places::configure);
}
