//! The log of the program as it runs for real: every request has its line, and nothing secret is in
//! any.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_store::Clock;

use crate::harness::TestApp;
use crate::harness::program::Desk;
use crate::harness::world::encode;
use crate::sms::{gateway, next};

const PASSWORD: &str = "correct horse battery";
const COMMENT: &str = "电梯总是坏，三号楼王阿姨说的";
const SEARCH: &str = "找一个谁也不知道的名字";

/// A line that each answer must have: the request's id, method, route and status. Of one's own
/// ratings it is only that something was asked.
type Line = (String, String, String, u16);

#[both]
fn every_request_has_its_line_and_no_line_has_a_secret(app: TestApp) {
    let desk = Desk::over(app.backend.fresh());
    // A key that signs by the machine's clock, which this service runs on.
    desk.run(&["key", "rotate", "--delay-minutes", "0"]).expect(0);
    desk.run_told(
        &["user", "add", "root", "--role", "admin", "--staff-number", "N-root", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    )
    .expect(0);
    let url = desk.url.clone();
    let app = TestApp::start_with(app.backend, |config| config.database = url);
    app.clock.set(Clock::System.now());
    let stage = app.stage();
    let phone = "13987650001";
    app.household(&stage.estate, "R77Q", &[phone]);
    let month = Month::of(app.now(), DEFAULT_ZONE);

    let (gateway, received) = gateway(&[]);
    let serving = desk.serve_with(&[
        ("XINWU_SMS_PROVIDER", "http"),
        ("XINWU_SMS_URL", &gateway),
        ("XINWU_SMS_KEY", "the gateway's own key"),
        ("XINWU_LOG_LEVEL", "debug"),
    ]);
    let mut expected: Vec<Line> = Vec::new();
    let mut secrets: Vec<String> = vec![
        PASSWORD.to_owned(),
        COMMENT.to_owned(),
        SEARCH.to_owned(),
        encode(SEARCH),
        phone.to_owned(),
        "the gateway's own key".to_owned(),
    ];
    let mut ask = |method: &str,
                   path: &str,
                   route: &str,
                   token: Option<&Value>,
                   body: Option<Value>,
                   status: u16|
     -> Value {
        let mut call = serving.call(method, path);
        if let Some(token) = token {
            call = call.token(token.as_str().unwrap());
        }
        if let Some(body) = &body {
            call = call.json(body);
        }
        let reply = call.expect(status);
        let id = reply.header("x-request-id").to_owned();
        expected.push(match (route, status) {
            ("/v1/me/ratings", ..400) => (id, "-".to_owned(), route.to_owned(), 200),
            ("/v1/me/ratings", _) => (id, "-".to_owned(), route.to_owned(), 400),
            _ => (id, method.to_owned(), route.to_owned(), status),
        });
        serde_json::from_str(&reply.text).unwrap_or_default()
    };
    let mut sign_in = |ask: &mut dyn FnMut(Value, u16) -> Value, body: Value, status: u16| -> Value {
        let answer = ask(body, status);
        for name in ["access_token", "refresh_token", "client_secret", "device"] {
            secrets.extend(answer[name].as_str().map(str::to_owned));
        }
        answer
    };

    ask("POST", "/v1/auth/otp", "/v1/auth/otp", None, Some(json!({"phone": phone})), 202);
    let code = next(&received).json()["code"].as_str().unwrap().to_owned();
    let wrong = if code == "475920" { "475921" } else { "475920" };
    let mut token = |body, status| ask("POST", "/v1/auth/token", "/v1/auth/token", None, Some(body), status);
    sign_in(&mut token, json!({"grant_type": "otp", "phone": phone, "code": wrong}), 401);
    let mut grant = json!({"grant_type": "otp", "phone": phone, "code": code});
    sign_in(&mut token, grant.clone(), 422);
    grant["privacy_version"] = json!("2026-11-30");
    let resident = sign_in(&mut token, grant, 200);
    let resident = sign_in(
        &mut token,
        json!({"grant_type": "refresh_token", "refresh_token": resident["refresh_token"]}),
        200,
    );
    sign_in(
        &mut token,
        json!({"grant_type": "password", "username": "root", "password": "wrong horse battery"}),
        401,
    );
    let root =
        sign_in(&mut token, json!({"grant_type": "password", "username": "root", "password": PASSWORD}), 200);
    // A body that cannot be read is not repeated either.
    sign_in(&mut token, json!({"grant_type": "password", "username": 7, "password": PASSWORD}), 400);
    let client = ask(
        "POST",
        "/v1/admin/clients",
        "/v1/admin/clients",
        Some(&root["access_token"]),
        Some(json!({"name": "招标平台", "scopes": ["read"]})),
        201,
    );
    let mut token = |body, status| ask("POST", "/v1/auth/token", "/v1/auth/token", None, Some(body), status);
    let credentials = json!({"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"]});
    sign_in(&mut token, credentials, 200);

    let token_of_resident = &resident["access_token"];
    let resident = Some(token_of_resident);
    let home = json!({"estate": stage.estate, "building": "1", "unit": "1", "room": "R77Q"});
    let claimed = ask("POST", "/v1/me/residences", "/v1/me/residences", resident, Some(home), 201);
    let own = format!("/v1/me/residences/{}", claimed["id"].as_str().unwrap());
    let another = "/v1/me/residences/0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c";
    ask("DELETE", another, "/v1/me/residences/{id}", resident, None, 404);
    ask("GET", &own, "/v1/me/residences/{id}", resident, None, 405);
    ask("POST", "/v1/me/nothing/of/mine", "unmatched", resident, None, 404);
    // What a resident reads of everybody's names nobody either.
    ask("GET", "/v1/places", "/v1/places", resident, None, 200);
    let me = ask("GET", "/v1/me", "/v1/me", resident, None, 200);
    // Of one's own ratings the line says only that something was asked: no method, project,
    // account or exact status.
    let rating = "/v1/me/ratings";
    let path = format!("/v1/me/ratings/{}/{month}", stage.project);
    ask("PUT", &path, rating, resident, Some(json!({"overall": 2, "comment": COMMENT})), 201);
    ask("PUT", &path, rating, resident, Some(json!({"overall": 9, "comment": COMMENT})), 422);
    ask("GET", &path, rating, resident, None, 200);
    ask("GET", "/v1/me/ratings?limit=1", rating, resident, None, 200);
    ask("GET", &format!("/v1/me/ratings/{}", stage.project), rating, resident, None, 404);
    ask(
        "PUT",
        &path.replace(&stage.project, "no-such-project"),
        rating,
        resident,
        Some(json!({"overall": 2})),
        404,
    );
    ask("DELETE", &path, rating, resident, None, 204);
    ask("GET", "/v1/me/export", "/v1/me/export", resident, None, 200);
    ask("GET", &format!("/v1/firms?q={}", encode(SEARCH)), "/v1/firms", None, None, 200);
    let broken = json!("eyJ0eXAiOiJhdCtqd3QifQ.broken.token");
    ask("GET", "/v1/me", "/v1/me", Some(&broken), None, 401);
    ask("GET", "/no/such/path", "unmatched", None, None, 404);
    // Nor does the line tell whether the first screen, which says so, is another than before.
    let home = || serving.call("GET", "/v1/me/home").token(token_of_resident.as_str().unwrap());
    let first = home().expect(200);
    let again = home().header("If-None-Match", first.etag()).expect(304);
    for reply in [&first, &again] {
        let id = reply.header("x-request-id").to_owned();
        expected.push((id, "GET".to_owned(), "/v1/me/home".to_owned(), 200));
    }
    // Which firm somebody follows.
    let follow = format!("/v1/me/follows/{}", stage.uscc);
    let followed = serving.call("PUT", &follow).token(token_of_resident.as_str().unwrap()).expect(201);
    let id = followed.header("x-request-id").to_owned();
    expected.push((id, "PUT".to_owned(), "/v1/me/follows/{uscc}".to_owned(), 201));

    secrets.extend([
        code,
        wrong.to_owned(),
        "wrong horse battery".to_owned(),
        broken.as_str().unwrap().to_owned(),
        "R77Q".to_owned(),
    ]);
    // Whose it is, and what.
    secrets.extend([&me["id"], &claimed["id"]].map(|id| id.as_str().unwrap().to_owned()));
    // Who rated which project.
    secrets.push(stage.project.clone());
    secrets.push(stage.uscc.clone());
    secrets.push(client["client_secret"].as_str().unwrap().to_owned());
    let log = serving.log.clone();
    assert_eq!(serving.stop("-TERM"), 0);
    let lines = log.lines();
    for secret in &secrets {
        let shown: Vec<&String> = lines.iter().filter(|line| line.contains(secret)).collect();
        assert!(shown.is_empty(), "{secret} is in the log: {shown:?}");
    }
    let answered: Vec<Line> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["message"] == "answered")
        .inspect(|event| {
            let is_of_ratings = event["route"] == "/v1/me/ratings";
            assert!(!is_of_ratings || event["path"] == "/v1/me/ratings", "{event}");
            // It is read again after a rating: with the address, either would name who rated.
            let is_quiet = is_of_ratings || event["route"] == "/v1/me/home";
            // So would what a resident reads, beside what others read from there.
            let is_quiet = is_quiet || event["path"] == "/v1/places";
            assert_eq!(event["address"], if is_quiet { "" } else { "127.0.0.1" }, "{event}");
            let route = event["route"].as_str().unwrap();
            assert!(!route.starts_with("/v1/me") || event["path"] == route, "{event}");
            let is_officials = event["path"] == "/v1/admin/clients";
            assert_eq!(event["account"] != "", is_officials, "{event}");
        })
        .map(|event| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&event["id"]),
                text(&event["method"]),
                text(&event["route"]),
                u16::try_from(event["status"].as_u64().unwrap()).unwrap(),
            )
        })
        .collect();
    assert_eq!(answered, expected);
}
