//! The life of a record from one end to the other: each step listed, each that a state does not
//! have refused, its three dates, and what outlasts it.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{DISTRICT, OTHER_DISTRICT};
use crate::harness::{Call, Reply, TestApp, someone};
use crate::imports::{CSV, faults, import_file};

/// An official of the district who may confirm: the account's id and token.
fn official(app: &TestApp) -> (String, String) {
    app.account(NewAccount { place: Some(DISTRICT.to_owned()), can_confirm: true, ..someone(Role::District) })
}

/// Sends requests at once; gives their answers, the lower status first.
fn simultaneously<const N: usize>(calls: [Call; N]) -> Vec<Reply> {
    let mut replies: Vec<Reply> = std::thread::scope(|scope| {
        let sent: Vec<_> = calls.into_iter().map(|call| scope.spawn(move || call.send())).collect();
        sent.into_iter().map(|one| one.join().unwrap()).collect()
    });
    replies.sort_by_key(|reply| reply.status);
    replies
}

/// One of them is done; the other is told that it has changed.
#[track_caller]
fn one_wins(what: &str, calls: [Call; 2]) -> Reply {
    let [done, other] = <[Reply; 2]>::try_from(simultaneously(calls)).unwrap_or_else(|_| panic!("two"));
    let other_code = other.json()["code"].clone();
    assert_eq!((done.status, other.status, other_code), (200, 412, json!("stale")), "{what}: {}", other.text);
    done
}

fn granted() -> Value {
    json!({"decision": "granted", "reason": "退款已核实"})
}

fn decision(word: &str) -> Value {
    json!({"decision": word, "reason": "经复核"})
}

#[both]
fn every_step_is_listed_with_who_when_and_why(app: TestApp) {
    let scene = app.scene();
    let [drafter, editor, confirmer, decider, repairer] = [(); 5].map(|()| official(&app));
    let firm = app.account(NewAccount { uscc: Some(scene.uscc.clone()), ..someone(Role::Firm) });
    let (id, etag) = app.draft(&drafter.1, &with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let path = format!("/v1/admin/records/{id}");
    let later = || app.advance(chrono::Duration::seconds(30));
    let step = |by: &(String, String), step: &str, etag: &str| {
        later();
        app.record_step(&by.1, &id, etag, step).expect(200).etag().to_owned()
    };
    let edit = |by: &(String, String), etag: &str, title: &str| {
        later();
        app.patch(&path)
            .token(&by.1)
            .header("If-Match", etag)
            .json(&json!({"title": title}))
            .expect(200)
            .etag()
            .to_owned()
    };
    let etag = edit(&editor, &etag, "违规收费");
    let etag = step(&drafter, "submit", &etag);
    let etag = step(&confirmer, "return", &etag);
    let etag = edit(&drafter, &etag, "违规收取费用");
    let etag = step(&drafter, "submit", &etag);
    step(&confirmer, "confirm", &etag);
    let of = |reply: Reply| reply.json()["id"].as_str().unwrap().to_owned();
    later();
    let objection = of(app.object(&firm.1, &format!("/v1/records/{id}")).expect(201));
    later();
    let amended = json!({"decision": "amended", "reason": "事实清楚，情节有误", "amendment": {"title": "违规收费一次"}});
    app.decide(&decider.1, "objections", &objection, &amended).expect(200);
    later();
    let taken_back = of(app.object(&firm.1, &format!("/v1/records/{id}")).expect(201));
    later();
    app.post(&format!("/v1/objections/{taken_back}/withdraw"))
        .token(&firm.1)
        .header("If-Match", "*")
        .expect(200);
    later();
    let first = of(app.ask_repair(&firm.1, &id).expect(201));
    later();
    app.post(&format!("/v1/repairs/{first}/withdraw")).token(&firm.1).header("If-Match", "*").expect(200);
    later();
    let second = of(app.ask_repair(&firm.1, &id).expect(201));
    later();
    app.decide(&repairer.1, "repairs", &second, &granted()).expect(200);
    let expected: Vec<Value> = [
            ("drafted", &drafter, None),
            ("edited", &editor, None),
            ("submitted", &drafter, None),
            ("returned", &confirmer, Some("文书号有误")),
            ("edited", &drafter, None),
            ("submitted", &drafter, None),
            ("confirmed", &confirmer, None),
            ("objected", &firm, None),
            ("amended", &decider, Some("事实清楚，情节有误")),
            ("objected", &firm, None),
            ("objection_withdrawn", &firm, None),
            ("repair_requested", &firm, None),
            ("repair_withdrawn", &firm, None),
            ("repair_requested", &firm, None),
            ("repaired", &repairer, Some("退款已核实")),
        ]
        .into_iter()
        .enumerate()
        .map(|(number, (step, by, why))| {
            let (minutes, seconds) = (number / 2, 30 * (number % 2));
            json!({
                "step": step, "by": by.0, "at": format!("2026-11-21T02:{minutes:02}:{seconds:02}Z"), "reason": why,
                "seconded_by": null, "ground": null, "evidence": []
            })
        })
        .collect();
    let kept = app.get(&path).token(&confirmer.1).expect(200).json();
    assert_eq!(kept["steps"], json!(expected));
    assert_eq!((&kept["state"], &kept["status"]), (&json!("repaired"), &json!("repaired")));
    // Nothing is ever deleted, and who did it is for officials alone.
    for path in [
        path.clone(),
        format!("/v1/records/{id}"),
        format!("/v1/admin/objections/{objection}"),
        format!("/v1/admin/repairs/{second}"),
    ] {
        let refused = app.delete(&path).token(&confirmer.1).refused(405, "method_not_allowed");
        assert!(!refused.header("allow").contains("DELETE"), "{path}");
    }
    for token in [&firm.1, &confirmer.1] {
        assert!(app.get(&format!("/v1/records/{id}")).token(token).expect(200).json().get("steps").is_none());
    }
}

#[both]
fn a_step_that_a_state_does_not_have_is_refused_by_name(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let firm = app.firm_account(&scene.uscc);
    let body = || with(penalty(&scene.uscc), json!({"severity": "minor"}));
    let steps_to = |steps: &[&str]| {
        let (id, _) = app.draft(&drafter, &body());
        for step in steps {
            let by = if ["confirm", "return"].contains(step) { &confirmer } else { &drafter };
            app.record_step(by, &id, "*", step).expect(200);
        }
        id
    };
    let [draft, submitted, returned, in_force] =
        [&[][..], &["submit"], &["submit", "return"], &["submit", "confirm"]].map(steps_to);
    let [withdrawn, revoked, repaired, archived] =
        [&["withdraw"][..], &["submit", "confirm"], &["submit", "confirm"], &["submit", "confirm"]]
            .map(steps_to);
    app.decided(&app.objection(&scene.uscc, &revoked), &decision("revoked"));
    let repair = app.ask_repair(&firm, &repaired).expect(201).json();
    app.decide(&app.confirmer(), "repairs", repair["id"].as_str().unwrap(), &granted()).expect(200);
    let check = |id: &str, state: (&str, &str), allowed: &[&str]| {
        let (drafter, confirmer, firm) = (app.drafter(), app.confirmer(), app.firm_account(&scene.uscc));
        let before = app.get(&format!("/v1/admin/records/{id}")).token(&confirmer).expect(200).text;
        for step in ["edit", "submit", "confirm", "return", "withdraw"]
            .into_iter()
            .filter(|step| !allowed.contains(step))
        {
            let ask = |english: bool| {
                let call = match step {
                    "edit" => app
                        .patch(&format!("/v1/admin/records/{id}"))
                        .token(&drafter)
                        .header("If-Match", "*")
                        .json(&json!({"title": "x"})),
                    "submit" | "withdraw" => app.record_step(&drafter, id, "*", step),
                    _ => app.record_step(&confirmer, id, "*", step),
                };
                let call = if english { call.english() } else { call };
                call.refused(409, "wrong_state").json()["detail"].as_str().unwrap().to_owned()
            };
            assert_eq!(ask(false), format!("处于「{}」状态的信息不能进行此操作", state.0), "{step}");
            assert_eq!(ask(true), format!("A record that is {} does not allow this step", state.1), "{step}");
        }
        // The firm knows nothing of what is not confirmed, and has nothing to answer in what ended.
        if id != in_force {
            app.object(&firm, &format!("/v1/records/{id}")).refused(404, "not_found");
            app.ask_repair(&firm, id).refused(404, "not_found");
            app.put(&format!("/v1/records/{id}/reply"))
                .token(&firm)
                .json(&json!({"text": "x"}))
                .refused(404, "not_found");
        }
        assert_eq!(app.get(&format!("/v1/admin/records/{id}")).token(&confirmer).expect(200).text, before);
    };
    check(&draft, ("草稿", "draft"), &["edit", "submit", "withdraw"]);
    check(&submitted, ("待确认", "submitted"), &["confirm", "return", "withdraw"]);
    check(&returned, ("已退回", "returned"), &["edit", "submit", "withdraw"]);
    check(&withdrawn, ("已撤回", "withdrawn"), &[]);
    check(&in_force, ("已生效", "in force"), &[]);
    check(&revoked, ("已撤销", "revoked"), &[]);
    check(&repaired, ("已修复", "repaired"), &[]);
    app.set_time("2031-11-10T16:00:00Z");
    check(&archived, ("已生效", "in force"), &[]);
}

#[both]
fn what_is_decided_or_taken_back_stays_so(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let path = format!("/v1/records/{id}");
    let objection = app.objection(&scene.uscc, &id);
    let withdraw = |token: &str, id: &str| {
        app.post(&format!("/v1/objections/{id}/withdraw")).token(token).header("If-Match", "*")
    };
    let stranger = app.firm_account(&app.firm("别家物业"));
    withdraw(&stranger, &objection).refused(404, "not_found");
    withdraw(&app.confirmer(), &objection).refused(403, "role_not_allowed");
    withdraw(&firm, &objection).expect(200);
    withdraw(&firm, &objection).refused(409, "already_decided");
    app.decide(&app.confirmer(), "objections", &objection, &decision("upheld"))
        .refused(409, "already_decided");
    let extend = |id: &str| {
        app.post(&format!("/v1/admin/objections/{id}/extend"))
            .token(&app.confirmer())
            .header("If-Match", "*")
            .json(&json!({"reason": "x"}))
    };
    extend(&objection).refused(409, "already_decided");
    // One objection a revision: neither what was taken back nor what was decided can be made again.
    assert_eq!(
        app.object(&firm, &path).refused(409, "already_withdrawn").json()["existing"],
        json!(objection)
    );
    let other = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let objection = app.objection(&scene.uscc, &other);
    app.decided(&objection, &decision("upheld"));
    withdraw(&firm, &objection).refused(409, "already_decided");
    let again = app.object(&firm, &format!("/v1/records/{other}")).refused(409, "already_decided");
    assert_eq!(again.json()["existing"], json!(objection));
    let detail = app
        .decide(&app.confirmer(), "objections", &objection, &decision("revoked"))
        .english()
        .refused(409, "already_decided")
        .json();
    assert_eq!(detail["detail"], "This objection was decided or withdrawn already");
    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    app.decide(&app.confirmer(), "repairs", &repair, &decision("refused")).expect(200);
    app.decide(&app.confirmer(), "repairs", &repair, &granted()).refused(409, "already_decided");
    app.get(&format!("/v1/repairs/{repair}")).token(&stranger).refused(404, "not_found");
}

#[both]
fn each_severity_keeps_its_three_dates_to_the_second(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    // Decided on the last day of a month: three months later there is no 31st (Civil Code art.
    // 202).
    let mut records = Vec::new();
    for (severity, public_until, from, last, gone) in [
        ("minor", "2026-11-30", "2026-08-31", "2026-11-30T15:59:59Z", "2026-11-30T16:00:00Z"),
        ("ordinary", "2027-08-31", "2026-12-01", "2027-08-31T15:59:59Z", "2027-08-31T16:00:00Z"),
        ("serious", "2029-08-31", "2027-09-01", "2029-08-31T15:59:59Z", "2029-08-31T16:00:00Z"),
    ] {
        let body = json!({"severity": severity, "decided_on": "2026-08-31", "publish": true, "counts_until": "2027-02-28"});
        let id = app.record_in_force(&with(penalty(&scene.uscc), body));
        let seen = app.get(&format!("/v1/records/{id}")).token(&firm).expect(200).json();
        let dates = ["decided_on", "counts_from", "counts_until", "public_until", "retain_until"]
            .map(|name| seen[name].as_str().unwrap().to_owned());
        assert_eq!(
            dates,
            ["2026-08-31", "2026-08-31", "2027-02-28", public_until, "2031-08-31"],
            "{severity}"
        );
        records.push((id, from, last, gone));
    }
    // Repair is asked for from the day after the shortest publicity on.
    for (id, from, _, _) in &records[1..] {
        app.set_time("2026-11-22T02:00:00Z");
        let refused = app.ask_repair(&app.firm_account(&scene.uscc), id).refused(409, "too_early").json();
        assert_eq!(
            refused["detail"],
            format!("最短公示期未满，{from}起可申请修复（国家发展改革委令第36号）")
        );
    }
    for (id, _, last, gone) in &records {
        app.set_time(last);
        app.get(&format!("/v1/records/{id}")).expect(200);
        app.set_time(gone);
        app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    }
    // Counting ends by itself, before the publicity or with it: the minor one's has ended already.
    let counted = |query: &str| {
        let official = app.confirmer();
        let full = app
            .get(&format!("/v1/firms/{}/evaluation{query}", scene.uscc))
            .token(&official)
            .expect(200)
            .json();
        records.iter().filter(|(id, ..)| crate::harness::life::line(&full, id).is_some()).count()
    };
    assert_eq!(
        [
            counted("?as_of=2026-11-30"),
            counted("?as_of=2026-12-01"),
            counted("?as_of=2027-02-28"),
            counted("?as_of=2027-03-01")
        ],
        [3, 2, 2, 0]
    );
}

#[both]
fn an_archived_record_is_for_officials_alone(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "serious"})));
    let (path, list) = (format!("/v1/records/{id}"), format!("/v1/firms/{}/records", scene.uscc));
    app.set_time("2031-11-10T15:59:59Z");
    app.tick();
    let own = || {
        app.get("/v1/firm").token(&app.firm_account(&scene.uscc)).expect(200).json()["records"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(own(), 1);
    let status = |token: &str| app.get(&path).token(token).expect(200).json()["status"].clone();
    assert_eq!(status(&app.firm_account(&scene.uscc)), json!("in_force"));
    app.set_time("2031-11-10T16:00:00Z");
    app.tick();
    let (firm, official) = (app.firm_account(&scene.uscc), app.confirmer());
    app.get(&path).refused(404, "not_found");
    app.get(&path).token(&firm).refused(404, "not_found");
    app.get(&path).token(&app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    assert_eq!(own(), 0);
    for query in ["", "?status=archived", "?status=in_force", "?status=expired"] {
        assert_eq!(
            ids(&app.get(&format!("{list}{query}")).token(&official).expect(200)),
            Vec::<String>::new(),
            "{query}"
        );
    }
    assert_eq!(status(&official), json!("archived"));
    let kept = app.get(&format!("/v1/admin/records/{id}")).token(&official).expect(200).json();
    assert_eq!(
        (&kept["status"], &kept["public"], &kept["retain_until"]),
        (&json!("archived"), &json!(false), &json!("2031-11-10"))
    );
    assert_eq!(kept["steps"].as_array().unwrap().len(), 3);
    assert_eq!(ids(&app.get("/v1/admin/records?state=in_force").token(&official).expect(200)), [id.as_str()]);
}

#[both]
fn a_repair_changes_the_grade_at_once(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor", "publish": true})));
    let credit = || app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
    let before = credit();
    assert_eq!(
        (&before["credit"]["score"], &before["credit"]["grade"], &before["records"]["penalties"]),
        (&json!(52), &json!("C"), &json!(1))
    );
    let repair = app.ask_repair(&app.firm_account(&scene.uscc), &id).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(credit(), before);
    app.decide(&app.confirmer(), "repairs", &repair, &granted()).expect(200);
    let after = credit();
    assert_eq!(
        (&after["credit"]["score"], &after["credit"]["grade"], &after["records"]["penalties"]),
        (&json!(60), &json!("B"), &json!(0))
    );
    let history = app.get(&format!("/v1/firms/{}/evaluations", scene.uscc)).expect(200).json();
    assert_eq!(
        (&history["items"][0]["grade"], &history["items"][0]["cause"]["kind"]),
        (&json!("B"), &json!("unpublished"))
    );
}

#[both]
fn of_two_officials_at_once_one_wins_whatever_the_step(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let [one, two] = [app.confirmer(), app.confirmer()];
    let drafter = app.drafter();
    let (id, etag) = app.draft(&drafter, &with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let path = format!("/v1/admin/records/{id}");
    let edit = |token: &str, etag: &str, title: &str| {
        app.patch(&path).token(token).header("If-Match", etag).json(&json!({"title": title}))
    };
    let step = |token: &str, etag: &str, step: &str| app.record_step(token, &id, etag, step);
    // By officials of the drafter's office who then have no part in its confirmation.
    let [left, right] = [app.drafter(), app.drafter()];
    let etag = one_wins("edit", [edit(&left, &etag, "甲"), edit(&right, &etag, "乙")]).etag().to_owned();
    let etag =
        one_wins("submit", [step(&left, &etag, "submit"), step(&right, &etag, "submit")]).etag().to_owned();
    let returned =
        one_wins("return", [step(&one, &etag, "return"), step(&two, &etag, "return")]).etag().to_owned();
    let etag = one_wins("submit", [step(&left, &returned, "submit"), step(&right, &returned, "submit")])
        .etag()
        .to_owned();
    let decided = one_wins("confirm, return", [step(&one, &etag, "confirm"), step(&two, &etag, "return")]);
    if decided.json()["state"] == "returned" {
        let etag = step(&left, decided.etag(), "submit").expect(200).etag().to_owned();
        one_wins("confirm", [step(&one, &etag, "confirm"), step(&two, &etag, "confirm")]);
    }
    let (other, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    one_wins(
        "withdraw",
        [app.record_step(&left, &other, &etag, "withdraw"), app.record_step(&right, &other, &etag, "submit")],
    );

    let decider = [official(&app).1, official(&app).1];
    let objection = app.objection(&scene.uscc, &id);
    let room = format!("/v1/admin/objections/{objection}");
    let etag = app.get(&room).token(&decider[0]).expect(200).etag().to_owned();
    let extend = |token: &str, etag: &str| {
        app.post(&format!("{room}/extend"))
            .token(token)
            .header("If-Match", etag)
            .json(&json!({"reason": "案情复杂"}))
    };
    let decide = |token: &str, etag: &str| {
        app.post(&format!("{room}/decide")).token(token).header("If-Match", etag).json(&decision("upheld"))
    };
    let etag = one_wins("extend", [extend(&decider[0], &etag), extend(&decider[1], &etag)]).etag().to_owned();
    // The firm takes it back while an official decides.
    let own = app.get(&format!("/v1/objections/{objection}")).token(&firm).expect(200).etag().to_owned();
    let withdraw =
        app.post(&format!("/v1/objections/{objection}/withdraw")).token(&firm).header("If-Match", &own);
    one_wins("decide, withdraw", [decide(&decider[0], &etag), withdraw]);

    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    let room = format!("/v1/admin/repairs/{repair}");
    let etag = app.get(&room).token(&decider[0]).expect(200).etag().to_owned();
    let decide = |token: &str, body: &Value| {
        app.post(&format!("{room}/decide")).token(token).header("If-Match", &etag).json(body)
    };
    one_wins(
        "repair",
        [decide(&decider[0], &decision("refused")), decide(&decider[1], &decision("refused"))],
    );

    let reply = |etag: Option<&str>, text: &str| {
        let call = app.put(&format!("/v1/records/{id}/reply")).token(&firm).json(&json!({"text": text}));
        match etag {
            Some(etag) => call.header("If-Match", etag),
            None => call,
        }
    };
    let etag = reply(None, "已改正").expect(200).etag().to_owned();
    one_wins("reply", [reply(Some(&etag), "已退款"), reply(Some(&etag), "已公示")]);

    let file = format!(
        "category,uscc,level,title,document_number,authority,evidence,decided_on\nR101,{},city,表彰,文1号,机关,file,2026-11-17\n",
        scene.uscc
    );
    let batch = import_file(&app, &drafter, "records", CSV, file);
    let room = format!("/v1/admin/imports/{}", batch["id"].as_str().unwrap());
    let etag = app.get(&room).token(&one).expect(200).etag().to_owned();
    let confirm = app.post(&format!("{room}/confirm")).token(&one).header("If-Match", &etag);
    let back = app
        .post(&format!("{room}/return"))
        .token(&two)
        .header("If-Match", &etag)
        .json(&json!({"reason": "x"}));
    one_wins("batch", [confirm, back]);
}

#[both]
fn an_import_names_the_row_column_and_reason_and_changes_nothing(app: TestApp) {
    let scene = app.scene();
    app.record_in_force(&penalty(&scene.uscc));
    let district = app.drafter();
    let header =
        "category,uscc,level,title,document_number,authority,evidence,decided_on,scheme,points,reason";
    let row = |category: &str, number: u32, points: &str| {
        format!(
            "{category},{},district,标题,文〔2026〕{number}号,机关,file,2026-11-17,{points}\n",
            scene.uscc
        )
    };
    let rows = [
        row("P301", 1, "dalian-demo,8,"),
        row("P999", 2, ",,"),
        row("P301", 3, "dalian-demo,16,拒不整改"),
        row("P301", 4, "dalian-demo,3.999,已退费"),
        row("P301", 5, "dalian-demo,10,"),
        row("P301", 6, "nowhere,8,"),
        row("P303", 7, "dalian-demo,8,"),
        row("P301", 8, "dalian-demo,,"),
        row("P301", 9, ",8,"),
        row("P301", 10, "dalian-demo,8.0001,"),
    ];
    let everything = || {
        let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).text;
        let evaluation =
            app.get(&format!("/v1/firms/{}/evaluation", scene.uscc)).token(&app.confirmer()).expect(200).text;
        let records = app.get("/v1/admin/records?limit=100").token(&district).expect(200).text;
        (card, evaluation, records)
    };
    let before = everything();
    // First what can be read off the file alone, then what the catalogue and the schemes say.
    let unread =
        import_file(&app, &district, "records", CSV, format!("{header}\n{}{}{}", rows[7], rows[8], rows[9]));
    let named = |report: &Value| {
        faults(report)
            .into_iter()
            .map(|(line, column, code)| format!("{line} {column} {code}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(named(&unread), ["2 points required", "3 scheme required", "4 points decimal"]);
    let refused = import_file(&app, &district, "records", CSV, format!("{header}\n{}", rows[..7].concat()));
    assert_eq!(refused["state"], "refused");
    assert_eq!(
        named(&refused),
        [
            "3 category unknown_category",
            "4 points out_of_range",
            "5 points out_of_range",
            "6 reason required",
            "7 scheme unknown_scheme",
            "8 points no_discretion",
        ]
    );
    let details: Vec<&str> =
        refused["bad_rows"].as_array().unwrap().iter().map(|row| row["detail"].as_str().unwrap()).collect();
    assert_eq!(
        details[..4],
        ["目录中没有这个分类", "应在5到15之间", "应在5到15之间", "与参考分8不同，须说明理由"]
    );
    assert_eq!(everything(), before);
    // What is within the range is kept beside the reference, and counts so.
    let good = import_file(
        &app,
        &district,
        "records",
        CSV,
        format!("{header}\n{}{}", rows[0], row("P301", 11, "dalian-demo,12,拒不整改")),
    );
    assert_eq!(good["state"], "submitted", "{good}");
    app.post(&format!("/v1/admin/imports/{}/confirm", good["id"].as_str().unwrap()))
        .token(&app.confirmer())
        .header("If-Match", "*")
        .expect(200);
    let listed = app.get("/v1/admin/records?limit=100").token(&district).expect(200).json();
    let points: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().take(2).map(|record| &record["points"][0]).collect();
    assert!(
        points
            .contains(&&json!({"scheme": "dalian-demo", "reference": 8, "actual": 12, "reason": "拒不整改"})),
        "{points:?}"
    );
    assert!(
        points.contains(&&json!({"scheme": "dalian-demo", "reference": 8, "actual": 8, "reason": null})),
        "{points:?}"
    );
}

#[both]
fn a_managers_file_follows_the_person_from_firm_to_firm(app: TestApp) {
    let scene = app.scene();
    let other = app.firm("新东家物业");
    let manager = app.manager("王经理", &scene.uscc);
    let of_manager = |uscc: &str| with(penalty(uscc), json!({"manager": manager}));
    let first = app.record_in_force(&of_manager(&scene.uscc));
    let early = app
        .post("/v1/admin/records")
        .token(&app.drafter())
        .json(&of_manager(&other))
        .refused(422, "invalid")
        .faults();
    assert_eq!(early, [("/manager".to_owned(), "manager_of_another_firm".to_owned())]);
    app.patch(&format!("/v1/admin/managers/{manager}"))
        .token(&app.confirmer())
        .header("If-Match", "*")
        .json(&json!({"uscc": other}))
        .seconded(&app);
    let second = app.record_in_force(&of_manager(&other));
    let records = |path: &str| {
        let mut found = ids(&app.get(path).expect(200));
        found.sort();
        found
    };
    let mut both = vec![first.clone(), second.clone()];
    both.sort();
    assert_eq!(records(&format!("/v1/managers/{manager}/records")), both);
    assert_eq!(records(&format!("/v1/firms/{}/records", scene.uscc)), [first.as_str()]);
    assert_eq!(records(&format!("/v1/firms/{other}/records")), [second.as_str()]);
    assert_eq!(
        app.get(&format!("/v1/records/{first}")).expect(200).json()["manager"],
        json!({"id": manager, "name": "王经理"})
    );
    // The firm's own past stays its own: the new firm neither answers nor objects to it.
    app.object(&app.firm_account(&other), &format!("/v1/records/{first}")).refused(404, "not_found");
}
