//! The one style sheet, and the mark in a browser's tab.

use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get};

use crate::secrets::sha256_hex;

pub(super) const PATH: &str = "/style.css";
pub(super) const ICON: &str = "/icon.svg";

const STYLE: &str = include_str!("../../templates/style.css");
const ICON_PICTURE: &str = include_str!("../../templates/icon.svg");

/// The first digits of the sheet's hash: another program has another.
static HASH: LazyLock<String> =
    LazyLock::new(|| sha256_hex(STYLE.as_bytes()).get(..12).unwrap_or_default().to_owned());
static URL: LazyLock<String> = LazyLock::new(|| format!("{PATH}?v={}", *HASH));

/// Where pages find it: under its hash, so that a browser may keep it for good.
pub(super) fn url() -> &'static str {
    &URL
}

#[get("/style.css")]
pub(super) async fn show_style(request: HttpRequest) -> HttpResponse {
    let is_named = request.query_string().strip_prefix("v=") == Some(HASH.as_str());
    let caching = if is_named { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer(request.headers(), "text/css; charset=utf-8", caching, STYLE, &HASH)
}

#[get("/icon.svg")]
pub(super) async fn show_icon(request: HttpRequest) -> HttpResponse {
    let hash = sha256_hex(ICON_PICTURE.as_bytes());
    let caching = "public, max-age=86400";
    answer(request.headers(), "image/svg+xml", caching, ICON_PICTURE, hash.get(..12).unwrap_or_default())
}

/// An answer that is the same as long as the program is.
pub(super) fn answer(
    headers: &HeaderMap,
    kind: &'static str,
    caching: &'static str,
    body: impl Into<Bytes>,
    hash: &str,
) -> HttpResponse {
    let tag = format!("\"{hash}\"");
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::CONTENT_TYPE, kind));
    response.insert_header((header::CACHE_CONTROL, caching));
    response.insert_header((header::ETAG, tag));
    if known { response.finish() } else { response.body(body.into()) }
}
