//! `/v1/admin/places`

mod add;
mod edit;
mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(add::add_place);
    config.service(get::get_admin_place);
    config.service(edit::edit_place);
}
