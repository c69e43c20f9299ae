//! One decision counts once, however its number is spelled and however it comes.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT};
use crate::imports::{CSV, fault, faults, import_file, rows};

const HEADER: &str = "category,uscc,level,title,document_number,authority,evidence,decided_on";
const FIRST: &str = "大住建罚〔2026〕88号";
/// The same number as clerks write it.
const SPELLINGS: [&str; 7] = [
    "大住建罚〔2026〕88号",
    "大住建罚[2026]88号",
    "大住建罚【2026】88号",
    "大住建罚［２０２６］８８号",
    "大住建罚〔2026〕 88 号",
    "大住建罚〔2026〕88号 ",
    "大住建罚〔2026〕第88号",
];

#[both]
fn a_decision_under_seven_spellings_of_its_number_counts_once(app: TestApp) {
    let scene = app.scene();
    let numbered = |number: &str| with(penalty(&scene.uscc), json!({"document_number": number}));
    let first = app.record_in_force(&numbered(FIRST));
    let graded = app.evaluated(&scene.uscc, "")["score"].clone();
    let drafter = app.drafter();
    for spelling in SPELLINGS {
        let refused = app
            .post("/v1/admin/records")
            .token(&drafter)
            .json(&numbered(spelling))
            .refused(409, "already_recorded");
        assert_eq!(refused.json()["existing"], json!(first), "{spelling}");
        assert!(refused.json()["detail"].as_str().unwrap().contains(&first), "{}", refused.text);
    }
    assert_eq!(app.evaluated(&scene.uscc, "")["score"], graded);
    let all = app
        .get(&format!("/v1/admin/records?uscc={}&count=true", scene.uscc))
        .token(&drafter)
        .expect(200)
        .json();
    assert_eq!(all["page"]["total"], 1);
    // The same document may punish for another act or another firm.
    app.record_in_force(&with(numbered(FIRST), json!({"category": "P304"})));
    app.record_in_force(&with(numbered(FIRST), json!({"uscc": app.firm("别家物业")})));
    app.record_in_force(&numbered("大住建罚〔2026〕89号"));
    let nothing = app.post("/v1/admin/records").token(&drafter).json(&numbered("第〔〕号"));
    assert_eq!(nothing.refused(422, "invalid").faults(), [("/document_number".into(), "no_number".into())]);
}

#[both]
fn a_name_left_out_or_put_in_makes_no_other_decision(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &scene.uscc);
    let managers = ["王一", "李二"].map(|name| app.manager(name, &scene.uscc));
    let on = |number: &str, named: Value| {
        with(with(penalty(&scene.uscc), json!({"document_number": number})), named)
    };
    let add = |number: &str, named| app.post("/v1/admin/records").token(&drafter).json(&on(number, named));
    let first = app.record_in_force(&on(FIRST, json!({})));
    for named in [
        json!({"project": scene.project}),
        json!({"manager": managers[0]}),
        json!({"project": other, "manager": managers[1]}),
    ] {
        assert_eq!(add(FIRST, named).refused(409, "already_recorded").json()["existing"], json!(first));
    }
    // One document may concern several projects, or several managers, each with a record of its
    // own.
    let number = "大住建罚〔二〇二六〕90号";
    let second = app.record_in_force(&on(number, json!({"project": scene.project})));
    app.record_in_force(&on(number, json!({"project": other})));
    for named in [
        json!({}),
        json!({"manager": managers[0]}),
        json!({"project": scene.project, "manager": managers[0]}),
    ] {
        assert_eq!(
            add("大住建罚〔二○二六〕90号", named).refused(409, "already_recorded").json()["existing"],
            json!(second)
        );
    }
    let number = "大住建罚〔2026〕91号";
    app.record_in_force(&on(number, json!({"manager": managers[0]})));
    app.record_in_force(&on(number, json!({"manager": managers[1]})));
    add(number, json!({"project": other})).refused(409, "already_recorded");
    // So it is in a file, also of two rows of one.
    let row = |project: &str, number: &str| {
        format!(
            "P301,{},{project},district,违规收费,大住建罚〔2026〕{number}号,中山区住建局,file,2026-11-10\n",
            scene.uscc
        )
    };
    let header = HEADER.replace("uscc,", "uscc,project,");
    let file =
        |rows: &[String]| import_file(&app, &drafter, "records", CSV, format!("{header}\n{}", rows.concat()));
    let refused = file(&[row(&scene.project, "88"), row("", "95"), row(&other, "95")]);
    assert_eq!(faults(&refused), [fault(2, "", "already_recorded"), fault(4, "", "already_recorded")]);
    let good = file(&[row(&scene.project, "95"), row(&other, "95")]);
    assert_eq!((&good["state"], &good["rows"]), (&json!("submitted"), &rows(2, 0, 0)));
}

#[both]
fn a_record_stands_for_its_decision_from_its_submission_until_it_comes_back(app: TestApp) {
    let scene = app.scene();
    let (drafter, colleague) = (app.drafter(), app.drafter());
    let numbered = |number: &str| with(penalty(&scene.uscc), json!({"document_number": number}));
    let add = |number: &str| app.post("/v1/admin/records").token(&colleague).json(&numbered(number));
    let act = |id: &str, what: &str| app.record_step(&drafter, id, "*", what);
    let edit = |id: &str, number: &str| {
        let path = format!("/v1/admin/records/{id}");
        app.patch(&path).token(&drafter).header("If-Match", "*").json(&json!({"document_number": number}))
    };
    // A draft that is given up is in nobody's way.
    let (abandoned, _) = app.draft(&drafter, &numbered(FIRST));
    let (first, _) = app.draft(&colleague, &numbered(SPELLINGS[2]));
    act(&first, "submit").expect(200);
    assert_eq!(act(&abandoned, "submit").refused(409, "already_recorded").json()["existing"], json!(first));
    add(SPELLINGS[3]).refused(409, "already_recorded");
    edit(&abandoned, SPELLINGS[6]).refused(409, "already_recorded");
    edit(&abandoned, "大住建罚〔2026〕90号").expect(200);
    // One that was sent back holds nothing, nor does one that was withdrawn.
    let back =
        || app.record_step(&app.confirmer(), &first, "*", "return").json(&json!({"reason": "文号有误"}));
    back().expect(200);
    add(FIRST).expect(201);
    edit(&first, SPELLINGS[4]).expect(200);
    act(&first, "submit").expect(200);
    add(FIRST).refused(409, "already_recorded");
    act(&first, "withdraw").json(&json!({"reason": "重复登记"})).expect(200);
    edit(&abandoned, FIRST).expect(200);
    act(&abandoned, "submit").expect(200);
    app.record_step(&app.confirmer(), &abandoned, "*", "confirm").expect(200);
    add(FIRST).refused(409, "already_recorded");
}

#[both]
fn a_record_is_named_only_to_who_reads_it(app: TestApp) {
    let scene = app.scene();
    let hidden = |number: &str| {
        with(
            penalty(&scene.uscc),
            json!({"document_number": number, "project": scene.project, "severity": "minor"}),
        )
    };
    let city = app.official(Role::City, "2102", false);
    let place = json!("同一决定已由大连市的工作人员记录");
    let (id, _) = app.draft(&city, &hidden(FIRST));
    app.record_step(&city, &id, "*", "submit").expect(200);
    // The district does not see what waits at the city.
    let drafter = app.drafter();
    let told = app
        .post("/v1/admin/records")
        .token(&drafter)
        .json(&hidden(SPELLINGS[1]))
        .refused(409, "already_recorded")
        .json();
    assert_eq!((&told["existing"], &told["detail"]), (&json!(null), &place), "{told}");
    let row =
        format!("P301,{},district,违规收费,{},中山区住建局,file,2026-11-10\n", scene.uscc, SPELLINGS[1]);
    let file = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{row}"));
    assert_eq!(file["bad_rows"][0]["detail"], place, "{file}");
    let told = app
        .post("/v1/admin/records")
        .token(&city)
        .json(&hidden(FIRST))
        .refused(409, "already_recorded")
        .json();
    assert_eq!(told["existing"], json!(id));
    // Confirmed, it is read by every official whom the firm or its project reaches.
    app.record_step(&app.official(Role::City, "2102", true), &id, "*", "confirm").expect(200);
    let told = app
        .post("/v1/admin/records")
        .token(&drafter)
        .json(&hidden(FIRST))
        .refused(409, "already_recorded")
        .json();
    assert_eq!(told["existing"], json!(id));
}

#[both]
fn a_record_that_fell_or_was_amended_stands_for_its_decision_still(app: TestApp) {
    let scene = app.scene();
    let numbered = |number: &str| with(penalty(&scene.uscc), json!({"document_number": number}));
    let amended = app.record_in_force(&numbered(FIRST));
    let body = json!({"decision": "amended", "reason": "定性有误", "amendment": {"category": "P304"}});
    app.decided(&app.objection(&scene.uscc, &amended), &body);
    let revoked = app.record_in_force(&numbered("大住建罚〔2026〕90号"));
    app.decided(
        &app.objection(&scene.uscc, &revoked),
        &json!({"decision": "revoked", "reason": "处罚已撤销"}),
    );
    let drafter = app.drafter();
    for (number, category, current_grade) in [
        (FIRST, "P301", &amended),
        (SPELLINGS[3], "P304", &amended),
        ("大住建罚[2026]90号", "P301", &revoked),
    ] {
        let again = with(numbered(number), json!({"category": category}));
        let refused =
            app.post("/v1/admin/records").token(&drafter).json(&again).refused(409, "already_recorded");
        assert_eq!(refused.json()["existing"], json!(current_grade), "{number} {category}");
    }
    // An amendment may not make it another one's repeat.
    let taken = app.record_in_force(&with(numbered("大住建罚〔2026〕92号"), json!({"category": "P304"})));
    let other = app.record_in_force(&numbered("大住建罚〔2026〕第92号"));
    let objection = app.objection(&scene.uscc, &other);
    let refused =
        app.decide(&app.confirmer(), "objections", &objection, &body).refused(409, "already_recorded");
    assert_eq!(refused.json()["existing"], json!(taken));
}

#[both]
fn of_two_at_once_one_stands(app: TestApp) {
    let scene = app.scene();
    let drafters = [app.drafter(), app.drafter()];
    // One leaves the project out.
    let drafts = [
        json!({"document_number": FIRST}),
        json!({"document_number": SPELLINGS[1], "project": scene.project}),
    ]
    .map(|changes| app.draft(&drafters[0], &with(penalty(&scene.uscc), changes)).0);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = drafters
            .iter()
            .zip(&drafts)
            .map(|(token, id)| scope.spawn(|| app.record_step(token, id, "*", "submit").send().status))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[both]
fn a_row_that_repeats_a_decision_names_the_record_that_stands(app: TestApp) {
    let drafter = app.official(Role::District, DISTRICT, false);
    let scene = app.scene();
    let first = app.record_in_force(&with(penalty(&scene.uscc), json!({"document_number": FIRST})));
    let row = |number: &str| {
        format!("P301,{},district,违规收费,{number},中山区住建局,file,2026-11-10\n", scene.uscc)
    };
    let repeated = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", row(SPELLINGS[1])));
    assert_eq!(faults(&repeated), [fault(2, "", "already_recorded")]);
    let told = repeated["bad_rows"][0]["detail"].as_str().unwrap();
    assert!(told.contains(&first), "{told}");
    // Two rows of one file alike.
    let other = |brackets: &str| row(&format!("大住建罚{brackets}90号"));
    let file = format!("{HEADER}\n{}{}", other("〔2026〕"), other("【2026】第"));
    let twice = import_file(&app, &drafter, "records", CSV, file);
    assert_eq!(faults(&twice), [fault(3, "", "duplicate_row")]);
    assert!(twice["bad_rows"][0]["detail"].as_str().unwrap().contains('2'), "{twice}");
    let nothing = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", row("第号")));
    assert_eq!(faults(&nothing), [fault(2, "document_number", "no_number")]);
    // What was refused holds nothing.
    let once = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", other("[2026]")));
    assert_eq!((&once["state"], &once["rows"]), (&json!("submitted"), &rows(1, 0, 0)));
    // A batch that came back may come again; its record may be put before an official alone only
    // while none stands.
    let held =
        app.get("/v1/admin/records?state=submitted").token(&drafter).expect(200).json()["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
    let batch = format!("/v1/admin/imports/{}", once["id"].as_str().unwrap());
    app.post(&format!("{batch}/return"))
        .token(&app.confirmer())
        .header("If-Match", "*")
        .json(&json!({"reason": "有误"}))
        .expect(200);
    let again = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", other("〔2026〕")));
    assert_eq!(again["state"], "submitted");
    app.record_step(&drafter, &held, "*", "submit").refused(409, "already_recorded");
}
