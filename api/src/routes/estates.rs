//! `/v1/estates`

mod dwellings;
mod get;
mod list;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_estates);
    config.service(get::get_estate);
    config.service(dwellings::list_dwellings);
}
