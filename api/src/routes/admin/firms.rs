//! `/v1/admin/firms`

mod add;
mod edit;
mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(add::add_firm);
    config.service(get::get_admin_firm);
    config.service(edit::edit_firm);
}
