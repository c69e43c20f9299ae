//! `POST /v1/admin/imports/{kind}`

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, post, web};
use aws_lc_rs::digest;
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::import::{ImportFormat, ImportJob, ImportKind, Occasion, Run};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::word::Word;
use xinwu_persistence::operations::import::{self, NewImport, SentFile};
use xinwu_store::{Random, StoreError};

use crate::extract::{Path, Query, payload_problem};
use crate::imports::Job;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// How the file is to be taken.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AddImport {
    /// Whether to check only: the report says what would happen.
    dry_run: Option<bool>,
    /// What the file is, where the type says only that it is bytes (`application/octet-stream`).
    format: Option<ImportFormat>,
    /// What the file is called; whoever confirms it is told.
    #[validate(length(min = 1, max = 200), custom(function = "xinwu_domain::rules::plain_text"))]
    name: Option<String>,
    /// Why it is sent. Needed where another official has to confirm it: a file without ends as
    /// `failed`.
    #[validate(length(min = 1, max = 200), custom(function = "xinwu_domain::rules::plain_text"))]
    reason: Option<String>,
}

/// Imports a file of many rows, whole or not at all. The answer is a job: ask for it to see how it
/// goes. CSV is read as a spreadsheet saves it: in UTF-8, UTF-16 or GB 18030, with commas,
/// semicolons or tabs, and with headers and words in Chinese or English (`…/template` is a file to
/// fill in). All faults of all rows are named at once. Records, assessments, metrics, staff and
/// registers of which a row takes two people wait until another official has confirmed them as one.
#[utoipa::path(
    params(
        ("import" = ImportKind, Path, description = "What the rows are", example = "estates"),
        AddImport
    ),
    request_body(
        content(
            (String = "text/csv", example = json!("code,level,name,parent\n2102X01,district,高新区,2102\n")),
            (String = "application/octet-stream", example = json!("code,level,name,parent\n2102X01,district,高新区,2102\n")),
            (String = "application/x-ndjson", example = json!("{\"code\":\"2102X01\",\"level\":\"district\",\"name\":\"高新区\",\"parent\":\"2102\"}\n"))
        ),
        description = "CSV with a header row, or one JSON object a line; as bytes, `format` says which"
    ),
    responses((status = 202, description = "The job", body = ImportJob))
)]
#[post("/v1/admin/imports/{import}")]
pub(super) async fn add_import(
    permit: Permit<op::AddImport>,
    Path(kind): Path<ImportKind>,
    Query(query): Query<AddImport>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (warrant, language) = (permit.warrant()?, permit.language());
    // Before the body is read: who may not import it need not send it.
    import::require_may_import(&warrant, kind)?;
    let format = format_of(&request, query.format)?;
    let imports = Arc::clone(permit.state().imports());
    let place = imports.arrive(warrant.account_id())?;
    let (file, digest) = receive(body).await?;
    let id = Random.id();
    let reserved = id.clone();
    let reservation = web::block(move || imports.reserve(&reserved)).await.map_err(Problem::internal)??;
    let new = NewImport {
        id: id.clone(),
        kind,
        format,
        run: if query.dry_run.unwrap_or(false) { Run::Dry } else { Run::Real },
        occasion: Occasion::Usual,
        file: SentFile { name: query.name, sha256: Some(digest.clone()), reason: query.reason },
    };
    let (run, occasion) = (new.run, new.occasion);
    let response = permit
        .post(&format!("{} {digest}", format.into_str()), move |tx, warrant| {
            let job = import::open(tx, warrant, &new, language)?;
            Posted::accepted(format!("/v1/admin/imports/{}", job.id), &job)
        })
        .await?;
    // A request that came twice has opened its job the first time: the answer tells of that one.
    let opened = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    if opened.is_some_and(|location| location.ends_with(&id)) {
        reservation.take(Job { id, file, kind, format, run, occasion, warrant }, place);
    }
    Ok(response)
}

fn format_of(request: &HttpRequest, said: Option<ImportFormat>) -> Result<ImportFormat, Problem> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|kind| kind.trim().to_ascii_lowercase());
    let of_type = match kind.as_deref() {
        Some("text/csv") => Some(ImportFormat::Csv),
        Some("application/x-ndjson" | "application/ndjson") => Some(ImportFormat::Ndjson),
        Some("application/octet-stream") => said,
        _ => None,
    };
    match (of_type, said) {
        (Some(format), Some(said)) if said != format => Err(Refusal::bad_parameter(
            "format",
            "other_format",
            Text::new("与 Content-Type 不一致", "is not what the Content-Type says"),
        )
        .into()),
        (Some(format), _) => Ok(format),
        (None, _) => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_importable",
            Text::new(
                "请求体须为 text/csv 或 application/x-ndjson；为 application/octet-stream 的须以 format 说明格式",
                "The body must be text/csv or application/x-ndjson, or application/octet-stream with `format`",
            ),
        )),
    }
}

/// Puts the body into a file that has no name and is gone when it is closed, and hashes it on its
/// way.
async fn receive(mut body: web::Payload) -> Result<(File, String), Problem> {
    let mut file = tempfile::tempfile().map_err(disk)?;
    let mut hash = digest::Context::new(&digest::SHA256);
    while let Some(part) = body.next().await {
        let part = part.map_err(|error| payload_problem(&error))?;
        hash.update(&part);
        file.write_all(&part).map_err(disk)?;
    }
    file.rewind().map_err(disk)?;
    Ok((file, crate::secrets::hex(hash.finish().as_ref())))
}

fn disk(error: std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return StoreError::Full.into();
    }
    Problem::internal(error)
}
