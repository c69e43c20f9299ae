//! `/v1/admin/imports`

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::last_instant_of;
use xinwu_domain::import::{ImportJob, ImportKind, ImportReport, ImportState, NewUndo};
use xinwu_domain::proposal::Proposal;
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_domain::text::Reason;
use xinwu_persistence::operations::import::{self, ImportQuery, JobRow};
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Form, Json, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::IMPORTS;
use crate::rules::{narrowing, require_known};
use crate::spreadsheet::{Cell, Table};

mod add;
mod rows;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_imports);
    config.service(add::add_import);
    config.service(get_import);
    config.service(get_import_template);
    config.service(confirm_import);
    config.service(return_import);
    config.service(withdraw_import);
    config.service(undo_import);
    config.service(rows::list_import_rows);
}

/// Confirms a file that another official sent (`…/rows` shows each row). Needs the power to
/// confirm, and `If-Match`. All of it counts from now; after a large batch the grades follow within
/// moments. Where a row would do something else than is shown of it: 409 `changed_meanwhile` with
/// the rows.
#[utoipa::path(
    params(("import" = String, Path, description = "The job")),
    responses((status = 200, description = "The job", body = ImportJob))
)]
#[post("/v1/admin/imports/{import}/confirm")]
async fn confirm_import(
    permit: Permit<op::ConfirmImport>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), import::confirm).await
}

/// How an import stands: its state, its counts and its bad rows by number, key, column and reason.
#[utoipa::path(
    params(("import" = String, Path, description = "The job")),
    responses((status = 200, description = "The job with its bad rows", body = ImportReport))
)]
#[get("/v1/admin/imports/{import}")]
async fn get_import(permit: Permit<op::GetImport>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let language = permit.language();
    permit.read_one(id, move |conn, job: Authorized<JobRow>| import::get(conn, &job.id, language)).await
}

/// Which imports.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListImports {
    /// Only those that stand there: `submitted` are those that wait for another official.
    state: Option<ImportState>,
    /// Only of these rows.
    #[param(inline)]
    kind: Option<ImportKind>,
    /// Only what waits and ends by itself by the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    due_by: Option<NaiveDate>,
    /// Only what is of this place or below it.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only what this account sent.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what was sent from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was sent until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Imports of your place and below, the newest first. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListImports),
    responses((
        status = 200,
        description = "A page of imports",
        content(
            (Page<ImportJob> = "application/json"),
            (String = "text/csv", example = json!("id,kind,state,by,created_at,read,bad\n"))
        )
    ))
)]
#[get("/v1/admin/imports")]
async fn list_imports(
    permit: Permit<op::ListImports>,
    Query(query): Query<ListImports>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let (warrant, language) = (permit.warrant()?, permit.language());
    let ListImports { state, kind, due_by, place, drafter, from, to, .. } = query;
    let context = permit.context();
    let due_by = due_by.map(|day| last_instant_of(day, context.zone()));
    let narrowing = narrowing(place, drafter, (from, to), context);
    let wanted = ImportQuery { state, kind, due_by, narrowing };
    let jobs = permit
        .read(move |conn| {
            require_known(conn, wanted.narrowing.place.as_deref(), None)?;
            import::list(conn, &warrant, &wanted, &window, language)
        })
        .await?;
    permit.page_or_table(jobs, &IMPORTS)
}

/// Returns a file that another official sent, who reads why: none of it ever counts. Needs the
/// power to confirm, and `If-Match`.
#[utoipa::path(
    params(("import" = String, Path, description = "The job")),
    request_body = Reason,
    responses((status = 200, description = "The job", body = ImportJob))
)]
#[post("/v1/admin/imports/{import}/return")]
async fn return_import(
    permit: Permit<op::ReturnImport>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, import::give_back).await
}

/// Takes back what one's own office sent, while it waits. Needs `If-Match`.
#[utoipa::path(
    params(("import" = String, Path, description = "The job")),
    responses((status = 200, description = "The job", body = ImportJob))
)]
#[post("/v1/admin/imports/{import}/withdraw")]
async fn withdraw_import(
    permit: Permit<op::WithdrawImport>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), import::withdraw).await
}

/// Takes back what a file did, which takes two people: records, assessments and metrics end, and
/// what they replaced is in force again; entries of the registers are as they were, and those that
/// the file made are retired; dwellings and phones that it brought are gone, and what it took off
/// rosters is not kept. 409 `rests_on` with the rows of which something has come since (of
/// households in words); then nothing is taken back. Not of staff. The proposal's `changes` name
/// the file's `kind`, `name` and `sha256`, how many rows it `created` and `updated`, and the firms
/// of whose districts the second person must be (`districts_of`). Who sent or confirmed the file,
/// or had a hand in any of its records, does not confirm it. Needs `If-Match`.
#[utoipa::path(
    params(("import" = String, Path, description = "The job")),
    request_body = NewUndo,
    responses((status = 202, description = "It waits for a second person", body = Proposal))
)]
#[post("/v1/admin/imports/{import}/undo")]
async fn undo_import(
    permit: Permit<op::UndoImport>,
    Path(id): Path<String>,
    body: Form<NewUndo>,
) -> Result<HttpResponse, Problem> {
    permit.step_or_propose(id, body, import::undo).await
}

/// A file to fill in: the headers of every column in the language asked for, and one example row,
/// which names what is in your jurisdiction and can be imported as it is. CSV in UTF-8 with a mark
/// for Excel. Files with either language's headers and words are read; `docs/imports.md` describes
/// the columns.
#[utoipa::path(
    params(("import" = ImportKind, Path, description = "What the rows are", example = "estates")),
    responses((
        status = 200,
        description = "The file",
        content((String = "text/csv", example = json!("\u{feff}姓名,统一社会信用代码\r\n示例经理,91219900MA00EXAM0J\r\n")))
    ))
)]
#[get("/v1/admin/imports/{import}/template")]
async fn get_import_template(
    permit: Permit<op::GetImportTemplate>,
    Path(kind): Path<ImportKind>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language, today) = (permit.warrant()?, permit.language(), permit.today());
    import::require_may_import(&warrant, kind)?;
    let example = permit.read(move |conn| import::example(conn, &warrant, kind, language, today)).await?;
    let mut table = Table::new();
    let header = kind.columns().iter().map(|column| Cell::Text(column.in_language(language)));
    table.row(header).map_err(Problem::internal)?;
    table.row(example.iter().map(|text| Cell::Text(text))).map_err(Problem::internal)?;
    table.answer(&format!("{kind}.csv"), language).map_err(Problem::internal)
}
