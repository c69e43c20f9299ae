//! `/v1/records`

mod get;
mod reply;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_record);
    config.service(reply::put_record_reply);
}
