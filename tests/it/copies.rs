//! An exact copy: the snapshot of everything public, and the changes since.

mod random;

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::copies::Copy;
use crate::harness::files::{Scene, penalty, with};
use crate::harness::program::Desk;
use crate::harness::residents::{Resident, rating_path};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Backend, Reply, TestApp};
use crate::imports::{CSV, import_file};

const LATEST: &str = "/v1/snapshots/latest";

/// What a new snapshot has, whatever was given out before.
fn anew(app: &TestApp) -> Copy {
    app.advance(TimeDelta::hours(1));
    app.tick();
    app.snapshot()
}

#[track_caller]
fn assert_same(followed: &Copy, snapshot: &Copy) {
    let differences = followed.differences(snapshot);
    assert!(differences.is_empty(), "{} lines:\n{}", differences.len(), differences.join("\n"));
}

fn line(items: &[Value], kind: &str, id: &str) -> Option<Value> {
    items.iter().find(|line| line["kind"] == kind && line["id"] == id).map(|line| line["value"].clone())
}

fn ids_of(items: &[Value], kind: &str) -> Vec<String> {
    let of_kind = items.iter().filter(|line| line["kind"] == kind);
    of_kind.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[both]
fn a_snapshot_says_what_it_is_and_has_each_public_thing_once(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&penalty(&scene.uscc));
    let hidden = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let (draft, _) = app.draft(&app.drafter(), &penalty(&scene.uscc));
    app.increment(&scene.project, "2026-10", [0, 0, 1, 6, 13]);
    let copy = app.snapshot();
    assert_eq!(
        (&copy.head["format"], &copy.head["taken_at"], &copy.head["city"]["code"], &copy.head["licence"]),
        (&json!(2), &json!("2026-11-21T02:00:00Z"), &json!("2102"), &json!(null))
    );
    assert_eq!(copy.head["attribution"], json!(null));
    let place = copy.value("place", DISTRICT).unwrap();
    assert_eq!((&place["parent"], &place["level"]), (&json!("2102"), &json!("district")));
    let firm = copy.value("firm", &scene.uscc).unwrap();
    assert_eq!(
        (&firm["registered_place"], &firm["records"]),
        (&json!(DISTRICT), &json!({"rewards": 0, "penalties": 1}))
    );
    let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
    assert_eq!((&firm["updated_at"], &firm["projects"]), (&card["updated_at"], &card["projects"]));
    let credit =
        &firm["credits"].as_array().unwrap().iter().find(|credit| credit["primary"] == true).unwrap();
    assert_eq!((&credit["grade"], &credit["score"]), (&card["credit"]["grade"], &card["credit"]["score"]));
    assert_eq!(firm["service"]["figures"]["count"], card["service"]["count"]);
    let project = copy.value("project", &scene.project).unwrap();
    assert_eq!(
        (&project["firm"], &project["estate"], &project["held"]),
        (&json!(scene.uscc), &json!(scene.estate), &json!(false))
    );
    assert_eq!(copy.value("estate", &scene.estate).unwrap()["place"], COMMUNITY);
    let month = copy.value("ratings", &format!("{}/2026-10", scene.project)).unwrap();
    assert_eq!((&month["figures"]["count"], &month["month"]), (&json!(20), &json!("2026-10")));
    let shown = copy.value("record", &record).unwrap();
    assert_eq!((&shown["category"], &shown["firm"]), (&json!("P301"), &json!(scene.uscc)));
    assert!(shown.get("evidence").is_none() && shown.get("points").is_none());
    for never in [&hidden, &draft] {
        assert_eq!(copy.value("record", never), None);
    }
    let scheme = copy.value("scheme", "dalian-demo").unwrap();
    assert!(scheme["versions"][0]["text"].as_str().unwrap().contains("dalian-demo"));
}

#[test]
fn the_head_says_what_the_city_says_of_its_data() {
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        config.data_licence = Some("CC-BY-4.0".to_owned());
        config.data_attribution_zh = Some("数据来源：某市住建局".to_owned());
        config.data_attribution_en = Some("Source: the city".to_owned());
        config.data_contact = Some("opendata@example.cn".to_owned());
    });
    let head = app.snapshot().head;
    assert_eq!((&head["licence"], &head["contact"]), (&json!("CC-BY-4.0"), &json!("opendata@example.cn")));
    assert_eq!(head["attribution"], json!({"zh": "数据来源：某市住建局", "en": "Source: the city"}));
}

#[both]
fn what_changes_comes_once_as_it_is_now_and_then_nothing(app: TestApp) {
    let scene = app.scene();
    let mut copy = app.snapshot();
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    let city = app.official(Role::City, "2102", false);
    for name in ["海蓝物业集团", "海蓝城市服务"] {
        let path = format!("/v1/admin/firms/{}", scene.uscc);
        app.patch(&path).token(&city).header("If-Match", "*").json(&json!({"name": name})).expect(200);
    }
    let items = copy.follow(&app);
    assert_eq!(ids_of(&items, "firm"), [scene.uscc.clone()]);
    assert_eq!(line(&items, "firm", &scene.uscc).unwrap()["name"], "海蓝城市服务");
    // The names of others stand in no line: what shows it elsewhere says the same as before.
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    assert_same(&copy, &anew(&app));
}

#[both]
fn changes_come_in_parts_and_none_is_left_out_between_them(app: TestApp) {
    let mut copy = app.snapshot();
    let firms: Vec<String> = (0..25).map(|number| app.firm(&format!("物业{number}"))).collect();
    let path = format!("/v1/changes?since={}&limit=10", copy.cursor);
    let first = app.get(&path).expect(200).json();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["more"]), (10, &json!(true)));
    // More comes while the parts are read, and the same cursor may be asked for again.
    let late = app.firm("后来的物业");
    assert_eq!(app.get(&path).expect(200).json()["items"], first["items"]);
    let items = copy.follow_by(&app, 10);
    let found = ids_of(&items, "firm");
    assert!(firms.iter().chain([&late]).all(|uscc| found.contains(uscc)), "{found:?}");
    assert_same(&copy, &anew(&app));
}

#[both]
fn what_ceases_to_be_public_has_no_value_and_what_never_was_is_not_told_of(app: TestApp) {
    let scene = app.scene();
    let mut copy = app.snapshot();
    let drafter = app.drafter();
    let (draft, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let submitted = app.record_step(&drafter, &draft, &etag, "submit").expect(200);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    app.record_step(&app.confirmer(), &draft, submitted.etag(), "confirm").expect(200);
    assert_eq!(ids_of(&copy.follow(&app), "record"), [draft.clone()]);
    assert!(copy.value("record", &draft).is_some());
    let revoked = json!({"decision": "revoked", "reason": "事实不清"});
    app.decided(&app.objection(&scene.uscc, &draft), &revoked);
    assert_eq!(line(&copy.follow(&app), "record", &draft), Some(json!(null)));

    // A minor penalty that is not shown moves the grade, and nobody learns of it.
    let minor = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    app.decided(&app.objection(&scene.uscc, &minor), &revoked);
    let items = copy.follow(&app);
    assert_eq!((ids_of(&items, "record"), ids_of(&items, "firm")), (Vec::new(), vec![scene.uscc.clone()]));
    assert!(!format!("{items:?}").contains(&minor));

    // A draft of a scheme is nobody's to know of.
    let city = app.official(Role::City, "2102", false);
    let text = include_str!("../../schemes/dalian-demo/1.toml").replacen("\"dalian-demo\"", "\"another\"", 1);
    app.post("/v1/admin/schemes").token(&city).json(&json!({"text": text})).expect(201);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    assert_same(&copy, &anew(&app));
}

#[both]
fn a_records_publicity_ends_in_a_copy_with_its_last_day(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"public_until": "2027-02-10"})));
    let mut copy = app.snapshot();
    app.set_time("2027-02-10T15:59:59Z");
    app.tick();
    copy.follow(&app);
    assert!(copy.value("record", &id).is_some());
    app.set_time("2027-02-10T16:00:00Z");
    app.tick();
    assert_eq!(line(&copy.follow(&app), "record", &id), Some(json!(null)));
    assert_same(&copy, &anew(&app));
    // Told once.
    app.set_time("2027-02-12T02:00:00Z");
    app.tick();
    assert_eq!(line(&copy.follow(&app), "record", &id), None);
}

#[both]
fn a_batch_tells_each_of_its_records_and_assessments_with_its_confirmation(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    app.tick();
    app.assessed(&scene.project, "2026-Q4", "street", &json!({"scores": {"service": 80, "party": 80}}));
    let mut copy = app.snapshot();
    let replaced = copy.lines.keys().find(|(kind, _)| kind == "assessment").unwrap().1.clone();
    let drafter = app.official(Role::District, DISTRICT, false);
    let header = "category,uscc,level,title,document_number,authority,evidence,decided_on";
    let row = |number: u32| {
        format!(
            "R101,{},city,表彰,大政发〔2026〕{number}号,大连市人民政府,file-{number},2026-10-01\n",
            scene.uscc
        )
    };
    let file = format!("{header}\n{}{}{}", row(1), row(2), row(3));
    let records = import_file(&app, &drafter, "records", CSV, file.as_str());
    let street = app.official(Role::Street, STREET, false);
    let file = format!("project,period,assessor,service,party\n{},2026-Q4,street,90,91\n", scene.project);
    let assessments = import_file(&app, &street, "assessments", CSV, file.as_str());
    assert_eq!((&records["state"], &assessments["state"]), (&json!("submitted"), &json!("submitted")));
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    let confirmer = app.official(Role::City, "2102", true);
    for batch in [&records, &assessments] {
        let path = format!("/v1/admin/imports/{}/confirm", batch["id"].as_str().unwrap());
        app.post(&path).token(&confirmer).header("If-Match", "*").expect(200);
    }
    let items = copy.follow(&app);
    assert_eq!(ids_of(&items, "record").len(), 3);
    assert_eq!(line(&items, "assessment", &replaced), Some(json!(null)));
    assert_eq!(ids_of(&items, "assessment").len(), 2);
    assert_same(&copy, &anew(&app));
}

/// Six rate with comments, one of which is held, and the step of 1 December publishes them.
fn commented(app: &TestApp, copy: &mut Copy) -> (Scene, Vec<Resident>) {
    let scene = app.scene();
    let residents = app.neighbours(&scene.estate, 7);
    copy.follow(app);
    for (number, resident) in residents.iter().enumerate() {
        let held = if number == 0 { "，请联系13900000000" } else { "" };
        let body = json!({"overall": 4, "comment": format!("意见{number}{held}")});
        app.rating(resident, &scene.project, "2026-11").json(&body).expect(201);
    }
    (scene, residents)
}

#[both]
fn ratings_and_comments_come_with_their_step_and_nothing_tells_when_they_were_given(app: TestApp) {
    let mut copy = app.snapshot();
    let (scene, residents) = commented(&app, &mut copy);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    app.taken_back(&residents[6], &scene.project, "2026-11").expect(204);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    app.step_on("2026-12-01");
    let items = copy.follow(&app);
    assert_eq!(ids_of(&items, "ratings"), [format!("{}/2026-11", scene.project)]);
    assert_eq!(ids_of(&items, "review").len(), 5);
    let text = format!("{items:?}");
    for resident in &residents {
        for private in [&resident.id, &resident.household, &resident.phone, &resident.room] {
            assert!(!text.contains(private.as_str()), "{private} in {text}");
        }
    }
    assert!(!text.contains("13900000000"));

    // What the screen holds: that it is there, taken back, or decided on is nobody's to know before
    // the next step.
    let street = app.official(Role::Street, STREET, true);
    let held = app.get("/v1/admin/reviews?status=held").token(&street).expect(200).json();
    let path = format!("/v1/admin/reviews/{}/publish", held["items"][0]["id"].as_str().unwrap());
    app.post(&path).token(&street).header("If-Match", "*").json(&json!({"reason": "可以"})).expect(200);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());

    // A flag changes nothing that everyone reads; what is taken back has no value.
    let review = copy.lines.keys().find(|(kind, _)| kind == "review").unwrap().1.clone();
    let flag = json!({"reason": "不实"});
    app.post(&format!("/v1/reviews/{review}/flags"))
        .token(&app.renewed(&residents[0].id))
        .json(&flag)
        .expect(201);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    // A reply that is held shows nothing; one that is not does.
    let firm = app.firm_account(&scene.uscc);
    let reply = |text: &str| {
        let call = app.put(&format!("/v1/reviews/{review}/reply")).token(&firm);
        call.json(&json!({"text": text})).send()
    };
    assert_eq!(reply("请致电 139 0000 0000").status, 201);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    assert_eq!(reply("感谢").status, 200);
    let answered = line(&copy.follow(&app), "review", &review).unwrap();
    assert_eq!(answered["reply"]["text"], "感谢");
    let hide = json!({"rule": "insult", "reason": "辱骂"});
    let street = app.official(Role::Street, STREET, true);
    let path = format!("/v1/admin/reviews/{review}/hide");
    app.post(&path).token(&street).header("If-Match", "*").json(&hide).expect(200);
    let hidden = line(&copy.follow(&app), "review", &review).unwrap();
    assert_eq!(
        (&hidden["comment"], &hidden["hidden_rule"], &hidden["reply"]),
        (&json!(null), &json!("insult"), &json!(null))
    );
    let delete = |resident: &Resident| {
        let rating = rating_path(&scene.project, "2026-11");
        app.delete(&format!("{rating}/comment")).token(&app.renewed(&resident.id)).expect(204);
    };
    // The first is the one that is not out.
    delete(&residents[0]);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    delete(&residents[1]);
    let items = copy.follow(&app);
    assert!(items.iter().any(|line| line["kind"] == "review" && line["value"].is_null()), "{items:?}");
    assert_same(&copy, &anew(&app));
}

#[both]
fn what_was_withdrawn_is_not_in_a_file_that_is_given_out_afterwards(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let first = app.get(LATEST).expect(200);
    // Within the hour the file is the same, whatever came since.
    app.advance(TimeDelta::minutes(59));
    app.firm("新物业");
    assert_eq!(app.get(LATEST).expect(200).etag(), first.etag());
    app.decided(&app.objection(&scene.uscc, &id), &json!({"decision": "revoked", "reason": "事实不清"}));
    let second = app.get(LATEST).expect(200);
    assert_ne!(second.etag(), first.etag());
    assert!(Copy::unpacked(&first.bytes).value("record", &id).is_some());
    assert!(Copy::unpacked(&second.bytes).value("record", &id).is_none());
    // And after it, it is made anew.
    app.advance(TimeDelta::minutes(60));
    assert_ne!(app.get(LATEST).expect(200).etag(), second.etag());
}

fn ranged(app: &TestApp, headers: &[(&str, &str)]) -> Reply {
    let call = headers.iter().fold(app.get(LATEST), |call, (name, value)| call.header(name, value));
    call.send()
}

#[both]
fn a_download_that_broke_off_goes_on(app: TestApp) {
    app.scene();
    let whole = app.get(LATEST).expect(200);
    let length = whole.bytes.len();
    assert_eq!(
        (whole.header("content-type"), whole.header("accept-ranges"), whole.header("content-encoding")),
        ("application/gzip", "bytes", "")
    );
    assert_eq!(whole.header("content-length"), length.to_string());
    assert!(whole.header("content-disposition").contains("xinwu-20261121T020000Z.ndjson.gz"));
    let tag = whole.etag();
    let rest = ranged(&app, &[("Range", "bytes=100-"), ("If-Range", tag)]);
    assert_eq!((rest.status, rest.etag()), (206, tag));
    assert_eq!(rest.header("content-range"), format!("bytes 100-{}/{length}", length - 1));
    assert_eq!([&whole.bytes[..100], &rest.bytes[..]].concat(), whole.bytes);
    let last = ranged(&app, &[("Range", "bytes=-7")]);
    assert_eq!((last.status, &last.bytes[..]), (206, &whole.bytes[length - 7..]));
    // Another file by now: all of it.
    for other in ["\"0f1e2d3c4b5a69780f1e2d3c4b5a6978\"", "Sat, 21 Nov 2026 02:00:00 GMT"] {
        let all = ranged(&app, &[("Range", "bytes=100-"), ("If-Range", other)]);
        assert_eq!((all.status, all.bytes.len()), (200, length), "{other}");
    }
    // Several parts, or what is no range: all of it.
    for ignored in ["bytes=0-1,3-4", "lines=1-2", "bytes=5-4"] {
        assert_eq!(ranged(&app, &[("Range", ignored)]).status, 200, "{ignored}");
    }
    let outside =
        app.get(LATEST).header("Range", &format!("bytes={length}-")).refused(416, "range_not_satisfiable");
    assert_eq!(outside.header("content-range"), format!("bytes */{length}"));
    let unchanged = ranged(&app, &[("If-None-Match", tag), ("Range", "bytes=0-1")]);
    assert_eq!((unchanged.status, unchanged.bytes.len(), unchanged.etag()), (304, 0, tag));
    let head = app.call("HEAD", LATEST).expect(200);
    assert_eq!((head.etag(), head.bytes.len()), (tag, 0));
    app.get(LATEST).header("Accept", "application/json").refused(406, "not_acceptable");
}

#[both]
fn a_cursor_is_the_services_own_and_tells_nothing(app: TestApp) {
    let cursor = app.snapshot().cursor;
    let fault = |reply: Reply| reply.faults();
    for bad in ["x", "AAAA", "not%20ours"] {
        let refused = app.get(&format!("/v1/changes?since={bad}")).refused(400, "bad_parameter");
        assert_eq!(fault(refused), [("since".into(), "bad_cursor".into())], "{bad}");
    }
    // The last page's of another list, and another service's.
    for number in 0..3 {
        app.firm(&format!("物业{number}"));
    }
    let page = app.get("/v1/firms?limit=1").expect(200).json();
    let other_list = page["page"]["next_cursor"].as_str().unwrap();
    let other_secret = TestApp::start_with(app.backend, |config| {
        config.secret = Some("another secret, of thirty-two bytes or more".to_owned().into());
    });
    for foreign in [other_list, &other_secret.snapshot().cursor] {
        let refused = app.get(&format!("/v1/changes?since={foreign}")).refused(400, "bad_parameter");
        assert_eq!(fault(refused), [("since".into(), "bad_cursor".into())]);
    }
    app.get("/v1/changes").refused(400, "bad_parameter");
    for (bad, name) in
        [("limit=0", "limit"), ("limit=1001", "limit"), ("wait=31", "wait"), ("wait=-1", "wait")]
    {
        let refused = app.get(&format!("/v1/changes?since={cursor}&{bad}")).refused(400, "bad_parameter");
        assert_eq!(fault(refused)[0].0, name);
    }
    // Each is another, of one length, though nothing has changed.
    let next = |cursor: &str| {
        let answer = app.get(&format!("/v1/changes?since={cursor}")).expect(200).json();
        answer["cursor"].as_str().unwrap().to_owned()
    };
    let (one, two) = (next(&cursor), next(&cursor));
    assert!(one != two && one != cursor && one.len() == two.len() && one.len() == cursor.len());
}

fn many_changes(app: &TestApp) {
    let many = "INSERT INTO change (entity, entity_id, at) \
            WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 3000) \
            SELECT 'account', 'nobody', (SELECT max(at) FROM change) FROM numbers";
    app.sql(&[many.to_owned()], "nobody");
}

fn drop_old_changes(app: &TestApp) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    while runtime.block_on(app.db().drop_old_changes()).unwrap() > 0 {}
}

#[both]
fn a_cursor_of_more_than_a_week_ago_is_told_to_begin_anew(app: TestApp) {
    app.scene();
    let old = app.snapshot().cursor;
    many_changes(&app);
    let kept = anew(&app).cursor;
    app.advance(TimeDelta::days(8));
    app.tick();
    app.firm("新物业");
    // As long as the changes are there they are told.
    app.get(&format!("/v1/changes?since={old}")).expect(200);
    drop_old_changes(&app);
    let gone = app.get(&format!("/v1/changes?since={old}")).english().refused(410, "cursor_too_old");
    assert!(gone.json()["detail"].as_str().unwrap().contains("do not merge"), "{}", gone.text);
    let items = app.get(&format!("/v1/changes?since={kept}")).send();
    // The thousand that stay may or may not reach back to it; what is told then is whole.
    assert!(matches!(items.status, 200 | 410), "{}", items.text);
    let mut copy = app.snapshot();
    copy.follow(&app);
    assert_same(&copy, &anew(&app));
}

#[test]
fn a_file_that_was_put_back_is_another_past() {
    let mut app = TestApp::start(Backend::Sqlite);
    let url = app.state.config().database.clone();
    let file = url.strip_prefix("sqlite:").unwrap().to_owned();
    app.firm("甲物业");
    app.db().checkpoint().unwrap();
    let copied = format!("{file}.copy");
    std::fs::copy(&file, &copied).unwrap();
    let early = app.snapshot().cursor;
    app.firm("乙物业");
    let late = anew(&app).cursor;
    app.begin_stop().join().unwrap();
    let other = TestApp::start_with(Backend::Sqlite, |config| config.database = format!("sqlite:{copied}"));
    other.advance(TimeDelta::hours(3));
    // What both have in common is known.
    other.get(&format!("/v1/changes?since={early}")).expect(200);
    // The number of what was lost, before it is given out again and after.
    other.get(&format!("/v1/changes?since={late}")).refused(410, "cursor_too_old");
    (0..9).for_each(|number| drop(other.firm(&format!("丙物业{number}"))));
    other.get(&format!("/v1/changes?since={late}")).refused(410, "cursor_too_old");
    other.get(&format!("/v1/changes?since={early}")).expect(200);
}

#[both]
fn a_backup_that_was_put_in_the_databases_place_is_another_past(base: TestApp) {
    base.firm("甲物业");
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("xinwu.backup").display().to_string();
    Desk::beside(&base).run(&["backup", &backup]).expect(0);
    let database = base.backend.empty();
    let desk = Desk::at(&database.url);
    let served = || {
        let app = TestApp::start_with(base.backend, |config| config.database.clone_from(&database.url));
        app.clock.set(base.now());
        app
    };
    desk.run(&["restore", &backup]).expect(0);
    let app = served();
    let mut copy = app.snapshot();
    let lost = app.firm("乙物业");
    assert_eq!(ids_of(&copy.follow(&app), "firm"), [lost]);
    drop(app);
    desk.run(&["restore", &backup, "--replace"]).expect(0);
    let app = served();
    // What is gone is not told as a change: the copy has to be made anew.
    app.get(&format!("/v1/changes?since={}", copy.cursor)).refused(410, "cursor_too_old");
    app.advance(TimeDelta::hours(3));
    (0..9).for_each(|number| drop(app.firm(&format!("丙物业{number}"))));
    app.get(&format!("/v1/changes?since={}", copy.cursor)).refused(410, "cursor_too_old");
    let mut copy = app.snapshot();
    app.firm("丁物业");
    copy.follow(&app);
    assert_same(&copy, &anew(&app));
}

#[both]
fn what_nobody_may_learn_of_is_passed_over_in_large_parts(app: TestApp) {
    let cursor = app.snapshot().cursor;
    // An import of drafts.
    let many = "INSERT INTO change (entity, entity_id, at) \
            WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 30000) \
            SELECT 'record', 'draft', (SELECT max(at) FROM change) FROM numbers";
    app.sql(&[many.to_owned()], "nobody");
    let firms: Vec<String> = (0..20).map(|number| app.firm(&format!("{number}物业"))).collect();
    let began = Instant::now();
    let part = app.get(&format!("/v1/changes?since={cursor}&limit=1")).expect(200).json();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    // No more at once than was asked for, and none is left out.
    let items = part["items"].as_array().unwrap();
    assert_eq!((ids_of(items, "firm"), items.len(), &part["more"]), (firms[..1].to_vec(), 1, &json!(true)));
    let mut copy = Copy { cursor: part["cursor"].as_str().unwrap().to_owned(), ..app.snapshot() };
    let mut rest = ids_of(&copy.follow_by(&app, 3), "firm");
    rest.sort();
    rest.dedup();
    let mut expected = firms[1..].to_vec();
    expected.sort();
    assert_eq!(rest, expected);
}

#[both]
fn one_address_does_not_take_all_the_places_of_those_who_wait(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let cursor = app.snapshot().cursor;
    let wait = |from: &str, seconds: u32| {
        app.get(&format!("/v1/changes?since={cursor}&wait={seconds}")).header("X-Forwarded-For", from)
    };
    // Who looks whether there is a place left takes one meanwhile.
    let wait_at_last = || loop {
        let reply = wait("2001:db8::1", 30).send();
        if reply.status == 200 {
            return reply.json();
        }
    };
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(wait_at_last)).collect();
        while wait("2001:db8::2", 1).send().status == 200 {}
        let refused = wait("2001:db8::3", 1).refused(503, "too_many_waiting");
        assert_eq!(refused.header("retry-after"), "10");
        // Without waiting it is answered, and so are others.
        wait("2001:db8::3", 0).expect(200);
        wait("2001:db8:0:1::1", 1).expect(200);
        app.firm("甲物业");
        for each in waiting {
            assert_eq!(ids_of(each.join().unwrap()["items"].as_array().unwrap(), "firm").len(), 1);
        }
        // The places are free again.
        wait("2001:db8::3", 1).expect(200);
    });
}

#[test]
fn a_transaction_that_commits_late_is_not_passed_over() {
    let app = TestApp::start(Backend::Postgres);
    let mut copy = app.snapshot();
    // Number 100 is given out, and not committed.
    let mut late = PgConnection::establish(&app.state.config().database).unwrap();
    let place = format!("UPDATE place SET name = '某街道' WHERE code = '{STREET}'");
    let change = format!("INSERT INTO change (entity, entity_id, at) VALUES ('place', '{STREET}', now())");
    late.batch_execute(&format!("BEGIN; {place}; {change}")).unwrap();
    // 101 is.
    let uscc = app.firm("甲物业");
    assert_eq!(ids_of(&copy.follow(&app), "firm"), [uscc]);
    assert_eq!(copy.follow(&app), Vec::<Value>::new());
    let waiting = copy.cursor.clone();
    late.batch_execute("COMMIT").unwrap();
    let items = copy.follow(&app);
    assert_eq!(line(&items, "place", STREET).unwrap()["name"], "某街道");
    // Also for who asked in parts meanwhile.
    let part = app.get(&format!("/v1/changes?since={waiting}&limit=1")).expect(200).json();
    assert_eq!(part["items"][0]["id"], STREET);
    assert_same(&copy, &anew(&app));
}

#[both]
fn who_waits_learns_of_a_change_as_soon_as_it_is_made(app: TestApp) {
    let cursor = app.snapshot().cursor;
    let uscc = std::thread::scope(|scope| {
        let asked =
            scope.spawn(|| app.get(&format!("/v1/changes?since={cursor}&wait=30")).expect(200).json());
        // What nobody may learn of lets nobody go; whether it came before the asking or after.
        let resident = app.resident("13900000001");
        drop(resident);
        let uscc = app.firm("甲物业");
        let answer = asked.join().unwrap();
        assert_eq!(line(answer["items"].as_array().unwrap(), "firm", &uscc).unwrap()["name"], "甲物业");
        uscc
    });
    // What is there already is not waited for.
    let began = Instant::now();
    let answer = app.get(&format!("/v1/changes?since={cursor}&wait=30")).expect(200).json();
    assert!(line(answer["items"].as_array().unwrap(), "firm", &uscc).is_some());
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_service_that_is_told_to_stop_lets_those_go_who_wait() {
    let mut app = TestApp::start(Backend::Sqlite);
    let cursor = app.snapshot().cursor;
    let call = app.get(&format!("/v1/changes?since={cursor}&wait=30"));
    let asked = std::thread::spawn(move || call.send());
    // Until it waits: it is counted as running by then.
    while !app.state.is_waited_for() {
        std::thread::yield_now();
    }
    let began = Instant::now();
    let stopped = app.begin_stop();
    let answer = asked.join().unwrap();
    assert_eq!((answer.status, answer.json()["items"].clone()), (200, json!([])));
    stopped.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[both]
fn no_line_names_who_has_an_account(app: TestApp) {
    let scene = app.scene();
    let residents = app.neighbours(&scene.estate, 6);
    for resident in &residents {
        app.rate(resident, &scene.project, "2026-11", 4);
    }
    let official = app.official(Role::District, DISTRICT, true);
    drop(official);
    app.record_in_force(&penalty(&scene.uscc));
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.step_on("2026-12-01");
    let copy = app.snapshot();
    assert!(copy.value("estate", &estate).is_some());
    let text: String = copy.lines.values().map(Value::to_string).collect();
    let accounts: Vec<String> = app
        .db()
        .read_blocking(|conn| {
            use xinwu_persistence::schema::account;
            Ok(account::table.select(account::id).load(conn)?)
        })
        .unwrap();
    assert!(accounts.len() >= 9);
    let private = residents.iter().flat_map(|each| [&each.household, &each.phone, &each.room]);
    for private in accounts.iter().chain(private) {
        assert!(!text.contains(private.as_str()), "{private}");
    }
}
