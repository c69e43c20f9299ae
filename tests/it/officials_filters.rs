//! The filters and the tables of officials' lists, each with what it leaves and what it says.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;
use xinwu_persistence::people::account::NewAccount;

use crate::assessments::scores;
use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, new_uscc, plain_project};
use crate::harness::{TestApp, someone};
use crate::imports::{CSV, import_file, import_seconded};
use crate::permissions::world::id_of;

#[track_caller]
fn listed(app: &TestApp, token: &str, path: &str) -> Vec<String> {
    ids(&app.get(path).token(token).expect(200))
}

/// An official with a name, and the account's id.
fn named(app: &TestApp, role: Role, place: &str) -> (String, String) {
    let (id, token) = app.account(NewAccount {
        place: Some(place.to_owned()),
        display_name: Some("刘建国".to_owned()),
        ..someone(role)
    });
    (id, token)
}

/// A file of one new firm, which waits where that takes no part.
fn firms(place: &str, taking_part: bool) -> String {
    let uscc = new_uscc();
    format!("uscc,name,registered_place,participates\n{uscc},大连新物业,{place},{taking_part}\n")
}

#[both]
fn files_are_narrowed_by_place_sender_day_and_when_they_end(app: TestApp) {
    let (sender, token) = named(&app, Role::District, DISTRICT);
    let other = app.official(Role::District, OTHER_DISTRICT, false);
    let [done, waits, elsewhere] =
        [(&token, DISTRICT, true), (&token, DISTRICT, false), (&other, OTHER_DISTRICT, true)].map(
            |(token, place, taking_part)| {
                id_of(&import_file(&app, token, "firms", CSV, firms(place, taking_part)))
            },
        );
    let city = app.official(Role::City, "2102", true);
    let of = |query: &str| listed(&app, &city, &format!("/v1/admin/imports?{query}"));
    let none: [String; 0] = [];
    assert_eq!(of(""), [elsewhere.clone(), waits.clone(), done.clone()]);
    assert_eq!(of(&format!("drafter={sender}")), [waits.clone(), done.clone()]);
    assert_eq!(of(&format!("place={DISTRICT}&state=applied")), [done]);
    assert_eq!(of(&format!("place={OTHER_DISTRICT}")), [elsewhere]);
    assert_eq!(of("from=2026-11-21&to=2026-11-21&state=submitted"), [waits.clone()]);
    assert_eq!(of("from=2026-11-22"), none);
    assert_eq!(of("to=2026-11-20"), none);
    // It ends on its fifteenth day.
    assert_eq!(of("due_by=2026-12-04"), none);
    assert_eq!(of("due_by=2026-12-05"), [waits.clone()]);
    let back = app.post(&format!("/v1/admin/imports/{waits}/return")).token(&city).header("If-Match", "*");
    back.json(&json!({"reason": "与材料不符"})).expect(200);
    assert_eq!(of("due_by=2026-12-05"), none);
}

#[both]
fn assessments_are_narrowed_by_who_gave_them_their_file_and_the_day(app: TestApp) {
    let scene = app.scene();
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc);
    let (author, street) = named(&app, Role::Street, STREET);
    app.assess(&street, &scene.project, "2026-Q4", "street", &scores(80.0, 90.0)).expect(201);
    app.advance(chrono::Duration::days(1));
    let street = app.renewed(&author);
    let sender = app.official(Role::Street, STREET, false);
    let file = format!("project,period,assessor,service,party\n{other},2026-Q4,street,90,91\n");
    let report = import_seconded(&app, &sender, "assessments", CSV, file);
    assert_eq!(report["state"], "confirmed", "{report}");
    let import = id_of(&report);
    let of = |query: &str| -> Vec<Value> {
        let page = app.get(&format!("/v1/admin/assessments?{query}")).token(&street).expect(200).json();
        page["items"].as_array().unwrap().iter().map(|item| item["project"]["id"].clone()).collect()
    };
    let (own, others) = (json!(scene.project), json!(other));
    assert_eq!(of("").len(), 2);
    assert_eq!(of(&format!("drafter={author}")), [own.clone()]);
    assert_eq!(of(&format!("import={import}")), [others.clone()]);
    assert_eq!(of("from=2026-11-22"), [others.clone()]);
    assert_eq!(of("to=2026-11-21"), [own]);
    assert_eq!(of("from=2026-11-22&to=2026-11-22&state=in_force"), [others]);
    assert_eq!(of("from=2026-11-23"), [] as [Value; 0]);
    // Of what nobody has given nothing of that kind can be asked.
    for (parameter, value) in
        [("drafter", author.as_str()), ("import", &import), ("from", "2026-11-21"), ("to", "2026-11-21")]
    {
        let path = format!("/v1/admin/assessments?state=missing&period=2026-Q4&{parameter}={value}");
        let told = app.get(&path).token(&street).refused(400, "bad_parameter").faults();
        assert_eq!(told, [(parameter.to_owned(), "not_applicable".to_owned())]);
    }
}

#[both]
fn records_of_a_file_and_repairs_are_narrowed_too(app: TestApp) {
    let scene = app.scene();
    let single = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2025-11-01"})));
    let header = "category,uscc,level,title,document_number,authority,evidence,decided_on";
    let row = format!("R101,{},city,表彰,大政发〔2026〕1号,大连市人民政府,file-1,2026-10-01", scene.uscc);
    let report = import_file(&app, &app.drafter(), "records", CSV, format!("{header}\n{row}\n"));
    let import = id_of(&report);
    let city = app.official(Role::City, "2102", true);
    let of = |query: &str| listed(&app, &city, &format!("/v1/admin/records?{query}"));
    let brought = of(&format!("import={import}"));
    assert_eq!(brought.len(), 1);
    assert_eq!(of(""), [brought[0].clone(), single.clone()]);
    let none: [String; 0] = [];
    assert_eq!(of(&format!("import={import}&place={OTHER_DISTRICT}")), none);

    let (account, firm) = app.account(NewAccount { uscc: Some(scene.uscc.clone()), ..someone(Role::Firm) });
    let repair = id_of(&app.ask_repair(&firm, &single).expect(201).json());
    let of = |query: &str| listed(&app, &city, &format!("/v1/admin/repairs?{query}"));
    let day = "from=2026-11-21&to=2026-11-21";
    assert_eq!(of(&format!("drafter={account}&place={DISTRICT}&{day}")), [repair]);
    for query in [
        "drafter=0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c".to_owned(),
        format!("place={OTHER_DISTRICT}"),
        "from=2026-11-22".to_owned(),
        "to=2026-11-20".to_owned(),
    ] {
        assert_eq!(of(&query), none, "{query}");
    }
}

/// The lines of a table.
#[track_caller]
fn lines(app: &TestApp, token: &str, path: &str, is_english: bool) -> Vec<String> {
    let call = app.get(path).token(token).header("Accept", "text/csv");
    let table = if is_english { call.english() } else { call }.expect(200);
    table.text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
}

#[both]
fn the_table_of_managers_names_their_firms(app: TestApp) {
    let uscc = app.firm("甲物业");
    let manager = app.manager("王经理", &uscc);
    let district = app.official(Role::District, DISTRICT, false);
    let path = "/v1/admin/managers";
    let chinese = lines(&app, &district, path, false);
    assert_eq!(chinese[0], "项目经理编号,姓名,物业企业代码,物业企业,更新时间（UTC）,演示数据");
    let row = format!("{manager},王经理,{uscc},甲物业,2026-11-21T02:00:00Z,否");
    assert_eq!(chinese[1..], [row]);
    let english = lines(&app, &district, path, true);
    assert_eq!(english[0], "id,name,firm,firm_name,updated_at,demo");
    assert!(english[1].ends_with(",false"), "{}", english[1]);
}

#[both]
fn the_table_of_proposals_says_what_waits_for_whom(app: TestApp) {
    let uscc = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &uscc);
    let (author, street) = named(&app, Role::Street, STREET);
    let body = json!({"area_m2": 12000, "reason": "竣工测绘更正", "evidence": ["测绘报告.pdf"]});
    let edit = app.patch(&format!("/v1/admin/projects/{project}")).token(&street).header("If-Match", "*");
    let proposal = id_of(&edit.json(&body).expect(202).json());
    let path = "/v1/admin/proposals?state=open";
    let chinese = lines(&app, &street, path, false);
    assert_eq!(
        chinese[0],
        "编号,操作,对象类型,对象,变更字段,理由,证明材料,状态,确认方,企业代码,区划代码,提请账号,提请人,提请时间（UTC）,截止时间（UTC）,办理账号,办理人,退回理由,结束时间（UTC）"
    );
    let row = format!(
        "{proposal},变更项目,服务项目,{project},area_m2,竣工测绘更正,测绘报告.pdf,待确认,工作人员,,\"=\"\"{STREET}\"\"\",{author},刘建国,2026-11-21T02:00:00Z,2026-12-05T02:00:00Z,,,,"
    );
    assert_eq!(chinese[1..], [row]);
    let english = lines(&app, &street, path, true);
    assert!(english[0].starts_with("id,operation,object_kind,object,changes,"), "{}", english[0]);
    let row =
        format!("{proposal},edit_project,project,{project},area_m2,竣工测绘更正,测绘报告.pdf,open,official,");
    assert!(english[1].starts_with(&row), "{}", english[1]);
}

#[both]
fn the_tables_of_records_and_of_what_is_asked_of_them_say_whom_they_are_about(app: TestApp) {
    let scene = app.scene();
    let manager = app.manager("王经理", &scene.uscc);
    let body = json!({"manager": manager, "decided_on": "2025-11-01"});
    let record = app.record_in_force(&with(penalty(&scene.uscc), body));
    let city = app.official(Role::City, "2102", true);
    let chinese = lines(&app, &city, "/v1/admin/records", false);
    assert!(chinese[0].contains(",小区,项目经理编号,项目经理,严重程度,"), "{}", chinese[0]);
    assert!(chinese[1].starts_with(&format!("{record},已生效,不良信息,")), "{}", chinese[1]);
    assert!(chinese[1].contains(&format!(",{manager},王经理,")), "{}", chinese[1]);
    let english = lines(&app, &city, "/v1/admin/records", true);
    assert!(english[1].starts_with(&format!("{record},in_force,penalty,")), "{}", english[1]);

    // A manager's objection, filed by an official.
    let filed = json!({
        "manager": manager, "grounds": "当日不在岗", "evidence": ["异议申请.pdf"], "reason": "本人来访"
    });
    let path = format!("/v1/admin/records/{record}/objections");
    app.post(&path).token(&app.drafter()).json(&filed).seconded(&app);
    let chinese = lines(&app, &city, "/v1/admin/objections", false);
    assert!(chinese[0].starts_with("编号,对象类型,对象,企业代码,项目经理编号,状态,"), "{}", chinese[0]);
    assert!(chinese[1].contains(&format!(",奖惩信息,{record},,{manager},待办理,")), "{}", chinese[1]);
    let english = lines(&app, &city, "/v1/admin/objections", true);
    assert!(english[1].contains(&format!(",record,{record},,{manager},open,")), "{}", english[1]);

    let record = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2025-11-01"})));
    let repair = id_of(&app.ask_repair(&app.firm_account(&scene.uscc), &record).expect(201).json());
    let chinese = lines(&app, &city, "/v1/admin/repairs", false);
    assert!(chinese[0].starts_with("编号,信息,企业代码,状态,"), "{}", chinese[0]);
    let row = format!("{repair},{record},{},待办理,", scene.uscc);
    assert!(chinese[1].starts_with(&row), "{}", chinese[1]);
}

#[both]
fn the_table_of_files_says_what_each_is_and_when_it_ends(app: TestApp) {
    let clerk = app.official(Role::District, DISTRICT, false);
    let import = id_of(&import_file(&app, &clerk, "firms?name=firms.csv", CSV, firms(DISTRICT, false)));
    let chinese = lines(&app, &clerk, "/v1/admin/imports", false);
    assert_eq!(
        chinese[0],
        "编号,数据类型,文件名,文件摘要（SHA-256）,理由,状态,试运行,区划代码,提交账号,提交人,提交时间（UTC）,截止时间（UTC）,办理账号,办理人,读取行数,错误行数,新增行数,更新行数,未变行数,结束时间（UTC）"
    );
    assert!(chinese[1].starts_with(&format!("{import},企业,firms.csv,")), "{}", chinese[1]);
    assert!(chinese[1].contains(",audit,待确认,否,"), "{}", chinese[1]);
    assert!(chinese[1].contains(",2026-12-05T02:00:00Z,"), "{}", chinese[1]);
    let english = lines(&app, &clerk, "/v1/admin/imports", true);
    assert!(english[0].starts_with("id,kind,name,sha256,reason,state,dry_run,"), "{}", english[0]);
    assert!(english[1].starts_with(&format!("{import},firms,firms.csv,")), "{}", english[1]);
    assert!(english[1].contains(",audit,submitted,false,"), "{}", english[1]);
}

/// A project's own history, by the city's days as well.
#[both]
fn a_projects_history_of_grades_is_cut_by_days(app: TestApp) {
    let scene = app.scene();
    let project = app.project_with(NewProject {
        starts_on: "2026-01-01".parse().unwrap(),
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc)
    });
    app.tick();
    // The 22nd begins in the city at 16:00 of the day before.
    let moments = ["2026-11-21T15:59:59Z", "2026-11-21T16:00:00Z", "2026-11-25T02:00:00Z"];
    for (moment, score) in moments.into_iter().zip([80.0, 70.0, 90.0]) {
        app.set_time(moment);
        let given = with(scores(score, score), json!({"correction_reason": "补录"}));
        app.assessed(&project, "2026-Q3", "street", &given);
    }
    let instants = |query: &str| -> Vec<String> {
        let page = app.get(&format!("/v1/projects/{project}/evaluations?{query}")).expect(200).json();
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["effective_from"].as_str().unwrap().to_owned()).collect()
    };
    let [last, first, latest] = moments;
    assert_eq!(instants("from=2026-11-22"), [latest, first]);
    assert_eq!(instants("from=2026-11-22&to=2026-11-24"), [first]);
    assert_eq!(instants("from=2026-11-26"), [""; 0]);
    assert!(instants("to=2026-11-21").contains(&last.to_owned()));
    assert!(!instants("to=2026-11-21").contains(&first.to_owned()));
    let path = format!("/v1/projects/{project}/evaluations?from=2026-11-22&to=2026-11-25&count=true");
    assert_eq!(app.get(&path).expect(200).json()["page"]["total"], 2);
    let bad = app.get(&format!("/v1/projects/{project}/evaluations?to=2026-13-01"));
    assert_eq!(bad.refused(400, "bad_parameter").faults(), [("to".to_owned(), "day".to_owned())]);
}
