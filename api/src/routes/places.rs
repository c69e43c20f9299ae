//! `/v1/places`

use utoipa_actix_web::service_config::ServiceConfig;

mod get;
mod list;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_places);
    config.service(get::get_place);
}
