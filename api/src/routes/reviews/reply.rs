//! `/v1/reviews/{id}/reply`: a firm's reply to a review.

use actix_web::{HttpResponse, get, put};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::review::OwnReply;
use xinwu_persistence::ratings::review;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_review_reply);
    config.service(put_review_reply);
}

/// Your own firm's reply to a review, with what it is held for or why it was hidden.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The review")),
    responses((status = 200, description = "The reply", body = OwnReply))
)]
#[get("/v1/reviews/{id}/reply")]
async fn get_review_reply(
    permit: Permit<op::GetReviewReply>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language) = (permit.warrant()?, permit.language());
    let (reply, version) = permit.read(move |conn| review::own_reply(conn, &warrant, &id, language)).await?;
    permit.object(version, &reply)
}

/// A firm's reply.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "感谢您的建议，已安排检修。"}))]
pub struct PutReviewReply {
    /// What the firm says, at most 500 characters. It is public with the review, unless it is held
    /// as a comment is.
    #[validate(length(min = 1, max = 500), custom(function = "xinwu_domain::rules::long_text"))]
    text: String,
}

/// Replies to a review of one's own firm's service, or puts another reply in its place. What is put
/// in the place of one that was hidden is held.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The review")),
    request_body = PutReviewReply,
    responses(
        (status = 200, description = "The changed reply", body = OwnReply),
        (status = 201, description = "The new reply", body = OwnReply)
    )
)]
#[put("/v1/reviews/{id}/reply")]
async fn put_review_reply(
    permit: Permit<op::PutReviewReply>,
    Path(id): Path<String>,
    body: Json<PutReviewReply>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected, text) = (permit.warrant()?, permit.expected_if_any()?, body.value.text);
    let context = permit.context();
    let (reply, version, is_new) = permit
        .write(move |tx| review::put_reply(tx, &warrant, &id, expected.as_ref(), &text, context))
        .await?;
    permit.put_response(is_new, version, &reply)
}
