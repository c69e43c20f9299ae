//! `/v1/reviews/{id}/reply`: a firm's reply to a review.

use crate::routes::Routes;

mod get;
mod put;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_review_reply);
    config.service(put::put_review_reply);
}
