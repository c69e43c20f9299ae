//! How often a stranger may read: counted by the network that is one client, before anything is
//! looked up, and said in the answer (draft-ietf-httpapi-ratelimit-headers).

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

/// A read that is counted.
pub(super) struct LimitedRead {
    network: Option<IpNet>,
    left: u32,
    /// Whether it counts already. One that asks whether anything has changed counts only where
    /// something has.
    is_counted: bool,
}

/// Looks at who asks, if that is limited: whoever signed in has a name, and limits of their own.
/// Whether somebody did who says so is not known yet ([`begin_unnamed`]).
///
/// # Errors
/// How long to wait.
pub(super) fn begin(state: &State, request: &ServiceRequest) -> Result<Option<LimitedRead>, Wait> {
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
pub(super) fn begin_unnamed(state: &State, request: &ServiceRequest) -> Result<Option<LimitedRead>, Wait> {
    let limit = &state.limits.reads;
    if limit.most() == 0 || request.method() != Method::GET || FREE.contains(&request.path()) {
        return Ok(None);
    }
    let network = client::share(client::address(&state.config.trusted_proxies, request.request()));
    let is_counted = !names_a_tag(request.headers());
    let left = if is_counted { limit.count(network) } else { limit.look(network) }?;
    Ok(Some(LimitedRead { network, left, is_counted }))
}

/// Whether it asks if anything has changed since an answer that it has. `*` is any answer: all
/// that there is would be unchanged, and free to find.
fn names_a_tag(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::IF_NONE_MATCH).map(HeaderValue::as_bytes).peekable();
    lines.peek().is_some() && lines.all(|line| line.trim_ascii() != b"*")
}

/// Counts what was answered with something new, and says what is left.
pub(super) fn end(state: &State, reading: Option<LimitedRead>, response: &mut HttpResponse) {
    let Some(LimitedRead { network, mut left, is_counted }) = reading else { return };
    let limit = &state.limits.reads;
    if !is_counted && response.status() != StatusCode::NOT_MODIFIED {
        // Others may have used up the last one meanwhile: this one is answered all the same.
        left = limit.count(network).unwrap_or(0);
    }
    say(response.headers_mut(), limit.most(), left, WINDOW);
}

/// Says that nothing is left, and for how long.
pub(super) fn refuse(state: &State, wait: Wait, headers: &mut HeaderMap) {
    say(headers, state.limits.reads.most(), 0, wait.0);
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
