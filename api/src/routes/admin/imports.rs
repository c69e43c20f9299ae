//! `/v1/admin/imports`

mod add;
mod confirm;
mod get;
mod list;
mod return_import;
mod template;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_imports);
    config.service(add::add_import);
    config.service(get::get_import);
    config.service(template::get_import_template);
    config.service(confirm::confirm_import);
    config.service(return_import::return_import);
}
