//! What everybody may read, read by everybody: pages of other origins, caches, clients that take
//! gzip, and people who follow the type of a problem.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::{Audience, Role};

use crate::harness::files::penalty;
use crate::harness::world::DISTRICT;
use crate::harness::{Backend, Reply, TestApp, walk};

const CITY: &str = "https://city.example";
const PAPER: &str = "https://paper.example";

const CURRENT: &str = "public, max-age=0, must-revalidate";
const MINUTE: &str = "public, max-age=60";

/// What an answer says to caches and to pages of other origins.
fn said(reply: &Reply) -> [String; 5] {
    [
        "cache-control",
        "vary",
        "cross-origin-resource-policy",
        "access-control-allow-origin",
        "access-control-expose-headers",
    ]
    .map(|name| {
        let lines: Vec<_> = reply.headers.get_all(name).into_iter().collect();
        assert!(lines.len() < 2, "{name}: {lines:?}");
        reply.header(name).to_owned()
    })
}

fn open(cache_control: &str, vary: &str) -> [String; 5] {
    [cache_control, vary, "cross-origin", "*", "*"].map(str::to_owned)
}

const FOR_ALL: &str = "Accept, Accept-Encoding, Accept-Language";
const BY_ASKER: &str = "Accept, Accept-Encoding, Accept-Language, Authorization";

/// But for the headers that scripts may read, which are said of every answer.
const PRIVATE: [&str; 4] = ["no-store", OWN, "same-site", ""];

const OWN: &str = "Accept, Accept-Encoding, Accept-Language, Authorization, Origin";

#[both]
fn every_public_reading_is_open_to_pages_of_every_origin_and_nothing_else_is(app: TestApp) {
    let mut opened = 0;
    for each in walk::operations() {
        let path = each.path_with("", "");
        let reply = app.call(&each.method, &path).header("Origin", PAPER).send();
        let [_, vary, policy, origin, exposed] = said(&reply);
        let is_open = each.method == "GET" && each.operation.audience() == Audience::Public;
        if is_open {
            assert!([FOR_ALL, BY_ASKER].contains(&vary.as_str()), "{path}: {vary}");
            assert_eq!([policy, origin, exposed], ["cross-origin", "*", "*"], "{path}");
        } else {
            assert_eq!([vary, policy, origin], [OWN, "same-site", ""], "{} {path}", each.method);
        }
        opened += usize::from(is_open);
    }
    assert!(opened > 35, "{opened}");
    // Where nothing is, nothing is anybody's own; what is for operators is theirs.
    let nothing = app.get("/v1/firm-list").header("Origin", PAPER).refused(404, "not_found");
    assert_eq!(said(&nothing), open("no-store", FOR_ALL));
    for path in ["/livez", "/readyz", "/docs/"] {
        assert_eq!(said(&app.get(path).header("Origin", PAPER).send())[2..4], PRIVATE[2..], "{path}");
    }
}

#[both]
fn an_answer_says_the_same_new_cached_and_unchanged_with_an_origin_and_with_a_token(app: TestApp) {
    let stage = app.stage();
    let (uscc, estate, project) = (&stage.uscc, &stage.estate, &stage.project);
    let city = app.official(Role::City, "2102", false);
    for (path, cache_control) in [
        (format!("/v1/firms/{uscc}"), CURRENT),
        ("/v1/firms?q=a".to_owned(), CURRENT),
        (format!("/v1/firms/{uscc}/records"), CURRENT),
        (format!("/v1/firms/{uscc}/eligibility"), CURRENT),
        (format!("/v1/eligibility?firms={uscc}"), CURRENT),
        (format!("/v1/estates/{estate}"), CURRENT),
        (format!("/v1/projects/{project}"), CURRENT),
        ("/v1/lists/red".to_owned(), CURRENT),
        ("/v1/statistics".to_owned(), CURRENT),
        ("/v1/places".to_owned(), MINUTE),
        ("/v1/places/210202".to_owned(), MINUTE),
        ("/v1/categories".to_owned(), MINUTE),
        ("/v1/schemes".to_owned(), MINUTE),
        ("/v1/schemes/dalian-demo".to_owned(), MINUTE),
        ("/v1/schemes/dalian-demo/versions/1".to_owned(), MINUTE),
        ("/openapi.json".to_owned(), MINUTE),
        ("/openapi-3.0.json".to_owned(), MINUTE),
        ("/openapi-admin.json".to_owned(), MINUTE),
        ("/openapi-admin-3.0.json".to_owned(), MINUTE),
    ] {
        let expected = open(cache_control, FOR_ALL);
        let first = app.get(&path).expect(200);
        assert_eq!(said(&first), expected, "{path}");
        for (what, again) in [
            ("again", app.get(&path).expect(200)),
            ("from another origin", app.get(&path).header("Origin", PAPER).expect(200)),
            ("unchanged", app.get(&path).header("If-None-Match", first.etag()).expect(304)),
            (
                "unchanged, from another origin",
                app.get(&path).header("Origin", PAPER).header("If-None-Match", first.etag()).expect(304),
            ),
            ("with a token", app.get(&path).token(&city).expect(200)),
            ("head", app.call("HEAD", &path).expect(200)),
        ] {
            assert_eq!(said(&again), expected, "{path} {what}");
            assert_eq!(again.etag(), first.etag(), "{path} {what}");
        }
    }
    // What officials see more of is theirs.
    for path in [format!("/v1/firms/{uscc}/evaluation"), format!("/v1/firms/{uscc}/evaluations")] {
        for _ in 0..2 {
            assert_eq!(said(&app.get(&path).expect(200)), open(CURRENT, BY_ASKER), "{path}");
            assert_eq!(said(&app.get(&path).token(&city).expect(200))[..4], PRIVATE, "{path}");
        }
    }
    assert_eq!(said(&app.get("/v1/me").token(&city).expect(200))[..4], PRIVATE);
}

#[both]
fn who_asks_first_does_not_decide_what_it_says_to_the_others(app: TestApp) {
    let stage = app.stage();
    let (_, resident) = app.resident("13900000009");
    let record = app.record_in_force(&penalty(&stage.uscc));
    let (uscc, estate, project) = (&stage.uscc, &stage.estate, &stage.project);
    // A resident sees of an evaluation what everyone does, so it is kept for all.
    let evaluation = format!("/v1/firms/{uscc}/evaluation");
    let of_project = format!("/v1/projects/{project}/evaluation");
    for path in [evaluation, of_project] {
        for _ in 0..2 {
            let own = app.get(&path).token(&resident).expect(200);
            assert_eq!(said(&own)[..4], PRIVATE, "{path}");
            let strange = app.get(&path).expect(200);
            assert_eq!(said(&strange), open(CURRENT, BY_ASKER), "{path}");
            assert_eq!((own.etag(), &own.text), (strange.etag(), &strange.text), "{path}");
        }
        let unchanged = app.get(&path).header("If-None-Match", app.get(&path).expect(200).etag()).expect(304);
        assert_eq!(said(&unchanged), open(CURRENT, BY_ASKER), "{path}");
    }
    // A page is the same for all.
    for (path, cache_control) in [
        ("/".to_owned(), CURRENT),
        ("/search?q=a".to_owned(), CURRENT),
        (format!("/firms/{uscc}"), CURRENT),
        (format!("/estates/{estate}"), CURRENT),
        (format!("/estates/{estate}/poster"), CURRENT),
        (format!("/projects/{project}"), CURRENT),
        (format!("/records/{record}"), CURRENT),
        ("/places/210202".to_owned(), CURRENT),
        ("/schemes".to_owned(), MINUTE),
        ("/schemes/dalian-demo".to_owned(), MINUTE),
        ("/schemes/dalian-demo/versions/1".to_owned(), MINUTE),
        (format!("/v1/firms/{uscc}/badge.svg"), CURRENT),
        (format!("/v1/firms/{uscc}/trend.svg"), CURRENT),
    ] {
        let expected = open(cache_control, FOR_ALL);
        for round in 0..2 {
            let own = app.get(&path).token(&resident).expect(200);
            let strange = app.get(&path).expect(200);
            assert_eq!(said(&own), expected, "{path} with a token, {round}");
            assert_eq!(said(&strange), expected, "{path} {round}");
            assert_eq!(own.etag(), strange.etag(), "{path}");
        }
    }
}

#[test]
fn a_page_of_any_origin_may_ask_for_leave_to_read_what_is_open_and_only_those_named_to_send_a_token() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.cors_origins = vec![CITY.to_owned()]);
    let ask = |path: &str, origin: &str, method: &str| {
        app.call("OPTIONS", path)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
            .header("Access-Control-Request-Headers", "if-none-match")
            .send()
    };
    for path in ["/v1/firms", "/v1/firms/91210200241281392F", "/openapi.json", "/v1/nothing"] {
        let allowed = ask(path, PAPER, "GET");
        let said = ["origin", "methods", "headers"]
            .map(|name| allowed.header(&format!("access-control-allow-{name}")).to_owned());
        assert_eq!(
            (allowed.status, said),
            (
                204,
                ["*", "GET, HEAD", "Accept, Accept-Language, Cache-Control, If-None-Match, If-Range, Range"]
                    .map(str::to_owned)
            ),
            "{path}"
        );
        assert_eq!(allowed.header("access-control-max-age"), "3600");
    }
    for (path, method) in [
        ("/v1/me", "GET"),
        ("/v1/admin/records", "GET"),
        ("/v1/firms", "POST"),
        ("/v1/auth/otp", "POST"),
        ("/livez", "GET"),
    ] {
        let refused = ask(path, PAPER, method);
        assert_eq!(refused.header("access-control-allow-origin"), "", "{method} {path}");
        assert_eq!(refused.status, 400, "{method} {path}");
        let allowed = ask(path, CITY, method);
        assert_eq!(allowed.header("access-control-allow-origin"), CITY, "{method} {path}");
    }
    // A named origin may send a token, here too.
    let allowed = ask("/v1/firms", CITY, "GET");
    assert_eq!(allowed.header("access-control-allow-origin"), CITY);
    for name in ["authorization", "if-none-match", "if-range", "range", "cache-control"] {
        let ranged = app
            .call("OPTIONS", "/v1/snapshots/latest")
            .header("Origin", CITY)
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", name)
            .expect(200);
        assert!(ranged.header("access-control-allow-headers").contains(name), "{name}");
    }
    // An OPTIONS that is no such question has no answer.
    app.call("OPTIONS", "/v1/firms").header("Origin", PAPER).refused(405, "method_not_allowed");
}

/// A tag of the same in gzip.
fn compressed(tag: &str) -> String {
    format!("{}-gz\"", tag.strip_suffix('"').unwrap())
}

#[both]
fn what_is_cached_comes_in_gzip_to_who_takes_it_under_a_tag_of_its_own(app: TestApp) {
    let (a, b) = (app.firm("大连压缩物业有限公司"), app.firm("大连原样物业有限公司"));
    let path = format!("/v1/compare?firms={a},{b}");
    let ask = |coding: &str| app.get(&path).header("Accept-Encoding", coding);
    // Whoever comes first, the one is read and the other cached.
    let fresh = ask("gzip, deflate, br").expect(200);
    let plain = app.get(&path).expect(200);
    assert_eq!((fresh.header("content-encoding"), plain.header("content-encoding")), ("gzip", ""));
    assert_eq!(fresh.text, plain.text);
    assert!(plain.length == plain.text.len() && fresh.length < plain.length / 2, "{}", fresh.length);
    assert_eq!(fresh.etag(), compressed(plain.etag()));
    assert_eq!(fresh.header("content-type"), "application/json");
    for coding in ["gzip", "*", "x-gzip;q=0.1", "identity;q=0.5, gzip"] {
        let again = ask(coding).expect(200);
        assert_eq!((again.etag(), again.length), (fresh.etag(), fresh.length), "{coding}");
        assert_eq!(said(&again), said(&plain), "{coding}");
    }
    for coding in ["", "br", "gzip;q=0", "identity, gzip;q=0.5", "*;q=0"] {
        let again = ask(coding).expect(200);
        let seen = (again.header("content-encoding"), again.etag(), again.length);
        assert_eq!(seen, ("", plain.etag(), plain.length), "{coding}");
    }
    // Either tag is understood, whatever is taken, and the one that was named is told again.
    for tag in [plain.etag(), fresh.etag()] {
        for coding in ["gzip", "identity"] {
            let unchanged = ask(coding).header("If-None-Match", &format!("\"x\", W/{tag}")).expect(304);
            assert_eq!((unchanged.etag(), unchanged.length), (tag, 0), "{coding}");
            assert_eq!(said(&unchanged), said(&plain), "{coding}");
        }
    }
    let head = app.call("HEAD", &path).header("Accept-Encoding", "gzip").expect(200);
    assert_eq!((head.etag(), head.header("content-encoding")), (fresh.etag(), "gzip"));
    // A change is seen in both.
    let district = app.official(Role::District, DISTRICT, false);
    let rename = |name: &str, tag: &str| {
        app.patch(&format!("/v1/admin/firms/{a}"))
            .token(&district)
            .header("If-Match", tag)
            .json(&json!({"short_name": name}))
    };
    let card = app.get(&format!("/v1/firms/{a}")).expect(200);
    rename("压缩", &compressed(card.etag())).expect(200);
    rename("再改", &compressed(card.etag())).refused(412, "stale");
    let changed = ask("gzip").header("If-None-Match", fresh.etag()).expect(200);
    assert!(changed.text.contains("\"压缩\""), "{}", changed.text);
    assert_eq!(changed.text, app.get(&path).expect(200).text);
    assert_ne!(changed.etag(), fresh.etag());
    // A firm's card is long enough.
    let card = app.get(&format!("/v1/firms/{a}")).header("Accept-Encoding", "gzip").expect(200);
    assert_eq!(card.header("content-encoding"), "gzip");
    assert!(card.length * 10 < card.text.len() * 7, "{} of {}", card.length, card.text.len());
}

#[both]
fn what_is_small_and_what_is_not_cached_comes_as_it_is(app: TestApp) {
    for (path, is_small) in
        [("/v1/places/210202".to_owned(), true), ("/v1/firms?limit=100".to_owned(), false)]
    {
        (0..20).for_each(|n| drop(app.firm(&format!("大连很多物业{n}有限公司"))));
        let reply = app.get(&path).header("Accept-Encoding", "gzip").expect(200);
        assert_eq!(reply.length < 512, is_small, "{path}: {}", reply.length);
        assert_eq!(reply.header("content-encoding"), "", "{path}");
        assert!(!reply.etag().contains("-gz"), "{path}: {}", reply.etag());
    }
}

#[test]
fn the_documents_have_tags_and_come_in_gzip() {
    let app = TestApp::start(Backend::Sqlite);
    for path in ["/openapi.json", "/openapi-3.0.json", "/openapi-admin.json", "/openapi-admin-3.0.json"] {
        let plain = app.get(path).expect(200);
        assert_eq!(plain.header("content-language"), "");
        for _ in 0..2 {
            let small = app.get(path).header("Accept-Encoding", "gzip").expect(200);
            assert_eq!((small.etag(), &small.text), (compressed(plain.etag()).as_str(), &plain.text));
            assert!(small.length * 5 < plain.length, "{} of {}", small.length, plain.length);
            assert_eq!(said(&small), open(MINUTE, FOR_ALL));
        }
        app.get(path).header("If-None-Match", plain.etag()).expect(304);
        app.get(path).header("If-None-Match", &compressed(plain.etag())).expect(304);
        app.get(path).header("If-None-Match", "\"0.0.0\"").expect(200);
    }
}

#[both]
fn the_type_of_a_problem_leads_to_this_service_and_its_code_stays(app: TestApp) {
    let problem = app.get("/v1/firms/91210200241281392F").refused(404, "not_found").json();
    assert_eq!(problem["type"], "http://127.0.0.1:8080/problems/not_found");
    let app = TestApp::start_with(app.backend, |config| {
        config.public_url = Some("https://wuye.example.cn".to_owned());
    });
    for (path, status, code) in [
        ("/v1/firms/91210200241281392F", 404, "not_found"),
        ("/v1/firms?limit=0", 400, "bad_parameter"),
        ("/v1/me", 401, "not_signed_in"),
        ("/v1/nothing", 404, "not_found"),
    ] {
        let problem = app.get(path).refused(status, code).json();
        assert_eq!(problem["type"], format!("https://wuye.example.cn/problems/{code}"));
    }
}

#[test]
fn whom_to_tell_of_a_weakness_stands_where_it_is_looked_for_if_anybody_is_named() {
    let path = "/.well-known/security.txt";
    TestApp::start(Backend::Sqlite).get(path).refused(404, "not_found");
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        config.public_url = Some("https://wuye.example.cn".to_owned());
        config.security_contact = Some("mailto:security@wuye.example.cn".to_owned());
    });
    let reply = app.get(path).header("Origin", PAPER).expect(200);
    assert_eq!(
        reply.text,
        "Contact: mailto:security@wuye.example.cn\nExpires: 2027-05-20T00:00:00Z\n\
         Preferred-Languages: zh, en\nCanonical: https://wuye.example.cn/.well-known/security.txt\n"
    );
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(said(&reply), open(MINUTE, FOR_ALL));
    app.post(path).refused(405, "method_not_allowed");
    // Over plain HTTP it does not say where it belongs (RFC 9116 §2.5.2).
    let plain = TestApp::start_with(Backend::Sqlite, |config| {
        config.security_contact = Some("https://wuye.example.cn/security".to_owned());
    });
    assert!(!plain.get(path).expect(200).text.contains("Canonical"));
    for contact in ["security@wuye.example.cn", "http://wuye.example.cn", "mailto:", "mailto:a@b\nX: y"] {
        let config = xinwu_api::config::Config {
            security_contact: Some(contact.to_owned()),
            ..xinwu_api::config::Config::default()
        };
        let faults = config.faults();
        assert!(faults.len() == 1 && faults[0].starts_with("security_contact: "), "{contact}: {faults:?}");
    }
}

#[both]
fn an_unknown_name_is_refused_with_the_one_that_was_probably_meant(app: TestApp) {
    for (path, zh, en) in [
        (
            "/v1/firms?plaec=2102",
            "不支持参数 plaec；是否应为 place？",
            "there is no parameter plaec; did you mean `place`?",
        ),
        (
            "/v1/firms?grades=A",
            "不支持参数 grades；是否应为 grade？",
            "there is no parameter grades; did you mean `grade`?",
        ),
        ("/v1/firms?colour=red", "不支持参数 colour", "there is no parameter colour"),
        ("/v1/categories?nothing=1", "不支持参数 nothing", "there is no parameter nothing"),
    ] {
        let detail = |reply: Reply| reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        let refused = app.get(path).refused(400, "bad_parameter");
        assert_eq!(refused.faults()[0].1, "unknown_field");
        assert_eq!(detail(refused), zh);
        assert_eq!(detail(app.get(path).english().refused(400, "bad_parameter")), en);
    }
    let city = app.official(Role::City, "2102", false);
    let body = json!({"code": "2102X07", "level": "district", "name": "保税区", "parnet": "2102"});
    let refused = app.post("/v1/admin/places").token(&city).json(&body).refused(400, "bad_field").json();
    let unknown = &refused["errors"].as_array().unwrap()[0];
    assert_eq!(
        (&unknown["pointer"], &unknown["detail"]),
        (&json!("/parnet"), &json!("不支持字段 parnet；是否应为 parent？"))
    );
}
