//! `/v1/reviews`: what residents and firms say to a review.

use utoipa_actix_web::service_config::ServiceConfig;

mod flag;
mod reply;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(flag::flag_review);
    config.service(reply::put_review_reply);
}
