//! `/v1/manager`: a manager's own dossier.

use actix_web::{HttpResponse, get};
use xinwu_domain::access::{Party, op};
use xinwu_domain::own_dossier::OwnManager;
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::credit::{objection, record};
use xinwu_persistence::lookup::manager_page;

use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_own_manager);
}

/// One's own dossier as a manager: the page, and all records and objections, unpublished ones
/// included.
#[utoipa::path(responses((status = 200, description = "The manager's own dossier", body = OwnManager)))]
#[get("/v1/manager")]
async fn get_own_manager(permit: Permit<op::GetOwnManager>) -> Result<HttpResponse, Problem> {
    let id = permit.warrant()?.manager().ok_or_else(Refusal::out_of_reach)?.to_owned();
    let context = permit.context();
    let (dossier, version) = permit
        .read(move |conn| {
            let (page, version) = manager_page::page(conn, &id, &context)?;
            let party = Party::Manager(id);
            let records = record::own_dossier(conn, &party, context)?;
            let objections = objection::own_dossier(conn, &party, context)?;
            Ok((OwnManager { page, records, objections }, version))
        })
        .await?;
    permit.object(version, &dossier)
}
