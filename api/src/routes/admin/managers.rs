//! `/v1/admin/managers`

mod add;
mod edit;
mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(add::add_manager);
    config.service(get::get_admin_manager);
    config.service(edit::edit_manager);
}
