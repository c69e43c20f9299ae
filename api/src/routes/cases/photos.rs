//! `/v1/cases/{id}/photos`: photos of cases, for those who handle them; and what the routes of
//! residents do with theirs.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, get, post};
use utoipa::ToSchema;
use xinwu_domain::access::{Operates, op};
use xinwu_domain::case::{LARGEST_PHOTO, PhotoType, PhotoView};
use xinwu_domain::kind::Kind;
use xinwu_domain::word::Word;
use xinwu_persistence::registers::authorized::find;
use xinwu_persistence::service::case;
use xinwu_persistence::service::case::photo::{self, NewPhoto};

use crate::extract::Path;
use crate::permit::{Permit, Posted};
use crate::photos::{LARGEST_MEBIBYTES, PhotoFault, Reencoded};
use crate::problem::Problem;
use crate::request::body::BodyFault;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_case_photo);
    config.service(get_case_photo);
}

/// The bytes of a photo.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "\u{ff}\u{d8}\u{ff}…")]
#[expect(dead_code, reason = "it is only described")]
pub(in crate::routes) struct PhotoFile(Bytes);

/// Adds a photo to a case that you handle.
///
/// The body is the file itself: JPEG or PNG, at most 8 MB and 40 megapixels. It is turned upright,
/// made no larger than 2,560 pixels on a side and written anew: nothing of the camera's data stays.
/// A case has at most 10. An account sends at most 6 a minute and 30 a day; those that are refused
/// count.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body(
        content((PhotoFile = "image/jpeg"), (PhotoFile = "image/png"), (PhotoFile = "application/octet-stream")),
        description = "The file; as bytes, it is what its first ones say"
    ),
    responses((status = 201, description = "The photo", body = PhotoView))
)]
#[post("/v1/cases/{id}/photos")]
async fn add_case_photo(
    permit: Permit<op::AddCasePhoto>,
    Path(id): Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    add(permit, id, &request, body).await
}

/// A photo of a case that you handle.
#[utoipa::path(
    params(
        ("id" = String, Path, description = "The case"),
        ("sha256" = String, Path, description = "The photo, by its hash")
    ),
    responses((
        status = 200,
        description = "The photo",
        content((PhotoFile = "image/jpeg"), (PhotoFile = "image/png"))
    ))
)]
#[get("/v1/cases/{id}/photos/{sha256}")]
async fn get_case_photo(
    permit: Permit<op::GetCasePhoto>,
    Path((id, sha256)): Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    get(permit, id, sha256).await
}

/// Takes a photo for a case that is in reach of who asks.
pub(in crate::routes) async fn add<O: Operates>(
    permit: Permit<O>,
    id: String,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (warrant, today, state) = (permit.warrant()?, permit.today(), Arc::clone(permit.state()));
    // Before anything is looked at: what is refused has cost something too.
    state.rates.count_photo(&warrant.account_id().to_owned()).map_err(|wait| wait.refusal())?;
    let said = said(request)?;
    require_small(request)?;
    // The same request again gets its answer, whatever has filled the case meanwhile.
    let is_again = request.headers().contains_key("idempotency-key");
    let case = id.clone();
    permit
        .read(move |conn| {
            let case = find::<case::Row>(conn, &warrant, &case, today)?;
            if is_again { Ok(()) } else { photo::require_may_add(conn, &warrant, &case) }
        })
        .await?;
    let taken = state.photos.receive(body, said).await?;
    state.photos.put(&taken, state.db.clock().now()).await?;
    let Reencoded { kind, width, height, bytes, sha256 } = taken;
    let (fingerprint, length, file) = (sha256.clone(), bytes.len(), Bytes::from(bytes));
    let new = NewPhoto { sha256, media_type: kind, bytes: length, width, height };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let case = find::<case::Row>(tx.conn, warrant, &id, today)?;
            let view = photo::add(tx, warrant, &case, &new)?;
            Posted::filed(view.href.clone(), file.clone(), &view)
        })
        .await
}

/// What the body is said to be; `None` where that it is bytes is all that is said.
fn said(request: &HttpRequest) -> Result<Option<PhotoType>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/octet-stream") {
        return Ok(None);
    }
    let said = kind.to_ascii_lowercase().parse().map_err(|_| PhotoFault::OtherType)?;
    Ok(Some(said))
}

/// Refuses a body for what it says of its length, before the case is looked up.
fn require_small(request: &HttpRequest) -> Result<(), Problem> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length: Option<usize> = length.and_then(|length| length.parse().ok());
    if length.is_some_and(|length| length > LARGEST_PHOTO) {
        return Err(BodyFault::TooLarge { mebibytes: LARGEST_MEBIBYTES }.problem());
    }
    Ok(())
}

/// A photo of a case that is in reach of who asks.
pub(in crate::routes) async fn get<O: Operates>(
    permit: Permit<O>,
    id: String,
    sha256: String,
) -> Result<HttpResponse, Problem> {
    let (warrant, today, case) = (permit.warrant()?, permit.today(), id.clone());
    let found = permit
        .read(move |conn| {
            let case = find::<case::Row>(conn, &warrant, &case, today)?;
            photo::find(conn, &warrant, &case, &sha256)
        })
        .await?;
    let bytes = permit.state().photos.get(found.sha256).await?;
    if O::OPERATION.noted() {
        permit.note_reading(Kind::Case, &id, 1).await?;
    }
    Ok(permit.file(found.media_type.0.into_str(), bytes))
}
