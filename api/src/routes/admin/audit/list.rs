//! `GET /v1/admin/audit`

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Operation, op};
use xinwu_domain::account::AuditEntry;
use xinwu_domain::calendar::start_of_day;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_domain::text::Text;
use xinwu_persistence::operations::audit::{self, AuditQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::rules::require_known;

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
    /// Only this operation, such as `edit_project`.
    #[validate(length(min = 1, max = 64))]
    operation: Option<String>,
    /// Only what is of this place or below it.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
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

/// What officials and administrators did, the newest first, with who signed in and failed to, and
/// who read whose data. An official reads what is of the own place and below, an administrator all.
#[utoipa::path(params(ListAudit), responses((status = 200, description = "A page of the audit", body = Page<AuditEntry>)))]
#[get("/v1/admin/audit")]
pub(super) async fn list_audit(
    permit: Permit<op::ListAudit>,
    Query(query): Query<ListAudit>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    if query.operation.as_deref().is_some_and(|operation| Operation::parse(operation).is_none()) {
        let words = Text::new("没有这个操作", "there is no such operation");
        return Err(Refusal::bad_parameter("operation", "unknown_value", words).into());
    }
    let (zone, warrant) = (permit.zone(), permit.warrant()?);
    let wanted = AuditQuery {
        object_kind: query.object_kind,
        object_id: query.object_id,
        user: query.user,
        operation: query.operation,
        place: query.place,
        from: query.from.map(|day| start_of_day(day, zone)),
        until: query.to.and_then(|day| day.succ_opt()).map(|next| start_of_day(next, zone)),
    };
    let about = (warrant.place().unwrap_or_default()).to_owned();
    let entries = permit
        .read(move |conn| {
            require_known(conn, wanted.place.as_deref(), None)?;
            audit::list(conn, &warrant, &wanted, &window)
        })
        .await?;
    permit.note_reading(Kind::Place, &about, entries.items.len()).await?;
    permit.page(entries)
}
