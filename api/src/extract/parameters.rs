//! Query parameters and path segments.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use validator::Validate;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;

use super::words;
use crate::problem::Problem;

/// The query of a request, read strictly: an unknown, repeated or bad parameter is refused by name
/// with 400.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request.query_string()).map(Query))
    }
}

/// Checks the query of an operation that takes none.
///
/// # Errors
/// 400 that names the first parameter.
pub(crate) fn no_query(query: &str) -> Result<(), Problem> {
    #[derive(Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    read::<Nothing>(query).map(|_| ())
}

fn read<T: DeserializeOwned + Validate>(query: &str) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| unreadable_query())?;
    // U+0000 is text to one database and not to the other.
    let unreadable = |text: &str| text.contains(['\u{fffd}', '\0']);
    if pairs.iter().any(|(name, value)| unreadable(name) || unreadable(value)) {
        return Err(unreadable_query());
    }
    let value: T = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(form_parse(query)))
        .map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let (mut fault, _) = words::data_fault(&format!("/{path}"), &error.inner().to_string());
        fault.pointer = fault.pointer.trim_start_matches('/').to_owned();
        Problem::from(Refusal::BadParameter(vec![fault]))
    })?;
    words::check(&value).map_err(|refusal| match refusal {
        Refusal::Invalid(faults) => Refusal::BadParameter(
            faults
                .into_iter()
                .map(|fault| FieldFault {
                    pointer: fault.pointer.trim_start_matches('/').to_owned(),
                    ..fault
                })
                .collect(),
        ),
        other => other,
    })?;
    Ok(value)
}

fn form_parse(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

fn unreadable_query() -> Problem {
    Refusal::bad_parameter(
        "",
        "bad_query",
        Text::new("查询参数不是有效的 UTF-8", "The query is not valid UTF-8"),
    )
    .into()
}

/// The variable segments of a path. One that cannot be read is a thing that does not exist: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // U+0000 is text to one database and not to the other: nothing is called so.
        if request.uri().path().contains("%00") {
            return ready(Err(Problem::no_such_path()));
        }
        let inner = actix_web::web::Path::<T>::from_request(request, payload).into_inner();
        ready(inner.map(|path| Path(path.into_inner())).map_err(|_| Problem::no_such_path()))
    }
}
