//! `POST /v1/auth/token`

use actix_web::http::header;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;
use xinwu_domain::access::op;
use xinwu_domain::text::Text;

use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::tokens::ACCESS_TOKEN_LIFE;

mod client;
mod code;
mod form;
pub(in crate::routes) mod password;
mod refresh;

pub use form::IssueToken;

/// An access token and what renews it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IjAxOTNhNWMyIn0.e30.c2lnbmF0dXJl", "token_type": "Bearer",
    "expires_in": 900, "refresh_token": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E", "scope": "resident"
}))]
pub struct TokenAnswer {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: i64,
    /// Single-use, and good for 30 days. Who lost the answer may use it again within 30 seconds
    /// and gets another of the same session, ten at most; used later than that it ends the
    /// session. By the first use of one of these the others are used too. Programs
    /// have none: they ask again with their secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    /// The role; for programs, their scopes.
    scope: String,
}

/// Signs in, with a code, a password, a refresh token or a program's secret.
#[utoipa::path(
    tag = "sign-in",
    request_body = IssueToken,
    responses(
        (status = 200, description = "Signed in", body = TokenAnswer),
        (status = 401, description = "The code, password, token or secret is not right", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json")
    )
)]
#[post("/v1/auth/token")]
pub(super) async fn issue_token(
    permit: Permit<op::IssueToken>,
    body: Json<IssueToken>,
) -> Result<HttpResponse, Problem> {
    // Before anything is written: a refresh token is single-use, and no answer that carries the
    // next one may fail after its commit.
    let state = permit.state();
    let keys = state.keys().await?;
    let (signed, refresh_token) = match body.value {
        IssueToken::Otp { phone, code } => code::sign_in(&permit, &phone, &code).await?,
        IssueToken::Password { username, password } => {
            password::sign_in(&permit, &username, &password).await?
        }
        IssueToken::RefreshToken { refresh_token } => refresh::renew(&permit, &refresh_token).await?,
        IssueToken::ClientCredentials { client_id, client_secret } => {
            client::sign_in(&permit, &client_id, &client_secret).await?
        }
    };
    let access_token =
        keys.issue(&signed.account_id, &signed.session_id, signed.epoch, &signed.scope, permit.now())?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(TokenAnswer {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
        refresh_token,
        scope: signed.scope,
    }))
}

/// A new refresh token and the hash of it that is stored.
fn new_refresh_token(permit: &Permit<op::IssueToken>) -> Result<(String, String), Problem> {
    let token = crate::secrets::random_token::<32>().map_err(Problem::internal)?;
    let hash = permit.state().secrets.token_hash(&token);
    Ok((token, hash))
}

fn account_disabled() -> Problem {
    Problem::unauthenticated("account_disabled", Text::new("账号已停用", "The account is disabled"))
}
