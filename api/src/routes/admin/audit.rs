//! `/v1/admin/audit`

use utoipa_actix_web::service_config::ServiceConfig;

mod list;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_audit);
}
