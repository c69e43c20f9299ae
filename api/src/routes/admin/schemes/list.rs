//! `GET /v1/admin/schemes`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::credit::{DraftState, SchemeDraftSummary};
use xinwu_domain::page::Listed;
use xinwu_persistence::credit::scheme::draft;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::evaluations::localised;

/// Which drafts.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSchemeDrafts {
    /// Only in this state.
    state: Option<DraftState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The drafts of schemes and how far each has come, by scheme, the newest version first. Versions
/// that came with the program were never drafts.
#[utoipa::path(tag = "schemes", params(ListSchemeDrafts), responses((status = 200, description = "A page of drafts", body = Page<SchemeDraftSummary>)))]
#[get("/v1/admin/schemes")]
pub(super) async fn list_scheme_drafts(
    permit: Permit<op::ListSchemeDrafts>,
    Query(query): Query<ListSchemeDrafts>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let page = permit.read(move |conn| draft::list(conn, &warrant, query.state, &window)).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for view in &page.items {
        items.push(localised(view, permit.language())?);
    }
    permit.page(Listed { items, next: page.next, total: page.total })
}
