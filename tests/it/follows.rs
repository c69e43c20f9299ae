//! Firms that one follows: what is new of them is told to who follows, from then on, once, and that
//! anybody follows is told to nobody.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::operations::due;
use xinwu_persistence::schema::{follow, notice, owed_notice};
use xinwu_store::schema::{audit, change};

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, encode};
use crate::harness::{Call, TestApp};

fn path(uscc: &str) -> String {
    format!("/v1/me/follows/{uscc}")
}

fn follow(app: &TestApp, token: &str, uscc: &str) -> Call {
    app.put(&path(uscc)).token(token)
}

/// Sentences, the latest first.
fn told(app: &TestApp, token: &str) -> Vec<String> {
    app.notices(token).iter().map(|each| each["text"].as_str().unwrap().to_owned()).collect()
}

/// A graded firm: B with 60 points.
fn graded(app: &TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    assert_eq!(app.get(&format!("/v1/firms/{FIRM}")).expect(200).json()["credit"]["grade"], "B");
}

/// From 60 points, which is B, to 70, which is A.
fn rewarded(app: &TestApp) {
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
}

fn owed(app: &TestApp) -> i64 {
    app.db().read_blocking(|conn| Ok(owed_notice::table.count().get_result(conn)?)).unwrap()
}

#[both]
fn a_firm_is_followed_listed_and_left(app: TestApp) {
    let [first, second] = ["一心物业", "百安物业"].map(|name| app.firm(name));
    let (_, token) = app.resident("13900000001");
    let put = follow(&app, &token, &first).expect(201);
    let expected =
        json!({"firm": {"uscc": first, "name": "一心物业"}, "followed_at": "2026-11-21T02:00:00Z"});
    assert_eq!(put.json(), expected);
    app.advance(chrono::Duration::minutes(1));
    // Again, as people type it, it goes on as before.
    let again = follow(&app, &token, &encode(&first.to_lowercase())).expect(200);
    assert_eq!((again.json(), again.etag()), (expected.clone(), put.etag()));
    follow(&app, &token, &second).expect(201);
    let list = |query: &str| app.get(&format!("/v1/me/follows{query}")).token(&token).expect(200).json();
    let page = list("?limit=1&count=true");
    // By their names as they are read: bai, yi.
    assert_eq!((&page["items"][0]["firm"]["uscc"], &page["page"]["total"]), (&json!(second), &json!(2)));
    let next = list(&format!("?limit=1&cursor={}", page["page"]["next_cursor"].as_str().unwrap()));
    assert_eq!((&next["items"], &next["page"]["next_cursor"]), (&json!([expected]), &json!(null)));
    let export = app.get("/v1/me/export").token(&token).expect(200).json();
    assert_eq!((&export["follows"][0], export["follows"].as_array().unwrap().len()), (&expected, 2));
    app.delete(&path(&first)).token(&token).header("If-Match", put.etag()).expect(204);
    let gone = app.delete(&path(&first)).token(&token).refused(404, "not_found").json();
    assert_eq!(gone["detail"], "未找到该关注");
    assert_eq!(list("?count=true")["page"]["total"], 1);
    // Another's is nothing of one's own.
    let (_, other) = app.resident("13900000002");
    app.delete(&path(&second)).token(&other).refused(404, "not_found");
    assert_eq!(app.get("/v1/me/follows").token(&other).expect(200).json()["items"], json!([]));
    app.get("/v1/me/follows").refused(401, "not_signed_in");
    follow(&app, &token, &first).header("If-Match", put.etag()).refused(412, "stale");
    let unknown = follow(&app, &token, "91219900MA0D00000P").refused(404, "not_found").json();
    assert_eq!(unknown["detail"], "未找到该企业");
    app.delete("/v1/me").token(&token).expect(204);
    let left: i64 = app.db().read_blocking(|conn| Ok(follow::table.count().get_result(conn)?)).unwrap();
    assert_eq!(left, 0);
}

#[both]
fn a_hundred_firms_can_be_followed(app: TestApp) {
    let (_, token) = app.resident("13900000001");
    let firms: Vec<String> = (0..101).map(|number| app.firm(&format!("物业{number}"))).collect();
    for uscc in &firms[..100] {
        follow(&app, &token, uscc).expect(201);
    }
    let refused = follow(&app, &token, &firms[100]).refused(409, "too_many_follows").json();
    assert_eq!(refused["detail"], "最多关注100家企业");
    // One that is followed already is not one more.
    follow(&app, &token, &firms[0]).expect(200);
    app.delete(&path(&firms[0])).token(&token).expect(204);
    follow(&app, &token, &firms[100]).expect(201);
}

#[both]
fn a_new_grade_is_told_once_from_the_follow_on(app: TestApp) {
    graded(&app);
    let [early, late, other] =
        ["13900000001", "13900000002", "13900000003"].map(|phone| app.resident(phone).1);
    follow(&app, &early, FIRM).expect(201);
    app.tick();
    // The grade that it has is nothing new.
    assert_eq!(told(&app, &early), [""; 0]);
    rewarded(&app);
    // Owed and not told yet: who follows now was not there when it happened.
    follow(&app, &late, FIRM).expect(201);
    assert_eq!((owed(&app), told(&app, &early)), (1, Vec::new()));
    app.tick();
    let notice = &app.notices(&early)[0];
    assert_eq!(
        *notice,
        json!({
            "id": notice["id"], "kind": "followed_grade", "text": "您关注的演示物业信用等级现为“A”",
            "about": {"kind": "firm", "id": FIRM}, "reason": null, "created_at": "2026-11-21T02:00:00Z", "read_at": null
        })
    );
    let english = app.get("/v1/me/notices").token(&early).english().expect(200).json();
    assert_eq!(english["items"][0]["text"], "演示物业, which you follow, is graded A now");
    assert_eq!((owed(&app), told(&app, &late), told(&app, &other)), (0, Vec::new(), Vec::new()));
    app.tick();
    assert_eq!(told(&app, &early).len(), 1);
    // A later grade takes the place of one that was not read yet, and not of one that was.
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("second", "R101") });
    app.tick();
    let both = [&early, &late].map(|token| told(&app, token));
    assert_eq!(both[0].len(), 1, "{both:?}");
    assert_eq!(both[0], both[1]);
    let read = format!("/v1/me/notices/{}/read", app.notices(&early)[0]["id"].as_str().unwrap());
    app.post(&read).token(&early).expect(200);
    app.set_participation(FIRM, false);
    app.tick();
    assert_eq!((told(&app, &early).len(), told(&app, &late).len()), (2, 1));
    assert_eq!(told(&app, &early)[0], told(&app, &late)[0]);
    // Who follows no longer is told nothing more, and keeps what was told.
    app.delete(&path(FIRM)).token(&early).expect(204);
    app.set_participation(FIRM, true);
    app.tick();
    assert_eq!((told(&app, &early).len(), told(&app, &late).len()), (2, 1));
}

#[both]
fn a_grade_that_was_not_told_yet_gives_way_to_the_next(app: TestApp) {
    graded(&app);
    let (_, token) = app.resident("13900000001");
    follow(&app, &token, FIRM).expect(201);
    rewarded(&app);
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("second", "R101") });
    assert_eq!(owed(&app), 1);
    app.tick();
    let grade = app.get(&format!("/v1/firms/{FIRM}")).expect(200).json()["credit"]["grade"].clone();
    assert_eq!(told(&app, &token), [format!("您关注的演示物业信用等级现为“{}”", grade.as_str().unwrap())]);
}

#[both]
fn a_published_penalty_is_told_as_long_as_it_is_public(app: TestApp) {
    let scene = app.scene();
    let (_, token) = app.resident("13900000001");
    let firm = app.firm_account(&scene.uscc);
    follow(&app, &token, &scene.uscc).expect(201);
    // The firm's own account is told what was added to its file, and not a second time.
    follow(&app, &firm, &scene.uscc).expect(201);
    let minor = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    app.record_in_force(&with(penalty(&scene.uscc), json!({"category": "R301"})));
    let shown = json!({"severity": "minor", "publish": true, "public_until": "2026-12-01"});
    let short = app.record_in_force(&with(penalty(&scene.uscc), shown));
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-08-10"})));
    app.tick();
    let of_penalties = |token: &str| {
        let notices = app.notices(token).into_iter().filter(|each| each["about"]["kind"] == "record");
        let mut ids: Vec<(String, String)> = notices
            .map(|each| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&each["kind"]), text(&each["about"]["id"]))
            })
            .collect();
        ids.sort();
        ids
    };
    let penalties = |ids: &[&String]| {
        let mut ids: Vec<_> = ids.iter().map(|id| ("followed_penalty".to_owned(), (*id).clone())).collect();
        ids.sort();
        ids
    };
    assert_eq!(of_penalties(&token), penalties(&[&short, &id]));
    let own = of_penalties(&firm);
    assert_eq!((own.len(), own.iter().all(|(kind, _)| kind == "record_added")), (4, true), "{own:?}");
    assert!(own.iter().any(|(_, id)| *id == minor));
    let notices = app.notices(&token);
    let notice = notices.iter().find(|each| each["about"]["id"] == json!(id)).unwrap();
    assert_eq!(notice["text"], "您关注的海蓝物业新公示一条不良信息");
    let read = |token: &str| {
        app.post(&format!("/v1/me/notices/{}/read", notice["id"].as_str().unwrap())).token(token)
    };
    read(&token).expect(200);
    // Repaired, it is shown no longer, nor is it told that there was one.
    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    let granted = json!({"decision": "granted", "reason": "退款已核实"});
    app.decide(&app.confirmer(), "repairs", &repair, &granted).expect(200);
    app.tick();
    assert_eq!(of_penalties(&token), penalties(&[&short]));
    read(&token).refused(404, "not_found");
    // Nor after its last day.
    app.set_time("2026-12-01T16:00:00Z");
    let resident = app
        .db()
        .read_blocking(|conn| {
            let kind = notice::kind.eq("followed_penalty");
            Ok(notice::table.filter(kind).select(notice::account_id).first::<String>(conn)?)
        })
        .unwrap();
    let token = app.renewed(&resident);
    assert_eq!(of_penalties(&token), Vec::new());
    let page = app.get("/v1/me/notices?count=true").token(&token).expect(200).json();
    assert_eq!(page["page"]["total"], page["items"].as_array().unwrap().len());
    let export = app.get("/v1/me/export").token(&token).expect(200).json();
    assert_eq!(export["notices"].as_array().unwrap().len(), page["items"].as_array().unwrap().len());
}

#[both]
fn a_new_project_is_told(app: TestApp) {
    let uscc = app.firm("海蓝物业");
    let (_, token) = app.resident("13900000001");
    app.project(&app.estate_named("旧园", COMMUNITY, EstateKind::Old, &[]), &uscc);
    follow(&app, &token, &uscc).expect(201);
    let project = app.project(&app.estate_named("新园", COMMUNITY, EstateKind::Old, &[]), &uscc);
    app.project(&app.estate_named("别园", COMMUNITY, EstateKind::Old, &[]), &app.firm("别家物业"));
    app.tick();
    let of_projects: Vec<Value> =
        app.notices(&token).into_iter().filter(|each| each["kind"] == "followed_project").collect();
    let shown: Vec<(&Value, &Value)> =
        of_projects.iter().map(|each| (&each["text"], &each["about"])).collect();
    assert_eq!(
        shown,
        [(&json!("您关注的海蓝物业新增服务项目：新园"), &json!({"kind": "project", "id": project}))]
    );
    // A change of its end or manager is no new project.
    let official = app.official(xinwu_domain::access::Role::Street, crate::harness::world::STREET, false);
    let edit = app.patch(&format!("/v1/admin/projects/{project}")).token(&official);
    edit.header("If-Match", "*").json(&json!({"ends_on": "2027-12-31"})).seconded(&app);
    app.tick();
    assert_eq!(told(&app, &token).iter().filter(|text| text.contains("新增服务项目")).count(), 1);
}

/// Accounts that follow a firm, put straight into the table.
fn followers(app: &TestApp, uscc: &'static str, count: usize) {
    let of = |number: usize| format!("0193a5c2-7b1e-7f00-9000-{number:012x}");
    app.db()
        .write_blocking(move |tx| {
            for number in 0..count {
                let id = of(number);
                diesel::sql_query(format!(
                    "INSERT INTO account (id, role, scopes, can_confirm, status, token_epoch, demo, created_at, version) \
                     VALUES ('{id}', 'admin', '', FALSE, 'active', 1, FALSE, '2026-11-21 02:00:00', 1)"
                ))
                .execute(tx.conn)?;
                diesel::insert_into(follow::table)
                    .values((
                        follow::account_id.eq(&id),
                        follow::uscc.eq(uscc),
                        follow::since.eq(tx.random.id()),
                        follow::followed_at.eq(tx.now_utc()),
                    ))
                    .execute(tx.conn)?;
            }
            Ok(())
        })
        .unwrap();
}

fn told_accounts(app: &TestApp) -> (usize, usize) {
    let accounts: Vec<String> =
        app.db().read_blocking(|conn| Ok(notice::table.select(notice::account_id).load(conn)?)).unwrap();
    let mut distinct = accounts.clone();
    distinct.sort();
    distinct.dedup();
    (accounts.len(), distinct.len())
}

#[both]
fn many_are_told_some_hundreds_a_write_and_once_each_wherever_it_is_broken_off(app: TestApp) {
    graded(&app);
    app.put_firm(OTHER);
    followers(&app, FIRM, 1_201);
    rewarded(&app);
    // The write that changed the grade noted one row, however many follow.
    assert_eq!((owed(&app), told_accounts(&app)), (1, (0, 0)));
    let work = |most: usize| {
        let left = AtomicUsize::new(most);
        let goes_on =
            move || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let keys = app.state.month_keys();
        runtime.block_on(due::tick(app.db(), app.state.journal(), &keys, app.now(), &goes_on)).unwrap();
    };
    work(1);
    assert_eq!(told_accounts(&app), (500, 500));
    work(1);
    assert_eq!((told_accounts(&app), owed(&app)), ((1_000, 1_000), 1));
    app.tick();
    assert_eq!((told_accounts(&app), owed(&app)), ((1_201, 1_201), 0));
}

#[both]
fn that_anybody_follows_is_told_to_nobody(app: TestApp) {
    let scene = app.scene();
    let (_, token) = app.resident("13900000001");
    let firm = app.firm_account(&scene.uscc);
    let official = app.confirmer();
    let look = || -> Vec<String> {
        let anyone = [
            format!("/v1/firms/{}", scene.uscc),
            format!("/v1/firms?q={}", scene.uscc),
            format!("/v1/projects/{}", scene.project),
            "/v1/statistics".to_owned(),
            "/v1/rankings?by=score".to_owned(),
        ];
        let mut seen: Vec<String> = anyone
            .iter()
            .map(|path| app.get(path).expect(200))
            .map(|reply| format!("{} {}", reply.etag(), reply.text))
            .collect();
        for (token, path) in [
            (&firm, "/v1/firm".to_owned()),
            (&firm, "/v1/me/notices?count=true".to_owned()),
            (&firm, "/v1/me/follows?count=true".to_owned()),
            (&official, format!("/v1/firms/{}/dossier", scene.uscc)),
        ] {
            seen.push(app.get(&path).token(token).expect(200).text);
        }
        let rows = app.db().read_blocking(|conn| {
            let seq: Option<i64> = change::table.select(diesel::dsl::max(change::seq)).first(conn)?;
            // The looking itself leaves lines.
            let done = audit::table.filter(audit::detail.not_like("{\"read\":%"));
            Ok((seq, done.count().get_result::<i64>(conn)?))
        });
        seen.push(format!("{:?}", rows.unwrap()));
        seen
    };
    app.tick();
    look();
    let before = look();
    follow(&app, &token, &scene.uscc).expect(201);
    app.tick();
    assert_eq!(look(), before);
    app.delete(&path(&scene.uscc)).token(&token).expect(204);
    assert_eq!(look(), before);
}
