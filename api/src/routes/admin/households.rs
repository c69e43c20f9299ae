//! `/v1/admin/households`

mod add;
mod edit;
mod get;
mod list;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_households);
    config.service(add::add_household);
    config.service(get::get_household);
    config.service(edit::edit_household);
}
