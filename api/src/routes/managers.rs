//! `/v1/managers`

use crate::routes::Routes;

mod evaluation;
mod file;
mod get;
mod records;

pub(super) fn configure(config: &mut Routes) {
    config.service(evaluation::get_manager_evaluation);
    config.service(file::get_manager_file);
    config.service(get::get_manager);
    config.service(records::list_manager_records);
}
