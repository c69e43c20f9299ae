//! `/v1/admin/projects`

mod add;
mod edit;
mod get;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_project);
    config.service(get::get_admin_project);
    config.service(edit::edit_project);
}
