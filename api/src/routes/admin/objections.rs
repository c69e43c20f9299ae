//! `/v1/admin/objections`

mod decide;
mod extend;
mod get;
mod list;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_admin_objections);
    config.service(get::get_admin_objection);
    config.service(extend::extend_objection);
    config.service(decide::decide_objection);
}
