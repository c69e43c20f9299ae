//! `/v1/admin/managers`

mod add;
mod edit;
mod get;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_manager);
    config.service(get::get_admin_manager);
    config.service(edit::edit_manager);
}
