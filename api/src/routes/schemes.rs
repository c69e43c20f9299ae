//! `/v1/schemes`

use utoipa_actix_web::service_config::ServiceConfig;

mod get;
mod list;
mod versions;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_schemes);
    config.service(get::get_scheme);
    config.configure(versions::configure);
}
