//! `/v1/schemes`

use crate::routes::Routes;

mod get;
mod list;
mod versions;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_schemes);
    config.service(get::get_scheme);
    config.configure(versions::configure);
}
