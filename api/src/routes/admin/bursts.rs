//! `/v1/admin/bursts`: bursts of ratings that are held.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::routes::Routes;

mod get;
mod list;
mod release;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_bursts);
    config.service(get::get_burst);
    config.service(release::release_burst);
}

/// Why a burst is released.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经核实属实"}))]
pub struct ReleaseBurst {
    /// The reason, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}
