//! `/v1/admin/repairs`

mod decide;
mod get;
mod list;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_admin_repairs);
    config.service(get::get_admin_repair);
    config.service(decide::decide_repair);
}
