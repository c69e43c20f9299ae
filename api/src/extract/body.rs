//! JSON bodies.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use validator::Validate;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;

use super::words;
use crate::problem::Problem;

/// The largest body of an ordinary request: 1 MiB.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// How long a client may take to send a body.
const SLOWEST_BODY: std::time::Duration = std::time::Duration::from_secs(30);

/// A JSON body, read strictly and checked by its `Validate`.
///
/// 400 when it cannot be read (not JSON, not UTF-8, an unknown or repeated field, a value of the
/// wrong type), 413 when it is over 1 MiB, 415 when it is not said to be JSON, 422 when a field is
/// missing or breaks a rule.
#[derive(Debug)]
pub struct Json<T> {
    /// The body.
    pub value: T,
    /// A hash of the bytes, by which an idempotent request is known again.
    pub fingerprint: String,
}

impl<T: DeserializeOwned + Validate> Json<T> {
    fn read(bytes: &[u8]) -> Result<Json<T>, Problem> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value: T =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| unreadable(&error))?;
        deserializer.end().map_err(|error| syntax(&error))?;
        refuse_nul(bytes)?;
        words::check(&value)?;
        Ok(Json { value, fingerprint: crate::secrets::sha256_hex(bytes) })
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "not_json",
                    Text::new("请求体须为 application/json", "The body must be application/json"),
                ));
            }
            let bytes = tokio::time::timeout(SLOWEST_BODY, bytes).await.map_err(|_| {
                Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "too_slow",
                    Text::new("请求体传输太慢", "The body came too slowly"),
                )
            })?;
            let bytes = bytes.map_err(|error| payload_problem(&error))?;
            Json::read(&bytes)
        })
    }
}

/// U+0000 in any text is refused: it is text to one database and not to the other.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    const ESCAPE: &[u8] = br"\u0000";
    if !bytes.windows(ESCAPE.len()).any(|window| window == ESCAPE) {
        return Ok(());
    }
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Ok(()) };
    let Some(pointer) = nul_in(&value, String::new()) else { return Ok(()) };
    let text = Text::new("含有控制字符", "has a control character");
    Err(Refusal::Invalid(vec![FieldFault::new(&pointer, "control_character", text)]).into())
}

/// Where the first text with U+0000 stands.
fn nul_in(value: &serde_json::Value, pointer: String) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => text.contains('\0').then_some(pointer),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| nul_in(item, format!("{pointer}/{index}")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, field)| nul_in(field, format!("{pointer}/{name}")))
        }
        _ => None,
    }
}

/// What became of a body that did not arrive.
pub(crate) fn payload_problem(error: &actix_web::Error) -> Problem {
    match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            Text::new("请求体太大", "The body is too large"),
        ),
        _ => Problem::unreadable("bad_body", Vec::new()),
    }
}

fn syntax(error: &serde_json::Error) -> Problem {
    Problem::unreadable(
        "bad_json",
        vec![FieldFault::new(
            "",
            "bad_json",
            Text::new(
                format!("不是有效的 JSON（第{}行第{}列）", error.line(), error.column()),
                format!("Not valid JSON (line {}, column {})", error.line(), error.column()),
            ),
        )],
    )
}

fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    if inner.is_syntax() || inner.is_eof() || inner.is_io() {
        return syntax(inner);
    }
    let path = pointer(error.path());
    let (fault, is_rule) = words::data_fault(&path, &inner.to_string());
    if is_rule { Refusal::Invalid(vec![fault]).into() } else { Problem::unreadable("bad_field", vec![fault]) }
}

/// The path as an RFC 6901 pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { variant } => {
                pointer.push('/');
                pointer.push_str(variant);
            }
            Segment::Unknown => {}
        }
    }
    pointer
}
