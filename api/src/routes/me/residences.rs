//! `/v1/me/residences`: the dwellings that one lives in.

use utoipa_actix_web::service_config::ServiceConfig;

mod claim;
mod end;
mod list;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list::list_my_residences);
    config.service(claim::claim_residence);
    config.service(end::end_residence);
}
