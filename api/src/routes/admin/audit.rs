//! `/v1/admin/audit`

use crate::routes::Routes;

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_audit);
}
