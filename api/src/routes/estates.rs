//! `/v1/estates`

mod get;
mod list;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_estates);
    config.service(get::get_estate);
}
