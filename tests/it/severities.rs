//! How grave a record may be by the catalogue, and that what black-lists a firm is told to
//! everyone.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::DISTRICT;
use crate::imports::{CSV, fault, faults, import_file};

/// Embezzling the maintenance fund: by the catalogue serious, by the scheme a veto.
fn embezzled(uscc: &str, changes: Value) -> Value {
    with(with(penalty(uscc), json!({"category": "P303"})), changes)
}

#[both]
fn a_severity_that_its_category_does_not_have_needs_a_reason(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let add = |changes| app.post("/v1/admin/records").token(&drafter).json(&embezzled(&scene.uscc, changes));
    let required = || ("/severity_reason".to_owned(), "required".to_owned());
    let refused = add(json!({"severity": "ordinary"})).refused(422, "invalid");
    assert_eq!(refused.faults(), [required()]);
    // What puts its firm on the black list is not minor, whatever the reason.
    let not_minor = [("/severity".into(), "must_be_shown".into()), required()];
    assert_eq!(add(json!({"severity": "minor"})).refused(422, "invalid").faults(), not_minor);
    let refused = add(json!({"severity": "ordinary", "severity_reason": " "})).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/severity_reason".into(), "blank".into())]);
    // It is shown with the record, and passes the screen of what is.
    let told = json!({"severity": "ordinary", "severity_reason": "投诉人 139:0000:0000 已谅解"});
    let refused = add(told).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/severity_reason".into(), "personal_information".into())]);
    assert_eq!(ids(&app.get("/v1/admin/records").token(&drafter).expect(200)), Vec::<String>::new());
    let told = add(json!({"severity": "ordinary", "severity_reason": "三日内全额退还"})).expect(201);
    assert_eq!(told.json()["severity_reason"], "三日内全额退还");
    // A severity of the catalogue needs none and keeps none, and the reason falls with the
    // severity.
    let path = told.header("location").to_owned();
    let edit = |etag: &str, changes| app.patch(&path).token(&drafter).header("If-Match", etag).json(&changes);
    let kept = edit(told.etag(), json!({"title": "挪用维修资金"})).expect(200);
    assert_eq!(kept.json()["severity_reason"], "三日内全额退还");
    let refused = edit(kept.etag(), json!({"severity": "minor"})).refused(422, "invalid");
    assert_eq!(refused.faults(), not_minor);
    let usual = edit(kept.etag(), json!({"severity": "serious", "severity_reason": "数额较大"})).expect(200);
    assert_eq!(usual.json()["severity_reason"], json!(null));
    // An amendment by a decision on an objection needs one as well, and it shows.
    let id =
        app.record_in_force(&embezzled(&scene.uscc, json!({"document_number": "中住建罚〔2026〕甲1号"})));
    let objection = app.objection(&scene.uscc, &id);
    let amend = |amendment| json!({"decision": "amended", "reason": "经复核", "amendment": amendment});
    let refused = app
        .decide(&app.confirmer(), "objections", &objection, &amend(json!({"severity": "ordinary"})))
        .refused(422, "invalid");
    assert_eq!(refused.faults(), [("/amendment/severity_reason".into(), "required".into())]);
    let milder = amend(json!({"severity": "ordinary", "severity_reason": "已全额归还"}));
    app.decide(&app.confirmer(), "objections", &objection, &milder).seconded(&app);
    assert_eq!(app.get(&format!("/v1/records/{id}")).expect(200).json()["severity_reason"], "已全额归还");
    let former =
        app.get(&format!("/v1/admin/records/{id}")).token(&drafter).expect(200).json()["former"][0].clone();
    assert_eq!((&former["severity"], &former["severity_reason"]), (&json!("serious"), &json!(null)));
}

#[both]
fn a_row_of_a_file_gives_the_reason_too(app: TestApp) {
    let scene = app.scene();
    let drafter = app.official(Role::District, DISTRICT, false);
    let row = |number: u32, reason: &str| {
        format!(
            "P303,{},district,ordinary,{reason},挪用维修资金,中住建罚〔2026〕{number}号,中山区住建局,file,2026-11-10\n",
            scene.uscc
        )
    };
    let header =
        "category,uscc,level,severity,severity_reason,title,document_number,authority,evidence,decided_on";
    let report = import_file(
        &app,
        &drafter,
        "records",
        CSV,
        format!("{header}\n{}{}", row(1, "已全额归还"), row(2, "")),
    );
    assert_eq!(faults(&report), [fault(3, "severity_reason", "required")]);
    let told = format!("{header}\n{}", row(1, "投诉人 139:0000:0000 已谅解"));
    let report = import_file(&app, &drafter, "records", CSV, told);
    assert_eq!(faults(&report), [fault(2, "severity_reason", "personal_information")]);
    let good = import_file(&app, &drafter, "records", CSV, format!("{header}\n{}", row(1, "已全额归还")));
    assert_eq!(good["state"], "submitted", "{good}");
}

#[both]
fn what_black_lists_is_public_with_its_rule(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let add = |changes| app.post("/v1/admin/records").token(&drafter).json(&embezzled(&scene.uscc, changes));
    let reason = |severity: &str, changes| {
        with(json!({"severity": severity, "severity_reason": "三日内全额退还"}), changes)
    };
    // A minor penalty is hidden, or shown for three months at most: what black-lists is none,
    // whatever the reason.
    for publish in [json!(null), json!(true), json!(false)] {
        let refused = add(reason("minor", json!({"publish": publish}))).refused(422, "invalid");
        assert_eq!(refused.faults(), [("/severity".into(), "must_be_shown".into())]);
    }
    let header =
        "category,uscc,level,severity,severity_reason,title,document_number,authority,evidence,decided_on";
    let row = format!(
        "P303,{},district,minor,退还,挪用维修资金,中住建罚〔2026〕7号,中山区住建局,file,2026-11-10\n",
        scene.uscc
    );
    let refused = import_file(&app, &drafter, "records", CSV, format!("{header}\n{row}"));
    assert_eq!(faults(&refused), [fault(2, "severity", "must_be_shown")]);
    // Nor is it shown for less than its severity allows.
    let refused = add(reason("ordinary", json!({"public_until": "2027-11-09"}))).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/public_until".into(), "out_of_range".into())]);
    let id = app.record_in_force(&embezzled(&scene.uscc, reason("ordinary", json!({}))));
    let amendment = json!({"severity": "minor", "severity_reason": "三日内全额退还"});
    let body = json!({"decision": "amended", "reason": "经复核", "amendment": amendment});
    let refused = app
        .decide(&app.confirmer(), "objections", &app.objection(&scene.uscc, &id), &body)
        .refused(422, "invalid");
    assert_eq!(refused.faults(), [("/amendment/severity".into(), "must_be_shown".into())]);
    let shown = app.get(&format!("/v1/records/{id}")).expect(200).json();
    assert_eq!((&shown["public"], &shown["public_until"]), (&json!(true), &json!("2027-11-10")));
    let rule = "一票否决：存在严重失信行为";
    let listed = || app.get("/v1/lists/black").expect(200).json()["items"].clone();
    assert_eq!((&listed()[0]["firm"]["uscc"], &listed()[0]["reason"]), (&json!(scene.uscc), &json!(rule)));
    // The listing ends with the publicity.
    app.set_time("2027-11-10T02:00:00Z");
    app.tick();
    assert_eq!(
        (
            listed().as_array().unwrap().len(),
            &app.get(&format!("/v1/records/{id}")).expect(200).json()["public"]
        ),
        (1, &json!(true))
    );
    app.set_time("2027-11-11T02:00:00Z");
    app.tick();
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    assert_eq!(listed(), json!([]));
}
