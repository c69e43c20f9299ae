//! Bodies: one limit of size and of time for all, and places for files.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use xinwu_both::both;
use xinwu_domain::access::{Audience, Operation, Role};

use crate::harness::walk::{self, Walked};
use crate::harness::{Backend, TestApp, eventually, someone};

const REVOKE: &str = "/v1/auth/revoke";
const PLACES: &str = "/v1/admin/imports/places";
const ZONE: &str = "code,level,name,parent\n2102X01,district,高新区,2102\n";
const TOO_LARGE: usize = 1024 * 1024 + 1;

/// A service that waits a second for a body, and takes 16 KiB a second from then on.
fn impatient(backend: Backend) -> TestApp {
    TestApp::start_with(backend, |config| config.body_seconds = 1)
}

/// A connection on which the head of a request has been sent, with these headers.
pub(crate) fn begun(app: &TestApp, method: &str, path: &str, headers: &[String]) -> TcpStream {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let lines: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\n{lines}\r\n").unwrap();
    stream
}

fn announced(bytes: usize) -> String {
    format!("Content-Length: {bytes}")
}

fn chunked() -> String {
    "Transfer-Encoding: chunked".to_owned()
}

fn of(kind: &str) -> String {
    format!("Content-Type: {kind}")
}

fn by(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// What is answered until the connection ends.
pub(crate) fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        // What was sent and not read is answered with a reset, after the answer.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("it did not end: {error}"),
    }
    String::from_utf8(answer).unwrap()
}

/// What is answered, without waiting for the end of the connection.
pub(crate) fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    let head = String::from_utf8(answer.clone()).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    answer.extend(body);
    String::from_utf8(answer).unwrap()
}

/// The head in small letters, and the body as JSON.
fn parts(answer: &str) -> (String, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    (head.to_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

/// That it was let go since its body came too slowly.
#[track_caller]
fn assert_too_slow(answer: &str) {
    let (head, body) = parts(answer);
    assert!(head.starts_with("http/1.1 408 "), "{answer}");
    assert!(head.contains("\r\nretry-after: 1"), "{answer}");
    assert!(head.contains("\r\nconnection: close"), "{answer}");
    assert_eq!((&body["code"], &body["retry_after"]), (&"too_slow".into(), &1.into()));
    assert_eq!(
        body["detail"],
        "A body must be here within 1 seconds, and come at 16 KiB a second from then on"
    );
}

#[both]
fn silent_bodies_are_let_go_and_keep_nobody_waiting(backend: Backend) {
    let app = impatient(backend);
    let headers = [of("application/json"), announced(10)];
    let silent: Vec<TcpStream> = (0..400).map(|_| begun(&app, "POST", REVOKE, &headers)).collect();
    app.get("/v1/places").expect(200);
    for stream in silent {
        assert_too_slow(&rest(stream));
    }
}

/// Sends a piece time and again and listens for a moment after each, until there is an answer.
fn send_by_and_by(mut stream: TcpStream, pieces: impl Iterator<Item = Vec<u8>>) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut answer = vec![0; 1];
    for piece in pieces {
        if stream.write_all(&piece).is_err() {
            break;
        }
        match stream.read(&mut answer) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Ok(1) => break,
            other => panic!("neither an answer nor silence: {other:?}"),
        }
    }
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let rest = rest(stream);
    // The first letter of the answer, where it came before the end.
    if answer == [0] { rest } else { format!("H{rest}") }
}

#[both]
fn a_body_that_dribbles_is_let_go_and_leaves_no_job(backend: Backend) {
    let app = impatient(backend);
    let city = app.official(Role::City, "2102", false);
    let stream = begun(&app, "POST", PLACES, &[by(&city), of("text/csv"), chunked()]);
    let answer = send_by_and_by(stream, std::iter::repeat(b"1\r\nc\r\n".to_vec()));
    assert_too_slow(&answer);
    let jobs = app.get("/v1/admin/imports").token(&city).expect(200).json();
    assert_eq!(jobs["items"], serde_json::json!([]));
}

#[both]
fn a_large_body_that_keeps_its_rate_is_taken(backend: Backend) {
    let app = TestApp::start_with(backend, |config| {
        (config.body_seconds, config.keep_alive_seconds, config.client_timeout_seconds) = (1, 1, 1);
    });
    let city = app.official(Role::City, "2102", false);
    let headers = [by(&city), of("text/csv"), "Connection: close".to_owned(), announced(15 * 16 * 1024)];
    let stream = begun(&app, "POST", PLACES, &headers);
    // 80 KiB a second, for more than the second that a body has, and the two that a head has.
    let answer = send_by_and_by(stream, std::iter::repeat_n(vec![b'\n'; 16 * 1024], 15));
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
}

/// Who may ask for it.
fn token_for(app: &TestApp, walked: &Walked) -> Vec<String> {
    let audience = walked.operation.audience();
    let role = Role::ALL.into_iter().find(|role| audience.admits(*role)).unwrap();
    match (walked.operation, audience) {
        (_, Audience::Public) => Vec::new(),
        (Operation::AddImport, _) => vec![by(&app.official(Role::City, "2102", false))],
        _ => vec![by(&app.token(someone(role)))],
    }
}

#[both]
fn every_body_has_one_size(backend: Backend) {
    let app = TestApp::start_with(backend, |config| config.import_mebibytes = 1);
    let mut asked = 0;
    for walked in walk::operations() {
        let Some(kinds) = walked.described.pointer("/requestBody/content").and_then(Value::as_object) else {
            continue;
        };
        let (kind, mebibytes) = match walked.operation {
            Operation::AddImport => ("text/csv", 1),
            Operation::AddMyCasePhoto | Operation::AddCasePhoto => ("image/png", 8),
            _ => ("application/json", 1),
        };
        assert!(kinds.contains_key(kind), "{} takes no {kind}", walked.path);
        let path = walked.path_with("", "");
        let mut headers = token_for(&app, &walked);
        headers.extend([of(kind), announced((mebibytes << 20) + 1)]);
        // Not a byte of it is sent: it is refused for what it says of itself.
        let answer = answer(&mut begun(&app, &walked.method, &path, &headers));
        let (head, body) = parts(&answer);
        assert!(head.starts_with("http/1.1 413 "), "{} {path}: {answer}", walked.method);
        assert_eq!(body["code"], "too_large", "{path}");
        assert_eq!(body["detail"], format!("The body is over {mebibytes} MiB"), "{path}");
        asked += 1;
    }
    assert!(asked > 50, "{asked}");
    // One that does not say how long it is, is refused once it is too long.
    let city = by(&app.official(Role::City, "2102", false));
    for (path, kind, headers) in
        [(REVOKE, "application/json", Vec::new()), (PLACES, "text/csv", vec![city.clone()])]
    {
        let headers = [headers, vec![of(kind), chunked()]].concat();
        let mut stream = begun(&app, "POST", path, &headers);
        write!(stream, "{TOO_LARGE:x}\r\n").unwrap();
        stream.write_all(&vec![b' '; TOO_LARGE]).unwrap();
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    let jobs = app.get("/v1/admin/imports").token(city.trim_start_matches("Authorization: Bearer "));
    assert_eq!(jobs.expect(200).json()["items"], serde_json::json!([]));
}

#[test]
fn a_file_may_be_larger_than_other_bodies() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.import_mebibytes = 2);
    let city = app.official(Role::City, "2102", false);
    let file = [ZONE.as_bytes(), &vec![b'\n'; TOO_LARGE]].concat();
    app.post(PLACES).token(&city).body("text/csv", file).expect(202);
    let refused = app.post(PLACES).token(&city).english().body("text/csv", vec![b'\n'; 2 * TOO_LARGE]);
    assert_eq!(refused.refused(413, "too_large").json()["detail"], "The body is over 2 MiB");
}

/// Who may not ask, or asks for what takes no body, is answered at once, also from memory; what of
/// a body never comes holds the connection for a moment only.
#[test]
fn a_body_that_nobody_wants_is_not_waited_for() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.body_seconds = 300);
    let place = format!("/v1/places/{}", crate::harness::world::DISTRICT);
    app.get(&place).english().expect(200);
    let json = || vec![of("application/json")];
    let question = ["Origin: https://paper.example", "Access-Control-Request-Method: GET"].map(str::to_owned);
    for (method, path, headers, status) in [
        ("POST", "/v1/admin/places", json(), 401),
        ("POST", PLACES, json(), 401),
        ("POST", "/v1/nowhere", json(), 404),
        ("GET", "/v1/firms", json(), 400),
        ("GET", &place, json(), 200),
        ("OPTIONS", "/v1/places", question.to_vec(), 204),
    ] {
        assert_not_waited_for(&app, method, path, &headers, status);
    }
}

#[track_caller]
fn assert_not_waited_for(app: &TestApp, method: &str, path: &str, headers: &[String], status: u16) {
    for length in [announced(10), chunked()] {
        let headers = [headers, std::slice::from_ref(&length)].concat();
        let answer = rest(begun(app, method, path, &headers));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path} {length}: {answer}");
    }
}

#[test]
fn a_body_of_who_reads_too_often_is_not_waited_for() {
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        (config.body_seconds, config.reads_a_minute) = (300, 1);
    });
    app.get("/v1/places").expect(200);
    assert_not_waited_for(&app, "GET", "/v1/places", &[], 429);
    // One whose token is good for nothing is turned away later.
    assert_not_waited_for(&app, "GET", "/v1/me", &[by("made.up")], 429);
}

/// An upload that has begun and not ended.
fn half(app: &TestApp, token: &str) -> TcpStream {
    let headers = [by(token), of("text/csv"), "Connection: close".to_owned(), announced(ZONE.len())];
    let mut stream = begun(app, "POST", PLACES, &headers);
    stream.write_all(&ZONE.as_bytes()[..10]).unwrap();
    stream
}

/// Whether there is an answer, or the end, without waiting for it.
fn is_answered(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    !peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[both]
fn an_account_sends_two_files_at_once(backend: Backend) {
    // Two are held half-way for as long as all this takes.
    let app = TestApp::start_with(backend, |config| config.body_seconds = 300);
    let (city, other) = (app.official(Role::City, "2102", false), app.official(Role::City, "2102", false));
    let mut held = [half(&app, &city), half(&app, &city)];
    let send = |token: &str| app.post(PLACES).token(token).body("text/csv", ZONE);
    // What is taken has ended before the next is sent.
    let status = |token: &str| {
        let sent = send(token).send();
        if sent.status == 202 {
            app.state.imports().finished(sent.json()["id"].as_str().unwrap());
        }
        sent.status
    };
    // Until both have their places a third is taken, whose place one of them may have lacked.
    let until_full = |held: &mut [TcpStream]| {
        eventually(|| {
            held.iter_mut().filter(|each| is_answered(each)).for_each(|each| *each = half(&app, &city));
            status(&city) == 429
        });
    };
    until_full(&mut held);
    let refused = send(&city).english().refused(429, "too_many_uploads");
    assert_eq!(refused.header("retry-after"), "30");
    let body = refused.json();
    assert_eq!(body["retry_after"], 30);
    assert_eq!(body["detail"], "An account imports 2 files at once: wait until one of them is done");
    // Another account is not concerned.
    assert_eq!(status(&other), 202);
    let [mut first, second] = held;
    first.write_all(&ZONE.as_bytes()[10..]).unwrap();
    let (head, job) = parts(&rest(first));
    assert!(head.starts_with("http/1.1 202 "), "{head}");
    app.state.imports().finished(job["id"].as_str().unwrap());
    assert_eq!(status(&city), 202);
    // One that is given up gives its place back too.
    let mut held = [second, half(&app, &city)];
    until_full(&mut held);
    drop(held);
    eventually(|| status(&city) == 202);
}
