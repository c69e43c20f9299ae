//! `/v1/snapshots`

use crate::routes::Routes;

mod latest;

pub(super) fn configure(config: &mut Routes) {
    config.service(latest::get_snapshot);
}
