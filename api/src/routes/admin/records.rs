//! `/v1/admin/records`

mod add;
mod confirm;
mod edit;
mod get;
mod list;
mod send_back;
mod submit;
mod withdraw;

use crate::routes::Routes;

pub(in crate::routes::admin) use add::Points;
pub(in crate::routes::admin) use edit::nullable_day;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_records);
    config.service(add::add_record);
    config.service(get::get_admin_record);
    config.service(edit::edit_record);
    config.service(submit::submit_record);
    config.service(confirm::confirm_record);
    config.service(send_back::return_record);
    config.service(withdraw::withdraw_record);
}
