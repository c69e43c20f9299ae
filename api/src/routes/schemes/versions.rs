//! `/v1/schemes/{id}/versions`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::credit::SchemeVersionView;
use xinwu_persistence::credit::scheme;

use crate::extract::{Path, VersionNumber};
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_scheme_version);
}

/// One version of a scheme, whole: components, groups, items, bands and rules, which numbers are
/// published and which are ours, and the file itself.
#[utoipa::path(
    params(
        ("id" = String, Path, description = "The scheme's id", example = "dalian-demo"),
        ("n" = u32, Path, description = "The version's number", example = 1)
    ),
    responses((status = 200, description = "The version", body = SchemeVersionView))
)]
#[get("/v1/schemes/{id}/versions/{n}")]
async fn get_scheme_version(
    permit: Permit<op::GetSchemeVersion>,
    Path((id, number)): Path<(String, VersionNumber)>,
) -> Result<HttpResponse, Problem> {
    let now = permit.now();
    let version = permit.read(move |conn| scheme::version(conn, &id, number.0, now)).await?;
    permit.object(UNVERSIONED, &version)
}
