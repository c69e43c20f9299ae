//! `GET /v1/admin/clients`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::account::Client;
use xinwu_persistence::people::client;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

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
pub(super) async fn list_clients(
    permit: Permit<op::ListClients>,
    Query(query): Query<ListClients>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let clients = permit.read(move |conn| client::list(conn, &window)).await?;
    permit.page(clients)
}
