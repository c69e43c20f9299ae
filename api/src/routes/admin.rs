//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

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
