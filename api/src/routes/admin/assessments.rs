//! `/v1/admin/assessments`

mod get;
mod put;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_assessment);
    config.service(put::put_assessment);
}
