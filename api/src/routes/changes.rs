//! `/v1/changes`

use crate::routes::Routes;

mod get;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_changes);
}
