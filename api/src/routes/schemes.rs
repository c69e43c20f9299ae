//! `/v1/schemes`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeView;
use xinwu_persistence::credit::scheme;

use crate::extract::{Path, Query};
use crate::permit::{Page, PageQuery, Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;

mod versions;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_schemes);
    config.service(get_scheme);
    config.configure(versions::configure);
}

/// One scheme with its versions.
#[utoipa::path(
    params(("id" = String, Path, description = "The scheme's id", example = "dalian-demo")),
    responses((status = 200, description = "The scheme", body = SchemeView))
)]
#[get("/v1/schemes/{id}")]
async fn get_scheme(permit: Permit<op::GetScheme>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let now = permit.now();
    // Not cached: a version comes into force with time alone.
    let scheme = permit.read(move |conn| scheme::get(conn, &id, now)).await?;
    permit.object(UNVERSIONED, &scheme)
}

/// The rules by which credit is made, with their versions in force, past and announced.
#[utoipa::path(params(PageQuery), responses((status = 200, description = "A page of schemes", body = Page<SchemeView>)))]
#[get("/v1/schemes")]
async fn list_schemes(
    permit: Permit<op::ListSchemes>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let now = permit.now();
    let page = permit.read(move |conn| scheme::list(conn, now, &window)).await?;
    permit.page(page)
}
