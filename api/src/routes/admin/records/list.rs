//! `GET /v1/admin/records`

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::record::{AdminRecord, RecordState};
use xinwu_domain::rules::{known_uscc_if_any, read_day_if_any, typed_code_if_any};
use xinwu_persistence::credit::record::{self, RecordQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::admin::tables::ADMIN_RECORDS;
use crate::rules::{narrowing, require_known};

/// Which records.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminRecords {
    /// Only in this state.
    state: Option<RecordState>,
    /// Only of this firm.
    #[serde(default, deserialize_with = "known_uscc_if_any")]
    uscc: Option<String>,
    /// Only of this project.
    #[validate(length(max = 64))]
    project: Option<String>,
    /// Only rewards or only penalties.
    kind: Option<RecordKind>,
    /// Only those submitted whose confirmation is due by this day, those due first before the
    /// others; left out, the latest draft stands first.
    #[serde(default, deserialize_with = "read_day_if_any")]
    due_by: Option<NaiveDate>,
    /// Only what came with this import.
    #[validate(length(min = 1, max = 64))]
    import: Option<String>,
    /// Only what is of this place or below it.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only what this account drafted.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what was drafted from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was drafted until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The records for which one's place and those below it answer, the latest draft first, with the
/// day by which those submitted are to be confirmed where the scheme gives one. CSV with
/// `Accept: text/csv`.
#[utoipa::path(
    params(ListAdminRecords),
    responses((
        status = 200,
        description = "A page of records",
        content(
            (Page<AdminRecord> = "application/json"),
            (String = "text/csv", example = json!("id,state,kind,category,firm,title,drafted_by,drafted_at\n"))
        )
    ))
)]
#[get("/v1/admin/records")]
pub(super) async fn list_admin_records(
    permit: Permit<op::ListAdminRecords>,
    Query(query): Query<ListAdminRecords>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let ListAdminRecords { state, uscc, project, kind, due_by, import, place, drafter, from, to, .. } = query;
    let narrowing = narrowing(place, drafter, (from, to), permit.context());
    let wanted = RecordQuery { state, uscc, project, kind, due_by, import, narrowing };
    let records = permit
        .read(move |conn| {
            require_known(conn, wanted.narrowing.place.as_deref(), None)?;
            record::list_admin(conn, &warrant, &wanted, &window, context)
        })
        .await?;
    permit.page_or_table(records, &ADMIN_RECORDS)
}
