//! `/v1/records/{id}/reply`: a firm's reply to a record.

use crate::routes::Routes;

mod get;
mod put;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_record_reply);
    config.service(put::put_record_reply);
}
