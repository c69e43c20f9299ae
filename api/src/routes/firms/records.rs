//! `GET /v1/firms/{uscc}/records`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::record::{RecordStatus, RecordView};
use xinwu_persistence::credit::record::{self, PublicQuery, RecordOwner};

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::tables::RECORDS;

/// Which records.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRecords {
    /// Only rewards or only penalties.
    pub(in crate::routes) kind: Option<RecordKind>,
    /// Only those that still count by their own term (`in_force`), or only those that no longer do
    /// and are still shown (`expired`); the others are never shown to everyone.
    pub(in crate::routes) status: Option<RecordStatus>,
    /// Items on a page, 1 to 100; 20 by default.
    pub(in crate::routes) limit: Option<i64>,
    /// Where the page before ended.
    pub(in crate::routes) cursor: Option<String>,
    /// Whether to count all.
    pub(in crate::routes) count: Option<bool>,
}

/// A firm's rewards and penalties that are public now, the latest decision first. CSV with
/// `Accept: text/csv`.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), ListRecords),
    responses((
        status = 200,
        description = "A page of records",
        content(
            (Page<RecordView> = "application/json"),
            (String = "text/csv", example = json!("id,kind,category,category_name,basis,firm,firm_name,project\n"))
        )
    ))
)]
#[get("/v1/firms/{uscc}/records")]
pub(super) async fn list_firm_records(
    permit: Permit<op::ListFirmRecords>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<ListRecords>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let owner = RecordOwner::Firm(uscc);
    let wanted = PublicQuery { owner, kind: query.kind, status: query.status };
    let records = permit.read(move |conn| record::list_public(conn, &wanted, &window, context)).await?;
    permit.page_or_table(records, &RECORDS)
}
