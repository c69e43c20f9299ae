//! `/v1/records/{id}/reply`: a firm's or a manager's reply to a record.

use actix_web::{HttpResponse, get, put};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::review::OwnReply;
use xinwu_persistence::credit::record;

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
    tag = "firm",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The reply", body = OwnReply))
)]
#[get("/v1/records/{id}/reply")]
async fn get_record_reply(
    permit: Permit<op::GetRecordReply>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language) = (permit.warrant()?, permit.language());
    let (reply, version) = permit.read(move |conn| record::own_reply(conn, &warrant, &id, language)).await?;
    permit.object(version, &reply)
}

/// An answer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "已退还多收费用并公示。"}))]
pub struct PutRecordReply {
    /// What you say, up to 1000 characters. It is public where the record is, unless it is
    /// held as a comment is.
    #[validate(length(min = 1, max = 1000), custom(function = "xinwu_domain::rules::long_text"))]
    text: String,
}

/// Answers a record of one's own firm, or about oneself as a manager. With `If-Match`, only that
/// version of an answer is replaced. What is put in the place of one that was hidden is held.
#[utoipa::path(
    tag = "firm",
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
    let (text, context) = (body.value.text, permit.context());
    let (reply, version) = permit
        .write(move |tx| record::put_reply(tx, &warrant, &id, expected.as_ref(), &text, context))
        .await?;
    permit.object(version, &reply)
}
