//! `/v1/assessments`

mod object;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(object::object_to_assessment);
}
