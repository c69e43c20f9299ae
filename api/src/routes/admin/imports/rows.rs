//! `GET /v1/admin/imports/{import}/rows`

use actix_web::{HttpResponse, get};
use rust_decimal::Decimal;
use serde_json::Value;
use xinwu_domain::access::op;
use xinwu_domain::import::{Column, ImportKind, ImportedRow, RowOutcome};
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Change;
use xinwu_domain::text::Language;
use xinwu_persistence::operations::import::{self, JobRow};
use xinwu_persistence::registers::authorized::find;

use crate::extract::{Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;
use crate::spreadsheet::{Cell, Said, Table};

/// What each row of a file says, and what it changes, by line: while it waits for another official,
/// and once it took effect; then none of staff and households. Phones are left out. Also as CSV.
#[utoipa::path(
    params(("import" = String, Path, description = "The job"), PageQuery),
    responses((
        status = 200,
        description = "A page of rows",
        content(
            (Page<ImportedRow> = "application/json"),
            (String = "text/csv", example = json!("line,outcome,code,name,changes\n"))
        )
    ))
)]
#[get("/v1/admin/imports/{import}/rows")]
pub(super) async fn list_import_rows(
    permit: Permit<op::ListImportRows>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let (warrant, today, language) = (permit.warrant()?, permit.today(), permit.language());
    let read = id.clone();
    let (kind, listed) = permit
        .read(move |conn| {
            let job = find::<JobRow>(conn, &warrant, &read, today)?;
            Ok((job.kind(), import::rows(conn, &job, &window)?))
        })
        .await?;
    if matches!(kind, ImportKind::Staff | ImportKind::Households) {
        permit.note_reading(Kind::Import, &id, listed.items.len()).await?;
    }
    permit.page_or_file(listed, "rows", |rows| table(kind, rows, language))
}

/// The rows as a table: line, what it does, the columns of the kind, and what changes.
fn table(kind: ImportKind, rows: &[ImportedRow], language: Language) -> Result<Vec<u8>, csv::Error> {
    let mut table = Table::new();
    let [line, outcome, changes] = match language {
        Language::Chinese => ["行", "结果", "变更"],
        Language::English => ["line", "outcome", "changes"],
    };
    let columns = || kind.columns().iter().filter(|column| !column.name.starts_with("phone"));
    let header = columns().map(|column| column.in_language(language));
    table.row([line, outcome].into_iter().chain(header).chain([changes]).map(Cell::Text))?;
    for row in rows {
        let mut cells = vec![Said::number(row.line), told(row.outcome, language)];
        cells.extend(columns().map(|column| said(row, column, language)));
        cells.push(Said::Text(changed(kind, &row.changes, language)));
        table.row(cells.iter().map(Said::cell))?;
    }
    table.into_bytes()
}

fn told(outcome: RowOutcome, language: Language) -> Said {
    match outcome {
        RowOutcome::Created => Said::words(language, "新增", "created"),
        RowOutcome::Updated => Said::words(language, "变更", "updated"),
        RowOutcome::Unchanged => Said::words(language, "不变", "unchanged"),
    }
}

/// A cell as the file has it: what takes a value away is a hyphen there.
fn said(row: &ImportedRow, column: &Column, language: Language) -> Said {
    match row.values.get(column.name) {
        None => Said::text(None),
        Some(Value::Null) => Said::text(Some("-")),
        Some(Value::Number(number)) => match number.to_string().parse::<Decimal>() {
            Ok(number) => Said::Number(Some(number)),
            Err(_) => Said::Text(number.to_string()),
        },
        Some(value) => {
            let text = words(value);
            let choices = column.choices.map(|choices| choices()).unwrap_or_default();
            let choice = choices.into_iter().find(|choice| choice.word == text);
            Said::Text(choice.map_or(text, |choice| choice.in_language(language).to_owned()))
        }
    }
}

/// `households: 300 → 320；…`
fn changed(kind: ImportKind, changes: &[Change], language: Language) -> String {
    let each = |change: &Change| {
        let field =
            kind.column(&change.field).map_or(change.field.as_str(), |column| column.in_language(language));
        format!("{field}: {} → {}", words(&change.before), words(&change.after))
    };
    changes.iter().map(each).collect::<Vec<_>>().join("；")
}

/// A value in one cell. Of a thing that is named, its name.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("；"),
        Value::Object(fields) => fields.get("name").map_or_else(|| value.to_string(), words),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
