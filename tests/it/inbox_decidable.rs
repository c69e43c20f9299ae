//! Everybody's inbox holds what its reader may decide and nothing else: in a small city with one
//! thing of every kind, and with officials who had a hand in some of them, the first of what an
//! item says may be done is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_firm};
use crate::harness::{Backend, TestApp, someone};
use crate::imports::{CSV, import_file};
use crate::permissions::world::{World, id_of};
use crate::procedures::{LANSHAN, OTHER_DAYS, adopt};
use crate::scheme_drafts::second_version;

/// Who may confirm. The twin is the same person as the first of the street, at the district.
const CAST: [(&str, Role, &str); 12] = [
    ("community", Role::Community, COMMUNITY),
    ("street_a", Role::Street, STREET),
    ("street_b", Role::Street, STREET),
    ("district_a", Role::District, DISTRICT),
    ("district_b", Role::District, DISTRICT),
    ("district_c", Role::District, DISTRICT),
    ("district_d", Role::District, DISTRICT),
    ("twin", Role::District, DISTRICT),
    ("elsewhere", Role::District, OTHER_DISTRICT),
    ("city_a", Role::City, "2102"),
    ("city_b", Role::City, "2102"),
    ("admin_b", Role::Admin, ""),
];

const DISTRICTS: [&str; 4] = ["district_a", "district_b", "district_c", "district_d"];
const CITIES: [&str; 2] = ["city_a", "city_b"];

/// By what each thing is called here, for whom it waits.
fn expected() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let all = |parts: &[&[&'static str]]| parts.concat().into_iter().collect::<BTreeSet<_>>();
    let (streets, twin) = (["street_a", "street_b"], ["twin"]);
    BTreeMap::from([
        ("a penalty", all(&[&streets, &DISTRICTS, &twin])),
        ("a penalty that a street's official drafted", all(&[&["street_b"], &DISTRICTS])),
        ("a reward of the district's", all(&[&DISTRICTS[1..], &twin])),
        ("a record sent back", all(&[&["street_a"]])),
        ("a record sent back that others record by now", all(&[&["district_a"]])),
        ("a revocation", all(&[&["street_b"], &DISTRICTS])),
        ("an objection", all(&[&DISTRICTS[1..], &twin])),
        ("an objection that was decided", all(&[])),
        ("its decision", all(&[&DISTRICTS[2..], &twin])),
        ("an objection to what two amended", all(&[&["district_d"], &twin])),
        ("an objection that two filed for a manager", all(&[&["district_a", "district_d"]])),
        ("what one filed for a manager", all(&[&DISTRICTS, &CITIES])),
        ("a repair", all(&[&DISTRICTS[1..], &twin])),
        ("a repair that was granted", all(&[])),
        ("its grant", all(&[&["district_b", "district_d"], &twin])),
        ("a file of penalties", all(&[&streets, &DISTRICTS, &twin])),
        ("a file of rewards", all(&[&DISTRICTS, &twin])),
        ("a file of the firm's projects", all(&[&DISTRICTS, &twin, &CITIES])),
        ("a file of a foreign firm's projects", all(&[&CITIES])),
        ("a file to be taken back", all(&[&DISTRICTS])),
        ("entries of a foreign firm's to be taken back", all(&[&CITIES])),
        ("a project of the firm's", all(&[&DISTRICTS, &twin, &CITIES])),
        ("a project of a foreign firm's", all(&[&["elsewhere"], &CITIES])),
        ("the street's assessments", all(&[&["street_b"], &DISTRICTS, &CITIES])),
        ("the district's assessments", all(&[&DISTRICTS[1..], &twin, &CITIES])),
        ("a correction of a closed period", all(&[&["street_b"], &DISTRICTS, &CITIES])),
        ("a dwelling too many", all(&[&["street_b"], &DISTRICTS, &CITIES])),
        ("a dwelling that is claimed", all(&[&["street_b"], &DISTRICTS, &CITIES])),
        ("a claim to it", all(&[&["community", "street_b"], &DISTRICTS, &CITIES])),
        ("a claim", all(&[&["community"], &streets, &DISTRICTS, &twin, &CITIES])),
        ("an address", all(&[&["community"], &streets, &DISTRICTS, &twin, &CITIES])),
        ("a burst", all(&[&DISTRICTS, &twin, &CITIES])),
        ("a comment", all(&[&streets, &DISTRICTS, &twin, &CITIES])),
        ("a scheme", all(&[&["city_b"]])),
        ("an account", all(&[&["admin_b"]])),
    ])
}

/// The small city: who is in it, and what waits there, by its id.
struct City {
    tokens: BTreeMap<&'static str, String>,
    things: BTreeMap<String, &'static str>,
}

impl City {
    fn build(app: &TestApp) -> City {
        let (mut tokens, mut accounts) = (BTreeMap::new(), BTreeMap::new());
        for (name, role, place) in CAST {
            let mut new = NewAccount { can_confirm: role.is_official(), ..someone(role) };
            new.place = role.is_official().then(|| place.to_owned());
            if ["street_a", "twin"].contains(&name) {
                new.staff_number = Some("DL-7".to_owned());
            }
            let (id, token) = app.account(new);
            accounts.insert(name, id);
            tokens.insert(name, token);
        }
        let mut city = City { tokens, things: BTreeMap::new() };
        let world = World::build(app);
        city.before_the_procedure(app, &world);
        adopt(app, LANSHAN, "2026-11-21", &[OTHER_DAYS]);
        city.records(app, &world);
        city.petitions(app, &world);
        city.files(app, &world);
        city.registers(app, &world);
        city.assessments(app, &world, &accounts);
        city.homes(app, &world);
        city.others(app, &world);
        city
    }

    fn by(&self, name: &str) -> &str {
        &self.tokens[name]
    }

    fn waits(&mut self, name: &'static str, id: String) {
        assert!(expected().contains_key(name), "{name}");
        assert_eq!(self.things.insert(id, name), None, "{name}");
    }

    /// The record of `drafter`, an official without the power or one of the cast, as submitted.
    fn submitted(&self, app: &TestApp, drafter: &str, body: &Value) -> String {
        let (id, etag) = app.draft(drafter, body);
        app.record_step(drafter, &id, &etag, "submit").expect(200);
        id
    }

    fn in_force(&self, app: &TestApp, drafter: &str, confirmer: &str, body: &Value) -> String {
        let id = self.submitted(app, drafter, body);
        app.record_step(self.by(confirmer), &id, "*", "confirm").expect(200);
        id
    }

    fn before_the_procedure(&mut self, app: &TestApp, world: &World) {
        let id = self.submitted(app, self.by("district_a"), &penalty(&world.own.uscc));
        app.record_step(self.by("district_b"), &id, "*", "return").expect(200);
        self.waits("a record sent back that others record by now", id);
    }

    fn records(&mut self, app: &TestApp, world: &World) {
        let uscc = &world.own.uscc;
        let community = app.official(Role::Community, COMMUNITY, false);
        let id = self.submitted(app, &community, &penalty(uscc));
        self.waits("a penalty", id);
        let id = self.submitted(app, self.by("street_a"), &penalty(uscc));
        self.waits("a penalty that a street's official drafted", id);
        let reward = with(penalty(uscc), json!({"category": "R301"}));
        let id = self.submitted(app, self.by("district_a"), &reward);
        self.waits("a reward of the district's", id);
        let id = self.submitted(app, self.by("street_a"), &penalty(uscc));
        app.record_step(self.by("district_a"), &id, "*", "return").expect(200);
        self.waits("a record sent back", id);
        let clerk = app.official(Role::Street, STREET, false);
        let id = self.in_force(app, &clerk, "street_a", &penalty(uscc));
        let body = json!({"ground": "entered_in_error", "reason": "录入有误", "evidence": ["核查记录.pdf"]});
        let path = format!("/v1/admin/records/{id}/revoke");
        let revoke = app.post(&path).token(&clerk).header("If-Match", "*").json(&body);
        self.waits("a revocation", id_of(&revoke.expect(202).json()));
    }

    fn petitions(&mut self, app: &TestApp, world: &World) {
        let own = &world.own;
        let clerk = app.official(Role::Street, STREET, false);
        let id = self.in_force(app, &clerk, "district_a", &penalty(&own.uscc));
        self.waits("an objection", app.objection(&own.uscc, &id));

        let days = json!({"severity": "serious", "decided_on": "2025-11-01", "counts_until": "2027-11-01"});
        let serious = || with(penalty(&own.uscc), days.clone());
        let revoked = json!({"decision": "revoked", "reason": "事实不清"});
        let id = self.in_force(app, &clerk, "district_a", &serious());
        let objection = app.objection(&own.uscc, &id);
        let decided = app.decide(self.by("district_b"), "objections", &objection, &revoked);
        self.waits("its decision", id_of(&decided.expect(202).json()));
        self.waits("an objection that was decided", objection);

        let id = self.in_force(app, &clerk, "district_a", &serious());
        let milder = json!({"decision": "amended", "reason": "情节较轻", "amendment": {"severity": "minor"}});
        let objection = app.objection(&own.uscc, &id);
        let decided = app.decide(self.by("district_b"), "objections", &objection, &milder);
        self.seconded(app, &decided.expect(202).json(), "district_c");
        self.waits("an objection to what two amended", app.objection(&own.uscc, &id));

        let of_manager = || with(penalty(&own.uscc), json!({"project": own.project, "manager": own.manager}));
        let file = |token: &str, record: &str| {
            let body = json!({
                "manager": own.manager, "grounds": "当日不在岗", "evidence": ["本人签字的异议申请.pdf"], "reason": "本人无账号"
            });
            let path = format!("/v1/admin/records/{record}/objections");
            app.post(&path).token(token).json(&body).expect(202).json()
        };
        let id = self.in_force(app, &clerk, "street_a", &of_manager());
        let confirmed = self.seconded(app, &file(self.by("district_b"), &id), "district_c");
        assert_eq!(confirmed["object"]["id"], json!(id));
        let open = app.get("/v1/admin/objections?status=open&limit=100").token(self.by("district_a"));
        let open = open.expect(200).json()["items"].clone();
        let filed = open.as_array().unwrap().iter().find(|each| each["object"]["id"] == id).unwrap();
        self.waits("an objection that two filed for a manager", id_of(filed));
        let id = self.in_force(app, &clerk, "street_b", &of_manager());
        let proposal = file(self.by("street_a"), &id);
        self.waits("what one filed for a manager", id_of(&proposal));

        let firm = app.firm_account(&own.uscc);
        for (name, decision) in [("a repair", None), ("a repair that was granted", Some("its grant"))] {
            let id = self.in_force(app, &clerk, "district_a", &serious());
            let repair = id_of(&app.ask_repair(&firm, &id).expect(201).json());
            if let Some(decision) = decision {
                let granted = json!({"decision": "granted", "reason": "已退款"});
                let decided = app.decide(self.by("district_c"), "repairs", &repair, &granted);
                self.waits(decision, id_of(&decided.expect(202).json()));
            }
            self.waits(name, repair);
        }
    }

    fn seconded(&self, app: &TestApp, proposal: &Value, second: &str) -> Value {
        let path = format!("/v1/admin/proposals/{}/confirm", id_of(proposal));
        app.post(&path).token(self.by(second)).header("If-Match", "*").expect(200).json()
    }

    fn files(&mut self, app: &TestApp, world: &World) {
        let head = "category,uscc,level,title,document_number,authority,evidence,decided_on";
        let records = |category: &str, number: u32| {
            let uscc = &world.own.uscc;
            format!("{head}\n{category},{uscc},district,通报,文〔2026〕{number}号,区住建局,file,2026-11-18\n")
        };
        let street = app.official(Role::Street, STREET, false);
        let district = app.official(Role::District, DISTRICT, false);
        let waiting = |token: &str, kind: &str, file: String| {
            let report = import_file(app, token, kind, CSV, file);
            assert_eq!(report["state"], "submitted", "{report}");
            id_of(&report)
        };
        self.waits("a file of penalties", waiting(&street, "records", records("P301", 1)));
        self.waits("a file of rewards", waiting(&district, "records", records("R301", 2)));
        let project = |uscc: &str| {
            let estate = app.estate(COMMUNITY, EstateKind::Professional);
            format!(
                "estate,operator,uscc,starts_on,area_m2,households\n{estate},firm,{uscc},2026-12-01,10000,100\n"
            )
        };
        let foreign = foreign_firm(app);
        self.waits("a file of the firm's projects", waiting(&street, "projects", project(&world.own.uscc)));
        self.waits("a file of a foreign firm's projects", waiting(&street, "projects", project(&foreign)));
        let file = waiting(&street, "records", records("P301", 3));
        let path = format!("/v1/admin/imports/{file}");
        app.post(&format!("{path}/confirm")).token(self.by("street_b")).header("If-Match", "*").expect(200);
        let undo = app.post(&format!("{path}/undo")).token(self.by("street_a")).header("If-Match", "*");
        let undo = undo.json(&json!({"reason": "误传"}));
        self.waits("a file to be taken back", id_of(&undo.expect(202).json()));
        let estate = app.estate(COMMUNITY, EstateKind::Old);
        let roster = format!("estate,building,unit,room,phones\n{estate},1,1,1,\n");
        let file = id_of(&import_file(app, &street, "households", CSV, roster));
        let undo = app.post(&format!("/v1/admin/imports/{file}/undo")).token(self.by("street_a"));
        let undo = undo.header("If-Match", "*").json(&json!({"reason": "误传"})).expect(202).json();
        let id = id_of(&undo);
        let changes = json!([{"field": "districts_of", "before": null, "after": [foreign]}]);
        let update = format!("UPDATE proposal SET changes = '{changes}' WHERE id = '{id}'");
        app.sql(&[update], &world.own.uscc);
        self.waits("entries of a foreign firm's to be taken back", id);
    }

    fn registers(&mut self, app: &TestApp, world: &World) {
        let clerk = app.official(Role::Street, STREET, false);
        let proposed = |uscc: &str| {
            let body = json!({
                "estate": app.estate(COMMUNITY, EstateKind::Old), "operator": "firm", "uscc": uscc,
                "starts_on": "2026-12-01", "area_m2": 10000, "households": 100, "reason": "新签合同"
            });
            id_of(&app.post("/v1/admin/projects").token(&clerk).json(&body).expect(202).json())
        };
        let foreign = foreign_firm(app);
        self.waits("a project of the firm's", proposed(&world.own.uscc));
        self.waits("a project of a foreign firm's", proposed(&foreign));
    }

    /// What was given in the third quarter, and is confirmed late.
    fn assessments(&mut self, app: &TestApp, world: &World, accounts: &BTreeMap<&str, String>) {
        let row = |project: &str, assessor: &str, state: &str, by: &str| {
            format!(
                "INSERT INTO assessment (id, project_id, period, assessor, service_thousandths, party_thousandths, evidence, \
                 state, revision, by_account, updated_at, version) VALUES ('{}', '{project}', '2026-Q3', '{assessor}', 90000, \
                 90000, '[]', '{state}', 1, '{by}', '2026-10-20 02:00:00', 1)",
                xinwu_store::Random.timeless_id()
            )
        };
        let uscc = &world.own.uscc;
        let project = || app.project(&app.estate(COMMUNITY, EstateKind::Old), uscc);
        let (first, second) = (project(), project());
        let rows = [
            row(&first, "street", "withdrawn", &accounts["street_a"]),
            row(&first, "street", "submitted", "another"),
            row(&second, "district", "submitted", &accounts["district_a"]),
        ];
        app.sql(&rows, uscc);
        self.waits("the street's assessments", format!("{STREET}/2026-Q3"));
        self.waits("the district's assessments", format!("{DISTRICT}/2026-Q3"));
        let body = json!({"scores": {"service": 80, "party": 90}, "correction_reason": "计分有误"});
        let given = app.assess(self.by("street_a"), &project(), "2026-Q3", "street", &body);
        self.waits("a correction of a closed period", id_of(&given.expect(202).json()));
    }

    fn homes(&mut self, app: &TestApp, world: &World) {
        let estate = app.estate(COMMUNITY, EstateKind::Old);
        app.declares(&estate, 0);
        let dwelling = |room: &str| json!({"estate": estate, "building": "1", "room": room});
        for (name, room) in [("a dwelling too many", "1"), ("a dwelling that is claimed", "2")] {
            let added = app.post("/v1/admin/households").token(self.by("street_a")).json(&dwelling(room));
            self.waits(name, id_of(&added.expect(201).json()));
        }
        let (_, resident) = app.resident("13800000001");
        let claimed = app.post("/v1/me/residences").token(&resident).json(&dwelling("2")).expect(201).json();
        self.waits("a claim to it", id_of(&claimed));
        self.waits("a claim", world.own.pending_residence(app));

        let clerk = app.official(Role::Community, COMMUNITY, false);
        let household = {
            let listed = app.get(&format!("/v1/admin/households?estate={}", world.own.estate)).token(&clerk);
            let listed = listed.expect(200).json()["items"].clone();
            id_of(&listed[0])
        };
        let moved = json!({"building": "9", "unit": "1", "room": "1", "reason": "门牌更正"});
        let path = format!("/v1/admin/households/{household}");
        let moved = app.patch(&path).token(&clerk).header("If-Match", "*").json(&moved).expect(202).json();
        self.waits("an address", id_of(&moved));
    }

    fn others(&mut self, app: &TestApp, world: &World) {
        self.waits("a burst", world.own.burst(app));
        self.waits("a comment", world.own.review(app, "held"));
        let changes = [("version = 2", "version = 3"), ("primary_for = [\"firm\", \"project\"]\n", "")];
        let text = second_version("2027-02-01", &changes);
        let drafts = app.post("/v1/admin/schemes").token(self.by("city_a"));
        let draft = drafts.json(&json!({"text": text})).expect(201);
        let path = format!("{}/announce", draft.header("Location"));
        app.post(&path).token(self.by("city_a")).header("If-Match", draft.etag()).expect(200);
        self.waits("a scheme", "dalian-demo/3".to_owned());
        let body = json!({
            "username": "zhang.district", "role": "district", "place": DISTRICT, "staff_number": "DL-31", "reason": "新任"
        });
        let added = app.post("/v1/admin/users").token(&app.admin()).json(&body).expect(202).json();
        self.waits("an account", id_of(&added));
    }
}

fn foreign_firm(app: &TestApp) -> String {
    let mut firm = plain_firm("外区物业");
    firm.registered_place = OTHER_COMMUNITY.to_owned();
    app.firm_with(firm)
}

/// Does what an item says first.
fn first_of_may(app: &TestApp, token: &str, item: &Value) -> (u16, Value) {
    let (href, may) = (item["href"].as_str().unwrap(), item["may"][0].as_str().unwrap());
    let because = json!({"reason": "已核实"});
    let post = |verb: &str, body: Option<Value>| {
        let call = app.post(&format!("{href}/{verb}")).token(token).header("If-Match", "*");
        match body {
            Some(body) => call.json(&body),
            None => call,
        }
    };
    let call = match may {
        "edit_record" => {
            app.patch(href).token(token).header("If-Match", "*").json(&json!({"title": "违规收费（更正）"}))
        }
        "withdraw_record" => post("withdraw", None),
        "confirm_scheme" => post("announce/confirm", None),
        "decide_objection" => post("decide", Some(with(because, json!({"decision": "revoked"})))),
        "decide_repair" => post("decide", Some(with(because, json!({"decision": "granted"})))),
        "release_burst" => post("release", Some(because)),
        "publish_review" => post("publish", Some(because)),
        other => post(other.split('_').next().unwrap(), None),
    };
    let reply = call.send();
    (reply.status, reply.json())
}

#[both]
fn everybody_may_decide_what_the_own_inbox_holds(backend: Backend) {
    let mut found: BTreeMap<&str, BTreeSet<&str>> =
        expected().into_keys().map(|name| (name, BTreeSet::new())).collect();
    for (reader, ..) in CAST {
        // Each decides for good: everybody finds the city as it was.
        let app = TestApp::start(backend);
        let city = City::build(&app);
        let token = city.by(reader);
        let inbox = app.get("/v1/admin/inbox?limit=100&count=true").token(token).expect(200).json();
        let items = inbox["items"].as_array().unwrap();
        assert_eq!(inbox["page"]["total"], json!(items.len()), "{reader}");
        for item in items {
            let name = *city.things.get(item["id"].as_str().unwrap()).unwrap_or_else(|| panic!("{item}"));
            found.get_mut(name).unwrap().insert(reader);
            let (status, told) = first_of_may(&app, token, item);
            let is_done = match told["code"].as_str() {
                // A claim to a dwelling that waits is the community's to refuse, or to leave to the
                // street.
                Some("register_full") => name == "a claim to it",
                // Approved before, that let the dwelling in.
                Some("not_waiting") => name == "a dwelling that is claimed",
                _ => matches!(status, 200 | 202),
            };
            assert!(is_done, "{reader}, {name}: {status} {told}");
        }
        let left = app.get("/v1/admin/inbox?limit=100").token(token).expect(200).json();
        let left: Vec<&str> = left["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| city.things[item["id"].as_str().unwrap()])
            .collect();
        let stays: &[&str] = match reader {
            "community" => &["a claim to it"],
            // Changed, it is to be submitted again.
            "street_a" => &["a record sent back"],
            _ => &[],
        };
        assert_eq!(left, stays, "{reader}");
    }
    assert_eq!(found, expected());
}
