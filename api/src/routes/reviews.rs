//! `/v1/reviews`: what residents and firms say to a review.

use crate::routes::Routes;

mod flag;
mod reply;

pub(super) fn configure(config: &mut Routes) {
    config.service(flag::flag_review);
    config.service(reply::put_review_reply);
}
