//! `PATCH /v1/admin/clients/{id}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::account::{AccountStatus, ClientWithSecret};
use xinwu_persistence::people::client::{self, ClientEdit};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// What changes in a client; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rotate_secret": true}))]
pub struct EditClient {
    /// Another name.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    name: Option<String>,
    /// All scopes.
    #[validate(length(max = 10))]
    scopes: Option<Vec<String>>,
    /// `active` or `disabled`
    status: Option<AccountStatus>,
    /// Whether to make a new secret; the old one is no longer good.
    #[serde(default)]
    rotate_secret: bool,
}

/// Changes a client. Other scopes, another secret or a shut client end its tokens at once. Needs
/// `If-Match`.
#[utoipa::path(
    tag = "system",
    params(("id" = String, Path, description = "The client's id")),
    request_body = EditClient,
    responses((status = 200, description = "The client as it stands now, with its secret if that is new", body = ClientWithSecret))
)]
#[patch("/v1/admin/clients/{id}")]
pub(super) async fn edit_client(
    permit: Permit<op::EditClient>,
    Path(id): Path<String>,
    body: Json<EditClient>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    let secret = if value.rotate_secret {
        Some(crate::secrets::random_token::<32>().map_err(Problem::internal)?)
    } else {
        None
    };
    let edit = ClientEdit {
        name: value.name,
        scopes: value.scopes,
        status: value.status,
        secret_hash: secret.as_ref().map(|secret| permit.state().secrets.token_hash(secret)),
    };
    permit
        .change(id, edit, move |tx, warrant, row, edit, _| {
            let (client, version) = client::edit(tx, warrant, row, edit)?;
            Ok((ClientWithSecret { client, client_secret: secret.clone() }, version))
        })
        .await
}
