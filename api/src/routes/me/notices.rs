//! `/v1/me/notices`: what others did about one's dwellings.

use crate::routes::Routes;

mod list;
mod read;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_notices);
    config.service(read::read_notice);
}
