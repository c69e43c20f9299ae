//! `/v1/assessments`

mod object;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(object::object_to_assessment);
}
