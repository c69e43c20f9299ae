//! `/v1/me`: one's own account.

use utoipa_actix_web::service_config::ServiceConfig;

mod delete;
mod edit;
mod export;
mod get;
mod ratings;
mod residences;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.configure(ratings::configure);
    config.configure(residences::configure);
    config.service(delete::delete_me);
    config.service(edit::edit_me);
    config.service(export::export_me);
    config.service(get::get_me);
}
