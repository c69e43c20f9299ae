//! `POST /v1/admin/schemes`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeDraft;
use xinwu_persistence::credit::scheme::draft;

use crate::extract::{Json, JsonFile};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::evaluations::localised;

/// A scheme’s file.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "format = 1\nid = \"our-city\"\nversion = 2\n…"}))]
pub struct AddSchemeDraft {
    /// The file’s text, at most 512 KiB; it names the scheme and the version itself.
    #[validate(length(min = 1))]
    text: String,
}

/// Keeps a scheme’s file as a draft. Every fault of the text is named with its line and column. A
/// draft of the same version that is not announced yet is replaced, and a proposal to announce it
/// falls. Nothing in force changes.
#[utoipa::path(tag = "schemes", request_body = AddSchemeDraft, responses((status = 201, description = "The draft", body = SchemeDraft)))]
#[post("/v1/admin/schemes")]
pub(super) async fn add_scheme_draft(
    permit: Permit<op::AddSchemeDraft>,
    JsonFile(body): JsonFile<AddSchemeDraft>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let language = permit.language();
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (draft, version) = draft::add(tx, warrant, &value.text)?;
            let place =
                format!("/v1/admin/schemes/{}/versions/{}", draft.summary.scheme, draft.summary.version);
            Posted::created(place, version, &localised(&draft, language)?)
        })
        .await
}
