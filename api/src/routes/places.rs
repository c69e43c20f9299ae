//! `/v1/places`

use crate::routes::Routes;

mod get;
mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_places);
    config.service(get::get_place);
}
