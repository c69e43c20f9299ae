//! `POST /v1/auth/revoke`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_persistence::people::{account, session};

use crate::extract::{Json, OptionalJson};
use crate::permit::Permit;
use crate::problem::Problem;

/// Whose session ends.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E"}))]
pub struct RevokeToken {
    /// A refresh token of the session; without one it is the session of the access token that the
    /// request carries.
    #[validate(length(max = 1024))]
    refresh_token: Option<String>,
}

/// Ends a session at once: that of the refresh token, or else that of the access token. The body
/// may be left out. A token that is not known is no error.
#[utoipa::path(tag = "sign-in", request_body = Option<RevokeToken>, responses((status = 204, description = "The session has ended")))]
#[post("/v1/auth/revoke")]
pub(super) async fn revoke_token(
    permit: Permit<op::RevokeToken>,
    OptionalJson(Json { value, .. }): OptionalJson<RevokeToken>,
) -> Result<HttpResponse, Problem> {
    let hash = value.refresh_token.map(|token| permit.state().secrets.token_hash(&token));
    let warrant = permit.warrant_if_any()?;
    permit
        .write(move |tx| match (&hash, &warrant) {
            (Some(hash), _) => session::end_by_token(tx, hash, "signed_out"),
            (None, Some(warrant)) => {
                account::end_session(tx, warrant.account_id(), warrant.session_id(), "signed_out")
            }
            (None, None) => Ok(()),
        })
        .await?;
    Ok(permit.nothing())
}
