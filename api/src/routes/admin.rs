//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

mod bursts;
mod estates;
mod firms;
mod households;
mod managers;
mod places;
mod projects;
mod residences;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(bursts::configure);
    config.configure(estates::configure);
    config.configure(firms::configure);
    config.configure(households::configure);
    config.configure(managers::configure);
    config.configure(places::configure);
    config.configure(projects::configure);
    config.configure(residences::configure);
    config.configure(reviews::configure);
}
