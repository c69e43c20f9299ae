//! `/v1/admin/reviews`: comments to decide on.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::routes::Routes;

mod get;
mod hide;
mod list;
mod publish;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_reviews);
    config.service(get::get_admin_review);
    config.service(publish::publish_review);
    config.service(hide::hide_review);
}

/// Why a review is published or hidden.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经核实属实"}))]
pub struct DecideReview {
    /// The reason, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}
