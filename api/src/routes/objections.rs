//! `/v1/objections`: a firm's own.

mod get;
mod withdraw;

use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;
use xinwu_persistence::objection::NewObjection;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get::get_objection);
    config.service(withdraw::withdraw_objection);
}

/// A firm's objection.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"grounds": "收费已经业主大会同意", "evidence": ["业主大会决议.pdf"]}))]
pub struct FileObjection {
    /// Why the firm objects, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    grounds: String,
    /// References to its evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "crate::rules::references"))]
    evidence: Vec<String>,
}

impl FileObjection {
    pub(super) fn into_new(self) -> NewObjection {
        NewObjection { grounds: self.grounds, evidence: self.evidence }
    }
}
