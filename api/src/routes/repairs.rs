//! `/v1/repairs`: a firm's own.

mod get;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_repair);
}
