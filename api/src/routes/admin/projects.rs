//! `/v1/admin/projects`

mod add;
mod edit;
mod get;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(add::add_project);
    config.service(get::get_admin_project);
    config.service(edit::edit_project);
}
