//! `/v1/admin`: what officials and administrators do.

use utoipa_actix_web::service_config::ServiceConfig;

mod assessments;
mod places;
mod records;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(assessments::configure);
    config.configure(places::configure);
    config.configure(records::configure);
}
