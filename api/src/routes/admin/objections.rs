//! `/v1/admin/objections`

mod decide;
mod extend;
mod get;
mod list;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_objections);
    config.service(get::get_admin_objection);
    config.service(extend::extend_objection);
    config.service(decide::decide_objection);
}
