//! `/v1/admin/clients`: programs of third parties.

use crate::routes::Routes;

mod add;
mod edit;
mod get;
mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_clients);
    config.service(add::add_client);
    config.service(get::get_client);
    config.service(edit::edit_client);
}
