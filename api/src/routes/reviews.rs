//! `/v1/reviews`: what residents and firms say to a review.

use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::review::Review;
use xinwu_domain::text::Reason;
use xinwu_persistence::ratings::moderation;
use xinwu_persistence::registers::authorized::find;

use crate::cache::Tag;
use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

mod reply;

/// What a page of reviews shows; a review more or fewer changes what they are `of`.
pub(crate) fn tags(reviews: &[Review], of: Tag) -> Vec<Tag> {
    let shown = reviews.iter().flat_map(|review| {
        [
            Tag::One(Entity::Review, review.id.clone()),
            Tag::One(Entity::Project, review.project.clone()),
            Tag::One(Entity::Estate, review.estate.code.clone()),
        ]
    });
    shown.chain([of]).collect()
}

pub(super) fn configure(config: &mut Routes) {
    config.service(flag_review);
    reply::configure(config);
}

/// A flag as it was taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"review": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "reason": "含有人身攻击"}))]
pub struct ReviewFlag<'a> {
    /// The review, or the reply.
    review: &'a str,
    /// The reason.
    reason: &'a str,
}

/// Says that a comment, or a firm's reply to a review or a record, breaks the rules: once a person.
/// Officials look at it.
#[utoipa::path(
    params(("id" = String, Path, description = "The review, or the reply")),
    request_body = Reason,
    responses((status = 201, description = "The flag", body = ReviewFlag))
)]
#[post("/v1/reviews/{id}/flags")]
async fn flag_review(
    permit: Permit<op::FlagReview>,
    Path(id): Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    let Reason { reason } = body.value;
    let (keys, context) = (permit.state().month_keys(), permit.context());
    // Without a row that keeps the answer under the account: whoever flags twice is told so by the
    // flag itself.
    permit
        .post_unkept(move |tx, warrant| {
            let text = find(tx.conn, warrant, &id, context.today())?;
            moderation::flag(tx, &keys, warrant, &text, &reason, context)?;
            let flag = ReviewFlag { review: &id, reason: &reason };
            Posted::created(format!("/v1/reviews/{id}/flags"), 1, &flag)
        })
        .await
}
