//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

mod bursts;
mod places;
mod residences;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(bursts::configure);
    config.configure(places::configure);
    config.configure(residences::configure);
    config.configure(reviews::configure);
}
