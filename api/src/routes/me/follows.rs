//! `/v1/me/follows`: firms of which one wants to be told.

use crate::routes::Routes;

mod delete;
mod list;
mod put;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_follows);
    config.service(put::put_follow);
    config.service(delete::delete_follow);
}
