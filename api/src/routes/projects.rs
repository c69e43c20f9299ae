//! `/v1/projects`

use utoipa_actix_web::service_config::ServiceConfig;

mod ratings;
mod reviews;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(ratings::get_project_ratings);
    config.service(reviews::list_project_reviews);
}
