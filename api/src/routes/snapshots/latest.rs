//! `GET /v1/snapshots/latest`

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use futures_util::stream::{self, Stream};
use utoipa::ToSchema;
use xinwu_domain::access::op;

use crate::copies::{self, Snapshot};
use crate::extract::range::{Range, Wanted};
use crate::permit::{Permit, known};
use crate::problem::Problem;
use crate::sharing::Sharing;

/// The bytes of a snapshot.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "\u{1f}\u{8b}\u{8}…")]
#[expect(dead_code, reason = "it is only described")]
struct SnapshotFile(Bytes);

/// Bytes that are read at once.
const CHUNK: u64 = 64 * 1024;

/// Everything public, as a file: gzip of NDJSON, a line each. Its first line is the head,
/// `{"kind":"head","format":2,"cursor":"…","taken_at":"…","city":…,"licence":…,"attribution":…,"contact":…}`;
/// each other one is a `CopyLine` with its value: first what is named, then what names it.
///
/// The file is at most an hour old. Unpack it (it has no `Content-Encoding`, so that a download
/// which broke off goes on with `Range` and `If-Range`), and ask `GET /v1/changes` for what changed
/// since its cursor.
#[utoipa::path(
    params(
        ("Range" = Option<String>, Header, nullable = false, description = "A part of the file's bytes", example = "bytes=1048576-"),
        ("If-Range" = Option<String>, Header, nullable = false, description = "The entity tag of the file that the part is of: where it is another one by now, all of it is sent", example = "\"0f1e2d3c4b5a69780f1e2d3c4b5a6978\"")
    ),
    responses(
        (status = 200, description = "The file", content((SnapshotFile = "application/gzip"))),
        (status = 206, description = "The part of the file that `Range` asks for", content((SnapshotFile = "application/gzip")))
    )
)]
#[get("/v1/snapshots/latest")]
pub(super) async fn get_snapshot(permit: Permit<op::GetSnapshot>) -> Result<HttpResponse, Problem> {
    let snapshot = copies::latest(permit.state()).await?;
    let (headers, tag) = (permit.headers(), permit.tag_of(&snapshot.digest));
    let is_known = |tag: HeaderValue| known(headers, &tag).is_some();
    if HeaderValue::try_from(&tag).is_ok_and(is_known) {
        return Ok(answer(StatusCode::NOT_MODIFIED, &snapshot, &tag).finish());
    }
    match wanted(headers, &snapshot, &tag) {
        Wanted::All => Ok(sent(answer(StatusCode::OK, &snapshot, &tag), snapshot, None)),
        Wanted::Part(range) => {
            let said = format!("bytes {}-{}/{}", range.first, range.last, snapshot.length);
            let mut answer = answer(StatusCode::PARTIAL_CONTENT, &snapshot, &tag);
            answer.insert_header((header::CONTENT_RANGE, said));
            Ok(sent(answer, snapshot, Some(range)))
        }
        Wanted::Nothing => Err(Problem::range_not_satisfiable(snapshot.length)),
    }
}

/// The part that is asked for; all where `If-Range` names another file.
fn wanted(headers: &HeaderMap, snapshot: &Snapshot, own: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_of_this = text(header::IF_RANGE).is_none_or(|tag| tag.trim() == own);
    match text(header::RANGE).filter(|_| is_of_this) {
        Some(range) => Wanted::read(range, snapshot.length),
        None => Wanted::All,
    }
}

fn answer(status: StatusCode, snapshot: &Snapshot, tag: &str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    let name =
        format!("attachment; filename=\"xinwu-{}.ndjson.gz\"", snapshot.taken_at.format("%Y%m%dT%H%M%SZ"));
    answer
        .content_type("application/gzip")
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, Sharing::Current.cache_control()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_DISPOSITION, name));
    answer
}

fn sent(
    mut answer: actix_web::HttpResponseBuilder,
    snapshot: Arc<Snapshot>,
    range: Option<Range>,
) -> HttpResponse {
    let range = range.unwrap_or(Range { first: 0, last: snapshot.length.saturating_sub(1) });
    answer.body(SizedStream::new(range.length(), chunks(snapshot, range)))
}

/// The bytes of a range, read as they are sent.
fn chunks(snapshot: Arc<Snapshot>, range: Range) -> impl Stream<Item = io::Result<Bytes>> + 'static {
    stream::try_unfold((snapshot, range.first), move |(snapshot, at)| async move {
        if at > range.last {
            return Ok(None);
        }
        let length = CHUNK.min(range.last - at + 1);
        let (bytes, snapshot) = web::block(move || {
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            snapshot.file.read_exact_at(&mut bytes, at).map(|()| (bytes, snapshot))
        })
        .await
        .map_err(io::Error::other)??;
        Ok::<_, io::Error>(Some((Bytes::from(bytes), (snapshot, at + length))))
    })
}
