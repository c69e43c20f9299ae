//! `/v1/me/ratings`: one's own ratings, which nobody else gets to see.

use crate::routes::Routes;

mod comment;
mod delete;
mod get;
mod list;
mod put;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_my_ratings);
    config.service(get::get_rating);
    config.service(put::put_rating);
    config.service(delete::delete_rating);
    config.service(comment::delete_rating_comment);
}
