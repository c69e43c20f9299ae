//! `/v1/me/residences`: the dwellings that one lives in.

use crate::routes::Routes;

mod claim;
mod end;
mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_my_residences);
    config.service(claim::claim_residence);
    config.service(end::end_residence);
}
