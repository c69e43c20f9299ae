//! `GET /v1/admin/residences`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::residence::{ResidenceClaim, ResidenceStatus};
use xinwu_persistence::people::residence::{self, ClaimQuery};

use super::opened;
use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which ones.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPendingResidences {
    /// Only claims that stand so.
    status: Option<ResidenceStatus>,
    /// Only this estate's.
    #[validate(length(max = 64))]
    #[serde(default, deserialize_with = "crate::rules::typed_code_if_any")]
    estate: Option<String>,
    /// `true` for only those whose end a second official is asked for.
    end_asked: Option<bool>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Claims to dwellings in your place, the oldest first.
#[utoipa::path(tag = "moderation", params(ListPendingResidences), responses((status = 200, description = "A page of claims", body = Page<ResidenceClaim>)))]
#[get("/v1/admin/residences")]
pub(super) async fn list_pending_residences(
    permit: Permit<op::ListPendingResidences>,
    Query(query): Query<ListPendingResidences>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let wanted = ClaimQuery {
        status: query.status,
        estate: query.estate,
        end_asked: query.end_asked.unwrap_or_default(),
    };
    let claims = permit.read(move |conn| residence::list_claims(conn, &warrant, &wanted, &window)).await?;
    permit.page(claims.map(|sealed| opened(permit.state().secrets(), sealed)))
}
