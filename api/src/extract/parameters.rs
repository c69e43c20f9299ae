//! Query parameters and path segments.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::error::PathError;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::place::check_code;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::{Text, rule_message};
use xinwu_domain::typed;
use xinwu_domain::uscc::Uscc;

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

/// The query of a picture is as it should be. Its language was found out already
/// ([`crate::negotiation::language`]); programs that share links add `utm_…` of their own.
#[derive(Debug)]
pub(crate) struct Picture;

/// How a picture is asked for.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PictureQuery {
    /// The language of its words; that of `Accept-Language` when left out.
    #[expect(dead_code, reason = "read with the request's language")]
    #[param(inline, example = "zh")]
    lang: Option<PictureLanguage>,
}

/// The languages of pictures.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PictureLanguage {
    /// 中文
    Zh,
    /// English
    En,
}

impl FromRequest for Picture {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = request.query_string().split('&').filter(|pair| !pair.starts_with("utm_"));
        let query = pairs.collect::<Vec<_>>().join("&");
        ready(read::<PictureQuery>(&query).map(|_| Picture))
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
    // Values are what people typed.
    let mut typed: Vec<(String, String)> =
        pairs.into_iter().map(|(name, value)| (name, typed::name(&value))).collect();
    let mut faults = Vec::new();
    // What cannot be read is told, and the others are read without it.
    let value = loop {
        match read_pairs::<T>(&typed) {
            Ok(value) => break value,
            Err(fault) => {
                let others = typed.iter().filter(|(name, _)| *name != fault.pointer).cloned().collect();
                let is_last = typed.len() == Vec::len(&others) || faults.len() >= MOST_FAULTS;
                faults.push(fault);
                if is_last {
                    return Err(Refusal::BadParameter(faults).into());
                }
                typed = others;
            }
        }
    };
    match words::check(&value) {
        Ok(()) => {}
        Err(Refusal::Invalid(broken)) => {
            faults.extend(broken.into_iter().map(|fault| FieldFault {
                pointer: fault.pointer.trim_start_matches('/').to_owned(),
                ..fault
            }))
        }
        Err(other) => return Err(other.into()),
    }
    if faults.is_empty() { Ok(value) } else { Err(Refusal::BadParameter(faults).into()) }
}

/// So many bad parameters are told at once.
const MOST_FAULTS: usize = 20;

fn read_pairs<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, FieldFault> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let reader = serde_urlencoded::Deserializer::new(form_parse(&query));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        words::parameter_fault(&path, &error.inner().to_string())
    })
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

/// The variable segments of a path. One that cannot be read is refused by name with 400; one that
/// can, and is nobody's, is for the use case to answer.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(read_path(request, payload).map(Path).map_err(Problem::from))
    }
}

/// Whether a fault's code names a parameter: `place_code` a `code`, `uscc_check` a `uscc`.
fn is_of(code: &str, name: &str) -> bool {
    code.starts_with(name) && name.len() > 2 || code.ends_with(&format!("_{name}"))
}

/// In characters: no id or code has more.
const LONGEST_SEGMENT: usize = 100;

fn read_path<T: DeserializeOwned + 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<T, Refusal> {
    for (name, segment) in request.match_info().iter() {
        // actix has decoded it already, but for a few characters, and put U+FFFD for what is not
        // UTF-8.
        let text = percent_decode_str(segment).decode_utf8_lossy();
        // U+0000 is text to one database and not to the other, and nothing is called by a line
        // break.
        if text.contains(|character: char| character.is_control() || character == '\u{fffd}') {
            let text = Text::new(
                "不是有效的 UTF-8 文本，或含有控制字符",
                "is not valid UTF-8, or has a control character",
            );
            return Err(Refusal::bad_parameter(name, "bad_text", text));
        }
        if text.chars().count() > LONGEST_SEGMENT {
            let text = Text::new("应为1到100个字符", "must have 1 to 100 characters");
            return Err(Refusal::bad_parameter(name, "length", text));
        }
    }
    let path = actix_web::web::Path::<T>::from_request(request, payload).into_inner();
    path.map(actix_web::web::Path::into_inner).map_err(|error| {
        let message = match error.as_error::<PathError>() {
            Some(PathError::Deserialize(inner)) => inner.to_string(),
            _ => error.to_string(),
        };
        let words::Fault { mut fault, .. } = words::data_fault("", &message);
        let names: Vec<&str> = request.match_info().iter().map(|(name, _)| name).collect();
        // Which one it was is not said: a type of ours has its name in the code, and else it
        // is the last, as those before it are texts.
        let named = names.iter().find(|name| is_of(fault.code, name)).or_else(|| names.last());
        fault.pointer = named.copied().unwrap_or_default().to_owned();
        Refusal::BadParameter(vec![fault])
    })
}

/// The code of a firm in a path, as the register writes it. One whose check fails is read too: a
/// firm may bear it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FirmCode(pub String);

impl TryFrom<String> for FirmCode {
    type Error = String;

    fn try_from(text: String) -> Result<FirmCode, String> {
        let code = Uscc::parse_known(&text);
        code.map(|code| FirmCode(code.to_string())).map_err(|fault| rule_message(fault.code(), &fault.text()))
    }
}

/// The number of a version in a path, written in one way: of one object there is one path.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct VersionNumber(pub u32);

impl TryFrom<String> for VersionNumber {
    type Error = String;

    fn try_from(text: String) -> Result<VersionNumber, String> {
        let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
        number.map(VersionNumber).ok_or_else(|| {
            let wanted = Text::new(
                "应为整数，不带正负号和前导零",
                "must be a number, without a sign or leading zeros",
            );
            rule_message("invalid", &wanted)
        })
    }
}

/// The code of a place in a path.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct PlaceCode(pub String);

impl TryFrom<String> for PlaceCode {
    type Error = String;

    fn try_from(text: String) -> Result<PlaceCode, String> {
        let text = typed::code(&text);
        match check_code(&text, "") {
            Ok(()) => Ok(PlaceCode(text)),
            Err(Refusal::Invalid(faults)) => {
                Err(faults.first().map_or_else(String::new, |fault| rule_message(fault.code, &fault.detail)))
            }
            Err(other) => Err(other.to_string()),
        }
    }
}
