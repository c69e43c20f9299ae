//! The two metrics of requests. Their handles are kept by each thread: to look one up by its labels
//! costs more than to answer a cached reading.

use std::cell::RefCell;
use std::collections::HashMap;

use metrics::{Counter, Histogram};

/// What is counted of one route.
#[derive(Default)]
struct Route {
    seconds: Option<Histogram>,
    /// By method and status: there are few.
    answers: Vec<(&'static str, u16, Counter)>,
}

thread_local! {
    static ROUTES: RefCell<HashMap<String, Route>> = RefCell::default();
}

/// Counts an answer and the time that it took.
pub(super) fn count(method: &str, route: &str, status: u16, seconds: f64) {
    ROUTES.with_borrow_mut(|routes| {
        let kept = match routes.get_mut(route) {
            Some(kept) => kept,
            None => routes.entry(route.to_owned()).or_default(),
        };
        let name = || route.to_owned();
        kept.seconds
            .get_or_insert_with(|| metrics::histogram!("xinwu_request_seconds", "route" => name()))
            .record(seconds);
        let verb = verb(method);
        let known = kept.answers.iter().find(|(each, number, _)| *each == verb && *number == status);
        match known {
            Some((_, _, counter)) => counter.increment(1),
            None => {
                let counter = metrics::counter!(
                    "xinwu_requests_total", "route" => name(), "method" => verb, "status" => status.to_string()
                );
                counter.increment(1);
                kept.answers.push((verb, status, counter));
            }
        }
    });
}

/// A client can make up methods without end; each would be a series that is kept for good. `-` is
/// what is not told.
fn verb(method: &str) -> &'static str {
    const KNOWN: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "-"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}
