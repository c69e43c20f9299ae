//! `/v1/admin/firms`

mod add;
mod edit;
mod get;

use xinwu_domain::refusal::Refusal;
use xinwu_domain::uscc::Uscc;

use crate::routes::Routes;

/// A parent's code as the register writes it.
fn parent_code(code: &str) -> Result<String, Refusal> {
    let code = Uscc::parse_known(code);
    code.map(|code| code.to_string()).map_err(|fault| Refusal::invalid("/parent", fault.code(), fault.text()))
}

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_firm);
    config.service(get::get_admin_firm);
    config.service(edit::edit_firm);
}
