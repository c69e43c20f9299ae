//! 2,000 random writes of everything that is public and of much that is not, with time passing: a
//! copy that follows the changes has what a new snapshot has, line by line; and both have what the
//! service shows.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use super::{anew, assert_same};
use crate::harness::copies::Copy;
use crate::harness::files::{penalty, with};
use crate::harness::residents::Resident;
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, new_uscc};
use crate::harness::{Call, Reply, TestApp, someone, unique};
use crate::imports::{CSV, import_file};
use crate::scheme_drafts::{announce, second_version};

const WRITES: usize = 2_000;
const SEED: u64 = 21;

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(limit).unwrap()).unwrap()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Accounts, by their ids.
struct Officials {
    city: String,
    second: String,
    drafter: String,
    confirmer: String,
    street: String,
    community: String,
}

struct City<'a> {
    app: &'a TestApp,
    dice: Dice,
    officials: Officials,
    firms: Vec<String>,
    firm_accounts: Vec<(String, String)>,
    estates: Vec<String>,
    managers: Vec<String>,
    projects: Vec<String>,
    residents: Vec<(Resident, String)>,
    drafts: Vec<String>,
    records: Vec<String>,
    objections: Vec<String>,
    repairs: Vec<String>,
    /// What went well, of each kind of write.
    done: std::collections::BTreeMap<&'static str, usize>,
    schemes: u32,
}

fn official(app: &TestApp, role: Role, place: &str, can_confirm: bool) -> String {
    app.account(NewAccount { place: Some(place.to_owned()), can_confirm, ..someone(role) }).0
}

impl<'a> City<'a> {
    fn build(app: &'a TestApp) -> City<'a> {
        let scene = app.scene();
        let officials = Officials {
            city: official(app, Role::City, "2102", true),
            second: official(app, Role::City, "2102", true),
            drafter: official(app, Role::District, DISTRICT, false),
            confirmer: official(app, Role::District, DISTRICT, true),
            street: official(app, Role::Street, STREET, true),
            community: official(app, Role::Community, COMMUNITY, true),
        };
        let mut city = City {
            app,
            dice: Dice(SEED),
            officials,
            firms: vec![scene.uscc.clone()],
            firm_accounts: Vec::new(),
            estates: vec![scene.estate],
            managers: Vec::new(),
            projects: vec![scene.project],
            residents: Vec::new(),
            drafts: Vec::new(),
            records: Vec::new(),
            objections: Vec::new(),
            repairs: Vec::new(),
            done: std::collections::BTreeMap::new(),
            schemes: 1,
        };
        for number in 0..3 {
            let stage = app.stage();
            city.managers.push(app.manager(&format!("经理{number}"), &stage.uscc));
            city.firms.push(stage.uscc);
            city.estates.push(stage.estate);
            city.projects.push(stage.project);
        }
        for uscc in city.firms.clone() {
            let of_firm = NewAccount { uscc: Some(uscc.clone()), ..someone(Role::Firm) };
            city.firm_accounts.push((app.account(of_firm).0, uscc));
        }
        for (estate, project) in city.estates.clone().iter().zip(&city.projects.clone()) {
            let residents = app.neighbours(estate, 8);
            city.residents.extend(residents.into_iter().map(|resident| (resident, project.clone())));
        }
        app.tick();
        city
    }

    fn token(&self, account: &str) -> String {
        self.app.renewed(account)
    }

    /// Sends a write, and has a second person confirm it where it needs one; what is refused is
    /// refused in words.
    #[track_caller]
    fn sent(&mut self, what: &'static str, call: Call) -> Option<Value> {
        let reply = call.send();
        self.answered(what, &reply)
    }

    #[track_caller]
    fn answered(&mut self, what: &'static str, reply: &Reply) -> Option<Value> {
        assert!(reply.status < 500, "{what}: {}", reply.text);
        if reply.status >= 300 {
            return None;
        }
        *self.done.entry(what).or_default() += 1;
        if reply.header("Location").starts_with("/v1/admin/proposals/") {
            return Some(self.seconded(&reply.json()));
        }
        Some(if reply.text.is_empty() { Value::Null } else { reply.json() })
    }

    /// Has what was proposed confirmed, and gives the object as it stands after it.
    #[track_caller]
    fn seconded(&self, proposal: &Value) -> Value {
        // Who seconded a correction has a hand in it, and is no second of a decision on that.
        let token = match proposal["operation"].as_str() {
            Some("decide_objection") => self.app.official(Role::City, "2102", true),
            _ => self.token(&self.officials.second),
        };
        let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        let confirmed = self.app.post(&path).token(&token).header("If-Match", "*").expect(200).json();
        let object = &confirmed["object"];
        let (kind, id) = (object["kind"].as_str().unwrap(), object["id"].as_str().unwrap());
        self.app.get(&format!("/v1/admin/{kind}s/{id}")).token(&token).expect(200).json()
    }

    /// A PUT of what may be there already.
    fn put(&mut self, what: &'static str, account: &str, path: &str, body: &Value) {
        let call = || self.app.put(path).token(&self.token(account)).json(body);
        let first = call().send();
        let reply = if first.status == 428 { call().header("If-Match", "*").send() } else { first };
        self.answered(what, &reply);
    }

    fn patch(&mut self, what: &'static str, account: &str, path: &str, body: &Value) -> Option<Value> {
        let body = with(body.clone(), json!({"reason": "按材料登记"}));
        let call = self.app.patch(path).token(&self.token(account)).header("If-Match", "*").json(&body);
        self.sent(what, call)
    }

    fn post(&mut self, what: &'static str, account: &str, path: &str, body: &Value) -> Option<Value> {
        let call = self.app.post(path).token(&self.token(account)).json(body);
        self.sent(what, call)
    }

    fn step(&mut self, what: &'static str, account: &str, path: &str, body: Option<&Value>) -> Option<Value> {
        let call = self.app.post(path).token(&self.token(account)).header("If-Match", "*");
        self.sent(what, if let Some(body) = body { call.json(body) } else { call })
    }

    fn write(&mut self) {
        match self.dice.below(100) {
            0..=3 => self.place(),
            4..=11 => self.firm(),
            12..=16 => self.estate(),
            17..=20 => self.manager(),
            21..=27 => self.project(),
            28..=45 => self.record(),
            46..=51 => self.objection(),
            52..=55 => self.repair(),
            56..=75 => self.rating(),
            76..=81 => self.moderation(),
            82..=87 => self.reply(),
            88..=93 => self.assessment(),
            94 => self.batch(),
            95 => self.scheme(),
            96 => self.account(),
            _ => self.time(),
        }
    }

    fn place(&mut self) {
        let (city, number) = (self.officials.city.clone(), unique());
        if self.dice.below(2) == 0 {
            let code = format!("{STREET}{:03}", 100 + number % 900);
            let body = json!({"code": code, "level": "community", "name": format!("社区{number}"), "parent": STREET});
            self.post("place added", &city, "/v1/admin/places", &body);
        } else {
            let code = *self.dice.of(&[COMMUNITY, STREET, DISTRICT]);
            let body = json!({"aliases": [format!("别名{number}")]});
            self.patch("place edited", &city, &format!("/v1/admin/places/{code}"), &body);
        }
    }

    fn firm(&mut self) {
        let (city, number) = (self.officials.city.clone(), unique());
        if self.dice.below(6) == 0 {
            let body =
                json!({"uscc": new_uscc(), "name": format!("新物业{number}"), "registered_place": DISTRICT});
            if let Some(added) = self.post("firm added", &city, "/v1/admin/firms", &body) {
                self.firms.push(added["uscc"].as_str().unwrap().to_owned());
            }
            return;
        }
        let (uscc, other) =
            (self.dice.of(&self.firms.clone()).clone(), self.dice.of(&self.firms.clone()).clone());
        let body = match self.dice.below(6) {
            0 => json!({"name": format!("改名物业{number}")}),
            1 => json!({"short_name": format!("简称{number}")}),
            2 => json!({"participates": self.dice.below(3) > 0}),
            3 => json!({"successors": [other]}),
            4 => json!({"parent": other, "parent_since": "2026-01-01"}),
            _ => json!({"parent": null}),
        };
        self.patch("firm edited", &city, &format!("/v1/admin/firms/{uscc}"), &body);
    }

    fn estate(&mut self) {
        let (street, number) = (self.officials.street.clone(), unique());
        if self.dice.below(4) == 0 {
            let estate = self.app.estate(COMMUNITY, EstateKind::Old);
            self.estates.push(estate);
            return;
        }
        let code = self.dice.of(&self.estates.clone()).clone();
        let body = match self.dice.below(3) {
            0 => json!({"name": format!("小区{number}")}),
            1 => json!({"kind": *self.dice.of(&["old", "professional", "affordable"])}),
            _ => json!({"address": format!("某路{number}号")}),
        };
        self.patch("estate edited", &street, &format!("/v1/admin/estates/{code}"), &body);
    }

    fn manager(&mut self) {
        let (city, number) = (self.officials.city.clone(), unique());
        let uscc = self.dice.of(&self.firms.clone()).clone();
        if self.dice.below(3) == 0 {
            let body = json!({"name": format!("新经理{number}"), "uscc": uscc});
            if let Some(added) = self.post("manager added", &city, "/v1/admin/managers", &body) {
                self.managers.push(added["id"].as_str().unwrap().to_owned());
            }
            return;
        }
        let id = self.dice.of(&self.managers.clone()).clone();
        let body = if self.dice.below(3) == 0 {
            json!({"uscc": uscc})
        } else {
            json!({"name": format!("经理{number}")})
        };
        self.patch("manager edited", &city, &format!("/v1/admin/managers/{id}"), &body);
    }

    fn project(&mut self) {
        let street = self.officials.street.clone();
        if self.dice.below(4) == 0 {
            let (estate, uscc) =
                (self.dice.of(&self.estates.clone()).clone(), self.dice.of(&self.firms.clone()).clone());
            let starts_on = *self.dice.of(&["2026-01-01", "2026-12-05", "2027-01-10"]);
            let body = json!({
                "estate": estate, "operator": "firm", "uscc": uscc, "starts_on": starts_on, "area_m2": 5000 + self.dice.below(5000),
                "households": 100, "reason": "新签合同"
            });
            if let Some(added) = self.post("project added", &street, "/v1/admin/projects", &body) {
                self.projects.push(added["id"].as_str().unwrap().to_owned());
            }
            return;
        }
        let (id, manager) =
            (self.dice.of(&self.projects.clone()).clone(), self.dice.of(&self.managers.clone()).clone());
        let body = match self.dice.below(5) {
            0 => json!({"area_m2": 1000 + self.dice.below(90_000), "area_reason": "含公共区域"}),
            1 => json!({"fee_fen": 100 + self.dice.below(200)}),
            2 => json!({"manager": manager}),
            3 => json!({"ends_on": *self.dice.of(&["2026-12-20", "2027-01-31"])}),
            _ => json!({"ends_on": null}),
        };
        self.patch("project edited", &street, &format!("/v1/admin/projects/{id}"), &body);
    }

    fn record(&mut self) {
        let (drafter, confirmer) = (self.officials.drafter.clone(), self.officials.confirmer.clone());
        match self.dice.below(10) {
            0..=2 => {
                let uscc = self.dice.of(&self.firms.clone()).clone();
                let body = match self.dice.below(5) {
                    0 => json!({"severity": "minor"}),
                    1 => json!({"severity": "minor", "publish": true, "decided_on": "2026-09-01"}),
                    // Shown until a day that will come.
                    2 => json!({"decided_on": "2026-09-10", "public_until": "2026-12-12"}),
                    3 => json!({"category": "R301"}),
                    _ => json!({}),
                };
                let body = with(penalty(&uscc), body);
                if let Some(drafted) = self.post("record drafted", &drafter, "/v1/admin/records", &body) {
                    self.drafts.push(drafted["id"].as_str().unwrap().to_owned());
                }
            }
            3..=5 => self.record_step("record submitted", &drafter, "submit"),
            6..=8 => {
                self.record_step("record confirmed", &confirmer, "confirm");
            }
            _ => self.record_step("record withdrawn", &drafter, "withdraw"),
        }
    }

    fn record_step(&mut self, what: &'static str, account: &str, step: &str) {
        if self.drafts.is_empty() {
            return;
        }
        let id = self.dice.of(&self.drafts.clone()).clone();
        let done = self.step(what, account, &format!("/v1/admin/records/{id}/{step}"), None);
        if done.is_some() && step != "submit" {
            self.drafts.retain(|draft| *draft != id);
            if step == "confirm" {
                self.records.push(id);
            }
        }
    }

    fn objection(&mut self) {
        if self.dice.below(2) == 0 && !self.objections.is_empty() {
            let at = self.dice.below(self.objections.len());
            let id = self.objections.swap_remove(at);
            let confirmer = official(self.app, Role::District, DISTRICT, true);
            let body = match self.dice.below(4) {
                0 => json!({"decision": "revoked", "reason": "事实不清"}),
                1 => {
                    json!({"decision": "amended", "reason": "情节较轻", "amendment": {"title": format!("更正{}", unique())}})
                }
                2 => {
                    json!({"decision": "amended", "reason": "分数有误", "scores": {"service": 77, "party": 66}})
                }
                _ => json!({"decision": "upheld", "reason": "事实清楚"}),
            };
            self.step(
                "objection decided",
                &confirmer,
                &format!("/v1/admin/objections/{id}/decide"),
                Some(&body),
            );
            return;
        }
        let (account, uscc) = self.dice.of(&self.firm_accounts.clone()).clone();
        let path = if self.dice.below(3) == 0 {
            let listed = self.app.get(&format!("/v1/firms/{uscc}/assessments")).expect(200).json();
            let Some(first) = listed["items"].get(0) else { return };
            format!("/v1/assessments/{}", first["id"].as_str().unwrap())
        } else {
            if self.records.is_empty() {
                return;
            }
            format!("/v1/records/{}", self.dice.of(&self.records.clone()))
        };
        let body = json!({"grounds": "与事实不符", "evidence": ["说明.pdf"]});
        if let Some(filed) = self.post("objection filed", &account, &format!("{path}/objections"), &body) {
            self.objections.push(filed["id"].as_str().unwrap().to_owned());
        }
    }

    fn repair(&mut self) {
        if self.dice.below(2) == 0 && !self.repairs.is_empty() {
            let at = self.dice.below(self.repairs.len());
            let id = self.repairs.swap_remove(at);
            let confirmer = official(self.app, Role::District, DISTRICT, true);
            let decision = *self.dice.of(&["granted", "refused"]);
            let body = json!({"decision": decision, "reason": "已核实"});
            self.step("repair decided", &confirmer, &format!("/v1/admin/repairs/{id}/decide"), Some(&body));
            return;
        }
        if self.records.is_empty() {
            return;
        }
        let (id, (account, _)) =
            (self.dice.of(&self.records.clone()).clone(), self.dice.of(&self.firm_accounts.clone()).clone());
        let body = json!({"commitment": "已全部退还，承诺明码标价。", "evidence": ["退款清单.pdf"]});
        if let Some(asked) = self.post("repair asked", &account, &format!("/v1/records/{id}/repairs"), &body)
        {
            self.repairs.push(asked["id"].as_str().unwrap().to_owned());
        }
    }

    fn rating(&mut self) {
        if self.residents.is_empty() {
            return;
        }
        let at = self.dice.below(self.residents.len());
        let (stars, word, held) = (self.dice.below(5) + 1, self.dice.below(3), self.dice.below(5));
        let takes_back = self.dice.below(8) == 0;
        let month = self.app.now().format("%Y-%m").to_string();
        let (resident, project) = &self.residents[at];
        let call = if takes_back {
            self.app.taken_back(resident, project, &month)
        } else {
            let mut body = json!({"overall": stars, "dimensions": {"cleaning": stars}});
            if word == 0 {
                let held = if held == 0 { "，电话 139 0000 0000" } else { "" };
                body["comment"] = json!(format!("意见{}{held}", unique()));
            }
            self.app.rating(resident, project, &month).json(&body)
        };
        self.sent(if takes_back { "rating taken back" } else { "rating given" }, call);
    }

    fn moderation(&mut self) {
        let street = self.officials.street.clone();
        let status = *self.dice.of(&["held", "published", "hidden"]);
        let path = format!("/v1/admin/reviews?status={status}&limit=100");
        let listed = self.app.get(&path).token(&self.token(&street)).expect(200).json();
        let items = listed["items"].as_array().unwrap().clone();
        if items.is_empty() {
            return;
        }
        let id = self.dice.of(&items)["id"].as_str().unwrap().to_owned();
        match self.dice.below(3) {
            0 => {
                let body = json!({"rule": "insult", "reason": "辱骂"});
                self.step("text hidden", &street, &format!("/v1/admin/reviews/{id}/hide"), Some(&body));
            }
            1 => {
                let body = json!({"reason": "可以"});
                self.step("text published", &street, &format!("/v1/admin/reviews/{id}/publish"), Some(&body));
            }
            _ => {
                let resident = self
                    .dice
                    .of(&self.residents.iter().map(|(each, _)| each.id.clone()).collect::<Vec<_>>())
                    .clone();
                self.post(
                    "text flagged",
                    &resident,
                    &format!("/v1/reviews/{id}/flags"),
                    &json!({"reason": "不实"}),
                );
            }
        }
    }

    fn reply(&mut self) {
        let (account, uscc) = self.dice.of(&self.firm_accounts.clone()).clone();
        let what = *self.dice.of(&["reviews", "records"]);
        let listed = self.app.get(&format!("/v1/firms/{uscc}/{what}?limit=100")).expect(200).json();
        let items = listed["items"].as_array().unwrap().clone();
        if items.is_empty() {
            return;
        }
        let id = self.dice.of(&items)["id"].as_str().unwrap().to_owned();
        let text = *self.dice.of(&["感谢您的建议", "请致电 139 0000 0000", "已安排检修"]);
        self.put("reply put", &account, &format!("/v1/{what}/{id}/reply"), &json!({"text": text}));
    }

    fn assessment(&mut self) {
        let project = self.dice.of(&self.projects.clone()).clone();
        let (account, assessor) = if self.dice.below(2) == 0 {
            (self.officials.street.clone(), "street")
        } else {
            (self.officials.community.clone(), "community")
        };
        let period = *self.dice.of(&["2026-Q3", "2026-Q4", "2027-Q1"]);
        let body = json!({
            "scores": {"service": self.dice.below(100), "party": self.dice.below(100)}, "correction_reason": "更正"
        });
        let path = format!("/v1/admin/assessments/{project}/{period}/{assessor}");
        self.put("assessed", &account, &path, &body);
        if self.dice.below(3) == 0 {
            let path = format!("/v1/admin/places/{STREET}/assessments/{period}");
            let (step, body) = match self.dice.below(3) {
                0 => ("return", Some(json!({"reason": "有误"}))),
                _ => ("confirm", None),
            };
            let second = self.officials.second.clone();
            self.step("assessments decided", &second, &format!("{path}/{step}"), body.as_ref());
        }
    }

    fn batch(&mut self) {
        let (drafter, confirmer) =
            (self.token(&self.officials.drafter), self.token(&self.officials.confirmer));
        let uscc = self.dice.of(&self.firms.clone()).clone();
        let row = || {
            let number = unique();
            format!(
                "R101,{uscc},city,表彰,大政发〔2026〕{number}号,大连市人民政府,file-{number},2026-10-01\n"
            )
        };
        let header = "category,uscc,level,title,document_number,authority,evidence,decided_on";
        let file = format!("{header}\n{}{}", row(), row());
        let report = import_file(self.app, &drafter, "records", CSV, file.as_str());
        let step = *self.dice.of(&["confirm", "confirm", "return"]);
        let path = format!("/v1/admin/imports/{}/{step}", report["id"].as_str().unwrap());
        let call = self.app.post(&path).token(&confirmer).header("If-Match", "*");
        let call = if step == "return" { call.json(&json!({"reason": "有误"})) } else { call };
        self.sent("batch decided", call);
    }

    fn scheme(&mut self) {
        // Each costs an evaluation of everyone.
        if self.schemes >= 4 {
            return;
        }
        self.schemes += 1;
        let day = (self.app.now() + TimeDelta::days(3)).format("%Y-%m-%d").to_string();
        let base = format!("value = {}", 60 + self.schemes);
        let text = second_version(&day, &[("value = 60", &base)]);
        let text = text.replacen("version = 2", &format!("version = {}", self.schemes), 1);
        announce(self.app, &text);
        *self.done.entry("scheme announced").or_default() += 1;
    }

    fn account(&mut self) {
        if self.residents.len() < 20 {
            return;
        }
        let at = self.dice.below(self.residents.len());
        let (resident, _) = self.residents.swap_remove(at);
        let call = self.app.delete("/v1/me").token(&self.token(&resident.id));
        self.sent("account deleted", call);
    }

    /// Hours or days, and all that is due.
    fn time(&mut self) {
        let hours = *self.dice.of(&[1, 5, 12, 24, 24, 40]);
        self.app.advance(TimeDelta::hours(hours));
        self.app.tick();
        *self.done.entry("time passed").or_default() += 1;
    }
}

/// What the service shows of a firm, by what a copy must have.
#[track_caller]
fn assert_shown(app: &TestApp, copy: &Copy, firms: &[String]) {
    for uscc in firms {
        let firm = copy.value("firm", uscc).unwrap();
        let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
        for field in ["name", "short_name", "former_names", "status", "records", "projects", "updated_at"] {
            assert_eq!(firm[field], card[field], "{uscc} {field}");
        }
        let credits = firm["credits"].as_array().unwrap();
        let primary = credits.iter().find(|credit| credit["primary"] == true);
        for field in ["outcome", "score", "grade", "effective_from"] {
            let copied = primary.map_or(&Value::Null, |credit| &credit[field]);
            if primary.is_some() {
                assert_eq!(*copied, card["credit"][field], "{uscc} {field}");
            }
        }
        for (kind, field) in [("record", "firm"), ("review", "firm")] {
            let path = format!("/v1/firms/{uscc}/{kind}s?limit=100");
            let shown: BTreeSet<String> = app.walk(&path, "id", || {}).into_iter().collect();
            let of_kind =
                copy.lines.iter().filter(|((of, _), value)| of == kind && value[field] == json!(uscc));
            let copied: BTreeSet<String> = of_kind.map(|((_, id), _)| id.clone()).collect();
            assert_eq!(copied, shown, "{uscc} {kind}");
        }
    }
}

#[both]
fn a_copy_that_follows_has_what_a_new_snapshot_has(app: TestApp) {
    let mut city = City::build(&app);
    let mut copy = app.snapshot();
    for number in 1..=WRITES {
        city.write();
        if city.dice.below(40) == 0 {
            let limit = *city.dice.of(&[1, 7, 50, 1000]);
            copy.follow_by(&app, limit);
        }
        if number % (WRITES / 5) == 0 {
            let snapshot = anew(&app);
            copy.follow(&app);
            assert_same(&copy, &snapshot);
            assert_shown(&app, &copy, &city.firms);
        }
    }
    // Of every kind some went well, and something has gone.
    let kinds: BTreeSet<&str> = copy.lines.keys().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            "assessment",
            "estate",
            "firm",
            "manager",
            "place",
            "project",
            "ratings",
            "record",
            "review",
            "scheme"
        ]
    );
    assert!(city.done.len() >= 25, "{:?}", city.done);
    let public = copy.lines.keys().filter(|(kind, _)| kind == "record").count();
    assert!(public < city.records.len(), "{public} of {}: {:?}", city.records.len(), city.done);
}
