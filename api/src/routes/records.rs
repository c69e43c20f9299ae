//! `/v1/records`

mod get;
mod object;
mod repair;
mod reply;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_record);
    config.service(reply::put_record_reply);
    config.service(object::object_to_record);
    config.service(repair::request_repair);
}
