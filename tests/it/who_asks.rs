//! Who counts as asking: the address that a proxy says, a token that is good no longer, and what
//! made-up tokens cost.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use chrono::Duration;
use serde_json::json;
use xinwu_both::both;

use crate::harness::{Backend, Reply, TestApp};
use crate::sign_in::{sign_in, with_refresh};

const PLACES: &str = "/v1/places/2102";
const MOST: u32 = 6000;

/// Behind a proxy on this machine and others in 10.0.0.0/8.
fn behind_proxies(backend: Backend) -> TestApp {
    TestApp::start_with(backend, |config| {
        config.reads_a_minute = MOST;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    })
}

/// How many readings who asked has done.
#[track_caller]
fn done(reply: &Reply) -> u32 {
    let limit = reply.header("ratelimit");
    let left = limit.strip_prefix("\"anonymous\";r=").and_then(|rest| rest.split(';').next()).unwrap();
    MOST - left.parse::<u32>().unwrap()
}

#[both]
fn the_last_hop_that_is_no_proxy_of_ours_is_who_asks(backend: Backend) {
    let app = behind_proxies(backend);
    let read = |lines: &[&str]| {
        let call = app.get(PLACES);
        done(&lines.iter().fold(call, |call, line| call.header("X-Forwarded-For", line)).expect(200))
    };
    let client = "198.51.100.1";
    let made_up = "203.0.113.7";
    let forms: [&[&str]; 9] = [
        &[client],
        &["198.51.100.1, 10.1.1.1"],
        // What a client made up stands before it, in the same line or in one of its own.
        &["203.0.113.7, 198.51.100.1"],
        &[made_up, client],
        &[made_up, "198.51.100.1, 10.1.1.1"],
        &["203.0.113.7, 198.51.100.1", "10.1.1.1", "10.2.2.2"],
        &["junk, 198.51.100.1"],
        // IPv4 within IPv6 is the same address, of a client as of a proxy.
        &["::ffff:198.51.100.1"],
        &["198.51.100.1, ::ffff:10.1.1.1"],
    ];
    for (before, lines) in (0..).zip(forms) {
        assert_eq!(read(lines), before + 1, "{lines:?}");
    }
    // What cannot be read is no address, nor is anything before it: the proxy itself asks.
    let unread: [&[&str]; 7] = [
        &[],
        &[""],
        &["unknown"],
        &["198.51.100.1, junk"],
        &["198.51.100.1:8080"],
        &[client, "junk"],
        &["198.51.100.1, , 10.1.1.1"],
    ];
    for (before, lines) in (0..).zip(unread) {
        assert_eq!(read(lines), before + 1, "{lines:?}");
    }
    assert_eq!(read(&[made_up]), 1);
    // Of IPv6 a /64 is one.
    assert_eq!([read(&["2001:db8::1"]), read(&["2001:db8::2"]), read(&["2001:db8:0:1::1"])], [1, 2, 1]);
}

#[both]
fn a_token_that_is_good_no_longer_is_a_stranger_s(backend: Backend) {
    let app = behind_proxies(backend);
    let (_, token) = app.resident("13900000001");
    let nobody = app.get(PLACES).token(&token).expect(200);
    assert_eq!(nobody.header("ratelimit"), "");
    app.advance(Duration::minutes(16));
    for before in 0..3 {
        assert_eq!(done(&app.get(PLACES).token(&token).refused(401, "token_expired")), before + 1);
    }
    assert_eq!(done(&app.get(PLACES).expect(200)), 4);
}

/// Nothing is written for them: they are answered while somebody else writes.
#[both]
fn made_up_tokens_have_nothing_written(app: TestApp) {
    let signed = sign_in(&app, "13900000001");
    let revoke = |token: &str| app.post("/v1/auth/revoke").json(&json!({"refresh_token": token}));
    let (begun, has_begun) = channel();
    let (end, ends) = channel::<()>();
    let (begun, ends) = (Mutex::new(begun), Mutex::new(ends));
    std::thread::scope(|scope| {
        let writer = app.db().clone();
        let writing = scope.spawn(move || {
            writer.write_blocking(move |_| {
                begun.lock().unwrap().send(()).ok();
                ends.lock().unwrap().recv().ok();
                Ok(())
            })
        });
        has_begun.recv().unwrap();
        for _ in 0..3 {
            with_refresh(&app, &json!("made up")).refused(401, "bad_refresh_token");
            revoke("made up").expect(204);
            app.post("/v1/auth/revoke").expect(204);
        }
        drop(end);
        writing.join().unwrap().unwrap();
    });
    let signed = with_refresh(&app, &signed["refresh_token"]).expect(200).json();
    revoke(signed["refresh_token"].as_str().unwrap()).expect(204);
    with_refresh(&app, &signed["refresh_token"]).refused(401, "bad_refresh_token");
}
