//! How often a stranger may read: counted by the network that is one client, before anything else
//! is looked up than a token, and said in the answer (draft-ietf-httpapi-ratelimit-headers).

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use ipnet::IpNet;

use crate::client;
use crate::limits::Wait;
use crate::state::State;

pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What the service's own keepers ask, time and again.
const FREE: [&str; 2] = ["/livez", "/readyz"];

/// In seconds: what is used up in it is all back at its end.
const WINDOW: u32 = 60;

/// A reading that was counted.
pub(super) struct CountedRead {
    network: Option<IpNet>,
    left: u32,
    /// Whether it asks if anything has changed: where nothing has, it is free.
    names_a_tag: bool,
}

/// Counts a reading, if that is limited: whoever signed in has a name, and limits of their own.
/// Whether somebody did who says so is not known yet ([`begin_unnamed`]).
///
/// # Errors
/// How long to wait.
pub(super) fn begin(state: &State, request: &ServiceRequest) -> Result<Option<CountedRead>, Wait> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    begin_unnamed(state, request)
}

/// [`begin`] for whom the request names nobody, whatever it carries: a stranger who makes up a
/// token is one.
///
/// # Errors
/// How long to wait.
pub(super) fn begin_unnamed(state: &State, request: &ServiceRequest) -> Result<Option<CountedRead>, Wait> {
    let limit = &state.rates.reads;
    if limit.most() == 0 || request.method() != Method::GET || FREE.contains(&request.path()) {
        return Ok(None);
    }
    let network = client::share(client::address(&state.config.trusted_proxies, request.request()));
    let left = limit.count(&network)?;
    Ok(Some(CountedRead { network, left, names_a_tag: names_a_tag(request.headers()) }))
}

/// Whether it asks if anything has changed since an answer that it has. `*` is any answer: all
/// that there is would be unchanged, and free to find.
fn names_a_tag(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::IF_NONE_MATCH).map(HeaderValue::as_bytes).peekable();
    lines.peek().is_some() && lines.all(|line| line.trim_ascii() != b"*")
}

/// Gives it back where nothing has changed, and says what is left.
pub(super) fn end(state: &State, reading: Option<CountedRead>, response: &mut HttpResponse) {
    let Some(CountedRead { network, mut left, names_a_tag }) = reading else { return };
    let limit = &state.rates.reads;
    if names_a_tag && response.status() == StatusCode::NOT_MODIFIED {
        limit.give_back(&network);
        left = left.saturating_add(1).min(limit.most());
    }
    say(response.headers_mut(), limit.most(), left, WINDOW);
}

/// Says that nothing is left, and for how long.
pub(super) fn refuse(state: &State, wait: Wait, headers: &mut HeaderMap) {
    say(headers, state.rates.reads.most(), 0, wait.0);
}

fn say(headers: &mut HeaderMap, most: u32, left: u32, seconds: u32) {
    for (name, value) in [
        (RATE_LIMIT, format!("\"anonymous\";r={left};t={seconds}")),
        (RATE_LIMIT_POLICY, format!("\"anonymous\";q={most};w={WINDOW}")),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}
