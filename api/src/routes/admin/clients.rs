//! `/v1/admin/clients`: programs of third parties.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::account::{Client, ClientWithSecret};
use xinwu_persistence::people::client::{self, NewClient};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Random;

use crate::extract::{Json, Path, Query};
use crate::permit::{Page, Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

mod edit;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_clients);
    config.service(add_client);
    config.service(get_client);
    config.service(edit::edit_client);
}

/// A new client.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "招标平台", "scopes": ["read"]}))]
pub struct AddClient {
    /// Whose it is and what for.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: String,
    /// `read`, `changes`
    #[validate(length(max = 10))]
    scopes: Vec<String>,
}

/// Adds a client. Its secret is shown in this answer and never again, not even to the same request
/// with the same `Idempotency-Key`.
#[utoipa::path(tag = "system", request_body = AddClient, responses((status = 201, description = "The new client with its secret", body = ClientWithSecret)))]
#[post("/v1/admin/clients")]
async fn add_client(permit: Permit<op::AddClient>, body: Json<AddClient>) -> Result<HttpResponse, Problem> {
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

/// One client, without its secret.
#[utoipa::path(
    tag = "system",
    params(("id" = String, Path, description = "The client's id")),
    responses((status = 200, description = "The client", body = Client))
)]
#[get("/v1/admin/clients/{id}")]
async fn get_client(permit: Permit<op::GetClient>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<client::Row>| client::get(conn, &row.id)).await
}

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListClients {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The programs of third parties, the oldest first.
#[utoipa::path(tag = "system", params(ListClients), responses((status = 200, description = "A page of clients", body = Page<Client>)))]
#[get("/v1/admin/clients")]
async fn list_clients(
    permit: Permit<op::ListClients>,
    Query(query): Query<ListClients>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let clients = permit.read(move |conn| client::list(conn, &window)).await?;
    permit.page(clients)
}
