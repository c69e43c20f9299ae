//! `GET /v1/managers/{id}/records`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::RecordView;
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::firms::records::ListRecords;

/// The rewards and penalties that name a manager and are public now, the latest decision first.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The manager's id"), ListRecords),
    responses((status = 200, description = "A page of records", body = Page<RecordView>))
)]
#[get("/v1/managers/{id}/records")]
pub(super) async fn list_manager_records(
    permit: Permit<op::ListManagerRecords>,
    Path(id): Path<String>,
    Query(query): Query<ListRecords>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let wanted = PublicQuery { owner: RecordOwner::Manager(id), kind: query.kind, status: query.status };
    let records = permit.read(move |conn| record::list_public(conn, &wanted, &window, context)).await?;
    permit.page(records)
}
