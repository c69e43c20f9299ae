//! `/v1/projects`

mod get;
mod ratings;
mod reviews;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_project);
    config.service(ratings::get_project_ratings);
    config.service(reviews::list_project_reviews);
}
