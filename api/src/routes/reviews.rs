//! `/v1/reviews`: what residents and firms say to a review.

use xinwu_domain::entity::Entity;
use xinwu_domain::review::Review;

use crate::cache::Tag;
use crate::routes::Routes;

mod flag;
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
    config.service(flag::flag_review);
    reply::configure(config);
}
