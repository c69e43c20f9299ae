//! `/v1/admin/places`

mod add;
mod edit;
mod get;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_place);
    config.service(get::get_admin_place);
    config.service(edit::edit_place);
}
