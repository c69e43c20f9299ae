//! Records on projects that no firm runs: such a project is a subject of its own.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};

use crate::harness::TestApp;
use crate::harness::files::{ids, penalty, with};
use crate::harness::life::line;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, plain_project};
use crate::imports::{CSV, fault, faults, import_file};

/// A project run by `operator`, without a firm.
fn own_project(app: &TestApp, operator: Operator) -> String {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.project_with(NewProject { operator, uscc: None, ..plain_project(&estate, "") })
}

fn on(project: &str) -> Value {
    with(penalty(""), json!({"uscc": "(left out)", "project": project}))
}

#[both]
fn a_project_without_a_firm_has_records_of_its_own(app: TestApp) {
    app.scene();
    for operator in [Operator::Owners, Operator::Community] {
        let project = own_project(&app, operator);
        let street = app.official(Role::Street, STREET, false);
        let (id, etag) = app.draft(&street, &on(&project));
        let etag = app.record_step(&street, &id, &etag, "submit").expect(200).etag().to_owned();
        app.record_step(&app.confirmer(), &id, &etag, "confirm").expect(200);
        let shown = app.get(&format!("/v1/records/{id}")).expect(200).json();
        assert_eq!(
            (&shown["firm"], &shown["project"]["id"], &shown["public"]),
            (&json!(null), &json!(project), &json!(true))
        );
        assert_eq!(
            ids(&app.get(&format!("/v1/projects/{project}/records?kind=penalty")).expect(200)),
            [id.as_str()]
        );
        app.get("/v1/projects/none/records").refused(404, "not_found");
        let listed = |project: &str| {
            ids(&app.get(&format!("/v1/admin/records?project={project}")).token(&street).expect(200))
        };
        assert_eq!((listed(&project), listed("none")), (vec![id.clone()], Vec::new()));
        // No firm can ask for its repair.
        assert_eq!(shown["repair_possible_from"], json!(null));
        // It is in the project's file.
        let file =
            app.get(&format!("/v1/projects/{project}/dossier")).token(&app.confirmer()).expect(200).json();
        assert_eq!(file["records"][0]["id"], json!(id), "{file}");
        let evaluation = app.get(&format!("/v1/projects/{project}/evaluation")).expect(200).json();
        assert!(
            line(&evaluation, &id).is_some()
                || evaluation["unmatched"].as_array().unwrap().iter().any(|each| each["record"] == json!(id)),
            "{evaluation}"
        );
        // Of one decision there is one record.
        let again = with(on(&project), json!({"document_number": shown["document_number"]}));
        assert_eq!(
            app.post("/v1/admin/records").token(&street).json(&again).refused(409, "already_recorded").json()
                ["existing"],
            json!(id)
        );
    }
    let statistics = app.get(&format!("/v1/statistics?place={STREET}&period=2026-Q4")).expect(200).json();
    assert_eq!(statistics["records"]["penalties"]["total"], 2, "{statistics}");
}

#[both]
fn who_may_record_on_it_is_said_by_its_place(app: TestApp) {
    let scene = app.scene();
    let project = own_project(&app, Operator::Owners);
    let add = |token: &str, body: &Value| app.post("/v1/admin/records").token(token).json(body);
    for (role, place) in [(Role::Community, COMMUNITY), (Role::Street, STREET), (Role::City, "2102")] {
        add(&app.official(role, place, false), &on(&project)).expect(201);
    }
    for (role, place) in [(Role::Street, "210202005"), (Role::District, OTHER_DISTRICT)] {
        add(&app.official(role, place, false), &on(&project)).refused(403, "out_of_reach");
    }
    let drafter = app.drafter();
    let faults_of = |body: Value| add(&drafter, &body).refused(422, "invalid").faults();
    // Neither a firm nor a project; a firm's project without its firm; a firm's name on a project
    // without one.
    assert_eq!(
        faults_of(with(on(&project), json!({"project": null}))),
        [("/uscc".into(), "required".into())]
    );
    assert_eq!(faults_of(on(&scene.project)), [("/uscc".into(), "required".into())]);
    assert_eq!(
        faults_of(with(penalty(&scene.uscc), json!({"project": project}))),
        [("/project".into(), "project_of_another_firm".into())]
    );
    assert_eq!(faults_of(on("none")), [("/project".into(), "unknown_project".into())]);
    let manager = app.manager("李明", &scene.uscc);
    assert_eq!(
        faults_of(with(on(&project), json!({"manager": manager}))),
        [("/manager".into(), "manager_of_another_firm".into())]
    );
    let (draft, etag) = app.draft(&drafter, &on(&project));
    let edit = app.patch(&format!("/v1/admin/records/{draft}")).token(&drafter).header("If-Match", &etag);
    assert_eq!(
        edit.json(&json!({"project": null})).refused(422, "invalid").faults(),
        [("/uscc".into(), "required".into())]
    );
    // No firm has it in its file, nor objects to it.
    let id = app.record_in_force(&on(&project));
    let firm = app.firm_account(&scene.uscc);
    app.object(&firm, &format!("/v1/records/{id}")).refused(404, "not_found");
    app.ask_repair(&firm, &id).refused(404, "not_found");
    assert_eq!(ids(&app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200)), Vec::<String>::new());
}

#[both]
fn a_file_brings_them_too(app: TestApp) {
    let scene = app.scene();
    let project = own_project(&app, Operator::Community);
    let district = app.official(Role::District, DISTRICT, false);
    let header = "category,uscc,project,level,title,document_number,authority,evidence,decided_on";
    let row = |uscc: &str, project: &str, number: u32| {
        format!(
            "P301,{uscc},{project},district,违规收费,中住建罚〔2026〕{number}号,中山区住建局,file,2026-11-10\n"
        )
    };
    let bad = import_file(
        &app,
        &district,
        "records",
        CSV,
        format!("{header}\n{}{}{}", row("", &project, 1), row("", "", 2), row("", &scene.project, 3)),
    );
    assert_eq!(faults(&bad), [fault(3, "uscc", "required"), fault(4, "uscc", "required")]);
    let batch = import_file(&app, &district, "records", CSV, format!("{header}\n{}", row("", &project, 1)));
    assert_eq!(batch["state"], "submitted", "{batch}");
    let path = format!("/v1/admin/imports/{}/confirm", batch["id"].as_str().unwrap());
    app.post(&path).token(&app.confirmer()).header("If-Match", "*").expect(200);
    assert_eq!(ids(&app.get(&format!("/v1/projects/{project}/records")).expect(200)).len(), 1);
}
