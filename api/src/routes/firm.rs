//! `/v1/firm`: a firm's own dossier.

mod get;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_own_firm);
}
