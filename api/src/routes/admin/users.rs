//! `/v1/admin/users`

use crate::routes::Routes;

mod add;
mod edit;
mod get;
mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_users);
    config.service(add::add_user);
    config.service(get::get_user);
    config.service(edit::edit_user);
}
