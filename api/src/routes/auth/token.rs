//! `POST /v1/auth/token`

use actix_web::http::header;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;
use xinwu_domain::access::{Operation, op};
use xinwu_domain::text::Text;
use xinwu_persistence::operations::audit::{self, Meant, Outcome};
use xinwu_persistence::people::session::{self, Refreshed, Signed};
use xinwu_persistence::people::{attempt, client};
use xinwu_store::{Random, Tx};

use super::{attempt_of, note_failure};
use crate::extract::Json;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::tokens::ACCESS_TOKEN_LIFE;

mod code;
mod form;
pub(in crate::routes) mod password;

pub use form::IssueToken;

/// An access token and what renews it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IjAxOTNhNWMyIn0.e30.c2lnbmF0dXJl", "token_type": "Bearer",
    "expires_in": 900, "refresh_token": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E",
    "device": "Jc8mZt0b1k4v7yqS2n5w9x3R6uHfGdLpQaTeWiOoNlE", "scope": "resident"
}))]
pub struct TokenAnswer {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: i64,
    /// Single-use, and good for 30 days. Who lost the answer may use it again within 30 seconds and
    /// gets another of the same session, ten at most, of which one can be used; later it ends the
    /// session. Programs have none: they ask again with their secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    /// Keep it with the phone, for 90 days after the last sign-in: sent with the next request for a
    /// code and with that code, it tells this device from strangers. Of sign-ins by a code alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device: Option<String>,
    /// The role; for programs, their scopes.
    scope: String,
}

/// Signs in, with a code, a password, a refresh token or a program's secret. 401
/// `second_factor_required` where an account has an authenticator and `totp` is missing; an
/// administrator or confirmer without one gets a token that can only set one up.
#[utoipa::path(
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
    let mut device = None;
    let (grant, signed) = match body.value {
        IssueToken::Otp { phone, code, device: sent, privacy_version } => {
            let by_code = code::sign_in(&permit, &phone, &code, sent, privacy_version).await;
            let signed = by_code.map(|by_code| {
                device = Some(by_code.device);
                (by_code.signed, Some(by_code.refresh_token))
            });
            ("otp", signed)
        }
        IssueToken::Password { username, password, totp } => {
            ("password", password::sign_in(&permit, &username, &password, totp.as_deref()).await)
        }
        IssueToken::RefreshToken { refresh_token } => ("refresh_token", renew(&permit, &refresh_token).await),
        IssueToken::ClientCredentials { client_id, client_secret } => {
            ("client_credentials", sign_in(&permit, &client_id, &client_secret).await)
        }
    };
    let outcome = signed.as_ref().map_or_else(Problem::code, |_| "signed_in");
    metrics::counter!("xinwu_sign_ins_total", "grant" => grant, "outcome" => outcome).increment(1);
    let (signed, refresh_token) = signed?;
    let access_token =
        keys.issue(&signed.account_id, &signed.session_id, signed.epoch, &signed.scope, permit.now())?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(TokenAnswer {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
        refresh_token,
        device,
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

async fn sign_in(
    permit: &Permit<op::IssueToken>,
    client_id: &str,
    client_secret: &str,
) -> Result<(Signed, Option<String>), Problem> {
    let tried = attempt_of(permit, "client", client_id);
    let begun = tried.clone();
    permit.write(move |tx| attempt::begin(tx, &begun)).await?;
    // Secrets are random and long: a keyed hash is enough, and comparing two of them tells nothing
    // of the secret.
    let given = permit.state().secrets.token_hash(client_secret);
    let (id, session_id, told) = (client_id.to_owned(), Random.id(), permit.told_address());
    let signed = permit
        .write(move |tx| {
            let note = |tx: &mut Tx<'_>, outcome| {
                audit::signed(
                    tx,
                    Operation::IssueToken,
                    (&Meant::Client(id.clone()), outcome),
                    told.as_deref(),
                )
                .map(drop)
            };
            if client::secret_hash(tx.conn, &id)?.as_ref() != Some(&given) {
                return Ok(None);
            }
            if !client::may_sign_in(tx.conn, &id)? {
                note(tx, Outcome::Disabled)?;
                return Ok(Some(None));
            }
            note(tx, Outcome::Done)?;
            let until = tx.now + ACCESS_TOKEN_LIFE;
            session::open(tx, &id, &session_id, None, until).map(|signed| Some(Some(signed)))
        })
        .await?;
    let Some(signed) = signed else {
        note_failure(permit, Meant::Client(client_id.to_owned()), Outcome::WrongPassword).await?;
        return Err(Problem::unauthenticated(
            "wrong_client",
            Text::new("客户端标识或密钥错误", "The client's id or secret is wrong"),
        ));
    };
    let has_signed_in = signed.is_some();
    permit
        .write(move |tx| {
            attempt::succeeded(tx, &tried)?;
            if has_signed_in { attempt::remember(tx, &tried.here) } else { Ok(()) }
        })
        .await?;
    Ok((signed.ok_or_else(unbound)?, None))
}

fn unbound() -> Problem {
    let text = Text::new(
        "该程序所代表的工作人员账号已停用，或已具有确认权限",
        "The official as whom the program acts is disabled, or may confirm by now",
    );
    Problem::unauthenticated("account_disabled", text)
}

async fn renew(
    permit: &Permit<op::IssueToken>,
    refresh_token: &str,
) -> Result<(Signed, Option<String>), Problem> {
    let hash = permit.state().secrets.token_hash(refresh_token);
    let looked_for = hash.clone();
    if !permit.read_newest(move |conn| session::is_open(conn, &looked_for)).await? {
        return Err(refused());
    }
    let (token, new_hash) = new_refresh_token(permit)?;
    let told = permit.told_address();
    let write = move |tx: &mut Tx<'_>| {
        let refreshed = session::refresh(tx, &hash, &new_hash)?;
        if let Refreshed::Replayed(id) = &refreshed {
            let replayed = (&Meant::Id(id.clone()), Outcome::Replayed);
            audit::signed(tx, Operation::IssueToken, replayed, told.as_deref())?;
        }
        Ok(refreshed)
    };
    match permit.write(write).await? {
        Refreshed::Renewed(signed) => Ok((signed, Some(token))),
        Refreshed::Replayed(_) => {
            tracing::warn!("a refresh token was used again; its session is ended");
            Err(refused())
        }
        Refreshed::Refused => Err(refused()),
    }
}

/// The same answer for a token that is unknown, has expired, was used, or whose session has ended.
fn refused() -> Problem {
    Problem::unauthenticated(
        "bad_refresh_token",
        Text::new("登录已失效，请重新登录", "The refresh token is not good any more; sign in again"),
    )
}
