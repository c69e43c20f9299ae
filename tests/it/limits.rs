//! How often somebody may do something: what is said of it, and who counts as one.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::copied_file::everything;
use crate::harness::residents::rating_path;
use crate::harness::{Backend, Call, Reply, TestApp, eventually};

const MONTH: &str = "2026-11";
const PLACES: &str = "/v1/places/2102";

/// A service that lets an address read so often, behind a proxy that says whose it is.
fn limited(backend: Backend, most: u32) -> TestApp {
    TestApp::start_with(backend, |config| {
        config.reads_a_minute = most;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
}

fn from(call: Call, address: &str) -> Call {
    call.header("X-Forwarded-For", address)
}

/// What an answer says of the limit.
fn told(reply: &Reply) -> (&str, &str) {
    (reply.header("ratelimit"), reply.header("ratelimit-policy"))
}

fn left(most: u32, left: u32) -> (String, String) {
    (format!("\"anonymous\";r={left};t=60"), format!("\"anonymous\";q={most};w=60"))
}

#[track_caller]
fn assert_told(reply: &Reply, most: u32, rest: u32) {
    let (limit, policy) = left(most, rest);
    assert_eq!(told(reply), (limit.as_str(), policy.as_str()));
}

#[both]
fn a_stranger_is_told_how_many_readings_are_left(backend: Backend) {
    let app = limited(backend, 6000);
    let first = app.get(PLACES).expect(200);
    assert_eq!(told(&first), ("\"anonymous\";r=5999;t=60", "\"anonymous\";q=6000;w=60"));
    // From memory, as a page, as a picture, of nothing, and of what is not a stranger's.
    assert_told(&app.get(PLACES).expect(200), 6000, 5998);
    assert_told(&app.call("HEAD", PLACES).expect(200), 6000, 5997);
    assert_told(&app.get("/").expect(200), 6000, 5996);
    assert_told(&app.get("/openapi.json").expect(200), 6000, 5995);
    assert_told(&app.get("/v1/places/999999").expect(404), 6000, 5994);
    assert_told(&app.get("/v1/me").expect(401), 6000, 5993);
    // What has not changed is free, and says what is left.
    let unchanged = || app.get(PLACES).header("If-None-Match", first.etag());
    assert_told(&unchanged().expect(304), 6000, 5993);
    assert_told(&unchanged().expect(304), 6000, 5993);
    assert_told(&app.get(PLACES).header("If-None-Match", "\"other\"").expect(200), 6000, 5992);
    // To ask whether there is anything at all is not to have it.
    assert_told(&app.get(PLACES).header("If-None-Match", "*").expect(304), 6000, 5991);
    // Who makes up a token is a stranger, also where nobody asks for one.
    assert_told(&app.get(PLACES).token("made up").expect(401), 6000, 5990);
    let documents = || app.get("/openapi.json");
    assert_told(&documents().header("Authorization", "Basic eDp5").expect(200), 6000, 5989);
    assert_told(&documents().token("made up").expect(200), 6000, 5988);
    // A page of another origin may read what it is told.
    assert_eq!(first.header("access-control-expose-headers"), "*");
    let nothing = ("", "");
    let city = app.official(Role::City, "2102", false);
    assert_eq!(told(&app.get(PLACES).token(&city).expect(200)), nothing);
    assert_eq!(told(&app.get("/livez").expect(200)), nothing);
    assert_eq!(told(&app.get("/readyz").expect(200)), nothing);
    assert_eq!(told(&app.post("/v1/auth/revoke").json(&json!({})).send()), nothing);
    // It comes back bit by bit.
    app.advance(chrono::Duration::milliseconds(40));
    assert_told(&unchanged().expect(304), 6000, 5992);
    app.advance(chrono::Duration::minutes(1));
    assert_told(&unchanged().expect(304), 6000, 6000);
}

#[both]
fn who_has_read_too_often_waits_and_others_do_not(backend: Backend) {
    let app = limited(backend, 60);
    let etag = app.get(PLACES).token(&app.admin()).expect(200).etag().to_owned();
    let read = |address: &str| from(app.get(PLACES).english(), address);
    for rest in (0..60).rev() {
        assert_told(&read("203.0.113.7").expect(200), 60, rest);
    }
    let refused = read("203.0.113.7").refused(429, "too_many_requests");
    assert_eq!(told(&refused), ("\"anonymous\";r=0;t=1", "\"anonymous\";q=60;w=60"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("cache-control"), "no-store");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(refused.header("content-language"), "en");
    let body = refused.json();
    assert_eq!(
        (&body["retry_after"], &body["detail"]),
        (&json!(1), &json!("Too many requests; try again shortly"))
    );
    // Whatever is asked, and whether or not it has changed; but not by who has a name.
    read("203.0.113.7").header("If-None-Match", &etag).refused(429, "too_many_requests");
    read("203.0.113.7").header("If-None-Match", "*").refused(429, "too_many_requests");
    from(app.get("/v1/me"), "203.0.113.7").refused(429, "too_many_requests");
    read("203.0.113.7").token("made up").refused(429, "too_many_requests");
    from(app.get("/openapi.json").token("made up"), "203.0.113.7").refused(429, "too_many_requests");
    from(app.call("HEAD", PLACES), "203.0.113.7").expect(429);
    let page = from(app.get("/").header("Accept", "text/html"), "203.0.113.7").expect(429);
    assert!(page.text.contains("<h1>请求过于频繁</h1>"), "{}", page.text);
    read("203.0.113.7").token(&app.admin()).expect(200);
    from(app.get("/readyz"), "203.0.113.7").expect(200);
    // Each address counts by itself; an IPv6 network of /64 is one.
    assert_told(&read("203.0.113.8").expect(200), 60, 59);
    assert_told(&read("2001:db8:0:1::1").expect(200), 60, 59);
    assert_told(&read("2001:db8:0:1:ffff::2").expect(200), 60, 58);
    assert_told(&read("2001:db8:0:2::1").expect(200), 60, 59);
    app.advance(chrono::Duration::milliseconds(999));
    read("203.0.113.7").refused(429, "too_many_requests");
    app.advance(chrono::Duration::milliseconds(1));
    assert_told(&read("203.0.113.7").expect(200), 60, 0);
}

#[both]
fn without_a_limit_nothing_is_said_of_one(backend: Backend) {
    let app = limited(backend, 0);
    assert_eq!(told(&app.get(PLACES).expect(200)), ("", ""));
}

#[both]
fn ten_writes_a_minute_leave_no_trace(backend: Backend) {
    let app = TestApp::start_with(backend, |config| config.rating_writes_a_minute = 10);
    let stage = app.stage();
    let (resident, other) = (app.neighbour(&stage.estate), app.neighbour(&stage.estate));
    let path = rating_path(&stage.project, MONTH);
    let rate = |token: &str, stars: i32| app.put(&path).token(token).json(&json!({"overall": stars}));
    rate(&resident.token, 1).expect(201);
    for stars in [2, 3, 4, 5, 1, 2] {
        rate(&resident.token, stars).expect(200);
    }
    // Each way of writing counts, and one that is refused too.
    app.delete(&format!("{path}/comment")).token(&resident.token).send();
    app.delete(&path).token(&resident.token).expect(204);
    app.delete(&path).token(&resident.token).expect(404);
    let before = everything(&app);
    let refused = rate(&resident.token, 3).refused(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), "6");
    assert_eq!(refused.json()["retry_after"], 6);
    app.delete(&path).token(&resident.token).refused(429, "too_many_requests");
    app.delete(&format!("{path}/comment")).token(&resident.token).refused(429, "too_many_requests");
    // To read them is no writing.
    app.get(&path).token(&resident.token).expect(404);
    assert_eq!(everything(&app), before);
    rate(&other.token, 4).expect(201);
    app.advance(chrono::Duration::minutes(1));
    rate(&resident.token, 3).expect(201);
}

/// Each limit that is met by asking too often says in the header and in the body how long to wait.
#[both]
fn every_limit_says_how_long(backend: Backend) {
    let app = TestApp::start_with(backend, |config| {
        config.reads_a_minute = 2;
        config.rating_writes_a_minute = 1;
    });
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let city = app.official(Role::City, "2102", false);
    let read = || app.get(PLACES);
    let rate =
        || app.put(&rating_path(&stage.project, MONTH)).token(&resident.token).json(&json!({"overall": 3}));
    let held: Vec<_> =
        (0..2).map(|_| app.state.imports().arrive(&account_of(&app, &city)).unwrap()).collect();
    let send =
        || app.post("/v1/admin/imports/places").token(&city).body("text/csv", "code,level,name,parent\n");
    let limits: [(&dyn Fn() -> Call, &str, u32); 3] =
        [(&read, "too_many_requests", 30), (&rate, "too_many_requests", 60), (&send, "too_many_uploads", 30)];
    for (call, code, seconds) in limits {
        eventually(|| call().send().status == 429);
        let refused = call().refused(429, code);
        assert_eq!(refused.header("retry-after"), seconds.to_string(), "{code}");
        assert_eq!(refused.json()["retry_after"], seconds, "{code}");
    }
    drop(held);
    let sent = send().expect(202).json();
    app.state.imports().finished(sent["id"].as_str().unwrap());
    // All places taken is nobody's own limit: the service is busy.
    let held: Vec<_> = (0..8)
        .flat_map(|account| [account; 2])
        .map_while(|account| app.state.imports().arrive(&account.to_string()).ok())
        .collect();
    let refused = send().refused(503, "unavailable");
    assert_eq!((refused.header("retry-after"), &refused.json()["retry_after"]), ("2", &json!(2)));
    drop(held);
}

/// Whose token it is.
fn account_of(app: &TestApp, token: &str) -> String {
    app.get("/v1/me").token(token).expect(200).json()["id"].as_str().unwrap().to_owned()
}
