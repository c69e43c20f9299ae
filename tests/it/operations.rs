//! Running the service: health, metrics, request ids, headers, limits, stopping, and what reaches
//! the log.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use xinwu_both::both;

use serde_json::json;
use xinwu_domain::access::Role;

use crate::harness::{Backend, TestApp};

#[both]
fn it_says_that_it_lives_and_that_it_is_ready(app: TestApp) {
    assert_eq!(app.get("/livez").expect(200).text, "ok\n");
    assert_eq!(app.get("/readyz").expect(200).text, "ok\n");
}

#[both]
fn from_december_on_it_warns_that_the_holidays_of_the_next_year_are_missing(app: TestApp) {
    app.set_time("2026-11-30T15:59:59Z");
    assert_eq!(app.get("/readyz").expect(200).text, "ok\n");
    app.set_time("2026-11-30T16:00:00Z");
    let body = app.get("/readyz").expect(200).text;
    assert!(body.starts_with("ok\nwarning: no public holidays are known for 2027"), "{body}");
}

#[both]
fn metrics_count_requests_by_route_and_status_and_show_pool_queue_and_cache(app: TestApp) {
    app.get("/v1/places/2102").expect(200);
    app.get("/v1/places/2102").expect(200);
    app.get("/v1/places/999999").expect(404);
    let (status, kind, text) = app.of_operators("/metrics");
    assert_eq!((status, kind.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    for wanted in [
        "xinwu_requests_total{route=\"/v1/places/{code}\",method=\"GET\",status=\"200\"}",
        "xinwu_requests_total{route=\"/v1/places/{code}\",method=\"GET\",status=\"404\"}",
        "xinwu_request_seconds",
        "xinwu_database_connections ",
        "xinwu_database_connections_in_use ",
        "xinwu_write_queue ",
        "xinwu_cache_entries ",
        "xinwu_cache_lookups_total{cache=\"bodies\",outcome=\"hit\"}",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    assert!(!text.contains("there-is-no-such-place"), "a path's own words must not become labels");
}

#[both]
fn metrics_say_nothing_of_a_rating_but_that_something_was_asked(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    app.rate(&resident, &stage.project, "2026-11", 4);
    app.get(&format!("/v1/me/ratings/{}/2026-11", stage.project)).token(&resident.token).expect(200);
    let metrics = app.metrics();
    assert!(
        metrics.contains("xinwu_requests_total{route=\"/v1/me/ratings\",method=\"-\",status=\"200\"}"),
        "{metrics}"
    );
    assert!(!metrics.contains("/v1/me/ratings/"), "{metrics}");
}

/// They tell by the sums of routes who is registered: however the path is written, the public port
/// has none.
#[both]
fn metrics_are_on_a_door_of_their_own(app: TestApp) {
    for path in ["/metrics", "/m%65trics", "/%6detrics", "//metrics", "/metrics/", "/metrics?x=1"] {
        for method in ["GET", "HEAD"] {
            let reply = app.call(method, path).expect(404);
            assert!(!reply.text.contains("xinwu_"), "{method} {path}: {}", reply.text);
        }
    }
    assert_eq!(app.get("/metrics").refused(404, "not_found").header("cache-control"), "no-store");
    assert_eq!(app.of_operators("/metrics").0, 200);
    for path in ["/", "/v1/places", "/livez", "/readyz", "/metrics/x", "/docs/"] {
        assert_eq!(app.of_operators(path), (404, String::new(), String::new()), "{path}");
    }
}

#[both]
fn every_answer_has_its_own_request_id_and_the_security_headers(app: TestApp) {
    let mut ids = Vec::new();
    for path in ["/v1/places/2102", "/v1/places/999999", "/livez", "/nowhere", "/docs/"] {
        let reply = app.get(path).header("X-Request-Id", "chosen-by-the-client").send();
        let id = reply.header("x-request-id").to_owned();
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{path}: {id}");
        ids.push(id);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(reply.header(name), value, "{path}: {name}");
        }
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[both]
fn a_head_is_answered_as_its_get_without_a_body(app: TestApp) {
    let get = app.get("/v1/places/2102").expect(200);
    let head = app.call("HEAD", "/v1/places/2102").expect(200);
    assert_eq!((head.text.as_str(), head.etag()), ("", get.etag()));
}

#[both]
fn a_body_over_the_limit_is_refused_and_the_service_goes_on(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let large = vec![b' '; 1024 * 1024 + 1];
    app.post("/v1/admin/places").token(&city).body("application/json", large).refused(413, "too_large");
    app.get("/readyz").expect(200);
}

#[both]
fn a_path_that_is_too_strange_is_a_problem_too(app: TestApp) {
    app.get("/v1/places/%FF").refused(400, "bad_parameter");
    app.get("/v1/places/%00").refused(400, "bad_parameter");
    app.get("/v1/places?q=%FF").refused(400, "bad_parameter");
    app.get("/v1/places?q=%00").refused(400, "bad_parameter");
    let city = app.official(Role::City, "2102", false);
    let body =
        json!({"code": "2102X01", "level": "district", "name": "x", "aliases": ["a\u{0}"], "parent": "2102"});
    let refused = app.post("/v1/admin/places").token(&city).json(&body).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/aliases/0".into(), "control_character".into())]);
}

/// A client that sends its head a byte at a time, for ever, is cut off; others are served
/// meanwhile.
#[test]
fn a_slow_client_is_cut_off() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.client_timeout_seconds = 1);
    let mut slow = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"GET /v1/places HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    app.get("/readyz").expect(200);
    let mut answer = Vec::new();
    // It ends instead of waiting for the rest.
    slow.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

/// Notified to stop, the service answers what it has begun, takes nothing new, and ends.
#[test]
fn it_stops_gracefully() {
    let mut app = TestApp::start(Backend::Sqlite);
    let address = app.base.trim_start_matches("http://").to_owned();
    let mut open = TcpStream::connect(&address).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A request whose answer is waited for while the stop comes: its body is still on the way.
    let token = app.official(Role::City, "2102", false);
    let body =
        json!({"code": "2102X01", "level": "district", "name": "高新区", "parent": "2102"}).to_string();
    let (first, rest) = body.split_at(10);
    write!(
        open,
        "POST /v1/admin/places HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
        body.len()
    )
    .unwrap();
    open.flush().unwrap();
    // The service has read the head of it: it answers another request on another connection only
    // after that.
    app.get("/readyz").expect(200);
    let stopping = app.begin_stop();
    open.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    open.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    stopping.join().unwrap();
    assert!(TcpStream::connect(&address).is_err(), "it still listens");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of a service in this process: every line of every test that runs meanwhile.
fn log() -> &'static Log {
    static LOG: std::sync::OnceLock<Log> = std::sync::OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || writer.clone())
            .try_init()
            .expect("no other test sets the log");
        log
    })
}

#[test]
fn the_log_has_a_line_a_request_and_neither_secrets_nor_phones() {
    let log = log();
    let app = TestApp::start(Backend::Sqlite);
    let token = app.official(Role::City, "2102", false);
    let id = app.get("/v1/places/2102?").token(&token).expect(200).header("x-request-id").to_owned();
    app.post("/v1/auth/otp").json(&json!({"phone": "13942600017"})).send();
    app.post("/v1/auth/token")
        .json(&json!({"grant_type": "password", "username": "no-one", "password": "correct horse battery staple"}))
        .send();
    app.get("/v1/firms?q=13942600017").send();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["fields"]["id"] == id.as_str())
        .filter(|line| line["target"] == "xinwu::request")
        .collect();
    assert_eq!(lines.len(), 1, "one line for the request {id}");
    assert_eq!(lines[0]["fields"]["status"], 200);
    for secret in
        ["13942600017", "correct horse battery staple", token.as_str(), "a secret that only the tests know"]
    {
        let found = text.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "the log holds a secret");
    }
}
