//! The small world that the table of permissions is walked in.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;
use xinwu_openapi::permissions::Whose;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::schema::{import, import_row, rating_burst};

use crate::harness::world::{plain_firm, plain_project};
use crate::harness::{TestApp, someone, unique};

/// The month that residents rate in.
pub const MONTH: &str = "2026-11";

/// One of the two halves of the world.
pub struct Side {
    pub district: &'static str,
    pub street: &'static str,
    pub community: &'static str,
    pub uscc: String,
    pub estate: String,
    pub project: String,
    pub manager: String,
    /// Of its district.
    pub department: String,
    /// In force, and public.
    pub record: String,
    /// A resident with a home who has rated.
    pub resident: Resident,
}

pub struct Resident {
    pub token: String,
    pub residence: String,
}

pub struct World {
    pub own: Side,
    /// In the own district, with a firm that is registered in the foreign one.
    pub serving: Side,
    pub foreign: Side,
}

/// Who asks: a new account each time, so that no cell depends on another.
pub struct Asker {
    pub role: Option<Role>,
    pub token: Option<String>,
    /// A resident's home.
    pub residence: String,
}

impl World {
    pub fn build(app: &TestApp) -> World {
        let (own, foreign) =
            (["210202", "210202001", "210202001002"], ["210203", "210203001", "210203001001"]);
        // In the community, so that it is within reach of all four levels above.
        World {
            own: Side::build(app, "本区", own, own[2]),
            serving: Side::build(app, "外来", own, foreign[2]),
            foreign: Side::build(app, "外区", foreign, foreign[2]),
        }
    }

    pub fn side(&self, whose: Whose) -> &Side {
        match whose {
            Whose::Own => &self.own,
            Whose::Serving => &self.serving,
            Whose::Foreign => &self.foreign,
        }
    }

    /// Somebody of a role in the own half.
    pub fn asker(&self, app: &TestApp, role: Option<Role>) -> Asker {
        let own = &self.own;
        let mut residence = String::new();
        let token = match role {
            None => None,
            Some(role) if role.is_official() => Some(app.official(role, own.place_of(role), true)),
            Some(Role::Firm) => Some(app.firm_account(&own.uscc)),
            Some(Role::Department) => Some(app.department_official(&own.department)),
            Some(Role::Manager) => Some(app.manager_account(&own.manager)),
            Some(Role::Resident) => {
                let resident = own.new_resident(app);
                residence = resident.residence;
                Some(resident.token)
            }
            Some(role) => Some(app.token(NewAccount { ..someone(role) })),
        };
        Asker { role, token, residence }
    }
}

impl Side {
    fn build(
        app: &TestApp,
        name: &str,
        [district, street, community]: [&'static str; 3],
        registered: &str,
    ) -> Side {
        let mut firm = plain_firm(&format!("{name}物业"));
        firm.registered_place = registered.to_owned();
        let uscc = app.firm_with(firm);
        let estate = app.estate(community, EstateKind::Professional);
        // Many operations need a resident whom no other has used.
        app.declares(&estate, 1_000);
        let manager = app.manager("王经理", &uscc);
        let project =
            app.project_with(NewProject { manager: Some(manager.clone()), ..plain_project(&estate, &uscc) });
        let department = app.department(&format!("D{}", unique()), district);
        let nobody = Resident { token: String::new(), residence: String::new() };
        let mut side = Side {
            district,
            street,
            community,
            uscc,
            estate,
            project,
            manager,
            department,
            record: String::new(),
            resident: nobody,
        };
        side.resident = side.new_resident(app);
        app.put(&format!("/v1/me/ratings/{}/{MONTH}", side.project))
            .token(&side.resident.token)
            .json(&json!({"overall": 4}))
            .expect(201);
        let confirmer = app.official(Role::District, district, true);
        side.record = side.submitted_record(app);
        let path = format!("/v1/admin/records/{}/confirm", side.record);
        app.post(&path).token(&confirmer).header("If-Match", "*").expect(200);
        app.assessed(&side.project, "2026-Q4", "community", &assessment());
        side
    }

    /// Where its officials of a role are.
    pub fn place_of(&self, role: Role) -> &'static str {
        match role {
            Role::District => self.district,
            Role::Street => self.street,
            Role::Community => self.community,
            _ => "2102",
        }
    }

    /// A resident whose home the roster confirms at once.
    pub fn new_resident(&self, app: &TestApp) -> Resident {
        let number = unique();
        let (phone, room) = (format!("139{number:08}"), format!("{number}"));
        app.household(&self.estate, &room, &[&phone]);
        let (_, token) = app.resident(&phone);
        let body = self.dwelling(&room);
        let claimed = app.post("/v1/me/residences").token(&token).json(&body).expect(201).json();
        assert_eq!(claimed["status"], "verified", "{claimed}");
        Resident { token, residence: id_of(&claimed) }
    }

    /// Whose something of an account's own is: the asker's, or somebody else's.
    pub fn holder(&self, app: &TestApp, whose: Whose, asker: &Asker) -> String {
        let own = asker.token.clone().filter(|_| whose == Whose::Own);
        own.unwrap_or_else(|| self.new_resident(app).token)
    }

    /// A notice to an account.
    pub fn notice(&self, app: &TestApp, token: &str) -> String {
        let id = format!("notice-{}", unique());
        let account = id_of(&app.get("/v1/me").token(token).expect(200).json());
        let row = format!(
            "INSERT INTO notice (id, account_id, kind, about_id, name, created_at, sms_waits) \
             VALUES ('{id}', '{account}', 'resident_added', '{}', '幸福里 1-1', '2026-11-21 02:00:00', FALSE)",
            self.resident.residence
        );
        app.sql(&[row], &self.uscc);
        id
    }

    /// A household more than its estate declares.
    pub fn waiting_household(&self, app: &TestApp) -> String {
        let estate = app.estate(self.community, EstateKind::Old);
        app.declares(&estate, 0);
        let drafter = app.official(Role::Community, self.community, false);
        let body = json!({"estate": estate, "building": "1", "room": "1"});
        id_of(&app.post("/v1/admin/households").token(&drafter).json(&body).expect(201).json())
    }

    /// A project of which the firm's district has not said that it is one.
    pub fn open_project(&self, app: &TestApp) -> String {
        let project = app.project(&app.estate(self.community, EstateKind::Old), &self.uscc);
        app.sql(&[format!("UPDATE project SET reach = 'open' WHERE id = '{project}'")], &self.uscc);
        project
    }

    /// An assessment of the third quarter that nobody confirmed before it was closed.
    pub fn waiting_assessment(&self, app: &TestApp) {
        let project = app.project(&app.estate(self.community, EstateKind::Old), &self.uscc);
        let row = format!(
            "INSERT INTO assessment (id, project_id, period, assessor, service_thousandths, party_thousandths, evidence, state, \
             revision, by_account, updated_at, version) VALUES ('{}', '{project}', '2026-Q3', 'street', 90000, 90000, '[]', \
             'submitted', 1, 'another', '2026-10-20 02:00:00', 1)",
            xinwu_store::Random.timeless_id()
        );
        app.sql(&[row], &self.uscc);
    }

    /// A figure of the project that waits, reported by somebody of a side: its id, and its day.
    pub fn metric(&self, app: &TestApp, reporter: &str) -> (String, String) {
        let day: NaiveDate = "2024-01-01".parse().unwrap();
        let day = day + Days::new(u64::from(unique() % 900));
        let id = xinwu_store::Random.timeless_id().to_string();
        // One of the firm's own accounts, where it has any.
        let firms = format!("(SELECT min(id) FROM account WHERE uscc = '{}')", self.uscc);
        let row = format!(
            "INSERT INTO metric (id, subject_kind, subject_id, metric_key, period, value_thousandths, source, state, by_account, \
             version, reporter, submitted_at) VALUES ('{id}', 'project', '{}', 'lift_failures', '{day}', 92500, '日报', 'submitted', \
             coalesce({firms}, '0193a5c2-0000-7f00-8000-0000000000aa'), 1, '{reporter}', '2026-11-20 02:00:00')",
            self.project
        );
        let before = format!("DELETE FROM metric WHERE subject_id = '{}' AND period = '{day}'", self.project);
        app.sql(&[before, row], &self.uscc);
        (id, day.to_string())
    }

    pub fn dwelling(&self, room: &str) -> Value {
        json!({"estate": self.estate, "building": "1", "unit": "1", "room": room})
    }

    /// A home that no roster knows: it waits for the community.
    pub fn pending_residence(&self, app: &TestApp) -> String {
        let (_, token) = app.resident(&format!("138{:08}", unique()));
        let body = self.dwelling(&format!("P{}", unique()));
        let claimed = app.post("/v1/me/residences").token(&token).json(&body).expect(201).json();
        assert_eq!(claimed["status"], "pending", "{claimed}");
        id_of(&claimed)
    }

    pub fn record_body(&self) -> Value {
        json!({
            "category": "P301", "uscc": self.uscc, "project": self.project, "manager": self.manager, "level": "district", "title": "违规收费",
            "document_number": format!("罚字〔2026〕{}号", unique()), "authority": "市场监督管理局", "evidence": ["决定书.pdf"],
            "decided_on": "2026-11-10"
        })
    }

    /// A draft of `token`, or of an official of the community.
    pub fn draft(&self, app: &TestApp, token: Option<&str>) -> String {
        let drafter =
            token.map_or_else(|| app.official(Role::Community, self.community, false), str::to_owned);
        id_of(&app.post("/v1/admin/records").token(&drafter).json(&self.record_body()).expect(201).json())
    }

    pub fn submitted_record(&self, app: &TestApp) -> String {
        let drafter = app.official(Role::Community, self.community, false);
        let id = self.draft(app, Some(&drafter));
        app.post(&format!("/v1/admin/records/{id}/submit"))
            .token(&drafter)
            .header("If-Match", "*")
            .expect(200);
        id
    }

    /// A penalty that was submitted, of which its firm and its manager were told as if the scheme
    /// said so.
    pub fn heard_record(&self, app: &TestApp) -> String {
        let id = self.submitted_record(app);
        let row = |whose: &str, manager: &str| {
            format!(
                "INSERT INTO record_hearing (id, record_id, manager_id, notified_at, heard_until, evidence, is_heard, version) \
                 VALUES ('{id}/{whose}', '{id}', {manager}, '2026-11-21 02:00:00', '2026-11-27', '[]', FALSE, 1)"
            )
        };
        app.sql(&[row("firm", "NULL"), row("manager", &format!("'{}'", self.manager))], &self.uscc);
        id
    }

    /// A penalty in force whose repair can be asked for at once.
    pub fn minor_penalty(&self, app: &TestApp) -> String {
        let drafter = app.official(Role::Community, self.community, false);
        let mut body = self.record_body();
        body["severity"] = json!("minor");
        let id = id_of(&app.post("/v1/admin/records").token(&drafter).json(&body).expect(201).json());
        let step = |token: &str, step: &str| {
            let path = format!("/v1/admin/records/{id}/{step}");
            app.post(&path).token(token).header("If-Match", "*").expect(200);
        };
        step(&drafter, "submit");
        step(&app.official(Role::District, self.district, true), "confirm");
        id
    }

    /// A proposal to change a project of this half, as if of an official of the community, so that
    /// it is within reach of all four levels; an administrator's own is one of administrators.
    pub fn proposal(&self, app: &TestApp, asker: &Asker, whose: Whose) -> String {
        let project = app.project(&app.estate(self.community, EstateKind::Old), &self.uscc);
        let street = app.official(Role::Street, self.street, false);
        let change = json!({"fee_fen": 200, "reason": "按合同调整"});
        let change = app.patch(&format!("/v1/admin/projects/{project}")).token(&street).json(&change);
        let id = id_of(&change.header("If-Match", "*").expect(202).json());
        let whose = match asker.role {
            Some(Role::Admin) if whose == Whose::Own => "asks = 'administrator', place = NULL".to_owned(),
            _ => format!("place = '{}'", self.community),
        };
        app.sql(&[format!("UPDATE proposal SET {whose} WHERE id = '{id}'")], &self.uscc);
        id
    }

    /// Has a proposal be another account's.
    pub fn proposed_by(&self, app: &TestApp, proposal: &str, token: &str) {
        let account = id_of(&app.get("/v1/me").token(token).expect(200).json());
        let update = format!("UPDATE proposal SET proposed_by = '{account}' WHERE id = '{proposal}'");
        app.sql(&[update], &self.uscc);
    }

    /// A new project of the firm's, to which it may agree.
    pub fn firm_proposal(&self, app: &TestApp) -> String {
        let street = app.official(Role::Street, self.street, false);
        let body = json!({
            "estate": app.estate(self.community, EstateKind::Old), "operator": "firm", "uscc": self.uscc, "starts_on": "2027-01-01",
            "area_m2": 1000, "households": 10, "reason": "新签合同"
        });
        id_of(&app.post("/v1/admin/projects").token(&street).json(&body).expect(202).json())
    }

    /// An objection of the firm that waits for its decision.
    pub fn objection(&self, app: &TestApp) -> String {
        app.objection(&self.uscc, &self.minor_penalty(app))
    }

    /// A request for repair of the firm that waits for its decision.
    pub fn repair(&self, app: &TestApp) -> String {
        id_of(&app.ask_repair(&app.firm_account(&self.uscc), &self.minor_penalty(app)).expect(201).json())
    }

    /// A comment on the firm's project, published or held.
    pub fn review(&self, app: &TestApp, state: &'static str) -> String {
        app.review(&self.project, &self.uscc, state)
    }

    /// A burst that waits for the district.
    pub fn burst(&self, app: &TestApp) -> String {
        let id = xinwu_store::Random.timeless_id();
        let (key, project) = (id.clone(), self.project.clone());
        app.db()
            .write_blocking(move |tx| {
                diesel::insert_into(rating_burst::table)
                    .values((
                        rating_burst::id.eq(&key),
                        rating_burst::project_id.eq(&project),
                        rating_burst::step.eq("2026-11-16"),
                        rating_burst::month.eq(MONTH),
                        rating_burst::state.eq("held"),
                        // Long enough for the days on which these tests stand.
                        rating_burst::district_until.eq("2026-12-30"),
                        rating_burst::city_until.eq("2026-12-30"),
                        rating_burst::counts_on.eq("2026-12-31"),
                        rating_burst::version.eq(1_i64),
                    ))
                    .execute(tx.conn)?;
                Ok(())
            })
            .unwrap();
        id
    }

    /// An import of another official of a place, of one row, in a state.
    pub fn import(&self, app: &TestApp, state: &'static str, place: &'static str) -> String {
        let id = xinwu_store::Random.timeless_id();
        let (key, waits) = (id.clone(), state == "submitted");
        app.db()
            .write_blocking(move |tx| {
                diesel::insert_into(import::table)
                    .values((
                        import::id.eq(&key),
                        import::kind.eq("records"),
                        import::format.eq("csv"),
                        import::dry_run.eq(false),
                        import::founding.eq(false),
                        import::state.eq(state),
                        import::by_account.eq("0193a5c2-0000-7f00-8000-5d0c3f6a1b2c"),
                        import::place.eq(Some(place)),
                        import::rows_read.eq(0),
                        import::rows_bad.eq(0),
                        import::rows_created.eq(0),
                        import::rows_updated.eq(0),
                        import::rows_unchanged.eq(0),
                        import::created_at.eq(tx.now_utc()),
                        import::expires_at.eq(waits.then(|| tx.now_utc() + chrono::Duration::days(14))),
                        import::version.eq(1_i64),
                    ))
                    .execute(tx.conn)?;
                diesel::insert_into(import_row::table)
                    .values((
                        import_row::import_id.eq(&key),
                        import_row::line.eq(2),
                        import_row::row_key.eq("2"),
                        import_row::content.eq("{\"Manager\":{\"name\":\"王\",\"uscc\":\"\"}}"),
                        import_row::outcome.eq("created"),
                        import_row::object_id.eq("none"),
                    ))
                    .execute(tx.conn)?;
                Ok(())
            })
            .unwrap();
        id
    }
}

pub fn assessment() -> Value {
    json!({"scores": {"service": 88.5, "party": 92}})
}

pub fn id_of(object: &Value) -> String {
    let id = object.get("id").or_else(|| object.get("client_id"));
    id.and_then(Value::as_str).unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}
