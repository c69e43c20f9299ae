//! `/v1/firms`

mod get;
mod list;
mod projects;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_firms);
    config.service(get::get_firm);
    config.service(projects::list_firm_projects);
}
