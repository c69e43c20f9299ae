//! JSON bodies.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use validator::Validate;
use xinwu_domain::refusal::FieldFault;
use xinwu_domain::text::Text;

use super::tree::Texts;
use super::{form, tree};
use crate::problem::Problem;
use crate::request::body::BodyFault;

/// The largest body of an ordinary request, in MiB.
pub(crate) const LARGEST_MEBIBYTES: u64 = 1;

/// The same in bytes.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// The largest body that is read again and again until all its faults are known; of a larger one
/// only the first is told.
const LARGEST_FORM: usize = 16 * 1024;

/// A JSON body, read strictly and checked by its `Validate`.
///
/// 400 when it cannot be read (not JSON, not UTF-8, an unknown or repeated field, a value of the
/// wrong type), 413 when it is over 1 MiB, 415 when it is not said to be JSON, 422 when fields are
/// missing or break rules. All faults of a body are told at once.
#[derive(Debug)]
pub struct Json<T> {
    /// The body.
    pub value: T,
    /// A hash of the bytes, by which an idempotent request is known again.
    pub fingerprint: String,
    /// What it was read from: what a proposal keeps.
    pub sent: serde_json::Value,
}

impl<T: DeserializeOwned + Validate> Json<T> {
    fn read(bytes: &[u8], texts: Texts) -> Result<Json<T>, Problem> {
        let (tree, faults) = tree::read(bytes, texts).map_err(|error| syntax(&error))?;
        let most = if bytes.len() > LARGEST_FORM { 1 } else { form::MOST_FAULTS };
        let (value, sent) = form::read(tree, faults, most)?;
        Ok(Json { value, fingerprint: crate::secrets::sha256_hex(bytes), sent })
    }
}

impl<T> Json<T> {
    /// What another value makes of the same body.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Json<U> {
        Json { value: make(self.value), fingerprint: self.fingerprint, sent: self.sent }
    }
}

/// A JSON body that a use case takes whole. One that breaks rules of its fields is tried all the
/// same, so that what the use case finds besides is told with that, and nothing of it stays: a
/// permit opens it, and nobody else.
#[derive(Debug)]
pub struct Form<T> {
    body: Json<T>,
    broken: Vec<FieldFault>,
}

impl<T: DeserializeOwned + Validate> Form<T> {
    fn read(bytes: &[u8]) -> Result<Form<T>, Problem> {
        // A larger one is not worth the use case's work: what it holds is bounded by these rules.
        if bytes.len() > LARGEST_FORM {
            return Json::read(bytes, Texts::Shown).map(Form::from);
        }
        let (tree, faults) = tree::read(bytes, Texts::Shown).map_err(|error| syntax(&error))?;
        let (value, sent, broken) = form::read_whole(tree, faults, form::MOST_FAULTS)?;
        Ok(Form { body: Json { value, fingerprint: crate::secrets::sha256_hex(bytes), sent }, broken })
    }
}

impl<T> Form<T> {
    /// What the use case takes beside the body.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Form<U> {
        Form { body: self.body.map(make), broken: self.broken }
    }

    /// What stands in it, for what is made beside it.
    pub fn value(&self) -> &T {
        &self.body.value
    }

    /// Whether it breaks a rule of its fields, so that nothing that it asks for is done.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// The body, and the faults of the rules that it breaks.
    pub(crate) fn open(self) -> (Json<T>, Vec<FieldFault>) {
        (self.body, self.broken)
    }
}

/// A body that breaks no rule.
impl<T> From<Json<T>> for Form<T> {
    fn from(body: Json<T>) -> Form<T> {
        Form { body, broken: Vec::new() }
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = FutureBody<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (kind, bytes) = (Kind::of(request), Bytes::from_request(request, payload));
        Box::pin(async move {
            if kind != Kind::Json {
                return Err(not_json());
            }
            Form::read(&arrived(bytes.await)?)
        })
    }
}

impl Json<()> {
    /// The body of a request that has none.
    pub fn nothing() -> Json<()> {
        Json { value: (), fingerprint: String::new(), sent: serde_json::Value::Null }
    }
}

type FutureBody<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

fn read<T>(request: &HttpRequest, payload: &mut Payload, texts: Texts) -> FutureBody<Json<T>>
where
    T: DeserializeOwned + Validate + 'static,
{
    let (kind, bytes) = (Kind::of(request), Bytes::from_request(request, payload));
    Box::pin(async move {
        if kind != Kind::Json {
            return Err(not_json());
        }
        Json::read(&arrived(bytes.await)?, texts)
    })
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = FutureBody<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload, Texts::Shown)
    }
}

/// A JSON body with a file in it: its texts are taken as they are sent.
#[derive(Debug)]
pub struct JsonFile<T>(pub Json<T>);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for JsonFile<T> {
    type Error = Problem;
    type Future = FutureBody<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, Texts::AsSent);
        Box::pin(async move { body.await.map(JsonFile) })
    }
}

/// A JSON body that may be left out: then it says nothing.
#[derive(Debug)]
pub struct OptionalJson<T>(pub Json<T>);

impl<T: DeserializeOwned + Validate + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = FutureBody<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (kind, bytes) = (Kind::of(request), Bytes::from_request(request, payload));
        Box::pin(async move {
            let bytes = arrived(bytes.await)?;
            match kind {
                // Some clients name the type of a body that they do not send.
                Kind::Json | Kind::Unsaid if bytes.is_empty() => Ok(OptionalJson(Json {
                    value: T::default(),
                    fingerprint: String::new(),
                    sent: serde_json::Value::Null,
                })),
                Kind::Json => Json::read(&bytes, Texts::Shown).map(OptionalJson),
                _ => Err(not_json()),
            }
        })
    }
}

/// What a body is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Other,
    Unsaid,
}

impl Kind {
    fn of(request: &HttpRequest) -> Kind {
        let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Kind::Unsaid };
        let kind = value.to_str().ok().and_then(|value| value.split(';').next());
        let is_json = kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if is_json { Kind::Json } else { Kind::Other }
    }
}

fn not_json() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_json",
        Text::new("请求体须为 application/json", "The body must be application/json"),
    )
}

fn arrived(bytes: Result<Bytes, actix_web::Error>) -> Result<Bytes, Problem> {
    bytes.map_err(|error| match error.as_error::<PayloadError>() {
        Some(error) => payload_problem(error),
        None => Problem::unreadable("bad_body", Vec::new()),
    })
}

/// What became of a body that did not arrive.
pub(crate) fn payload_problem(error: &PayloadError) -> Problem {
    match (BodyFault::of(error), error) {
        (Some(fault), _) => fault.problem(),
        (None, PayloadError::Overflow) => BodyFault::TooLarge { mebibytes: LARGEST_MEBIBYTES }.problem(),
        (None, _) => Problem::unreadable("bad_body", Vec::new()),
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
