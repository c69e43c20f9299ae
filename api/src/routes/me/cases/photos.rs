//! `/v1/me/cases/{id}/photos`: a resident's photos of a case.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use xinwu_domain::access::op;
use xinwu_domain::case::PhotoView;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::cases::photos::{self, PhotoFile};

pub(super) fn configure(config: &mut Routes) {
    config.service(add_my_case_photo);
    config.service(get_my_case_photo);
}

/// Adds a photo to one's own case, for those who handle it.
///
/// The body is the file itself: JPEG or PNG, at most 8 MB and 40 megapixels. It is turned upright,
/// made no larger than 2,560 pixels on a side and written anew: nothing of the camera's data stays,
/// such as where it was taken. A case has at most 10. An account sends at most 6 a minute and 30 a
/// day; those that are refused count.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body(
        content((PhotoFile = "image/jpeg"), (PhotoFile = "image/png"), (PhotoFile = "application/octet-stream")),
        description = "The file; as bytes, it is what its first ones say"
    ),
    responses((status = 201, description = "The photo", body = PhotoView))
)]
#[post("/v1/me/cases/{id}/photos")]
async fn add_my_case_photo(
    permit: Permit<op::AddMyCasePhoto>,
    Path(id): Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    photos::add(permit, id, &request, body).await
}

/// A photo of one's own case: one that one sent, or that who handles the case sent. What another
/// household sent to the same case is not shown.
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
#[get("/v1/me/cases/{id}/photos/{sha256}")]
async fn get_my_case_photo(
    permit: Permit<op::GetMyCasePhoto>,
    Path((id, sha256)): Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    photos::get(permit, id, sha256).await
}
