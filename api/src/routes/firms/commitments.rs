//! `GET /v1/firms/{uscc}/commitments`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::repair::Commitment;
use xinwu_persistence::credit::repair;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;

/// What a firm put right and promises, with requests for repair that are open or were granted; the
/// latest first: of penalties that everyone sees, and of those that everyone saw until they were
/// repaired, while they are not archived.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PageQuery),
    responses((status = 200, description = "A page of commitments", body = Page<Commitment>))
)]
#[get("/v1/firms/{uscc}/commitments")]
pub(super) async fn list_firm_commitments(
    permit: Permit<op::ListFirmCommitments>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let context = permit.context();
    let list = move |conn: &mut _| repair::list_commitments(conn, &uscc, &window, context);
    let page = permit.read(list).await?;
    permit.page(page)
}
