//! `/v1/admin/estates`

mod add;
mod edit;
mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(add::add_estate);
    config.service(get::get_admin_estate);
    config.service(edit::edit_estate);
}
