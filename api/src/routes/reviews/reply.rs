//! `/v1/reviews/{id}/reply`: a firm's reply to a review.

use actix_web::{HttpResponse, get, put};
use xinwu_domain::access::op;
use xinwu_domain::review::{OwnReply, PutReviewReply};
use xinwu_persistence::ratings::review;
use xinwu_persistence::registers::authorized::find;

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
    params(("id" = String, Path, description = "The review")),
    responses((status = 200, description = "The reply", body = OwnReply))
)]
#[get("/v1/reviews/{id}/reply")]
async fn get_review_reply(
    permit: Permit<op::GetReviewReply>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language) = (permit.warrant()?, permit.language());
    permit.read_one(id, move |conn, review| review::own_reply(conn, &warrant, &review, language)).await
}

/// Replies to a review of one's own firm's service, or puts another reply in its place. What is put
/// in the place of one that was hidden is held.
#[utoipa::path(
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
    let (warrant, expected, new) = (permit.warrant()?, permit.expected_if_any()?, body.value);
    let context = permit.context();
    let put = permit.write(move |tx| {
        let review = find(tx.conn, &warrant, &id, context.today())?;
        review::put_reply(tx, &warrant, &review, expected.as_ref(), &new, context)
    });
    let (reply, version, is_new) = put.await?;
    permit.put_response(is_new, version, &reply)
}
