//! Private files are read where the firm is registered, and where it works as its own district has
//! confirmed: two officials of one street do not read a foreign file by inventing a project.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;

use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_firm, plain_project,
};
use crate::harness::{Call, Reply, TestApp};
use crate::imports::{CSV, import_file, import_seconded};

/// A firm of the other district with a manager, and two officials
/// of a street where it does not work.
struct Scene {
    uscc: String,
    manager: String,
    street: String,
    colleague: String,
    /// Confirms in the firm's own district.
    district: String,
}

fn scene(app: &TestApp) -> Scene {
    let mut firm = plain_firm("外区物业");
    firm.registered_place = OTHER_DISTRICT.to_owned();
    let uscc = app.firm_with(firm);
    let manager = app.manager("王经理", &uscc);
    Scene {
        uscc,
        manager,
        street: app.official(Role::Street, STREET, false),
        colleague: app.official(Role::Street, STREET, true),
        district: app.official(Role::District, OTHER_DISTRICT, true),
    }
}

impl Scene {
    /// Two officials of the street's district say that a project there is the firm's.
    fn invented(&self, app: &TestApp) -> String {
        let estate = app.estate(COMMUNITY, EstateKind::Old);
        let project = app.project_with(plain_project(&estate, &app.firm("本区物业")));
        let body = json!({"uscc": self.uscc, "manager": self.manager, "reason": "登记有误"});
        self.edited(app, &project, &body);
        project
    }

    /// Two officials of the street's district change a project.
    fn edited(&self, app: &TestApp, project: &str, body: &Value) {
        let writer = app.official(Role::District, DISTRICT, false);
        let path = format!("/v1/admin/projects/{project}");
        let call = app.patch(&path).token(&writer).header("If-Match", "*").json(body);
        let proposal = call.expect(202).json();
        assert_eq!(proposal["asks"], "official");
        let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        let second = app.official(Role::District, DISTRICT, true);
        app.post(&path).token(&second).header("If-Match", "*").expect(200);
    }

    fn dossier(&self, app: &TestApp) -> Call {
        app.get(&format!("/v1/firms/{}/dossier", self.uscc)).token(&self.street)
    }

    /// The street reads nothing of the firm's that the public does not.
    #[track_caller]
    fn reads_nothing(&self, app: &TestApp) {
        self.dossier(app).refused(403, "out_of_reach");
        let of_manager = format!("/v1/managers/{}/dossier", self.manager);
        app.get(&of_manager).token(&self.street).refused(403, "out_of_reach");
        app.get(&format!("/v1/admin/firms/{}", self.uscc)).token(&self.street).refused(403, "out_of_reach");
        app.get(&format!("/v1/admin/managers/{}", self.manager))
            .token(&self.street)
            .refused(403, "out_of_reach");
        assert_eq!(self.listed_managers(app), json!([]));
        let record = json!({
            "category": "P305", "uscc": self.uscc, "level": "street", "title": "停水催费", "document_number": "x〔2026〕1号",
            "authority": "x", "evidence": ["x.pdf"], "decided_on": "2026-11-20"
        });
        app.post("/v1/admin/records").token(&self.street).json(&record).refused(403, "out_of_reach");
    }

    fn listed_managers(&self, app: &TestApp) -> Value {
        let path = format!("/v1/admin/managers?uscc={}", self.uscc);
        app.get(&path).token(&self.street).expect(200).json()["items"].clone()
    }

    #[track_caller]
    fn reads_all(&self, app: &TestApp) {
        self.dossier(app).expect(200);
        app.get(&format!("/v1/managers/{}/dossier", self.manager)).token(&self.street).expect(200);
        app.get(&format!("/v1/admin/firms/{}", self.uscc)).token(&self.street).expect(200);
        assert_eq!(self.listed_managers(app).as_array().unwrap().len(), 1);
    }
}

fn confirm(app: &TestApp, project: &str, token: &str) -> Call {
    app.post(&format!("/v1/admin/projects/{project}/confirm")).token(token).header("If-Match", "*")
}

fn read(app: &TestApp, project: &str, token: &str) -> Reply {
    app.get(&format!("/v1/admin/projects/{project}")).token(token).expect(200)
}

#[both]
fn an_invented_project_shows_no_foreign_file(app: TestApp) {
    let scene = scene(&app);
    scene.reads_nothing(&app);
    let project = scene.invented(&app);
    assert_eq!(read(&app, &project, &scene.street).json()["reach"], "open");
    scene.reads_nothing(&app);

    // It waits for the firm's own district, and is no one else's to confirm.
    let inbox = |token: &str| app.get("/v1/admin/inbox").token(token).expect(200).json()["items"].clone();
    let waits = inbox(&scene.district);
    assert_eq!(
        (&waits[0]["kind"], &waits[0]["id"], &waits[0]["may"], &waits[0]["place"]["code"], &waits[0]["by"]),
        (
            &json!("project"),
            &json!(project),
            &json!(["confirm_project"]),
            &json!(OTHER_DISTRICT),
            &Value::Null
        )
    );
    let own = app.official(Role::District, DISTRICT, true);
    assert_eq!(inbox(&own), json!([]));
    confirm(&app, &project, &own).refused(403, "out_of_reach");
    confirm(&app, &project, &scene.colleague).refused(403, "role_not_allowed");
    let powerless = app.official(Role::District, OTHER_DISTRICT, false);
    confirm(&app, &project, &powerless).refused(403, "no_power_to_confirm");
    let there = read(&app, &project, &scene.district);
    app.post(&format!("/v1/admin/projects/{project}/confirm"))
        .token(&scene.district)
        .refused(428, "if_match_required");
    let done = confirm(&app, &project, &scene.district).expect(200);
    assert_eq!((&done.json()["reach"], done.etag() == there.etag()), (&json!("confirmed"), false));
    confirm(&app, &project, &scene.district).refused(409, "not_waiting");
    assert_eq!(inbox(&scene.district), json!([]));
    scene.reads_all(&app);

    // For its term alone.
    let ended = format!("UPDATE project SET ends_on = '2026-11-20' WHERE id = '{project}'");
    app.sql(&[ended], &scene.uscc);
    scene.reads_nothing(&app);
    let retired =
        format!("UPDATE project SET ends_on = NULL, retired_on = '2026-11-20' WHERE id = '{project}'");
    app.sql(&[retired], &scene.uscc);
    scene.reads_nothing(&app);
    confirm(&app, &project, &scene.district).refused(409, "not_waiting");
}

#[both]
fn two_of_a_street_enter_no_project_of_a_foreign_firm_whose_term_has_begun(app: TestApp) {
    let scene = scene(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let body = json!({
        "estate": estate, "operator": "firm", "uscc": scene.uscc, "manager": scene.manager, "starts_on": "2026-01-01", "area_m2": 10,
        "households": 1, "area_reason": "x", "reason": "x"
    });
    let proposal = app.post("/v1/admin/projects").token(&scene.street).json(&body).expect(202).json();
    assert_eq!(proposal["asks"], "district");
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&path).token(&scene.colleague).header("If-Match", "*").expect(403);
    scene.reads_nothing(&app);
}

#[both]
fn a_manager_of_no_firm_is_shown_where_the_city_has_said_so(app: TestApp) {
    let scene = scene(&app);
    let left = format!("UPDATE manager SET uscc = NULL WHERE id = '{}'", scene.manager);
    app.sql(&[left], &scene.uscc);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let body = json!({
        "estate": estate, "operator": "owners", "manager": scene.manager, "starts_on": "2026-01-01", "area_m2": 1000,
        "households": 10, "reason": "自管"
    });
    let own = app.official(Role::District, DISTRICT, true);
    let writer = app.official(Role::District, DISTRICT, false);
    let proposal = app.post("/v1/admin/projects").token(&writer).json(&body).expect(202).json();
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    let done = app.post(&path).token(&own).header("If-Match", "*").expect(200).json();
    let project = done["object"]["id"].as_str().unwrap();
    assert_eq!(read(&app, project, &writer).json()["reach"], "open");
    let dossier = |token: &str| app.get(&format!("/v1/managers/{}/dossier", scene.manager)).token(token);
    let entry = |token: &str| app.get(&format!("/v1/admin/managers/{}", scene.manager)).token(token);
    for token in [&own, &scene.street] {
        dossier(token).refused(403, "out_of_reach");
        entry(token).refused(403, "out_of_reach");
    }
    let inbox = |token: &str| app.get("/v1/admin/inbox").token(token).expect(200).json()["items"].clone();
    assert_eq!(inbox(&own), json!([]));
    confirm(&app, project, &own).refused(403, "out_of_reach");
    let city = app.official(Role::City, "2102", true);
    let waits = inbox(&city);
    assert_eq!((&waits[0]["kind"], &waits[0]["id"]), (&json!("project"), &json!(project)));
    confirm(&app, project, &city).expect(200);
    for token in [&own, &scene.street] {
        dossier(token).expect(200);
        entry(token).expect(200);
    }
    app.sql(&[format!("UPDATE project SET retired_on = '2026-11-20' WHERE id = '{project}'")], &scene.uscc);
    dossier(&scene.street).refused(403, "out_of_reach");
    entry(&scene.street).refused(403, "out_of_reach");
}

#[both]
fn the_firm_itself_lets_a_project_count_and_opens_no_file(app: TestApp) {
    let scene = scene(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let body = json!({
        "estate": estate, "operator": "firm", "uscc": scene.uscc, "starts_on": "2026-11-21", "area_m2": 1000, "households": 10
    });
    let by_firm = app.post("/v1/admin/projects").token(&scene.street).json(&body).seconded(&app).json();
    assert_eq!(by_firm["reach"], "open");
    scene.dossier(&app).refused(403, "out_of_reach");

    // Who confirms it for the district in the firm's place says all at once.
    let mut next = body.clone();
    next["estate"] = json!(app.estate(COMMUNITY, EstateKind::Old));
    next["reason"] = json!("新签合同");
    let proposal = app.post("/v1/admin/projects").token(&scene.street).json(&next).expect(202).json();
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    let done = app.post(&path).token(&scene.district).header("If-Match", "*").expect(200).json();
    let by_district = done["object"]["id"].as_str().unwrap();
    assert_eq!(read(&app, by_district, &scene.street).json()["reach"], "confirmed");
    scene.dossier(&app).expect(200);
}

#[both]
fn what_would_open_another_file_or_the_same_for_longer_asks_the_district_anew(app: TestApp) {
    let scene = scene(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let ended = NewProject { ends_on: "2026-11-20".parse().ok(), ..plain_project(&estate, &scene.uscc) };
    let project = app.project_with(ended);
    let path = format!("/v1/admin/projects/{project}");
    let edited = |body: &Value| {
        let call = app.patch(&path).token(&scene.street).header("If-Match", "*").json(body);
        let proposal = call.expect(202).json();
        let confirm = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        app.post(&confirm).token(&scene.colleague).header("If-Match", "*").expect(200);
        read(&app, &project, &scene.street).json()["reach"].clone()
    };
    assert_eq!(read(&app, &project, &scene.street).json()["reach"], "confirmed");
    assert_eq!(edited(&json!({"fee_fen": 190, "reason": "调价"})), "confirmed");
    assert_eq!(edited(&json!({"ends_on": "2026-11-19", "reason": "更正"})), "confirmed");
    assert_eq!(edited(&json!({"ends_on": null, "reason": "续签"})), "open");
    scene.dossier(&app).refused(403, "out_of_reach");
    confirm(&app, &project, &scene.district).expect(200);
    scene.dossier(&app).expect(200);
    assert_eq!(edited(&json!({"manager": scene.manager, "reason": "换经理"})), "open");
}

#[both]
fn a_project_of_another_firm_opens_no_managers_file(app: TestApp) {
    let scene = scene(&app);
    let project = scene.invented(&app);
    confirm(&app, &project, &scene.district).expect(200);
    scene.reads_all(&app);
    let of_manager = format!("/v1/managers/{}/dossier", scene.manager);
    let other = format!("UPDATE project SET uscc = '{}' WHERE id = '{project}'", app.firm("别家物业"));
    app.sql(&[other], &scene.uscc);
    app.get(&of_manager).token(&scene.street).refused(403, "out_of_reach");
    app.get(&format!("/v1/admin/managers/{}", scene.manager))
        .token(&scene.street)
        .refused(403, "out_of_reach");
    assert_eq!(scene.listed_managers(&app), json!([]));
}

/// What is told of a job, but for its ids and times.
fn told(mut job: Value) -> Value {
    let fields = job.as_object_mut().unwrap();
    for field in ["id", "created_at", "finished_at", "sha256", "version"] {
        fields.remove(field);
    }
    job
}

#[both]
fn a_file_that_is_not_applied_tells_of_no_phone_whether_it_is_listed(app: TestApp) {
    let uscc = app.firm("测试物业");
    let district = app.official(Role::District, DISTRICT, false);
    let colleague = app.official(Role::District, DISTRICT, true);
    let (listed, unlisted) = ("13900000001", "13900000002");
    import_seconded(&app, &district, "staff", CSV, format!("uscc,phone\n{uscc},{listed}\n"));
    for left in ["否", "是"] {
        let tried = |number: &str, query: &str| {
            let file = format!("uscc,phone,left\n{uscc},{number},{left}\n");
            let sent = import_file(&app, &district, &format!("staff{query}"), CSV, file);
            let path = format!("/v1/admin/imports/{}", sent["id"].as_str().unwrap());
            let rows = app.get(&format!("{path}/rows")).token(&district).expect(200).json()["items"].clone();
            let mut said = vec![told(sent.clone()), rows];
            if sent["state"] == "submitted" {
                let call = app.post(&format!("{path}/withdraw")).token(&district).header("If-Match", "*");
                said.push(told(call.expect(200).json()));
                said.push(told(app.get(&path).token(&district).expect(200).json()));
            }
            said
        };
        for query in ["?dry_run=true", ""] {
            let (one, other) = (tried(listed, query), tried(unlisted, query));
            assert_eq!(one, other, "{query}");
        }
        assert_eq!(tried(listed, "")[0]["state"], "submitted");
    }
    // What a file has done is counted as a whole, once two have written it.
    let file = format!("uscc,phone\n{uscc},{listed}\n{uscc},{unlisted}\n");
    let sent = import_file(&app, &district, "staff", CSV, file);
    let path = format!("/v1/admin/imports/{}", sent["id"].as_str().unwrap());
    let told = [&sent["rows"]["created"], &sent["rows"]["unchanged"]];
    assert_eq!(told, [&json!(2), &json!(0)]);
    let confirm = app.post(&format!("{path}/confirm")).token(&colleague).header("If-Match", "*");
    let done = confirm.expect(200).json();
    assert_eq!([&done["rows"]["created"], &done["rows"]["unchanged"]], [&json!(1), &json!(1)]);
}

#[both]
fn a_file_of_households_that_is_not_applied_tells_of_no_phone_whether_it_is_on_the_roster(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let street = app.official(Role::Street, STREET, false);
    app.household(&estate, "8", &["13900000001"]);
    let tried = |number: &str, query: &str, more: &str| {
        let file = format!("estate,building,unit,room,phones\n{estate},1,1,8,{number}\n{more}");
        let sent = import_file(&app, &street, &format!("households{query}"), CSV, file);
        let path = format!("/v1/admin/imports/{}/rows", sent["id"].as_str().unwrap());
        let rows = app.get(&path).token(&street).expect(200).json()["items"].clone();
        (sent["state"].clone(), vec![told(sent), rows])
    };
    // Tried out, and sent with a row for which the file is refused.
    let bad = "NOWHERE,1,1,1,\n";
    for (query, more, state) in [("?dry_run=true", "", "checked"), ("", bad, "refused")] {
        let listed = tried("13900000001", query, more);
        assert_eq!(listed.0, state);
        for other in ["13900000002", "-"] {
            assert_eq!(tried(other, query, more), listed, "{state}");
        }
    }
}

#[both]
fn a_refused_file_of_households_tells_of_no_number_on_how_many_rosters_it_is(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let street = app.official(Role::Street, STREET, false);
    app.household(&estate, "8", &["13900000001"]);
    let tried = |number: &str, rooms: &[&str], more: &str| {
        let rows = rooms.iter().map(|room| format!("{estate},1,1,{room},{number}\n"));
        let file = format!("estate,building,unit,room,phones\n{}{more}", rows.collect::<String>());
        let sent = import_file(&app, &street, "households", CSV, file);
        let path = format!("/v1/admin/imports/{}/rows", sent["id"].as_str().unwrap());
        let rows = app.get(&path).token(&street).expect(200).json()["items"].clone();
        vec![told(sent), rows]
    };
    // With the three made-up rooms it would be one too many; with room 8 in the file it would not.
    let made_up = ["91", "92", "93"];
    let unknown = "NOWHERE,1,1,1,\n".to_owned();
    let foreign = format!("{},1,1,1,\n", app.estate(OTHER_COMMUNITY, EstateKind::Old));
    for (rooms, more) in [
        (made_up, unknown.clone()),
        (["91", "92", "8"], unknown),
        (made_up, format!("{estate},,,,\n")),
        (made_up, foreign),
    ] {
        let listed = tried("13900000001", &rooms, &more);
        assert_eq!(
            (&listed[0]["state"], &listed[0]["rows"]["bad"]),
            (&json!("refused"), &json!(1)),
            "{rooms:?} {more}"
        );
        assert_eq!(tried("13900000002", &rooms, &more), listed, "{rooms:?} {more}");
    }
    // Where nothing else is bad the rule holds.
    let refused = tried("13900000001", &made_up, "");
    assert_eq!(refused[0]["bad_rows"][0]["code"], "phone_on_many_dwellings");
    assert_eq!(tried("13900000002", &made_up, "")[0]["state"], "applied");
}

#[both]
fn a_refused_household_tells_of_no_number_on_how_many_rosters_it_is(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let street = app.official(Role::Street, STREET, false);
    let (listed, unlisted) = ("13900000001", "13900000002");
    for room in ["1", "2", "3"] {
        app.household(&estate, room, &[listed]);
    }
    let (free, lived_in) = (app.household(&estate, "8", &[]), app.household(&estate, "9", &["13900000003"]));
    let (_, resident) = app.resident("13900000003");
    assert_eq!(app.claim(&resident, &estate, "9").expect(201).json()["status"], "verified");
    let long = "1".repeat(101);
    let add = |room: &str, number: &str| {
        let body = json!({"estate": estate, "building": "1", "unit": "1", "room": room, "phones": [number]});
        app.post("/v1/admin/households").token(&street).json(&body)
    };
    let edit = |id: &str, body: &Value| {
        let path = format!("/v1/admin/households/{id}");
        app.patch(&path).token(&street).header("If-Match", "*").json(body)
    };
    let too_many = [("/phones".to_owned(), "phone_on_many_dwellings".to_owned())];
    assert_eq!(add("91", listed).refused(422, "invalid").faults(), too_many);
    assert_eq!(edit(&free, &json!({"phones": [listed]})).refused(422, "invalid").faults(), too_many);

    // A field that breaks a rule is all that is told.
    let fault = |pointer: &str, code: &str| [(pointer.to_owned(), code.to_owned())];
    for number in [listed, unlisted] {
        let faults = add(&long, number).refused(422, "invalid").faults();
        assert_eq!(faults, fault("/room", "length"));
        let broken = json!({"phones": [number], "reason": long.repeat(5)});
        assert_eq!(edit(&free, &broken).refused(422, "invalid").faults(), fault("/reason", "length"));
        // So is what two officials do, in which phones have no place.
        let moved = json!({"building": "1", "unit": "1", "room": "92", "phones": [number], "reason": "x"});
        assert_eq!(edit(&lived_in, &moved).refused(422, "invalid").faults(), fault("/phones", "invalid"));
    }
    edit(&free, &json!({"phones": [unlisted]})).expect(200);
}
