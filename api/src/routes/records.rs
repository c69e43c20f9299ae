//! `/v1/records`

mod get;
mod object;
mod repair;
mod reply;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_record);
    reply::configure(config);
    config.service(object::object_to_record);
    config.service(repair::request_repair);
}
