//! Branches (分支机构): registered with their parent, and rolled up to it where a scheme says so.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, plain_firm};
use crate::harness::{Call, Reply, TestApp};
use crate::imports::{CSV, fault, faults, import_file, import_seconded, rows};
use crate::scheme_drafts::announce;

fn register(app: &TestApp, uscc: &str, change: &Value) -> Call {
    let official = app.official(Role::District, DISTRICT, true);
    app.patch(&format!("/v1/admin/firms/{uscc}")).token(&official).header("If-Match", "*").json(change)
}

#[track_caller]
fn make_branch(app: &TestApp, branch: &str, parent: &str) -> Reply {
    register(app, branch, &json!({"parent": parent, "parent_since": "2026-01-01"})).seconded(app)
}

fn card(app: &TestApp, uscc: &str) -> Value {
    app.get(&format!("/v1/firms/{uscc}")).expect(200).json()
}

/// The evaluation by Shandong's rules, which roll branches up.
fn shandong(app: &TestApp, uscc: &str, more: &str) -> Value {
    app.get(&format!("/v1/firms/{uscc}/evaluation?scheme=shandong-2019{more}")).expect(200).json()
}

fn records(evaluation: &Value) -> Vec<String> {
    let items = evaluation["items"].as_array().unwrap().iter().filter(|item| item["source"] == "record");
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[both]
fn a_branch_is_registered_with_its_parent_and_both_cards_say_so(app: TestApp) {
    let parent = app.firm("总公司");
    let official = app.official(Role::District, DISTRICT, true);
    let uscc = crate::harness::world::new_uscc();
    let body = json!({"uscc": uscc, "name": "分公司", "registered_place": DISTRICT, "parent": parent.to_lowercase(), "parent_since": "2024-05-01"});
    let before = app.get(&format!("/v1/firms/{parent}")).expect(200);
    let added = app.post("/v1/admin/firms").token(&official).json(&body).seconded(&app).json();
    let link = |uscc: &str, name: &str| json!({"uscc": uscc, "name": name, "since": "2024-05-01"});
    assert_eq!((&added["parent"], &added["branches"]), (&link(&parent, "总公司"), &json!([])));
    assert_eq!(card(&app, &uscc)["parent"], link(&parent, "总公司"));
    let after =
        app.get(&format!("/v1/firms/{parent}")).header("If-None-Match", before.etag()).expect(200).json();
    assert_eq!((&after["parent"], &after["branches"]), (&json!(null), &json!([link(&uscc, "分公司")])));
    // A new name on either side shows on the other.
    register(&app, &uscc, &json!({"name": "新分公司"})).expect(200);
    register(&app, &parent, &json!({"name": "新总公司"})).expect(200);
    assert_eq!(
        (&card(&app, &uscc)["parent"]["name"], &card(&app, &parent)["branches"][0]["name"]),
        (&json!("新总公司"), &json!("新分公司"))
    );
    // Another day of the same parent; the same said again; and a firm of its own.
    assert_eq!(
        register(&app, &uscc, &json!({"parent_since": "2025-01-01"})).seconded(&app).json()["parent"]["since"],
        "2025-01-01"
    );
    assert_eq!(
        register(&app, &uscc, &json!({"parent": parent})).expect(200).json()["parent"]["since"],
        "2025-01-01"
    );
    assert_eq!(register(&app, &uscc, &json!({"parent": null})).seconded(&app).json()["parent"], json!(null));
    assert_eq!(card(&app, &parent)["branches"], json!([]));
    let read = app.get(&format!("/v1/admin/firms/{parent}")).token(&official).expect(200).json();
    assert_eq!(read["branches"], json!([]));
}

#[both]
fn what_cannot_be_a_branch_is_refused_by_its_field(app: TestApp) {
    let (parent, branch, other) = (app.firm("甲物业"), app.firm("乙物业"), app.firm("丙物业"));
    make_branch(&app, &branch, &parent);
    let day = "2026-01-01";
    for (uscc, change, pointer, code) in [
        (&other, json!({"parent": other, "parent_since": day}), "/parent", "itself"),
        (&other, json!({"parent": branch, "parent_since": day}), "/parent", "branch_of_branch"),
        (&parent, json!({"parent": other, "parent_since": day}), "/parent", "has_branches"),
        (&parent, json!({"parent": branch, "parent_since": day}), "/parent", "branch_of_branch"),
        (&other, json!({"parent": "91210200241281392F", "parent_since": day}), "/parent", "unknown_firm"),
        (&other, json!({"parent": "9121", "parent_since": day}), "/parent", "uscc_length"),
        (&other, json!({"parent": parent}), "/parent_since", "required"),
        (&branch, json!({"parent": other}), "/parent_since", "required"),
        (&other, json!({"parent_since": day}), "/parent_since", "not_applicable"),
        (&branch, json!({"parent": null, "parent_since": day}), "/parent_since", "not_applicable"),
        (&other, json!({"parent": parent, "parent_since": "2026-11-22"}), "/parent_since", "in_future"),
        (&other, json!({"parent": parent, "parent_since": "gestern"}), "/parent_since", "day"),
    ] {
        let refused = register(&app, uscc, &change).refused(422, "invalid");
        assert_eq!(refused.faults(), [(pointer.to_owned(), code.to_owned())], "{change}");
    }
    let official = app.official(Role::District, DISTRICT, true);
    let add = |parent: Value, since: Value| {
        let body = json!({"uscc": crate::harness::world::new_uscc(), "name": "丁物业", "registered_place": DISTRICT, "parent": parent, "parent_since": since});
        app.post("/v1/admin/firms").token(&official).json(&body).refused(422, "invalid").faults()[0].clone()
    };
    assert_eq!(add(json!(parent), json!(null)), ("/parent_since".to_owned(), "required".to_owned()));
    assert_eq!(add(json!(null), json!(day)), ("/parent_since".to_owned(), "not_applicable".to_owned()));
    assert_eq!(add(json!(branch), json!(day)), ("/parent".to_owned(), "branch_of_branch".to_owned()));
    // Nothing of it was kept, and other places' officials change nothing.
    assert_eq!(
        (&card(&app, &other)["parent"], card(&app, &parent)["branches"].as_array().unwrap().len()),
        (&json!(null), 1)
    );
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, true);
    app.patch(&format!("/v1/admin/firms/{branch}"))
        .token(&elsewhere)
        .header("If-Match", "*")
        .json(&json!({"parent": null}))
        .refused(403, "out_of_reach");
}

#[both]
fn a_branchs_records_count_in_its_parents_file_and_it_is_not_graded_itself(app: TestApp) {
    let scene = app.scene();
    app.shandong_here();
    let parent = scene.uscc.clone();
    let branch = app.firm("分公司");
    let of_branch = app.record_in_force(&penalty(&branch));
    let (alone, own) = (shandong(&app, &parent, ""), app.evaluated(&parent, ""));
    assert_eq!(shandong(&app, &branch, "")["outcome"], "evaluated");
    app.advance(chrono::Duration::minutes(1));
    make_branch(&app, &branch, &parent);
    let together = shandong(&app, &parent, "");
    assert_eq!(records(&together), [of_branch.clone()]);
    assert!(together["score"].as_f64().unwrap() < alone["score"].as_f64().unwrap());
    let rolled_up = shandong(&app, &branch, "");
    assert_eq!(
        (&rolled_up["outcome"], &rolled_up["reason"]),
        (&json!("not_evaluated"), &json!("分支机构并入母公司评价，不单独评价"))
    );
    // The demo scheme does not roll branches up: it grades the branch itself, and the parent as
    // before.
    assert_eq!(app.evaluated(&parent, "")["score"], own["score"]);
    assert_eq!(
        (&app.evaluated(&parent, "")["unmatched"], &app.evaluated(&parent, "")["items"]),
        (&json!([]), &own["items"])
    );
    // What comes to the branch reaches the parent's card at once.
    let credit = |uscc: &str| {
        let card = card(&app, uscc);
        card["other_credits"]
            .as_array()
            .unwrap()
            .iter()
            .find(|credit| credit["scheme"] == "shandong-2019")
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&credit(&parent)["score"], &credit(&branch)["outcome"]),
        (&together["score"], &json!("not_evaluated"))
    );
    app.advance(chrono::Duration::minutes(1));
    let second = app.record_in_force(&with(penalty(&branch), json!({"title": "又一次"})));
    assert!(credit(&parent)["score"].as_f64().unwrap() < together["score"].as_f64().unwrap());
    assert_eq!(records(&shandong(&app, &parent, "")).len(), 2);
    app.advance(chrono::Duration::minutes(1));
    let objection = app.objection(&branch, &second);
    app.decided(&objection, &json!({"decision": "revoked", "reason": "撤销"}));
    assert_eq!(credit(&parent)["score"], together["score"]);
    // Before and after: as it was known, whatever is known later.
    assert_eq!(shandong(&app, &parent, "&as_of=2026-11-21T02:00:30Z")["score"], alone["score"]);
    assert_eq!(shandong(&app, &branch, "&as_of=2026-11-21T02:00:30Z")["outcome"], "evaluated");
    app.advance(chrono::Duration::minutes(1));
    register(&app, &branch, &json!({"parent": null})).seconded(&app);
    assert_eq!(
        (&credit(&parent)["score"], &credit(&branch)["outcome"]),
        (&alone["score"], &json!("evaluated"))
    );
    assert_eq!(records(&shandong(&app, &parent, "&as_of=2026-11-21T02:01:30Z")), [of_branch]);
    assert_eq!(shandong(&app, &branch, "&as_of=2026-11-21T02:01:30Z")["outcome"], "not_evaluated");
}

#[both]
fn a_branch_of_a_firm_from_elsewhere_stands_alone(app: TestApp) {
    // Shandong's rules as those of one district: a parent of another district is a firm from
    // elsewhere.
    let text = include_str!("../../schemes/shandong-2019/1.toml")
        .replacen("id = \"shandong-2019\"", "id = \"zhongshan\"", 1)
        .replacen("place = \"37\"", &format!("place = \"{DISTRICT}\""), 1)
        .lines()
        .map(|line| if line.starts_with("effective_from") { "effective_from = 2026-11-21" } else { line })
        .collect::<Vec<_>>()
        .join("\n");
    let scene = app.scene();
    announce(&app, &text);
    app.tick();
    let elsewhere = app.firm_with(xinwu_domain::firm::NewFirm {
        registered_place: OTHER_DISTRICT.to_owned(),
        ..plain_firm("外地总公司")
    });
    app.project(&app.estate(COMMUNITY, xinwu_domain::estate::EstateKind::Old), &elsewhere);
    let branch = app.firm("分公司");
    let of_branch = app.record_in_force(&penalty(&branch));
    let graded =
        |uscc: &str| app.get(&format!("/v1/firms/{uscc}/evaluation?scheme=zhongshan")).expect(200).json();
    make_branch(&app, &branch, &elsewhere);
    assert_eq!(
        (&graded(&branch)["outcome"], records(&graded(&branch)), records(&graded(&elsewhere))),
        (&json!("evaluated"), vec![of_branch.clone()], vec![])
    );
    // The parent moves into the district, and takes its branch along.
    app.advance(chrono::Duration::minutes(1));
    let city = app.official(Role::City, "2102", true);
    app.patch(&format!("/v1/admin/firms/{elsewhere}"))
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"registered_place": DISTRICT}))
        .seconded(&app);
    assert_eq!(
        (&graded(&branch)["outcome"], records(&graded(&elsewhere))),
        (&json!("not_evaluated"), vec![of_branch.clone()])
    );
    let then = app
        .get(&format!("/v1/firms/{branch}/evaluation?scheme=zhongshan&as_of=2026-11-21T02:00:30Z"))
        .expect(200)
        .json();
    assert_eq!(then["outcome"], "evaluated");
    // And a parent that was here from the start has it counted at once.
    app.advance(chrono::Duration::minutes(1));
    make_branch(&app, &branch, &scene.uscc);
    assert_eq!((records(&graded(&scene.uscc)), records(&graded(&elsewhere))), (vec![of_branch], vec![]));
}

#[both]
fn a_branch_comes_with_a_file_of_firms(app: TestApp) {
    let parent = app.firm("总公司");
    let (one, two) = (crate::harness::world::new_uscc(), crate::harness::world::new_uscc());
    let file = |since: &str| {
        format!(
            "uscc,name,registered_place,parent,parent_since\n{one},一分公司,{DISTRICT},{parent},{since}\n{two},独立物业,{DISTRICT},,\n"
        )
    };
    let district = app.official(Role::District, DISTRICT, false);
    let import = |text: &str| import_seconded(&app, &district, "firms", CSV, text)["rows"].clone();
    assert_eq!(import(&file("2025-03-01")), rows(2, 0, 0));
    assert_eq!(import(&file("2025-03-01")), rows(0, 0, 2));
    assert_eq!(
        (&card(&app, &one)["parent"]["since"], &card(&app, &two)["parent"]),
        (&json!("2025-03-01"), &json!(null))
    );
    assert_eq!(import(&file("2025-04-01")), rows(0, 1, 1));
    assert_eq!(card(&app, &one)["parent"]["since"], "2025-04-01");
    // Another parent on the same day.
    let other = app.firm("另一总公司");
    assert_eq!(import(&file("2025-04-01").replace(&parent, &other)), rows(0, 1, 1));
    assert_eq!(
        card(&app, &one)["parent"],
        json!({"uscc": other, "name": "另一总公司", "since": "2025-04-01"})
    );
    import(&format!("uscc,name,registered_place,parent\n{one},一分公司,{DISTRICT},-\n"));
    assert_eq!(card(&app, &one)["parent"], json!(null));
    let report = import_file(
        &app,
        &district,
        "firms",
        CSV,
        format!(
            "uscc,name,registered_place,parent,parent_since\n{one},一分公司,{DISTRICT},{one},2025-01-01\n{two},独立物业,{DISTRICT},{parent},\n"
        ),
    );
    assert_eq!(faults(&report), [fault(2, "parent", "itself"), fault(3, "parent_since", "required")]);
}
