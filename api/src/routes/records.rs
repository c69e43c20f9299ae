//! `/v1/records`

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::{NewObjection, ObjectionView};
use xinwu_domain::record::RecordView;
use xinwu_domain::record::repair::{NewRepair, RepairView};
use xinwu_persistence::credit::{record, repair};
use xinwu_persistence::registers::authorized::find;

use crate::extract::{Form, Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::objections;

mod reply;
mod statement;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_record);
    reply::configure(config);
    statement::configure(config);
    config.service(object_to_record);
    config.service(request_repair);
}

/// One record that is public now. Its firm, its manager and the officials who reach it see it at
/// any time and with its evidence.
// Not kept in the cache: a record's publicity ends by the clock, without any write.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = RecordView))
)]
#[get("/v1/records/{id}")]
async fn get_record(permit: Permit<op::GetRecord>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let asker = permit.warrant_if_any()?;
    let context = permit.context();
    let (view, version) = permit.read(move |conn| record::get(conn, asker.as_ref(), &id, context)).await?;
    permit.object(version, &view)
}

/// Objects to a record in force of one's own firm, or about oneself as a manager. It is marked as
/// disputed at once, and decided by an official who had no hand in it.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = NewObjection,
    responses((status = 201, description = "The objection", body = ObjectionView))
)]
#[post("/v1/records/{id}/objections")]
async fn object_to_record(
    permit: Permit<op::ObjectToRecord>,
    Path(id): Path<String>,
    body: Json<NewObjection>,
) -> Result<HttpResponse, Problem> {
    objections::file::<record::InForce, _>(&permit, id, body).await
}

/// Asks for the repair of a penalty of one's own firm: after its shortest publicity (ordinary: 3
/// months; serious: 1 year), and at once for a minor one.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = NewRepair,
    responses((status = 201, description = "The request", body = RepairView))
)]
#[post("/v1/records/{id}/repairs")]
async fn request_repair(
    permit: Permit<op::RequestRepair>,
    Path(id): Path<String>,
    body: Form<NewRepair>,
) -> Result<HttpResponse, Problem> {
    let (days, context) = (permit.state().config().repair_working_days, permit.context());
    permit
        .add(
            body,
            |repair: &RepairView| format!("/v1/repairs/{}", repair.id),
            move |tx, warrant, new| {
                let record = find(tx.conn, warrant, &id, context.today())?;
                repair::file(tx, warrant, &record, new, days, context)
            },
        )
        .await
}
