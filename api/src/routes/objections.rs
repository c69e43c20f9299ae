//! `/v1/objections`: a firm's or a manager's own.

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::{Operates, op};
use xinwu_domain::objection::{NewObjection, ObjectionView};
use xinwu_persistence::credit::objection::{self, Object};
use xinwu_persistence::credit::waiting;
use xinwu_persistence::registers::authorized::{Authorized, find};

use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_objection);
    config.service(withdraw_objection);
}

/// Files an objection against something of the asker's own firm, or about the asker: what it is
/// against differs, and nothing else.
pub(super) async fn file<R: Object, O: Operates>(
    permit: &Permit<O>,
    id: String,
    body: Json<NewObjection>,
) -> Result<HttpResponse, Problem> {
    let Json { value: new, fingerprint, .. } = body;
    let (days, context) = (permit.state().config().objection_working_days, permit.context());
    permit
        .post(&fingerprint, move |tx, warrant| {
            let object = find::<R>(tx.conn, warrant, &id, context.today())?;
            let (objection, version) = objection::file(tx, warrant, &object, &new, days, context)?;
            Posted::created(format!("/v1/objections/{}", objection.id), version, &objection)
        })
        .await
}

/// One objection of one's own, with the time left for its decision and, afterwards, the answer.
#[utoipa::path(
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = ObjectionView))
)]
#[get("/v1/objections/{id}")]
async fn get_objection(
    permit: Permit<op::GetObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<objection::Row>| {
            waiting::get::<objection::Row>(conn, &row.id, context)
        })
        .await
}

/// Takes an objection of one's own back: what it was against is no longer marked as disputed. Needs
/// `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = ObjectionView))
)]
#[post("/v1/objections/{id}/withdraw")]
async fn withdraw_objection(
    permit: Permit<op::WithdrawObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), waiting::withdraw::<objection::Row>).await
}
