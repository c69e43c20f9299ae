//! What a request carries beside its body, against what its operation takes and gives.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

use crate::document::Exchange;
use crate::negotiation;
use crate::problem::Problem;

/// The client's `Idempotency-Key`.
///
/// # Errors
/// 400 for one that is sent twice, or is not of 1 to 200 printable ASCII characters: were it
/// ignored, the same request would have two effects.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let bad = |code, zh, en| Refusal::bad_parameter("Idempotency-Key", code, Text::new(zh, en)).into();
    let mut lines = headers.get_all(IDEMPOTENCY_KEY);
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(bad("repeated", "只能出现一次", "must be sent once"));
    }
    let text = std::str::from_utf8(line.as_bytes()).unwrap_or_default();
    if !line.is_empty() && !line.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return Err(bad("not_ascii", "只能使用可打印的 ASCII 字符", "must be printable ASCII"));
    }
    if text.is_empty() || text.len() > LONGEST_KEY {
        return Err(bad("length", "应为1到200个字符", "must have 1 to 200 characters"));
    }
    Ok(Some(text.to_owned()))
}

pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// In characters.
const LONGEST_KEY: usize = 200;

/// Checks a request against what the operation takes and gives.
pub(super) fn check(exchange: &Exchange, request: &HttpRequest) -> Result<(), Problem> {
    if !exchange.takes_query {
        crate::extract::no_query(request.query_string())?;
    }
    if !exchange.takes_condition && request.headers().contains_key(header::IF_MATCH) {
        let text = Text::new("此操作不接受 If-Match", "is not taken by this operation");
        return Err(Refusal::bad_parameter("If-Match", "not_taken", text).into());
    }
    let gives = &exchange.gives;
    if !gives.is_empty() && negotiation::preferred(request.headers(), gives).is_none() {
        return Err(Problem::not_acceptable(gives));
    }
    if exchange.takes_body { refuse_coding(request.headers()) } else { refuse_body(request.headers()) }
}

/// Refuses a body where none is taken: who says why a record is confirmed would believe that it is
/// kept.
fn refuse_body(headers: &HeaderMap) -> Result<(), Problem> {
    let is_empty = |length: &header::HeaderValue| length.as_bytes() == b"0";
    if headers.get(header::CONTENT_LENGTH).is_none_or(is_empty)
        && !headers.contains_key(header::TRANSFER_ENCODING)
    {
        return Ok(());
    }
    let text = Text::new("此操作不接受请求体", "this operation takes no body");
    Err(Refusal::bad_parameter("", "not_taken", text).into())
}

/// Refuses a body that is compressed: taken for what it is not, it would be refused as bad JSON, or
/// imported as rows of nothing.
fn refuse_coding(headers: &HeaderMap) -> Result<(), Problem> {
    for line in headers.get_all(header::CONTENT_ENCODING) {
        let codings = String::from_utf8_lossy(line.as_bytes());
        let unknown = |coding: &&str| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
        if let Some(coding) = codings.split(',').map(str::trim).find(unknown) {
            return Err(Problem::unknown_coding(coding));
        }
    }
    Ok(())
}
