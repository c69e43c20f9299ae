//! `/v1/admin/repairs`

mod decide;
mod extend;
mod get;
mod list;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_repairs);
    config.service(get::get_admin_repair);
    config.service(extend::extend_repair);
    config.service(decide::decide_repair);
}
