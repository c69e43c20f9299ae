//! Every route. A URL's folder is its path, and a verb is a file: `POST /v1/admin/places` is `routes/admin/places/add.rs`.

use utoipa_actix_web::service_config::ServiceConfig;

pub mod admin;
pub mod estates;
mod evaluations;
pub mod firms;
pub mod managers;
pub mod me;
pub mod places;
pub mod projects;
pub mod schemes;
pub mod system;

/// Registers every route with its documentation.
pub fn configure(config: &mut ServiceConfig) {
    config.configure(admin::configure);
    config.configure(estates::configure);
    config.configure(firms::configure);
    config.configure(managers::configure);
    config.configure(me::configure);
    config.configure(places::configure);
    config.configure(projects::configure);
    config.configure(schemes::configure);
}
