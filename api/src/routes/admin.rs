//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

mod estates;
mod firms;
mod households;
mod imports;
mod managers;
mod places;
mod projects;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(imports::configure);
    config.configure(estates::configure);
    config.configure(firms::configure);
    config.configure(households::configure);
    config.configure(managers::configure);
    config.configure(places::configure);
    config.configure(projects::configure);
}
