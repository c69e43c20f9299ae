//! What accounts are told: each kind to whom it concerns, in a sentence of the request's language,
//! to nobody else, and nothing of ratings and comments.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::people::notice as notices;
use xinwu_persistence::schema::notice;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Reply, TestApp, someone};
use crate::imports::{CSV, import_file};

/// What is told, without ids and times.
fn told(app: &TestApp, token: &str) -> Vec<(String, String, Value)> {
    let text = |each: &Value, name: &str| each[name].as_str().unwrap().to_owned();
    app.notices(token)
        .iter()
        .map(|each| (text(each, "kind"), text(each, "text"), each["reason"].clone()))
        .collect()
}

fn line(kind: &str, text: &str, reason: Option<&str>) -> (String, String, Value) {
    (kind.to_owned(), text.to_owned(), json!(reason))
}

fn about(app: &TestApp, token: &str) -> Vec<Value> {
    app.notices(token).iter().map(|each| each["about"].clone()).collect()
}

fn id_of(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// An official of the district: the account's token.
fn official(app: &TestApp, can_confirm: bool) -> String {
    app.official(Role::District, DISTRICT, can_confirm)
}

fn all_kinds(app: &TestApp) -> Vec<String> {
    app.db()
        .read_blocking(|conn| Ok(notice::table.order(notice::id).select(notice::kind).load(conn)?))
        .unwrap()
}

#[both]
fn a_claimant_is_told_what_was_decided(app: TestApp) {
    let stage = app.stage();
    let name: Value = app.get(&format!("/v1/estates/{}", stage.estate)).expect(200).json()["name"].clone();
    let name = name.as_str().unwrap();
    let community = app.official(Role::Community, COMMUNITY, false);
    let claim = |room: &str, phone: &str| {
        let (_, token) = app.resident(phone);
        (app.claim(&token, &stage.estate, room).expect(201).json()["id"].as_str().unwrap().to_owned(), token)
    };
    let decide = |id: &str, verb: &str, body: Value| {
        let path = format!("/v1/admin/residences/{id}/{verb}");
        app.post(&path).token(&community).header("If-Match", "*").json(&body).expect(200);
    };
    let (approved, first) = claim("201", "13900000201");
    let (refused, second) = claim("202", "13900000202");
    assert_eq!((app.notices(&first), app.notices(&second)), (Vec::new(), Vec::new()));
    app.advance(chrono::Duration::minutes(5));
    decide(&approved, "approve", json!({"none_of_them": true}));
    decide(&refused, "refuse", json!({"reason": "未提供购房合同"}));
    let notice = &app.notices(&first)[0];
    assert_eq!(
        *notice,
        json!({
            "id": notice["id"], "kind": "residence_approved", "text": format!("您在{name} 1-1-201的住房绑定申请已核实通过"),
            "about": {"kind": "residence", "id": approved}, "reason": null, "created_at": "2026-11-21T02:05:00Z", "read_at": null
        })
    );
    assert_eq!(
        told(&app, &second),
        [line(
            "residence_refused",
            &format!("您在{name} 1-1-202的住房绑定申请未通过核实"),
            Some("未提供购房合同")
        )]
    );
    let english = app.get("/v1/me/notices").token(&second).english().expect(200).json();
    assert_eq!(english["items"][0]["text"], format!("Your claim to {name} 1-1-202 was refused"));
    decide(&approved, "end", json!({"reason": "已搬离"}));
    assert_eq!(
        told(&app, &first)[0],
        line("residence_ended", &format!("您在{name} 1-1-201的住房绑定已被终止"), Some("已搬离"))
    );
}

#[both]
fn a_record_is_told_to_who_drafted_it_and_to_its_firm(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (official(&app, false), official(&app, true));
    let [firm, colleague] = [(); 2].map(|()| app.firm_account(&scene.uscc));
    let other = app.firm_account(&app.firm("别家物业"));
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let submitted = app.record_step(&drafter, &id, &etag, "submit").expect(200);
    let returned = app.record_step(&confirmer, &id, submitted.etag(), "return").expect(200);
    app.tick();
    assert_eq!(
        told(&app, &drafter),
        [line("record_returned", "您起草的“违规收取装修管理费”已被退回", Some("文书号有误"))]
    );
    assert_eq!(told(&app, &firm), []);
    let submitted = app.record_step(&drafter, &id, returned.etag(), "submit").expect(200);
    app.record_step(&confirmer, &id, submitted.etag(), "confirm").expect(200);
    app.tick();
    assert_eq!(
        told(&app, &drafter)[0],
        line("record_confirmed", "您起草的“违规收取装修管理费”已确认生效", None)
    );
    let added = [line("record_added", "“违规收取装修管理费”已记入信用档案", None)];
    assert_eq!((told(&app, &firm), told(&app, &colleague)), (added.to_vec(), added.to_vec()));
    assert_eq!(about(&app, &firm), [json!({"kind": "record", "id": id})]);
    // It can be read from there, and by nobody else is it told.
    app.get(&format!("/v1/records/{id}")).token(&firm).expect(200);
    assert_eq!((told(&app, &other), told(&app, &confirmer)), (Vec::new(), Vec::new()));
    // What the objection made of it is told to who drafted it too.
    let objection = id_of(&app.object(&firm, &format!("/v1/records/{id}")).expect(201));
    let amended =
        json!({"decision": "amended", "reason": "情节有误", "amendment": {"title": "违规收费一次"}});
    app.decide(&official(&app, true), "objections", &objection, &amended).expect(200);
    let objection = id_of(&app.object(&firm, &format!("/v1/records/{id}")).expect(201));
    let revoked = json!({"decision": "revoked", "reason": "处罚已被撤销"});
    app.decide(&official(&app, true), "objections", &objection, &revoked).expect(200);
    let objected = |title: &str| line("record_objected", &format!("您起草的“{title}”被提出异议"), None);
    assert_eq!(
        told(&app, &drafter)[..4],
        [
            line("record_revoked", "您起草的“违规收费一次”已撤销", Some("处罚已被撤销")),
            objected("违规收费一次"),
            line("record_amended", "您起草的“违规收费一次”经异议处理已更正", Some("情节有误")),
            objected("违规收取装修管理费"),
        ]
    );
    assert_eq!(about(&app, &drafter)[0], json!({"kind": "record", "id": id}));
    // Nobody else, and not who confirmed it.
    assert_eq!((told(&app, &other), told(&app, &confirmer)), (Vec::new(), Vec::new()));
}

#[both]
fn what_is_asked_and_decided_of_a_record_is_told_to_who_drafted_it(app: TestApp) {
    let scene = app.scene();
    let (drafter, firm) = (official(&app, false), app.firm_account(&scene.uscc));
    let (id, etag) = app.draft(&drafter, &with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let submitted = app.record_step(&drafter, &id, &etag, "submit").expect(200);
    app.record_step(&app.confirmer(), &id, submitted.etag(), "confirm").expect(200);
    let objection = id_of(&app.object(&firm, &format!("/v1/records/{id}")).expect(201));
    app.decided(&objection, &json!({"decision": "upheld", "reason": "程序合法"}));
    let repair = id_of(&app.ask_repair(&firm, &id).expect(201));
    let granted = json!({"decision": "granted", "reason": "退款已核实"});
    app.decide(&app.confirmer(), "repairs", &repair, &granted).expect(200);
    let expected = [
        line("record_repaired", "您起草的“违规收取装修管理费”已准予信用修复", Some("退款已核实")),
        line("record_repair_asked", "企业对您起草的“违规收取装修管理费”申请信用修复", None),
        line("record_upheld", "您起草的“违规收取装修管理费”经异议处理维持原内容", Some("程序合法")),
        line("record_objected", "您起草的“违规收取装修管理费”被提出异议", None),
        line("record_confirmed", "您起草的“违规收取装修管理费”已确认生效", None),
    ];
    assert_eq!(told(&app, &drafter), expected);
    let english = app.get("/v1/me/notices?limit=1").token(&drafter).english().expect(200).json();
    assert_eq!(english["items"][0]["text"], "The penalty that you drafted was repaired: 违规收取装修管理费");
}

#[both]
fn what_became_of_objections_and_repairs_is_told_to_the_firms_accounts(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    app.tick();
    let (objector, colleague) = (app.firm_account(&scene.uscc), app.firm_account(&scene.uscc));
    let other = app.firm_account(&app.firm("别家物业"));
    let path = format!("/v1/records/{id}");
    let objected = || id_of(&app.object(&objector, &path).expect(201));
    let extend = |rooms: &str, id: &str| {
        let call = app.post(&format!("/v1/admin/{rooms}/{id}/extend")).token(&app.confirmer());
        call.header("If-Match", "*").json(&json!({"reason": "须向多方取证"})).expect(200)
    };
    let objection = objected();
    let until = extend("objections", &objection).json()["due_on"].clone();
    assert_eq!(until, "2026-12-18");
    app.decided(&objection, &json!({"decision": "upheld", "reason": "程序合法"}));
    let repair = id_of(&app.ask_repair(&objector, &id).expect(201));
    extend("repairs", &repair);
    app.decide(&app.confirmer(), "repairs", &repair, &json!({"decision": "refused", "reason": "退款未完成"}))
        .expect(200);
    app.advance(chrono::Duration::days(40));
    let later = app.firm_account(&scene.uscc);
    let again = id_of(&app.ask_repair(&later, &id).expect(201));
    app.decide(&app.confirmer(), "repairs", &again, &json!({"decision": "granted", "reason": "退款已核实"}))
        .expect(200);
    assert_eq!(
        told(&app, &later),
        [line("repair_granted", "贵企业的信用修复申请已获准", Some("退款已核实"))]
    );
    app.advance(chrono::Duration::days(-40));
    let expected = [
        line("repair_granted", "贵企业的信用修复申请已获准", Some("退款已核实")),
        line("repair_refused", "贵企业的信用修复申请未获准", Some("退款未完成")),
        line(
            "repair_extended",
            "贵企业的信用修复申请情况复杂，处理期限延长至2026年12月18日",
            Some("须向多方取证"),
        ),
        line("objection_upheld", "所提异议已作出处理决定：维持原内容", Some("程序合法")),
        line("objection_extended", "所提异议情况复杂，处理期限延长至2026年12月18日", Some("须向多方取证")),
    ];
    assert_eq!(told(&app, &objector), expected);
    assert_eq!(told(&app, &colleague), expected);
    assert_eq!(
        about(&app, &colleague),
        [
            json!({"kind": "repair", "id": again}),
            json!({"kind": "repair", "id": repair}),
            json!({"kind": "repair", "id": repair}),
            json!({"kind": "objection", "id": objection}),
            json!({"kind": "objection", "id": objection}),
        ]
    );
    assert_eq!(told(&app, &other), []);
    let english = app.get("/v1/me/notices?limit=3").token(&colleague).english().expect(200).json();
    assert_eq!(
        english["items"][2]["text"],
        "The decision on your firm's request for repair takes longer, until 18 December 2026"
    );
}

#[both]
fn objections_that_change_a_record_say_so(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let id = app.record_in_force(&penalty(&scene.uscc));
    let objected = || id_of(&app.object(&firm, &format!("/v1/records/{id}")).expect(201));
    app.decided(
        &objected(),
        &json!({"decision": "amended", "reason": "情节有误", "amendment": {"title": "违规收费一次"}}),
    );
    app.decided(&objected(), &json!({"decision": "revoked", "reason": "处罚已被撤销"}));
    assert_eq!(
        told(&app, &firm),
        [
            line("objection_revoked", "所提异议已作出处理决定：予以撤销", Some("处罚已被撤销")),
            line("objection_amended", "所提异议已作出处理决定：予以更正", Some("情节有误")),
        ]
    );
}

#[both]
fn of_an_import_one_notice_tells_who_sent_it_and_each_record_its_firm(app: TestApp) {
    let scene = app.scene();
    let (drafter, city) = (official(&app, false), app.official(Role::City, "2102", true));
    let firm = app.firm_account(&scene.uscc);
    let file = |numbers: [u32; 2]| {
        let header = "category,uscc,level,severity,title,document_number,authority,evidence,decided_on";
        numbers.iter().fold(format!("{header}\n"), |file, number| {
            let row = format!(
                "P301,{},city,ordinary,违规收费{number},大住建罚〔2026〕{number}号,大连市住建局,f,2026-10-01",
                scene.uscc
            );
            file + &row + "\n"
        })
    };
    let decide = |batch: &Value, verb: &str, body: &Value| {
        let path = format!("/v1/admin/imports/{}/{verb}", batch["id"].as_str().unwrap());
        app.post(&path).token(&city).header("If-Match", "*").json(body).expect(200);
    };
    let sent = import_file(&app, &drafter, "records", CSV, file([1, 2]));
    decide(&sent, "return", &json!({"reason": "缺少决定书"}));
    let again = import_file(&app, &drafter, "records", CSV, file([3, 4]));
    let path = format!("/v1/admin/imports/{}/confirm", again["id"].as_str().unwrap());
    app.post(&path).token(&city).header("If-Match", "*").expect(200);
    app.tick();
    assert_eq!(
        told(&app, &drafter),
        [
            line("import_confirmed", "您提交的批量导入已确认生效", None),
            line("import_returned", "您提交的批量导入已被退回", Some("缺少决定书")),
        ]
    );
    assert_eq!(about(&app, &drafter)[0], json!({"kind": "import", "id": again["id"]}));
    let mut of_firm = told(&app, &firm);
    of_firm.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(
        of_firm,
        [
            line("record_added", "“违规收费3”已记入信用档案", None),
            line("record_added", "“违规收费4”已记入信用档案", None),
        ]
    );
}

#[both]
fn nothing_is_told_of_ratings_comments_flags_and_what_is_decided_on_them(app: TestApp) {
    let stage = app.stage();
    app.firm_account(&stage.uscc);
    let residents = app.neighbours(&stage.estate, 10);
    let reader = app.neighbour(&stage.estate);
    for resident in &residents {
        app.put(&format!("/v1/me/follows/{}", stage.uscc)).token(&resident.token).expect(201);
    }
    for (resident, comment) in residents.iter().zip(["楼道很干净", "请联系 139 0000 0000"].iter().cycle())
    {
        let body = json!({"overall": 2, "comment": comment});
        app.rating(resident, &stage.project, "2026-11").json(&body).expect(201);
    }
    app.taken_back(&residents[9], &stage.project, "2026-11").expect(204);
    app.rate(&residents[9], &stage.project, "2026-11", 5);
    app.step_on("2026-11-23");
    let street = app.official(Role::Street, STREET, true);
    let held = app.get("/v1/admin/reviews?status=held").token(&street).expect(200).json();
    let held: Vec<String> = held["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(held.len() > 2, "{held:?}");
    for (id, verb) in [(&held[0], "publish"), (&held[1], "hide")] {
        let body = match verb {
            "hide" => json!({"reason": "含个人信息", "rule": "personal_information"}),
            _ => json!({"reason": "可以公开"}),
        };
        let path = format!("/v1/admin/reviews/{id}/{verb}");
        app.post(&path).token(&street).header("If-Match", "*").json(&body).expect(200);
    }
    let shown = app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json();
    let review = shown["items"][0]["id"].as_str().unwrap().to_owned();
    let flag = app.post(&format!("/v1/reviews/{review}/flags")).token(&app.renewed(&reader.id));
    flag.json(&json!({"reason": "不实"})).expect(201);
    let firm_token = app.firm_account(&stage.uscc);
    app.put(&format!("/v1/reviews/{review}/reply"))
        .token(&firm_token)
        .json(&json!({"text": "感谢"}))
        .expect(201);
    app.step_on("2026-12-01");
    app.tick();
    // The grade moved with what was published, which everyone can read.
    assert!(all_kinds(&app).iter().all(|kind| kind.starts_with("followed_")), "{:?}", all_kinds(&app));
    for resident in &residents {
        let of_grades = app.notices(&app.renewed(&resident.id));
        assert!(of_grades.iter().all(|each| each["about"]["kind"] == "firm"), "{of_grades:?}");
    }
    assert_eq!(app.notices(&app.renewed(&reader.id)), Vec::<Value>::new());
}

#[both]
fn only_what_is_not_read_and_how_many_these_are(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    for _ in 0..3 {
        app.record_in_force(&penalty(&scene.uscc));
    }
    app.tick();
    let page = |query: &str| app.get(&format!("/v1/me/notices{query}")).token(&firm).expect(200).json();
    let all = page("?count=true");
    assert_eq!((all["items"].as_array().unwrap().len(), &all["page"]["total"]), (3, &json!(3)));
    let read = app
        .post(&format!("/v1/me/notices/{}/read", all["items"][1]["id"].as_str().unwrap()))
        .token(&firm)
        .expect(200)
        .json();
    assert_eq!(read["read_at"], "2026-11-21T02:00:00Z");
    let unread = page("?unread=true&count=true&limit=1");
    assert_eq!((&unread["items"][0], &unread["page"]["total"]), (&all["items"][0], &json!(2)));
    let next = page(&format!(
        "?unread=true&count=true&limit=1&cursor={}",
        unread["page"]["next_cursor"].as_str().unwrap()
    ));
    assert_eq!((&next["items"][0], &next["page"]["next_cursor"]), (&all["items"][2], &json!(null)));
    assert_eq!(page("?unread=false&count=true")["page"]["total"], 3);
    let bad = app.get("/v1/me/notices?unread=perhaps").token(&firm).refused(400, "bad_parameter");
    assert_eq!(bad.faults()[0].0, "unread");
}

#[both]
fn who_is_told_alone_reads_it(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    app.record_in_force(&penalty(&scene.uscc));
    app.tick();
    let path = format!("/v1/me/notices/{}/read", app.notices(&firm)[0]["id"].as_str().unwrap());
    let program = app.token(NewAccount { ..someone(Role::Integrator) });
    for token in
        [app.firm_account(&scene.uscc), app.confirmer(), app.resident("13900000001").1, app.admin(), program]
    {
        assert_eq!(app.notices(&token), Vec::<Value>::new());
        let refused = app.post(&path).token(&token).refused(404, "not_found").json();
        assert_eq!(refused["detail"], "未找到该通知");
    }
    app.get("/v1/me/notices").refused(401, "not_signed_in");
    app.post(&path).refused(401, "not_signed_in");
    app.post("/v1/me/notices/there-is-none/read").token(&firm).refused(404, "not_found");
}

#[both]
fn notices_are_kept_for_a_year(app: TestApp) {
    let scene = app.scene();
    let (id, _) = app.account(NewAccount { uscc: Some(scene.uscc.clone()), ..someone(Role::Firm) });
    app.record_in_force(&penalty(&scene.uscc));
    app.tick();
    app.advance(chrono::Duration::days(200));
    app.record_in_force(&penalty(&scene.uscc));
    app.tick();
    app.advance(chrono::Duration::days(165));
    let drop_old = || app.db().write_blocking(notices::drop_old).unwrap();
    assert_eq!(drop_old(), 0);
    app.advance(chrono::Duration::seconds(1));
    // The firm's, and that to who drafted the record.
    assert_eq!((drop_old(), drop_old()), (2, 0));
    assert_eq!(app.notices(&app.renewed(&id)).len(), 1);
}

#[both]
fn what_a_setting_names_goes_to_phones_once(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.notice_sms = vec!["residence_ended".to_owned(), "residence_refused".to_owned()];
    });
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let other = app.neighbour(&stage.estate);
    let community = app.official(Role::Community, COMMUNITY, false);
    let end = |token: &str| {
        let own = app.get("/v1/me/residences").token(token).expect(200).json();
        let path = format!("/v1/admin/residences/{}/end", own["items"][0]["id"].as_str().unwrap());
        app.post(&path)
            .token(&community)
            .header("If-Match", "*")
            .json(&json!({"reason": "已搬离"}))
            .expect(200);
    };
    // Before the setting is kept, nothing that is told waits for a phone.
    end(&other.token);
    app.keep_settings();
    end(&resident.token);
    let (_, claimant) = app.resident("13900000301");
    let claim = app.claim(&claimant, &stage.estate, "301").expect(201).json();
    let path = format!("/v1/admin/residences/{}/approve", claim["id"].as_str().unwrap());
    let body = json!({"none_of_them": true});
    app.post(&path).token(&community).header("If-Match", "*").json(&body).expect(200);
    app.send_notices();
    let sentence = app.notices(&resident.token)[0]["text"].as_str().unwrap().to_owned();
    assert_eq!(
        app.state.outbox().notices(&resident.phone),
        [format!("【信物】{sentence}。详情请登录查看。")]
    );
    assert_eq!(app.state.outbox().count(&other.phone) + app.state.outbox().count("13900000301"), 0);
    // Not again, by this service or by another one after a restart.
    app.send_notices();
    let restarted = app.beside();
    restarted.send_notices();
    assert_eq!(app.state.outbox().count(&resident.phone), 1);
    assert_eq!(restarted.state.outbox().count(&resident.phone), 0);
}

#[both]
fn an_account_that_was_disabled_meanwhile_gets_no_message(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.notice_sms = vec!["residence_refused".to_owned()];
    });
    app.keep_settings();
    let stage = app.stage();
    let admin = app.token(NewAccount { username: Some("root".to_owned()), ..someone(Role::Admin) });
    let community = app.official(Role::Community, COMMUNITY, false);
    let set_status = |account: &str, status: &str| {
        let path = format!("/v1/admin/users/{account}");
        let body = json!({"status": status});
        app.patch(&path).token(&admin).header("If-Match", "*").json(&body).expect(200);
    };
    let refuse = |token: &str, room: &str| {
        let claim = app.claim(token, &stage.estate, room).expect(201).json();
        let path = format!("/v1/admin/residences/{}/refuse", claim["id"].as_str().unwrap());
        let body = json!({"reason": "未提供购房合同"});
        app.post(&path).token(&community).header("If-Match", "*").json(&body).expect(200);
    };
    let (shut, token) = app.resident("13900000301");
    refuse(&token, "301");
    set_status(&shut, "disabled");
    let (_, token) = app.resident("13900000302");
    refuse(&token, "302");
    app.send_notices();
    let sent = |phone: &str| app.state.outbox().notices(phone).len();
    assert_eq!((sent("13900000301"), sent("13900000302")), (0, 1));
    // Not later either, when it is opened again; the notice is there to be read.
    set_status(&shut, "active");
    app.send_notices();
    assert_eq!(sent("13900000301"), 0);
}

#[both]
fn a_message_outlasts_a_restart_and_not_its_day(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.notice_sms = vec!["residence_refused".to_owned()];
    });
    app.keep_settings();
    let stage = app.stage();
    let refuse = |phone: &str, room: &str| {
        let community = app.official(Role::Community, COMMUNITY, false);
        let (_, token) = app.resident(phone);
        let claim = app.claim(&token, &stage.estate, room).expect(201).json();
        let path = format!("/v1/admin/residences/{}/refuse", claim["id"].as_str().unwrap());
        let body = json!({"reason": "未提供购房合同"});
        app.post(&path).token(&community).header("If-Match", "*").json(&body).expect(200);
        token
    };
    refuse("13900000301", "301");
    app.advance(chrono::Duration::hours(1));
    let leaver = refuse("13900000302", "302");
    refuse("13900000303", "303");
    // Who deletes the account is written to no more.
    app.delete("/v1/me").token(&leaver).expect(204);
    let restarted = app.beside();
    restarted.clock.set(app.now() + chrono::Duration::hours(23));
    restarted.send_notices();
    let sent = |phone: &str| restarted.state.outbox().count(phone);
    assert_eq!(
        (sent("13900000301"), sent("13900000302"), sent("13900000303")),
        (0, 0, 1),
        "a day old; deleted; in time"
    );
}
