//! One decision counts once, however its number is spelled and however it comes.

use serde_json::json;
use xinwu_domain::access::Role;

use crate::harness::files::{penalty, with};
use crate::harness::world::DISTRICT;
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

both! {
    fn a_decision_under_seven_spellings_of_its_number_counts_once(app) {
        let scene = app.scene();
        let numbered = |number: &str| with(penalty(&scene.uscc), json!({"document_number": number}));
        let first = app.record_in_force(&numbered(FIRST));
        let graded = app.evaluated(&scene.uscc, "")["score"].clone();
        let drafter = app.drafter();
        for spelling in SPELLINGS {
            let refused = app.post("/v1/admin/records").token(&drafter).json(&numbered(spelling)).refused(409, "already_recorded");
            assert_eq!(refused.json()["existing"], json!(first), "{spelling}");
            assert!(refused.json()["detail"].as_str().unwrap().contains(&first), "{}", refused.text);
        }
        assert_eq!(app.evaluated(&scene.uscc, "")["score"], graded);
        let all = app.get(&format!("/v1/admin/records?uscc={}&count=true", scene.uscc)).token(&drafter).expect(200).json();
        assert_eq!(all["page"]["total"], 1);
        // The same document may punish for another act, concern another project or another firm.
        app.record_in_force(&with(numbered(FIRST), json!({"project": scene.project})));
        app.record_in_force(&with(numbered(FIRST), json!({"category": "P304"})));
        app.record_in_force(&with(numbered(FIRST), json!({"uscc": app.firm("别家物业")})));
        app.record_in_force(&numbered("大住建罚〔2026〕89号"));
        let nothing = app.post("/v1/admin/records").token(&drafter).json(&numbered("第〔〕号"));
        assert_eq!(nothing.refused(422, "invalid").faults(), [("/document_number".into(), "no_number".into())]);
    }

    fn a_draft_stands_for_its_decision_until_it_is_withdrawn_or_says_another(app) {
        let scene = app.scene();
        let (drafter, colleague) = (app.drafter(), app.drafter());
        let numbered = |number: &str| with(penalty(&scene.uscc), json!({"document_number": number}));
        let (first, etag) = app.draft(&drafter, &numbered(FIRST));
        let add = |number: &str| app.post("/v1/admin/records").token(&colleague).json(&numbered(number));
        assert_eq!(add(SPELLINGS[2]).refused(409, "already_recorded").json()["existing"], json!(first));
        let (other, other_etag) = app.draft(&colleague, &numbered("大住建罚〔2026〕90号"));
        let edit = |id: &str, etag: &str, changes| {
            app.patch(&format!("/v1/admin/records/{id}")).token(&drafter).header("If-Match", etag).json(&changes)
        };
        let refused = edit(&other, &other_etag, json!({"document_number": SPELLINGS[4]})).refused(409, "already_recorded");
        assert_eq!(refused.json()["existing"], json!(first));
        // Written otherwise, it is the same decision still, and its own.
        let etag = edit(&first, &etag, json!({"document_number": SPELLINGS[6]})).expect(200).etag().to_owned();
        add(FIRST).refused(409, "already_recorded");
        // It says another: the first is free, and then the one that was withdrawn.
        let etag = edit(&first, &etag, json!({"document_number": "大住建罚〔2026〕91号"})).expect(200).etag().to_owned();
        add(FIRST).expect(201);
        add("大住建罚[2026]91号").refused(409, "already_recorded");
        app.record_step(&drafter, &first, &etag, "withdraw").expect(200);
        add("大住建罚[2026]91号").expect(201);
    }

    fn a_record_that_fell_or_was_amended_stands_for_its_decision_still(app) {
        let scene = app.scene();
        let numbered = |number: &str| with(penalty(&scene.uscc), json!({"document_number": number}));
        let amended = app.record_in_force(&numbered(FIRST));
        let body = json!({"decision": "amended", "reason": "定性有误", "amendment": {"category": "P304"}});
        app.decided(&app.objection(&scene.uscc, &amended), &body);
        let revoked = app.record_in_force(&numbered("大住建罚〔2026〕90号"));
        app.decided(&app.objection(&scene.uscc, &revoked), &json!({"decision": "revoked", "reason": "处罚已撤销"}));
        let drafter = app.drafter();
        for (number, category, standing) in [
            (FIRST, "P301", &amended),
            (SPELLINGS[3], "P304", &amended),
            ("大住建罚[2026]90号", "P301", &revoked),
        ] {
            let again = with(numbered(number), json!({"category": category}));
            let refused = app.post("/v1/admin/records").token(&drafter).json(&again).refused(409, "already_recorded");
            assert_eq!(refused.json()["existing"], json!(standing), "{number} {category}");
        }
        // An amendment may not make it another one's repeat.
        let taken = app.record_in_force(&with(numbered("大住建罚〔2026〕92号"), json!({"category": "P304"})));
        let other = app.record_in_force(&numbered("大住建罚〔2026〕第92号"));
        let objection = app.objection(&scene.uscc, &other);
        let refused = app.decide(&app.confirmer(), "objections", &objection, &body).refused(409, "already_recorded");
        assert_eq!(refused.json()["existing"], json!(taken));
    }

    fn of_two_at_once_one_stands(app) {
        let scene = app.scene();
        let drafters = [app.drafter(), app.drafter()];
        let bodies = [FIRST, SPELLINGS[1]].map(|number| with(penalty(&scene.uscc), json!({"document_number": number})));
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let calls: Vec<_> = drafters.iter().zip(&bodies)
                .map(|(token, body)| scope.spawn(|| app.post("/v1/admin/records").token(token).json(body).send().status))
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }

    fn a_row_that_repeats_a_decision_names_the_record_that_stands(app) {
        let drafter = app.official(Role::District, DISTRICT, false);
        let scene = app.scene();
        let first = app.record_in_force(&with(penalty(&scene.uscc), json!({"document_number": FIRST})));
        let row = |number: &str| format!("P301,{},district,违规收费,{number},中山区住建局,file,2026-11-10\n", scene.uscc);
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
        // A batch that came back may come again; its record may be put before an official alone only while none stands.
        let held = app.get("/v1/admin/records?state=submitted").token(&drafter).expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        let batch = format!("/v1/admin/imports/{}", once["id"].as_str().unwrap());
        app.post(&format!("{batch}/return")).token(&app.confirmer()).header("If-Match", "*").json(&json!({"reason": "有误"})).expect(200);
        let again = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", other("〔2026〕")));
        assert_eq!(again["state"], "submitted");
        app.record_step(&drafter, &held, "*", "submit").refused(409, "already_recorded");
    }
}
