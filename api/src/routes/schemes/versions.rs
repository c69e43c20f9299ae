//! `/v1/schemes/{id}/versions`

use crate::routes::Routes;

mod get;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_scheme_version);
}
