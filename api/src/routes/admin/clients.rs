//! `/v1/admin/clients`: programs of third parties.

use utoipa_actix_web::service_config::ServiceConfig;

mod add;
mod edit;
mod get;
mod list;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_clients);
    config.service(add::add_client);
    config.service(get::get_client);
    config.service(edit::edit_client);
}
