//! `/v1/repairs`: a firm's own.

mod get;
mod withdraw;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_repair);
    config.service(withdraw::withdraw_repair);
}
