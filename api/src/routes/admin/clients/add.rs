//! `POST /v1/admin/clients`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::account::ClientWithSecret;
use xinwu_persistence::people::client::{self, NewClient};
use xinwu_store::Random;

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A new client.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "招标平台", "scopes": ["read"]}))]
pub struct AddClient {
    /// Whose it is and what for.
    #[validate(length(min = 1, max = 100), custom(function = "crate::rules::plain_text"))]
    name: String,
    /// `read`, `changes`
    #[validate(length(max = 10))]
    scopes: Vec<String>,
}

/// Adds a client. Its secret is shown in this answer and never again, not even to the same request
/// with the same `Idempotency-Key`.
#[utoipa::path(tag = "system", request_body = AddClient, responses((status = 201, description = "The new client with its secret", body = ClientWithSecret)))]
#[post("/v1/admin/clients")]
pub(super) async fn add_client(
    permit: Permit<op::AddClient>,
    body: Json<AddClient>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let secret = crate::secrets::random_token::<32>().map_err(Problem::internal)?;
    let new = NewClient {
        id: Random.id(),
        name: value.name,
        scopes: value.scopes,
        secret_hash: permit.state().secrets.token_hash(&secret),
    };
    permit
        .post_showing_once(&fingerprint, move |tx, warrant| {
            let (client, version) = client::add(tx, warrant, &new)?;
            let answer = |client_secret| {
                let view = ClientWithSecret { client: client.clone(), client_secret };
                Posted::created(format!("/v1/admin/clients/{}", new.id), version, &view)
            };
            Ok((answer(Some(secret.clone()))?, answer(None)?))
        })
        .await
}
