//! `/v1/me/notices`: what was decided or asked about what is one's own.

use crate::routes::Routes;

mod list;
mod read;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_notices);
    config.service(read::read_notice);
}
