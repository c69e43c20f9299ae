//! `/v1/admin/households`

mod add;
mod confirm;
mod edit;
mod get;
mod list;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_households);
    config.service(add::add_household);
    config.service(get::get_household);
    config.service(edit::edit_household);
    config.service(confirm::confirm_household);
}
