//! `/v1/firms`

use utoipa_actix_web::service_config::ServiceConfig;

mod ratings;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(ratings::get_firm_ratings);
    config.service(reviews::list_firm_reviews);
}
