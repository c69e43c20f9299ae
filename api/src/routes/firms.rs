//! `/v1/firms`

mod get;
mod list;
mod projects;
mod ratings;
mod reviews;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_firms);
    config.service(get::get_firm);
    config.service(projects::list_firm_projects);
    config.service(ratings::get_firm_ratings);
    config.service(reviews::list_firm_reviews);
}
