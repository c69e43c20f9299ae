//! `/v1/admin/reviews`: comments and replies to decide on.

use crate::routes::Routes;

mod get;
mod hide;
mod list;
mod publish;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_reviews);
    config.service(get::get_admin_review);
    config.service(publish::publish_review);
    config.service(hide::hide_review);
}
