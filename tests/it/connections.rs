//! Connections: who keeps one waiting for a head, or for an answer to be taken, is let go, and
//! nobody else is.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use crate::bodies::{answer, begun, rest};
use crate::harness::{Backend, TestApp, eventually};

const REQUEST: &str = "GET /v1/places HTTP/1.1\r\nHost: x\r\n\r\n";

/// A service that keeps a connection for two seconds, and waits for a head for one more.
fn hasty() -> TestApp {
    TestApp::start_with(Backend::Sqlite, |config| {
        (config.keep_alive_seconds, config.client_timeout_seconds) = (2, 1);
    })
}

/// A connection on which a request has been answered.
fn kept(app: &TestApp) -> TcpStream {
    let mut stream = begun(app, "GET", "/v1/places", &[]);
    let answer = answer(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    stream
}

#[test]
fn half_a_second_head_is_let_go() {
    let app = hasty();
    let halves: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut stream = kept(&app);
            stream.write_all(b"GET /v1/pl").unwrap();
            stream
        })
        .collect();
    for half in halves {
        assert_eq!(rest(half), "");
    }
}

#[test]
fn a_second_head_that_dribbles_is_let_go() {
    let app = hasty();
    let mut stream = kept(&app);
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let began = Instant::now();
    let head = REQUEST.trim_end().bytes().chain(std::iter::repeat(b'x'));
    for byte in head {
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        match stream.read(&mut [0]) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Ok(0) => break,
            other => panic!("neither an end nor silence: {other:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it was not let go");
    }
}

/// For longer than it is kept without a request, each head in two halves.
#[test]
fn a_connection_that_is_used_is_kept() {
    let app = hasty();
    let mut stream = kept(&app);
    let began = Instant::now();
    let (first, second) = REQUEST.as_bytes().split_at(9);
    while began.elapsed() < Duration::from_secs(4) {
        stream.write_all(first).unwrap();
        park_timeout(Duration::from_millis(200));
        stream.write_all(second).unwrap();
        let answer = answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

/// A client that asks for much: some hundreds of KiB each time, more than the kernel keeps between
/// the two.
fn asked_for_much(app: &TestApp) -> TcpStream {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for _ in 1..MANY {
        stream.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    stream.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

const MANY: usize = 60;

/// Whether the service still holds its end of this connection.
fn is_held(stream: &TcpStream) -> bool {
    let port = |address: std::net::SocketAddr| format!("0100007F:{:04X}", address.port());
    // One that was reset has no other end.
    let Ok(peer) = stream.peer_addr() else { return false };
    let ends = (port(peer), port(stream.local_addr().unwrap()));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        (fields.next(), fields.next()) == (Some(&ends.0), Some(&ends.1))
    })
}

/// A client that asks for much and takes nothing of it.
#[test]
fn a_reader_who_takes_nothing_is_cut_off() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.slow_reader_seconds = 5);
    let mut stream = asked_for_much(&app);
    assert!(is_held(&stream));
    eventually(|| !is_held(&stream));
    app.get("/v1/places").expect(200);
    // What the kernel had taken is still there; then it ends, long before all that was asked for.
    let mut taken = Vec::new();
    let ended = stream.read_to_end(&mut taken);
    assert!(taken.len() < 20_000_000, "{ended:?} after {} bytes", taken.len());
}

/// Takes 40 KiB a second until the service lets go of it, or so long; what it has taken.
fn take_slowly(stream: &mut TcpStream, longest: Duration) -> Vec<u8> {
    let (began, mut taken, mut part) = (Instant::now(), Vec::new(), vec![0; 4 * 1024]);
    while began.elapsed() < longest && is_held(stream) {
        match stream.read(&mut part) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Ok(length) => taken.extend(&part[..length]),
            Err(error) => panic!("{error} after {} bytes", taken.len()),
        }
        park_timeout(Duration::from_millis(100));
    }
    taken
}

/// It takes something all the time, and never enough.
#[test]
fn a_reader_who_takes_little_is_cut_off() {
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        (config.slow_reader_seconds, config.slowest_kibibytes_a_second) = (5, 1024);
    });
    let mut stream = asked_for_much(&app);
    let taken = take_slowly(&mut stream, Duration::from_secs(20));
    assert!(!is_held(&stream), "it was not cut off within {} bytes", taken.len());
}

/// It takes its time too, but no more than it has.
#[test]
fn a_reader_who_keeps_the_rate_is_given_all() {
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        // The kernel opens a window of some MiB again when a sixteenth of it is free: at this rate
        // in up to ten seconds, in which it takes nothing.
        (config.slow_reader_seconds, config.slowest_kibibytes_a_second) = (12, 16);
    });
    let mut stream = asked_for_much(&app);
    let mut all = take_slowly(&mut stream, Duration::from_secs(16));
    stream.read_to_end(&mut all).unwrap();
    let answers = String::from_utf8(all).unwrap().matches("HTTP/1.1 200 OK\r\n").count();
    assert_eq!(answers, MANY);
}
