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
mod assessments;
mod places;
mod records;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(assessments::configure);
    config.configure(places::configure);
    config.configure(records::configure);
mod bursts;
mod places;
mod residences;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(bursts::configure);
    config.configure(places::configure);
    config.configure(residences::configure);
    config.configure(reviews::configure);
mod audit;
mod clients;
mod places;
mod users;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(audit::configure);
    config.configure(clients::configure);
    config.configure(places::configure);
    config.configure(users::configure);
}
