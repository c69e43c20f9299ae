//! `/v1/admin/clients`: programs of third parties.

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::account::{Client, ClientEdit, ClientWithSecret, NewClient};
use xinwu_domain::proposal::Proposal;
use xinwu_persistence::people::client;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Random;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, PageQuery, Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_clients);
    config.service(add_client);
    config.service(get_client);
    config.service(edit_client);
}

/// Adds a client. Its secret is shown in this answer and never again, not even to the same request
/// with the same `Idempotency-Key`. One that acts as an official is proposed, and its secret shown
/// to who confirms it.
#[utoipa::path(request_body = NewClient, responses(
    (status = 201, description = "The new client with its secret", body = ClientWithSecret),
    (status = 202, description = "It waits for a second person", body = Proposal)
))]
#[post("/v1/admin/clients")]
async fn add_client(permit: Permit<op::AddClient>, body: Form<NewClient>) -> Result<HttpResponse, Problem> {
    let secret = crate::secrets::random_token::<32>().map_err(Problem::internal)?;
    let (id, secret_hash) = (Random.id(), permit.state().secrets.token_hash(&secret));
    permit
        .add_showing_once_or_propose(body, move |tx, warrant, new| {
            let (client, version) = client::add(tx, warrant, &id, new, &secret_hash)?;
            let answer = |client_secret| {
                let view = ClientWithSecret { client: client.clone(), client_secret };
                Posted::created(format!("/v1/admin/clients/{id}"), version, &view)
            };
            Ok((answer(Some(secret.clone()))?, answer(None)?))
        })
        .await
}

/// One client, without its secret.
#[utoipa::path(
    params(("id" = String, Path, description = "The client's id")),
    responses((status = 200, description = "The client", body = Client))
)]
#[get("/v1/admin/clients/{id}")]
async fn get_client(permit: Permit<op::GetClient>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<client::Row>| client::get(conn, &row.id)).await
}

/// Changes a client. Other scopes, another secret or a shut client end its tokens at once. Of one
/// that acts as an official all but its name is proposed; it is shut at once. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The client's id")),
    request_body = ClientEdit,
    responses(
        (status = 200, description = "The client as it stands now, with its secret if that is new", body = ClientWithSecret),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/clients/{id}")]
async fn edit_client(
    permit: Permit<op::EditClient>,
    Path(id): Path<String>,
    body: Form<ClientEdit>,
) -> Result<HttpResponse, Problem> {
    let secret = if body.value().rotate_secret {
        Some(crate::secrets::random_token::<32>().map_err(Problem::internal)?)
    } else {
        None
    };
    let hash = secret.as_ref().map(|secret| permit.state().secrets.token_hash(secret));
    permit
        .change_or_propose(id, body, move |tx, warrant, row, edit, _| {
            let (client, version) = client::edit(tx, warrant, row, edit, hash.as_deref())?;
            Ok((ClientWithSecret { client, client_secret: secret.clone() }, version))
        })
        .await
}

/// The programs of third parties, the oldest first.
#[utoipa::path(params(PageQuery), responses((status = 200, description = "A page of clients", body = Page<Client>)))]
#[get("/v1/admin/clients")]
async fn list_clients(
    permit: Permit<op::ListClients>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    permit.list(query, |conn, _, window| client::list(conn, window)).await
}
