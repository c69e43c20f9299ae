//! What clients say in headers beside tags and keys, and what every answer says to caches, scripts
//! and people.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::walk::{self, Walked};
use crate::harness::{Backend, Call, TestApp};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

#[both]
fn the_language_is_the_one_that_is_wanted_most(app: TestApp) {
    for (lines, expected) in [
        (vec![], "zh-CN"),
        (vec!["en;q=0.5, zh;q=0.9"], "zh-CN"),
        (vec!["zh;q=0.5", "en"], "en"),
        (vec!["fr", "de, en;q=0.1"], "en"),
        (vec!["zh-Hant-TW, en;q=0.9"], "zh-CN"),
        (vec!["*"], "zh-CN"),
        (vec!["zh;q=0, *"], "en"),
        (vec!["en;q=0, *;q=0.1"], "zh-CN"),
    ] {
        // The first is read, the second is cached, the third is a problem.
        for path in ["/v1/places/210204", "/v1/places/210204", "/v1/places/999999"] {
            let reply = lines.iter().fold(app.get(path), |call, line| call.header("Accept-Language", line));
            assert_eq!(reply.send().header("content-language"), expected, "{path} {lines:?}");
        }
    }
}

#[both]
fn a_problem_has_its_title_in_the_language_asked_for(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let place = json!({"code": "2102X07", "level": "district", "name": "保税区", "parent": "2102"});
    let add = |body: serde_json::Value| app.post("/v1/admin/places").token(&city).json(&body);
    add(place.clone()).expect(201);
    type Case<'a> = (Box<dyn Fn() -> Call + 'a>, u16, &'a str, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (Box::new(|| app.get("/v1/places?limit=0")), 400, "请求有误", "Bad Request"),
        (Box::new(|| app.get("/v1/me")), 401, "未登录", "Unauthorized"),
        (Box::new(|| app.get("/v1/admin/users").token(&city)), 403, "无权操作", "Forbidden"),
        (Box::new(|| app.get("/v1/places/999999")), 404, "未找到", "Not Found"),
        (Box::new(|| app.delete("/v1/places")), 405, "不支持的请求方法", "Method Not Allowed"),
        (
            Box::new(|| app.get("/v1/places").header("Accept", "text/csv")),
            406,
            "不支持的返回格式",
            "Not Acceptable",
        ),
        (Box::new(|| add(place.clone())), 409, "状态冲突", "Conflict"),
        (
            Box::new(|| {
                let edit = app.patch("/v1/admin/places/2102X07").token(&city);
                edit.header("If-Match", "W/\"1.00000000.0000000000000000\"").json(&json!({"name": "x"}))
            }),
            412,
            "版本不符",
            "Precondition Failed",
        ),
        (
            Box::new(|| app.post("/v1/admin/places").token(&city).body("text/plain", "保税区")),
            415,
            "不支持的内容格式",
            "Unsupported Media Type",
        ),
        (Box::new(|| add(json!({"code": "2102X08"}))), 422, "内容不符合要求", "Unprocessable Entity"),
        (
            Box::new(|| app.patch("/v1/admin/places/2102X07").token(&city).json(&json!({"name": "x"}))),
            428,
            "缺少版本条件",
            "Precondition Required",
        ),
    ];
    for (call, status, zh, en) in cases {
        assert_eq!(call().expect(status).json()["title"], zh);
        let english = call().english().expect(status);
        assert_eq!((english.json()["title"].as_str(), english.header("content-language")), (Some(en), "en"));
    }
}

#[test]
fn a_configured_origin_reads_the_headers_of_what_is_its_own() {
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        config.cors_origins = vec!["https://city.example".to_owned()]
    });
    let city = app.official(Role::City, "2102", false);
    for path in ["/v1/me", "/v1/admin/places/999999"] {
        let ask = |origin: &str| app.get(path).token(&city).header("Origin", origin).send();
        let answer = ask("https://city.example");
        assert_eq!(answer.header("access-control-allow-origin"), "https://city.example", "{path}");
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        let exposed: BTreeSet<&str> = exposed.split(',').map(str::trim).collect();
        let expected = [
            "x-request-id",
            "etag",
            "location",
            "link",
            "retry-after",
            "allow",
            "www-authenticate",
            "accept-encoding",
        ];
        for name in expected {
            assert!(exposed.contains(name), "{path}: {name} of {exposed:?}");
        }
        assert_eq!(ask("https://other.example").header("access-control-allow-origin"), "", "{path}");
    }
}

/// Every path that is documented, and those for operators.
#[both]
fn a_wrong_method_is_told_the_right_ones(app: TestApp) {
    let all = walk::operations();
    for each in &all {
        let refused = app.call("PURGE", &each.path_with("", "")).refused(405, "method_not_allowed");
        let allowed: BTreeSet<&str> = refused.header("allow").split(", ").collect();
        for same in all.iter().filter(|other| other.path == each.path) {
            assert!(allowed.contains(same.method.as_str()), "{}: {allowed:?}", each.path);
        }
        assert_eq!(allowed.contains("GET"), allowed.contains("HEAD"), "{}: {allowed:?}", each.path);
        assert!(!allowed.contains("OPTIONS"), "{}", each.path);
    }
    for path in ["/livez", "/readyz", "/openapi.json"] {
        assert_eq!(app.post(path).refused(405, "method_not_allowed").header("allow"), "GET, HEAD");
    }
    app.call("OPTIONS", "/v1/places").refused(405, "method_not_allowed");
}

#[both]
fn a_compressed_body_is_refused_by_the_name_of_its_coding(app: TestApp) {
    let mut walked = 0;
    for each in walk::operations().into_iter().filter(|each| each.described.get("requestBody").is_some()) {
        let path = each.path_with("", "");
        for codings in ["gzip", "identity, br", "x-zip"] {
            let call = each.call(&app, &path).english().header("Content-Encoding", codings);
            let refused = call.refused(415, "content_encoding");
            let coding = codings.rsplit(' ').next().unwrap();
            assert!(refused.json()["detail"].as_str().unwrap().contains(coding), "{}", refused.text);
            assert_eq!(refused.header("accept-encoding"), "identity", "{path}");
        }
        walked += 1;
    }
    assert!(walked > 30, "{walked}");
    let city = app.official(Role::City, "2102", false);
    let place = json!({"code": "2102X07", "level": "district", "name": "保税区", "parent": "2102"});
    let add = app.post("/v1/admin/places").token(&city).header("Content-Encoding", "Identity");
    add.json(&place).expect(201);
}

/// The types of an operation's answer.
fn given(each: &Walked) -> Vec<&str> {
    let responses = each.described["responses"].as_object().unwrap();
    let success = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap().1;
    success["content"]
        .as_object()
        .into_iter()
        .flat_map(|content| content.keys().map(String::as_str))
        .collect()
}

#[both]
fn a_type_that_is_not_to_be_had_is_refused_with_those_that_are(app: TestApp) {
    let mut walked = 0;
    for each in walk::operations() {
        let (given, path) = (given(&each), each.path_with("", ""));
        for accept in ["text/csv", "application/pdf, text/csv;q=0.5", "application/json;q=0, video/*"] {
            let is_there = given.is_empty() || accept.contains("text/csv") && given.contains(&"text/csv");
            if is_there {
                continue;
            }
            let refused = each.call(&app, &path).header("Accept", accept).refused(406, "not_acceptable");
            let detail = refused.json()["detail"].as_str().unwrap().to_owned();
            assert!(given.iter().all(|kind| detail.contains(kind)), "{path}: {detail}");
            walked += 1;
        }
    }
    assert!(walked > 200, "{walked}");
}

#[both]
fn what_takes_json_among_others_gets_it(app: TestApp) {
    let path = "/v1/places/210204";
    for accept in [
        BROWSER,
        "*/*",
        "application/*;q=0.1",
        "text/html, *; q=.2, */*; q=.2",
        "",
        "text/csv, application/json",
    ] {
        assert_eq!(
            app.get(path).header("Accept", accept).expect(200).header("content-type"),
            "application/json"
        );
    }
    // What is cached is not sent to those who do not take it.
    app.get(path).header("Accept", "text/csv").refused(406, "not_acceptable");
    let city = app.official(Role::City, "2102", false);
    let simulate = |accept: &str| {
        app.post("/v1/admin/schemes/simulate")
            .token(&city)
            .header("Accept", accept)
            .json(&json!({"scheme": "dalian-demo", "version": 1}))
            .expect(200)
            .header("content-type")
            .to_owned()
    };
    for (accept, expected) in [
        ("text/*", "text/csv; charset=utf-8"),
        ("text/csv, application/json;q=0.9", "text/csv; charset=utf-8"),
        ("text/csv;q=0.1, application/json", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        (BROWSER, "application/json"),
    ] {
        assert_eq!(simulate(accept), expected, "{accept}");
    }
}

/// What the server answers to these bytes, until it closes.
fn raw(app: &TestApp, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).into_owned()
}

/// What the description of the document says of it.
#[test]
fn what_is_no_http_is_answered_without_a_body() {
    let app = TestApp::start(Backend::Sqlite);
    let document = xinwu_openapi::document().unwrap();
    let said = document["info"]["description"].as_str().unwrap();
    for sentence in [
        "Paths and queries are UTF-8, percent-encoded (`?q=%E5%B9%B8%E7%A6%8F`)",
        "a request line, a path or a header that cannot be read (400), a head of over 128 KiB (431) and one that \
         comes too slowly (408) are answered by the server itself, without a body and without `X-Request-Id`, and \
         the connection is closed",
        "路径与查询参数采用 UTF-8 并作百分号编码（`?q=%E5%B9%B8%E7%A6%8F`）",
        "请求不符合 HTTP 语法（400）、请求头超过 128 KiB（431）或传输过慢（408）时，由服务器直接应答，没有响应体和 \
         `X-Request-Id`，并关闭连接",
    ] {
        assert!(said.contains(sentence), "{sentence}");
    }
    let found = app.get("/v1/places?q=%E5%B9%B8%E7%A6%8F").expect(200).json();
    assert!(found["items"][0]["name"].as_str().unwrap().contains("幸福"), "{found}");
    let head = |line: &str, header: &str| format!("{line}\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
    // No more than is read: what is left unread would cut the answer off.
    let start = head("GET /v1/places HTTP/1.1", "X-Long: ");
    let long = start.trim_end().to_owned() + &"x".repeat(131_072 - start.trim_end().len());
    for (request, status) in [
        (head("GET /v1/places", ""), "400"),
        (head("GET /v1/places HTTP/1.1", "No colon\r\n"), "400"),
        (head("GET /v1/pl aces HTTP/1.1", ""), "400"),
        // Not percent-encoded.
        (head("GET /v1/places?q=幸福 HTTP/1.1", ""), "400"),
        (head("GET /v1/places HTTP/1.1", "Content-Length: x\r\n"), "400"),
        (head(&format!("GET /v1/places?q={} HTTP/1.1", "x".repeat(70_000)), ""), "400"),
        (long, "431"),
    ] {
        let answer = raw(&app, request.as_bytes());
        let start: String = request.chars().take(60).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{start}: {answer}");
        has_no_body(&answer);
    }
}

fn has_no_body(answer: &str) {
    let small = answer.to_lowercase();
    assert!(answer.ends_with("\r\n\r\n") && small.contains("content-length: 0"), "{answer}");
    assert!(!small.contains("x-request-id"), "{answer}");
}

/// The last of these, by a client that stops within its head.
#[test]
fn what_comes_too_slowly_is_answered_without_a_body() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.client_timeout_seconds = 1);
    let answer = raw(&app, b"GET /v1/places HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    has_no_body(&answer);
}
