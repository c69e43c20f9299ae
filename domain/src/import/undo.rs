//! Taking back what a file did.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Why what a file did is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "文件有误，整批重报"}))]
pub struct NewUndo {
    /// At most 500 characters; it is shown as the reason of corrections.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    pub reason: String,
    /// References to the evidence.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
}
