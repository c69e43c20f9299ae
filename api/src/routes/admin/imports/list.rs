//! `GET /v1/admin/imports`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::import::{ImportJob, ImportState};
use xinwu_persistence::operations::import;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which imports.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListImports {
    /// Only those that stand there: `submitted` are the batches that wait for a second official.
    state: Option<ImportState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Imports of your place and below, the newest first.
#[utoipa::path(tag = "imports", params(ListImports), responses((status = 200, description = "A page of imports", body = Page<ImportJob>)))]
#[get("/v1/admin/imports")]
pub(super) async fn list_imports(
    permit: Permit<op::ListImports>,
    Query(query): Query<ListImports>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let (warrant, language) = (permit.warrant()?, permit.language());
    let jobs = permit.read(move |conn| import::list(conn, &warrant, query.state, &window, language)).await?;
    permit.page(jobs)
}
