//! Builders of what stands in a firm's dossier: a firm at work, the officials around it, and
//! records brought into force over HTTP.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::{Actor, Operation, Role, Warrant};
use xinwu_domain::assessment::{AssessmentKey, NewAssessment};
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_persistence::credit::{assessment, scheme};
use xinwu_persistence::registers::authorized::find;
use xinwu_persistence::schema::scheme_version;

use super::world::{COMMUNITY, DISTRICT};
use super::{Call, Reply, TestApp, unique};

/// A firm that runs one project in the community [`COMMUNITY`].
pub struct Scene {
    pub uscc: String,
    pub estate: String,
    pub project: String,
}

/// A penalty for overcharging, decided eleven days before the tests begin, by a decision of its
/// own.
pub fn penalty(uscc: &str) -> Value {
    json!({
        "category": "P301", "uscc": uscc, "level": "district", "title": "违规收取装修管理费", "document_number": format!("中市监罚字〔2026〕{}号", unique()),
        "authority": "中山区市场监督管理局", "evidence": ["中市监罚字〔2026〕12号.pdf"], "decided_on": "2026-11-10"
    })
}

/// The same with other fields.
pub fn with(mut body: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value == &json!("(left out)") {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}

/// The warrant of an official to import and to decide on what others did.
pub fn official_warrant(id: &str, role: Role, place: &str, can_confirm: bool) -> Warrant {
    let actor = Actor {
        account_id: id.to_owned(),
        role,
        place: Some(place.to_owned()),
        uscc: None,
        manager: None,
        department: None,
        can_confirm,
        has_second_factor: false,
        client: None,
        session_id: String::new(),
    };
    Warrant::of(Operation::ConfirmImport, actor).unwrap()
}

impl TestApp {
    /// A firm at work, with the shipped schemes in force.
    pub fn scene(&self) -> Scene {
        self.db().write_blocking(|tx| scheme::install_shipped(tx).map(|_| ())).unwrap();
        let uscc = self.firm("海蓝物业");
        let estate = self.estate(COMMUNITY, EstateKind::Professional);
        let project = self.project(&estate, &uscc);
        Scene { uscc, estate, project }
    }

    /// Shandong's rules as this city's own beside its primary scheme: those of another province
    /// grade nobody here.
    pub fn shandong_here(&self) {
        self.db()
            .write_blocking(|tx| {
                let text = include_str!("../../../schemes/shandong-2019/1.toml").replacen(
                    "place = \"37\"",
                    "place = \"2102\"",
                    1,
                );
                diesel::update(scheme_version::table.find(("shandong-2019", 1)))
                    .set((scheme_version::text.eq(text), scheme_version::place.eq("2102")))
                    .execute(tx.conn)?;
                tx.changed(Entity::Scheme, "shandong-2019");
                Ok(())
            })
            .unwrap();
    }

    /// A district's drafter.
    pub fn drafter(&self) -> String {
        self.official(Role::District, DISTRICT, false)
    }

    /// A district's official who may confirm.
    pub fn confirmer(&self) -> String {
        self.official(Role::District, DISTRICT, true)
    }

    /// Drafts a record; gives its id and entity tag.
    #[track_caller]
    pub fn draft(&self, token: &str, body: &Value) -> (String, String) {
        let reply = self.post("/v1/admin/records").token(token).json(body).expect(201);
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        (id, reply.etag().to_owned())
    }

    /// One step of a record: `submit`, `confirm`, `return`, `withdraw`.
    pub fn record_step(&self, token: &str, id: &str, etag: &str, step: &str) -> Call {
        let call = self.post(&format!("/v1/admin/records/{id}/{step}")).token(token).header("If-Match", etag);
        if step == "return" { call.json(&json!({"reason": "文书号有误"})) } else { call }
    }

    /// A record drafted, submitted and confirmed by two officials of the district; gives its id.
    #[track_caller]
    pub fn record_in_force(&self, body: &Value) -> String {
        let drafter = self.drafter();
        let (id, etag) = self.draft(&drafter, body);
        let submitted = self.record_step(&drafter, &id, &etag, "submit").expect(200);
        self.record_step(&self.confirmer(), &id, submitted.etag(), "confirm").expect(200);
        id
    }

    /// An assessment in force, of whatever period, that no official gave; as officials read it.
    pub fn assessed(&self, project: &str, period: &str, assessor: &str, body: &Value) -> Value {
        let key = AssessmentKey {
            project: project.to_owned(),
            period: period.parse().unwrap(),
            assessor: assessor.parse().unwrap(),
        };
        let new: NewAssessment = serde_json::from_value(body.clone()).unwrap();
        let context = self.state.city().context(Language::Chinese, self.now());
        self.db()
            .write_blocking(move |tx| {
                let operator = Warrant::operator(Operation::PutAssessment);
                let project = find(tx.conn, &operator, &key.project, context.today())?;
                let of = (&project, key.period, key.assessor);
                let replaced = assessment::get(tx.conn, of).is_ok().then_some(Expected::Any);
                assessment::put(tx, &operator, of, &new, replaced.as_ref(), context)
            })
            .unwrap();
        let path = format!("/v1/admin/assessments/{project}/{period}/{assessor}");
        self.get(&path).token(&self.official(Role::City, "2102", false)).expect(200).json()
    }

    /// Confirms what waits of a place for a period that is over, as the city's official.
    #[track_caller]
    pub fn confirm_assessments(&self, place: &str, period: &str) -> Reply {
        let city = self.official(Role::City, "2102", true);
        let path = format!("/v1/admin/places/{place}/assessments/{period}/confirm");
        self.post(&path).token(&city).header("If-Match", "*").expect(200)
    }

    /// Assesses a project.
    pub fn assess(&self, token: &str, project: &str, period: &str, assessor: &str, body: &Value) -> Call {
        self.put(&format!("/v1/admin/assessments/{project}/{period}/{assessor}")).token(token).json(body)
    }
}

/// The ids in a page.
pub fn ids(page: &Reply) -> Vec<String> {
    page.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap().to_owned())
        .collect()
}
