//! `/v1/records/{id}/reply`: a firm's or a manager's reply to a record.

use actix_web::{HttpResponse, get, put};
use xinwu_domain::access::op;
use xinwu_domain::review::{OwnReply, PutRecordReply};
use xinwu_persistence::credit::record;
use xinwu_persistence::registers::authorized::find;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_record_reply);
    config.service(put_record_reply);
}

/// Your own reply to a record, with what it is held for or why it was hidden.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The reply", body = OwnReply))
)]
#[get("/v1/records/{id}/reply")]
async fn get_record_reply(
    permit: Permit<op::GetRecordReply>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language) = (permit.warrant()?, permit.language());
    permit.read_one(id, move |conn, record| record::own_reply(conn, &warrant, &record, language)).await
}

/// Answers a record of one's own firm, or about oneself as a manager. With `If-Match`, only that
/// version of an answer is replaced. What is put in the place of one that was hidden is held.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = PutRecordReply,
    responses((status = 200, description = "The answer", body = OwnReply))
)]
#[put("/v1/records/{id}/reply")]
async fn put_record_reply(
    permit: Permit<op::PutRecordReply>,
    Path(id): Path<String>,
    body: Json<PutRecordReply>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected) = (permit.warrant()?, permit.expected_if_any()?);
    let (new, context) = (body.value, permit.context());
    let put = permit.write(move |tx| {
        let record = find(tx.conn, &warrant, &id, context.today())?;
        record::put_reply(tx, &warrant, &record, expected.as_ref(), &new, context)
    });
    let (reply, version) = put.await?;
    permit.object(version, &reply)
}
