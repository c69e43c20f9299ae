//! `/v1/admin/residences`: who lives where.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::people::residence::SealedClaim;

use crate::routes::Routes;
use crate::secrets::Secrets;

mod approve;
mod end;
mod get;
mod list;
mod refuse;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_pending_residences);
    config.service(get::get_admin_residence);
    config.service(approve::approve_residence);
    config.service(refuse::refuse_residence);
    config.service(end::end_admin_residence);
}

/// Why a claim is refused.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经核实属实"}))]
pub struct RefuseResidence {
    /// The reason, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// A claim with the end of the claimant's phone.
fn opened(secrets: &Secrets, sealed: SealedClaim) -> ResidenceClaim {
    let phone = sealed.phone.and_then(|phone| secrets.decrypt(&sealed.account_id, &phone).ok());
    let phone_ending = phone.and_then(|phone| {
        let phone = String::from_utf8(phone).ok()?;
        phone.get(phone.len().checked_sub(4)?..).map(str::to_owned)
    });
    ResidenceClaim { phone_ending, ..sealed.claim }
}
