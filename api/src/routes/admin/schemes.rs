//! `/v1/admin/schemes`: drafts of schemes, what they would do, and their announcement.

use utoipa_actix_web::service_config::ServiceConfig;

mod add;
mod announce;
mod confirm;
mod get;
mod list;
mod simulate;
mod withdraw;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_scheme_drafts);
    config.service(add::add_scheme_draft);
    config.service(simulate::simulate_scheme);
    config.service(get::get_scheme_draft);
    config.service(announce::announce_scheme);
    config.service(confirm::confirm_scheme);
    config.service(withdraw::withdraw_scheme);
}
