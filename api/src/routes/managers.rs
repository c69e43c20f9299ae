//! `/v1/managers`

use crate::routes::Routes;

mod dossier;
mod evaluation;
mod get;
mod records;

pub(super) fn configure(config: &mut Routes) {
    config.service(evaluation::get_manager_evaluation);
    config.service(dossier::get_manager_dossier);
    config.service(get::get_manager);
    config.service(records::list_manager_records);
}
