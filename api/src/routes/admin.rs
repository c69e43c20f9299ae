//! `/v1/admin`: what officials and administrators do.

mod assessments;
mod estates;
mod firms;
mod households;
mod managers;
mod places;
mod projects;
mod records;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(assessments::configure);
    config.configure(estates::configure);
    config.configure(firms::configure);
    config.configure(households::configure);
    config.configure(managers::configure);
    config.configure(places::configure);
    config.configure(projects::configure);
    config.configure(records::configure);
}
