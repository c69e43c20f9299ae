//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

mod assessments;
mod places;
mod records;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(assessments::configure);
    config.configure(places::configure);
    config.configure(records::configure);
mod estates;
mod firms;
mod households;
mod managers;
mod places;
mod projects;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(estates::configure);
    config.configure(firms::configure);
    config.configure(households::configure);
    config.configure(managers::configure);
    config.configure(places::configure);
    config.configure(projects::configure);
}
