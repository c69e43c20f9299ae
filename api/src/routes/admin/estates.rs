//! `/v1/admin/estates`

mod add;
mod edit;
mod get;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_estate);
    config.service(get::get_admin_estate);
    config.service(edit::edit_estate);
}
