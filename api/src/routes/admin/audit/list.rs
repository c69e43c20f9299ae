//! `GET /v1/admin/audit`

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::account::AuditEntry;
use xinwu_domain::calendar::start_of_day;
use xinwu_domain::kind::Kind;
use xinwu_domain::rules::read_day_if_any;
use xinwu_persistence::operations::audit::{self, AuditQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which lines.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAudit {
    /// Only this kind of object.
    #[param(inline)]
    object_kind: Option<Kind>,
    /// Only this object.
    #[validate(length(min = 1, max = 200))]
    object_id: Option<String>,
    /// Only what this account did: its id or its username.
    #[validate(length(min = 1, max = 200))]
    user: Option<String>,
    /// From the beginning of this day in the city's zone.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Until the end of this day in the city's zone.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// What officials and administrators did, the newest first.
#[utoipa::path(tag = "system", params(ListAudit), responses((status = 200, description = "A page of the audit", body = Page<AuditEntry>)))]
#[get("/v1/admin/audit")]
pub(super) async fn list_audit(
    permit: Permit<op::ListAudit>,
    Query(query): Query<ListAudit>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let zone = permit.zone();
    let wanted = AuditQuery {
        object_kind: query.object_kind,
        object_id: query.object_id,
        user: query.user,
        from: query.from.map(|day| start_of_day(day, zone)),
        until: query.to.and_then(|day| day.succ_opt()).map(|next| start_of_day(next, zone)),
    };
    let entries = permit.read(move |conn| audit::list(conn, &wanted, &window)).await?;
    permit.page(entries)
}
