//! A project that was entered under the wrong firm: the district corrects it by two officials, both
//! firms are told, and what was published stays.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};

use crate::harness::files::ids;
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, plain_project};
use crate::harness::{Call, TestApp};
use crate::verify::found;

fn correct(app: &TestApp, token: &str, project: &str, body: &Value) -> Call {
    app.patch(&format!("/v1/admin/projects/{project}")).token(token).header("If-Match", "*").json(body)
}

#[both]
fn a_project_under_the_wrong_firm_comes_under_the_right_one(app: TestApp) {
    let scene = app.scene();
    let (wrong, project) = (&scene.uscc, &scene.project);
    let right = app.firm("正确的物业");
    let kept = app.project(&app.estate(COMMUNITY, EstateKind::Professional), wrong);
    let manager = app.manager("王经理", wrong);
    let street = app.official(Role::Street, STREET, false);
    correct(&app, &street, project, &json!({"manager": manager})).seconded(&app);
    for (project, score) in [(project, 95), (&kept, 60)] {
        let scores = json!({"scores": {"service": score, "party": score}, "correction_reason": "补录"});
        app.assessed(project, "2026-Q3", "street", &scores);
    }
    app.increment(project, "2026-10", [0, 0, 0, 0, 10]);
    let review = app.review(project, wrong, "published");
    let (of_wrong, of_right) = (app.firm_account(wrong), app.firm_account(&right));
    let reply = format!("/v1/reviews/{review}/reply");
    app.put(&reply).token(&of_wrong).json(&json!({"text": "感谢"})).expect(201);
    app.tick();
    let then = app.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let score = |uscc: &str, query: &str| app.evaluated(uscc, query)["score"].clone();
    let (before, as_of) = (score(wrong, ""), format!("?as_of={then}"));
    assert_eq!(score(&right, ""), json!(null));
    let mut copy = app.snapshot();
    app.advance(chrono::Duration::minutes(5));

    // A street's clerk cannot, nor can one person of the district, nor the firm that would gain it.
    let body = json!({"uscc": right, "reason": "合同主体登记有误", "evidence": ["合同.pdf"]});
    correct(&app, &street, project, &body).refused(403, "role_not_allowed");
    let district = app.official(Role::District, DISTRICT, true);
    let proposal = correct(&app, &district, project, &body).expect(202).json();
    assert_eq!((&proposal["asks"], &proposal["firm"]), (&json!("official"), &json!(null)));
    let names = |uscc: &str, name: &str| json!({"uscc": uscc, "name": name});
    assert_eq!(
        proposal["changes"],
        json!([
            {"field": "firm", "before": names(wrong, "海蓝物业"), "after": names(&right, "正确的物业")},
            {"field": "manager", "before": {"id": manager, "name": "王经理"}, "after": null}
        ])
    );
    let id = proposal["id"].as_str().unwrap();
    app.get(&format!("/v1/firm/proposals/{id}")).token(&of_right).refused(404, "not_found");
    let confirm = |token: &str| {
        app.post(&format!("/v1/admin/proposals/{id}/confirm")).token(token).header("If-Match", "*")
    };
    confirm(&district).refused(403, "second_person_needed");
    assert_eq!((score(wrong, ""), score(&right, "")), (before.clone(), json!(null)));
    confirm(&app.official(Role::District, DISTRICT, true)).expect(200);

    let shown = app.get(&format!("/v1/projects/{project}")).expect(200).json();
    assert_eq!((&shown["firm"]["uscc"], &shown["manager"]), (&json!(right), &json!(null)));
    let projects = |uscc: &str| ids(&app.get(&format!("/v1/firms/{uscc}/projects")).expect(200));
    assert_eq!((projects(wrong), projects(&right)), (vec![kept.clone()], vec![project.clone()]));
    // Grades and figures follow; as of before they stay what was published.
    let now = (score(wrong, ""), score(&right, ""));
    assert!(now.0 != before && !now.1.is_null() && now.0 != now.1, "{now:?}");
    assert_eq!((score(wrong, &as_of), score(&right, &as_of)), (before, json!(null)));
    let card = |uscc: &str| app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    assert_eq!(
        (&card(wrong)["service"]["count"], &card(&right)["service"]["count"]),
        (&json!(null), &json!(10))
    );
    let reviews = |uscc: &str| ids(&app.get(&format!("/v1/firms/{uscc}/reviews")).expect(200));
    assert_eq!((reviews(wrong), reviews(&right)), (vec![], vec![review.clone()]));
    app.put(&reply).token(&of_wrong).json(&json!({"text": "再次感谢"})).refused(403, "out_of_reach");
    app.put(&reply).token(&of_right).json(&json!({"text": "我们会继续努力"})).expect(200);
    copy.follow(&app);
    let mut anew = app.snapshot();
    anew.follow(&app);
    assert_eq!(copy.differences(&anew), Vec::<String>::new());
    // Both firms are told.
    app.tick();
    let kinds = |token: &str| -> Vec<Value> {
        app.notices(token).into_iter().map(|notice| notice["kind"].clone()).collect()
    };
    assert_eq!(
        (kinds(&of_wrong), kinds(&of_right)),
        (vec![json!("project_left")], vec![json!("project_joined")])
    );
    assert_eq!(found(&app), []);
}

#[both]
fn whose_a_project_is_keeps_to_its_operator_and_its_manager(app: TestApp) {
    let (first, second) = (app.firm("甲物业"), app.firm("乙物业"));
    let district = app.official(Role::District, DISTRICT, false);
    let own = app.project_with(NewProject {
        operator: Operator::Owners,
        uscc: None,
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), "")
    });
    let fault = |project: &str, body: &Value| {
        correct(&app, &district, project, body).refused(422, "invalid").faults()
    };
    let told = |pointer: &str, code: &str| [(pointer.to_owned(), code.to_owned())];
    assert_eq!(fault(&own, &json!({"uscc": first})), told("/uscc", "not_a_firm"));
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &first);
    assert_eq!(fault(&project, &json!({"uscc": "91219900MA0000000A"}))[0].0, "/uscc");
    let (of_first, of_second) = (app.manager("甲经理", &first), app.manager("乙经理", &second));
    assert_eq!(
        fault(&project, &json!({"uscc": second, "manager": of_first})),
        told("/manager", "manager_of_another_firm")
    );
    let both = json!({"uscc": second, "manager": of_second});
    let done = correct(&app, &district, &project, &both).seconded(&app).json();
    assert_eq!(done["manager"]["id"], json!(of_second));
    // The same firm said again is no change.
    correct(&app, &district, &project, &json!({"uscc": second})).expect(200);
}
