//! What is done for every request, around its handler: an id, one log line, metrics, the security
//! headers, and every error as a problem in the asker's language.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use tracing::Instrument;
use xinwu_domain::access::Role;
use xinwu_domain::text::{Language, Text};
use xinwu_store::Random;

use crate::client;
use crate::connection::Running;
use crate::limits::Wait;
use crate::logging::REQUESTS;
use crate::negotiation;
use crate::pages;
use crate::permit::{Asker, authenticate, cached};
use crate::problem::Problem;
use crate::sharing::{Reader, Sharing};
use crate::state::State;

pub(crate) mod body;
mod documented;
mod meter;
pub(crate) mod reads;

pub(crate) use documented::{Documented, SECURITY_TEXT, is_documented};

/// The middleware.
///
/// # Errors
/// None of its own: a handler's error is a response by the time it comes here.
pub(crate) async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let running = Running::begin(&request);
    let body = bound_body(&mut request);
    let response = answer(request, next).await?;
    Ok(response.map_body(|_, answer| body::held(answer, body, running)))
}

async fn answer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    // Nothing sorts by it: one that tells no time is made without a lock.
    let id = Random.timeless_id();
    let method = request.method().clone();
    // A HEAD is answered as its GET; the server leaves the body out.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let state = request.app_data::<Data<State>>();
    let mut reading = match state.map(|state| reads::begin(state, &request)).transpose() {
        Ok(reading) => reading.flatten(),
        Err(wait) => return Ok(turn_away(request, wait, &id, &method, started)),
    };
    if let Some((mut response, route, sharing)) = state.and_then(|state| cached(state, request.head())) {
        if let Some(state) = state {
            reads::end(state, reading, &mut response);
        }
        let mut response = request.into_response(response).map_into_boxed_body();
        add_headers(response.response_mut(), &id, "", sharing);
        let answered = Answered { id: &id, method: &method, route: &route, account: "", by_resident: false };
        note(&answered, &response, started);
        return Ok(response);
    }
    if asks_leave_to_read(&request) {
        let mut response = HttpResponse::NoContent().finish();
        Sharing::allow(response.headers_mut());
        add_headers(&mut response, &id, "", Sharing::Current);
        let response = request.into_response(response).map_into_boxed_body();
        let answered =
            Answered { id: &id, method: &method, route: "unmatched", account: "", by_resident: false };
        note(&answered, &response, started);
        return Ok(response);
    }
    let span = tracing::info_span!("request", %id);
    let path = request.path().to_owned();
    let asked = Asked {
        language: negotiation::language(request.headers(), request.query_string()),
        takes_pages: negotiation::takes_pages(request.headers()),
        path: &path,
        method: &method,
        id: &id,
    };
    let is_anonymous = !request.headers().contains_key(header::AUTHORIZATION);
    let is_reading = request.method() == Method::GET;
    let asker = match request.app_data::<Data<State>>() {
        Some(state) => authenticate(state, request.headers()).instrument(span.clone()).await,
        None => Ok(None),
    };
    if let (false, Err(_) | Ok(None), Some(state)) = (is_anonymous, &asker, request.app_data::<Data<State>>())
    {
        reading = match reads::begin_unnamed(state, &request) {
            Ok(reading) => reading,
            Err(wait) => return Ok(turn_away(request, wait, &id, &method, started)),
        };
    }
    let actor = asker.as_ref().ok().and_then(Option::as_ref);
    let by_resident = actor.is_some_and(|actor| actor.role == Role::Resident);
    let account = actor.filter(|_| !by_resident).map(|actor| actor.account_id.clone()).unwrap_or_default();
    request.extensions_mut().insert(Asker(asker));
    let response = next.call(request).instrument(span).await?.map_into_boxed_body();
    let (http_request, response) = response.into_parts();
    let documented = http_request.app_data::<Data<Documented>>();
    let pattern = http_request.match_pattern();
    let reader = if is_anonymous { Reader::Stranger } else { Reader::SignedIn };
    let sharing = documented
        .filter(|_| is_reading)
        .map_or(Sharing::Private, |documented| documented.sharing(pattern.as_deref(), &path, reader));
    let public_url = http_request.app_data::<Data<State>>().map(|state| state.config.public_url());
    let mut response = as_problem(response, &asked, documented, public_url.unwrap_or_default());
    add_headers(&mut response, &id, &path, sharing);
    if let Some(state) = http_request.app_data::<Data<State>>() {
        reads::end(state, reading, &mut response);
    }
    let route = pattern.unwrap_or_else(|| "unmatched".to_owned());
    let response = ServiceResponse::new(http_request, response);
    let answered = Answered { id: &id, method: &method, route: &route, account: &account, by_resident };
    note(&answered, &response, started);
    Ok(response)
}

/// Answers a stranger who has read too often.
fn turn_away(
    request: ServiceRequest,
    wait: Wait,
    id: &str,
    method: &Method,
    started: Instant,
) -> ServiceResponse<BoxBody> {
    let (http_request, _) = request.into_parts();
    let path = http_request.path().to_owned();
    let asked = Asked {
        language: negotiation::language(http_request.headers(), http_request.query_string()),
        takes_pages: negotiation::takes_pages(http_request.headers()),
        path: &path,
        method,
        id,
    };
    let documented = http_request.app_data::<Data<Documented>>();
    let (pattern, sharing) =
        documented.map_or((None, Sharing::Private), |documented| documented.shown_at(&path));
    let state = http_request.app_data::<Data<State>>();
    let public_url = state.map(|state| state.config.public_url()).unwrap_or_default();
    let refused = Problem::from(wait.refusal()).error_response();
    let mut response = as_problem(refused, &asked, documented, public_url);
    add_headers(&mut response, id, &path, sharing);
    if let Some(state) = state {
        reads::refuse(state, wait, response.headers_mut());
    }
    let route = pattern.unwrap_or("unmatched").to_owned();
    let response = ServiceResponse::new(http_request, response);
    note(&Answered { id, method, route: &route, account: "", by_resident: false }, &response, started);
    response
}

/// Bounds the body, if there is one, whoever will read it.
fn bound_body(request: &mut ServiceRequest) -> Option<body::Shared> {
    if matches!(request.parts().1, Payload::None) {
        return None;
    }
    let documented = request.app_data::<Data<Documented>>();
    let documented = documented.filter(|_| request.method() == Method::POST);
    let upload = documented.and_then(|documented| documented.upload(request.path()));
    let state = request.app_data::<Data<State>>().cloned()?;
    Some(body::limit(request, &state.config, upload))
}

/// Whether a page of another origin than the configured ones asks for leave to read what everybody
/// may read. Of all else the configured origins are told, by the layer below.
fn asks_leave_to_read(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let Some(origin) = headers.get(header::ORIGIN).filter(|_| request.method() == Method::OPTIONS) else {
        return false;
    };
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD).map(HeaderValue::as_bytes);
    let is_configured = request.app_data::<Data<State>>().is_some_and(|state| {
        state.config.cors_origins.iter().any(|configured| configured.as_bytes() == origin.as_bytes())
    });
    matches!(wanted, Some(b"GET" | b"HEAD"))
        && !is_configured
        && request
            .app_data::<Data<Documented>>()
            .is_some_and(|documented| documented.shown_at(request.path()).1.is_open())
}

/// What the log and the metrics say of a request beside its answer.
struct Answered<'a> {
    id: &'a str,
    method: &'a Method,
    route: &'a str,
    /// Of who is no resident.
    account: &'a str,
    /// Whether a resident was signed in.
    by_resident: bool,
}

/// One log line, and the metrics.
fn note(answered: &Answered<'_>, response: &ServiceResponse<BoxBody>, started: Instant) {
    let id = answered.id;
    let seconds = started.elapsed().as_secs_f64();
    let RequestLine { method, route, path, status, account, address } = told(answered, response);
    tracing::info!(target: REQUESTS, id, method, route, path, status, milliseconds = seconds * 1000.0, account, address, "answered");
    meter::count(method, route, status, seconds);
}

/// What is written down of a request.
struct RequestLine<'a> {
    method: &'a str,
    route: &'a str,
    path: &'a str,
    status: u16,
    /// Of who is no resident, and empty of what is one's own: beside the address it would say who
    /// lives behind that.
    account: &'a str,
    /// The client's; empty where it is not known, and where it would name who rated.
    address: String,
}

fn told<'a>(answered: &Answered<'a>, response: &'a ServiceResponse<BoxBody>) -> RequestLine<'a> {
    let Answered { id: _, method, route, account, by_resident } = *answered;
    let (path, status) = (response.request().path(), response.status());
    let method = method.as_str();
    if is_of_own_ratings(route) || is_of_own_ratings(path) {
        let (route, path, status) = (OWN_RATINGS, OWN_RATINGS, coarse(status));
        return RequestLine { method: "-", route, path, status, account: "", address: String::new() };
    }
    if route == HOME {
        let status = if status == StatusCode::NOT_MODIFIED { StatusCode::OK } else { status };
        let (path, status) = (HOME, status.as_u16());
        return RequestLine { method, route, path, status, account: "", address: String::new() };
    }
    let (status, address) = (status.as_u16(), address(response));
    if is_at_or_below(path, OWN) || is_at_or_below(route, OWN) {
        // By its route: ids would say whose it is, and what is theirs.
        let path = if is_at_or_below(route, OWN) { route } else { OWN };
        return RequestLine { method, route, path, status, account: "", address };
    }
    // What a resident reads of one firm or estate after another would say who lives behind it.
    let address = if by_resident { String::new() } else { address };
    RequestLine { method, route, path, status, account, address }
}

/// The address of who asked.
fn address(response: &ServiceResponse<BoxBody>) -> String {
    let request = response.request();
    let trusted = request.app_data::<Data<State>>().map(|state| state.config.trusted_proxies.as_slice());
    let address = client::address(trusted.unwrap_or_default(), request);
    address.map(|address| address.to_canonical().to_string()).unwrap_or_default()
}

/// What is somebody's own.
const OWN: &str = "/v1/me";

/// Where a resident's own ratings are. Of these the log and the metrics say only that something was
/// asked, and whether it went well: "nothing that anyone but the writer can read, officials
/// included, moves with a waiting rating". A line with the account and the path would name who
/// rated what, and 201 beside 200 how many did.
const OWN_RATINGS: &str = "/v1/me/ratings";

/// A resident's first screen says whether the month is rated: a 200 among its 304 would tell that
/// the account has rated in between. An app reads it again after a rating: the line of that has no
/// account, and one beside it would name whose it was. The export has its own time, and is never
/// 304.
const HOME: &str = "/v1/me/home";

fn is_of_own_ratings(path: &str) -> bool {
    is_at_or_below(path, OWN_RATINGS)
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// 200 for what went well, 400 for what was refused; the service's own faults as they are.
fn coarse(status: StatusCode) -> u16 {
    match status {
        status if status.is_server_error() => status.as_u16(),
        status if status.is_client_error() => 400,
        _ => 200,
    }
}

/// What an error's answer depends on.
struct Asked<'a> {
    language: Language,
    takes_pages: bool,
    path: &'a str,
    method: &'a Method,
    id: &'a str,
}

/// Makes every error a problem in the asker's language, the framework's own included; where pages
/// are, a page that tells of it.
fn as_problem(
    response: HttpResponse<BoxBody>,
    asked: &Asked<'_>,
    documented: Option<&Data<Documented>>,
    public_url: String,
) -> HttpResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let known = response.extensions().get::<Problem>().cloned();
    let problem = known.unwrap_or_else(|| match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            match documented.and_then(|documented| documented.methods_of(asked.path)) {
                Some(allow) if !allow.split(", ").any(|each| each == asked.method.as_str()) => {
                    Problem::wrong_method(&allow)
                }
                _ => Problem::no_such_path(),
            }
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "too_large", Text::new("请求体太大", "The body is too large"))
        }
        status if status.is_client_error() => {
            Problem::new(status, "bad_request", Text::new("请求无法处理", "The request cannot be handled"))
        }
        _ => Problem::internal("the framework answered with an error"),
    });
    let problem = problem.addressed(asked.language, asked.id, public_url);
    let is_page =
        documented.is_some_and(|documented| documented.pages.are_told_so(asked.path, asked.takes_pages));
    let mut answer =
        if is_page { pages::error_page(&problem, asked.language) } else { problem.error_response() };
    // What a cross-origin layer below has said of the response still holds.
    for (name, value) in response.headers() {
        if name.as_str().starts_with("access-control-") {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    answer
}

/// What an answer may load and do: data nothing, a page its style sheet, its pictures and its
/// search;
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// and the documentation, which is a program.
const DOCUMENTATION_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
                                    img-src 'self' data:; frame-ancestors 'none'";
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

fn add_headers(response: &mut HttpResponse<BoxBody>, id: &str, path: &str, sharing: Sharing) {
    let policy = if path.starts_with("/docs") { DOCUMENTATION_POLICY } else { POLICY };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    sharing.say(headers);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}
