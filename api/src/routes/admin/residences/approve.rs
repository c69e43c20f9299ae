//! `POST /v1/admin/residences/{id}/approve`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::{Claimed, ResidenceClaim};
use xinwu_domain::text::Text;
use xinwu_persistence::people::residence;

use super::opened;
use crate::extract::{Json, OptionalJson, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Which dwelling the claim is to, where the register lacks it as it is written and has some `near`
/// it: one of the two fields.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"household": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}))]
pub struct ApproveResidence {
    /// The household of the register that is meant: one of those `near`, or another of the estate.
    #[validate(length(min = 1, max = 64))]
    household: Option<String>,
    /// `true`: it is none of those `near`. The register gets the dwelling as it was claimed, if it
    /// has not got it meanwhile.
    #[serde(default)]
    none_of_them: bool,
}

impl ApproveResidence {
    fn claimed(self) -> Result<Claimed, Refusal> {
        match (self.household, self.none_of_them) {
            (Some(_), true) => {
                let text = Text::new("household 与 none_of_them 只能填一项", "excludes `none_of_them`");
                Err(Refusal::invalid("/household", "invalid", text))
            }
            (Some(household), false) => Ok(Claimed::Household(household)),
            (None, true) => Ok(Claimed::New),
            (None, false) => Ok(Claimed::AsWritten),
        }
    }
}

/// Approves a claim: the claimant lives there. A household that the register lacks is added to it;
/// where there are some `near` it, the approver says whether one of them is meant. Needs
/// `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The claim")),
    request_body(
        content = Option<ApproveResidence>,
        example = json!({"household": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"})
    ),
    responses((status = 200, description = "The claim", body = ResidenceClaim))
)]
#[post("/v1/admin/residences/{id}/approve")]
pub(super) async fn approve_residence(
    permit: Permit<op::ApproveResidence>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ApproveResidence>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    let Json { value, fingerprint, .. } = body;
    let claimed = value.claimed()?;
    permit
        .step(id, (&fingerprint, claimed), move |tx, warrant, row, claimed, _| {
            let (claim, version) = residence::approve(tx, warrant, row, claimed)?;
            Ok((opened(state.secrets(), claim), version))
        })
        .await
}
