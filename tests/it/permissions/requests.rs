//! Which request stands for each operation, of an own or a foreign object.

use std::sync::OnceLock;

use serde_json::{Value, json};
use xinwu_domain::access::Operation as Op;
use xinwu_domain::access::{Foreign, Operation, Role};
use xinwu_domain::word::Word;
use xinwu_openapi::document;
use xinwu_openapi::lint::{Described, operations};
use xinwu_openapi::permissions::Whose;
use xinwu_persistence::people::account::NewAccount;

use super::cases::about_case;
use super::world::{Asker, MONTH, Side, World, id_of};
use crate::harness::{TestApp, someone, unique};
use crate::sign_in::staff;

/// That of [`staff`].
const PASSWORD: &str = "correct horse battery";

/// What fills the operation's path, and what is sent with it.
#[derive(Default)]
pub struct Request {
    pub segments: Vec<String>,
    pub query: String,
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Identifiers that a filtered list must not show.
    pub unseen: Vec<String>,
}

pub fn at<const N: usize>(segments: [&str; N]) -> Request {
    Request { segments: segments.map(str::to_owned).to_vec(), ..Request::default() }
}

impl Request {
    pub fn json(self, body: &Value) -> Request {
        self.bytes("application/json", body.to_string().as_bytes())
    }

    pub fn bytes(mut self, kind: &'static str, body: &[u8]) -> Request {
        self.body = Some((kind, body.to_owned()));
        self
    }

    pub fn query(mut self, query: String) -> Request {
        self.query = query;
        self
    }

    pub fn unseen(mut self, id: String) -> Request {
        self.unseen.push(id);
        self
    }
}

/// By the document: its path names objects of the side, and its body is the example, about the
/// side; of a list that leaves something out the foreign object of its collection must be unseen.
pub fn request(
    app: &TestApp,
    world: &World,
    (operation, path): (Operation, &str),
    whose: Whose,
    asker: &Asker,
) -> Request {
    let mut request = about_objects(app, world, (operation, path), whose, asker);
    if request.body.is_none() {
        let operations = operations(described());
        let described = operations.iter().find(|each| each.id() == Some(operation.id()));
        let body = described.and_then(|each| body(each, world.side(whose)));
        request.body = body.map(|body| ("application/json", body.to_string().into_bytes()));
    }
    request
}

/// What the path names. An arm is needed only for an object that must be in some state, and where
/// the example is about something else.
fn about_objects(
    app: &TestApp,
    world: &World,
    (operation, path): (Operation, &str),
    whose: Whose,
    asker: &Asker,
) -> Request {
    let side = world.side(whose);
    if let Some(request) = about_case(app, side, operation, whose, asker) {
        return request;
    }
    let official = asker.role.is_some_and(Role::is_official);
    // Who drafted it may edit it: an own draft is the asker's.
    let drafter = asker.token.as_deref().filter(|_| official && whose == Whose::Own);
    match operation {
        Op::GetChanges => at([]).query(format!("?since={}", app.snapshot().cursor)),
        Op::ListFirms | Op::GetStatistics | Op::ListRankings => at([]).query(format!("?place={}", side.district)),
        Op::GetFirmEligibility => at([&side.uscc]).query(format!("?place={}", side.district)),
        Op::CompareFirms => at([]).query(format!("?firms={},{}", world.own.uscc, world.foreign.uscc)),
        Op::ListEligibility => at([]).query(format!("?firms={},{}", world.own.uscc, world.foreign.uscc)),
        Op::ActivateAccount => at([]).json(&activation_of_a_new_user(app)),
        Op::IssueToken => at([]).json(&password_of_a_new_user(app)),

        Op::EditMe => at([]).json(&json!({})),
        Op::SetUpTotp => {
            give_password(app, asker);
            at([]).json(&json!({"password": PASSWORD}))
        }
        Op::ConfirmTotp => at([]).json(&json!({"totp": code_of_an_authenticator(app, asker)})),
        Op::EndResidence if whose == Whose::Own && !asker.residence.is_empty() => at([&asker.residence]),
        Op::EndResidence => at([&side.resident.residence]),
        Op::ListNotices => at([]).unseen(side.notice(app, &world.foreign.new_resident(app).token)),
        Op::ReadNotice => at([&side.notice(app, &side.holder(app, whose, asker))]),
        Op::ListFollows => {
            follow(app, &world.foreign.new_resident(app).token, &world.foreign.uscc);
            at([]).unseen(world.foreign.uscc.clone())
        }
        Op::DeleteFollow => {
            follow(app, &side.holder(app, whose, asker), &side.uscc);
            at([&side.uscc])
        }
        Op::PutRating => at([&side.project, MONTH]),
        Op::GetRating | Op::DeleteRating | Op::DeleteComment => {
            if whose == Whose::Own && asker.role == Some(Role::Resident) {
                rate(app, side, asker);
            }
            at([&side.project, MONTH])
        }
        Op::PutPhone => at([]).json(&another_phone(app, asker)),
        Op::ListMyRatings => at([]).unseen(world.foreign.project.clone()),

        Op::GetReviewReply => {
            let review = side.review(app, "published");
            reply(app, side, &format!("/v1/reviews/{review}/reply"));
            at([&review])
        }
        Op::GetRecordReply => {
            let path = format!("/v1/records/{}/reply", side.record);
            reply(app, side, &path);
            if let Some(own) = manager(asker, whose) {
                let reply = app.put(&path).token(own).json(&json!({"text": "感谢"}));
                assert_eq!(reply.send().status, 200);
            }
            at([&side.record])
        }

        Op::ObjectToRecord | Op::RequestRepair => at([&side.minor_penalty(app)]),
        Op::GetObjection | Op::WithdrawObjection => match manager(asker, whose) {
            Some(own) => {
                let path = format!("/v1/records/{}", side.minor_penalty(app));
                at([&id_of(&app.object(own, &path).expect(201).json())])
            }
            None => at([&side.objection(app)]),
        },
        Op::ObjectToAssessment => {
            let listed = app.get(&format!("/v1/projects/{}/assessments", side.project)).expect(200).json();
            at([&id_of(&listed["items"][0])])
        }
        Op::ObjectToEvaluation => {
            let listed = app.get(&format!("/v1/firms/{}/evaluations", side.uscc)).expect(200).json();
            at([&side.uscc, &id_of(&listed["items"][0])])
        }
        Op::DecideObjection => {
            at([&side.objection(app)]).json(&json!({"decision": "upheld", "reason": "事实清楚"}))
        }

        Op::EditRecord => at([&side.draft(app, drafter)]).json(&json!({"title": "改过的标题"})),
        Op::SubmitRecord | Op::WithdrawRecord => at([&side.draft(app, drafter)]),
        Op::ConfirmRecord | Op::ReturnRecord => at([&side.submitted_record(app)]),
        Op::GetRecordStatement | Op::PutRecordStatement => at([&side.heard_record(app)]),
        Op::GetAssessment => at([&side.project, "2026-Q4", "community"]),
        Op::ListAssessments => {
            let listed = app.get(&format!("/v1/projects/{}/assessments", world.foreign.project)).expect(200).json();
            at([]).query("?limit=100".to_owned()).unseen(id_of(&listed["items"][0]))
        }
        Op::GetAssessmentBatch => at([side.street, "2026-Q3"]),
        Op::ConfirmAssessments | Op::ReturnAssessments => {
            side.waiting_assessment(app);
            at([side.street, "2026-Q3"])
        }
        Op::PutAssessment => {
            let assessor = asker.role.filter(|role| *role != Role::City && role.is_official()).unwrap_or(Role::Street);
            at([&side.project, "2026-Q4", assessor.into_str()])
        }

        Op::ListOwnMetrics | Op::ListAdminMetrics => {
            at([]).query("?limit=100".to_owned()).unseen(world.foreign.metric(app, "firm").0)
        }
        Op::GetAdminMetric | Op::ConfirmMetric | Op::ReturnMetric => at([&side.metric(app, "firm").0]),
        Op::GetMetric | Op::PutMetric => {
            at(["project", &side.project, "lift_failures", &side.metric(app, "official").1])
        }
        Op::GetOwnMetric | Op::PutOwnMetric => {
            at([&side.project, "lift_failures", &side.metric(app, "firm").1])
        }

        Op::ListProposals => {
            at([]).query("?limit=100".to_owned()).unseen(world.foreign.proposal(app, asker, Whose::Foreign))
        }
        Op::ListAudit => at([]).query("?limit=100".to_owned()).unseen(world.foreign.record.clone()),
        Op::ListInbox => {
            at([]).query("?limit=100".to_owned()).unseen(world.foreign.proposal(app, asker, Whose::Foreign))
        }
        Op::GetProposal | Op::ConfirmProposal | Op::ReturnProposal => {
            at([&side.proposal(app, asker, whose)])
        }
        Op::WithdrawProposal => {
            let id = side.proposal(app, asker, whose);
            if let Some(drafter) = drafter {
                side.proposed_by(app, &id, drafter);
            }
            at([&id])
        }
        Op::ListFirmProposals => {
            at([]).query("?limit=100".to_owned()).unseen(world.foreign.firm_proposal(app))
        }
        Op::GetFirmProposal | Op::ConfirmFirmProposal | Op::ReturnFirmProposal => {
            at([&side.firm_proposal(app)])
        }

        Op::AddPlace => at([]).json(&json!({
            "code": format!("{}X{:02}", side.street, unique() % 100), "level": "community", "name": "新社区", "parent": side.street
        })),
        Op::AddDepartment => at([]).json(&json!({
            "code": format!("NEW-{}", unique()), "name": "新部门", "place": side.district
        })),
        Op::AddFirm => {
            let uscc = crate::harness::world::new_uscc();
            at([]).json(&json!({"uscc": uscc, "name": format!("新物业{uscc}"), "registered_place": side.district}))
        }
        Op::AddProject => {
            let estate = new_estate(app, side);
            at([]).json(&json!({
                "estate": estate, "operator": "firm", "uscc": side.uscc, "starts_on": "2026-01-01", "area_m2": 1000, "households": 10,
                "reason": "新签合同"
            }))
        }
        Op::ConfirmProject => at([&side.open_project(app)]),
        Op::ListHouseholds => at([]).query(format!("?estate={}", side.estate)),
        Op::ConfirmHousehold => at([&side.waiting_household(app)]),
        // The example is of a claim that is to another dwelling.
        Op::ApproveResidence => at([&side.pending_residence(app)]).json(&json!({})),
        Op::RefuseResidence => at([&side.pending_residence(app)]),
        Op::ApproveResidences => {
            at([]).json(&json!({"residences": [{"id": side.pending_residence(app)}]}))
        }
        Op::EndAdminResidence => at([&side.new_resident(app).residence]),
        Op::ListAdminReviews => at([]).query("?limit=100".to_owned()).unseen(world.foreign.review(app, "held")),
        Op::PublishReview => at([&side.review(app, "held")]),

        Op::AddImport => {
            let row = format!("estate,building,unit,room,phones\n{},1,1,I{},13900000003\n", side.estate, unique());
            at(["households"]).bytes("text/csv", row.as_bytes())
        }
        Op::WithdrawImport => {
            let role = asker.role.filter(|_| drafter.is_some());
            let place = role.map_or(side.community, |role| side.place_of(role));
            at([&side.import(app, "submitted", place)])
        }
        Op::UndoImport => at([&side.import(app, "confirmed", side.community)]),
        Op::GetImportTemplate => at(["households"]),

        Op::AddSchemeDraft => at([]).json(&json!({"text": new_scheme().1})),
        Op::GetSchemeDraft | Op::AnnounceScheme | Op::WithdrawScheme => at([&drafted_scheme(app), "1"]),
        Op::ConfirmScheme => at([&proposed_scheme(app), "1"]),

        // A place of its role's level.
        Op::AddUser => at([]).json(&new_user()),
        _ if operation.foreign() == Foreign::Filtered => {
            let collection = path.rsplit('/').next().unwrap();
            at([]).query("?limit=100".to_owned()).unseen(object(app, &world.foreign, collection))
        }
        _ => {
            let parts: Vec<&str> = path.split('/').collect();
            let named = parts.windows(2).filter(|pair| pair[1].starts_with('{'));
            let segments = named.map(|pair| object(app, side, pair[0])).collect();
            Request { segments, ..Request::default() }
        }
    }
}

/// The example of an operation's body, about the side.
fn body(operation: &Described<'_>, side: &Side) -> Option<Value> {
    let mut body = example(&operation.operation["requestBody"]["content"]["application/json"]["schema"])?;
    about(&mut body, side);
    Some(body)
}

fn described() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| document().unwrap())
}

fn example(schema: &Value) -> Option<Value> {
    let target = schema["$ref"].as_str().and_then(|target| described().pointer(&target[1..]));
    schema.get("example").cloned().or_else(|| example(target?))
}

/// The side's object of a collection of paths.
fn object(app: &TestApp, side: &Side, collection: &str) -> String {
    match collection {
        "places" => side.community.to_owned(),
        "firms" | "follows" => side.uscc.clone(),
        "estates" => side.estate.clone(),
        "projects" => side.project.clone(),
        "managers" => side.manager.clone(),
        "departments" => side.department.clone(),
        "records" => side.record.clone(),
        "residences" => side.resident.residence.clone(),
        "reviews" => side.review(app, "published"),
        "objections" => side.objection(app),
        "repairs" => side.repair(app),
        "bursts" => side.burst(app),
        "imports" => side.import(app, "submitted", side.community),
        "users" => an_official(app),
        "lists" => "red".to_owned(),
        "schemes" => "dalian-demo".to_owned(),
        "versions" => "1".to_owned(),
        other => made(app, side, other),
    }
}

/// A new object of a collection of the officials' paths, made by the document's example, about the
/// side.
fn made(app: &TestApp, side: &Side, collection: &str) -> String {
    let path = format!("/v1/admin/{collection}");
    let operations = operations(described());
    let adding = operations.iter().find(|each| each.method == "post" && each.path == path);
    let adding = adding.unwrap_or_else(|| panic!("nobody adds to {path}: say here which is the side's"));
    let audience = Operation::parse(adding.id().unwrap()).unwrap().audience();
    let token =
        match Role::ALL.into_iter().filter(|role| role.is_official()).find(|role| audience.admits(*role)) {
            Some(role) => app.official(role, side.place_of(role), true),
            None => app.admin(),
        };
    let body = body(adding, side).unwrap();
    id_of(&app.post(&path).token(&token).json(&body).expect(201).json())
}

/// Makes a body one about the side's objects, and new in what must be.
fn about(body: &mut Value, side: &Side) {
    for (name, value) in body.as_object_mut().unwrap() {
        *value = match name.as_str() {
            "place" => json!(side.community),
            "registered_place" => json!(side.district),
            "estate" => json!(side.estate),
            "project" => json!(side.project),
            "manager" => json!(side.manager),
            "uscc" => json!(side.uscc),
            "phone" => json!(format!("137{:08}", unique())),
            "phones" => json!([format!("138{:08}", unique())]),
            "room" => json!(format!("R{}", unique())),
            "document_number" => json!(format!("罚字〔2026〕{}号", unique())),
            "username" => json!(format!("user.{}", unique())),
            _ => continue,
        };
    }
}

/// The firm's reply, as it is there to be read.
fn reply(app: &TestApp, side: &Side, path: &str) {
    let reply = app.put(path).token(&app.firm_account(&side.uscc)).json(&json!({"text": "感谢"}));
    assert!(matches!(reply.send().status, 200 | 201));
}

/// The token of a manager who asks for something of the own side.
fn manager(asker: &Asker, whose: Whose) -> Option<&str> {
    asker.token.as_deref().filter(|_| asker.role == Some(Role::Manager) && whose == Whose::Own)
}

fn follow(app: &TestApp, token: &str, uscc: &str) {
    let follow = app.put(&format!("/v1/me/follows/{uscc}")).token(token);
    assert!(matches!(follow.send().status, 200 | 201));
}

/// A phone in place of a resident's own, with the codes that went to both.
fn another_phone(app: &TestApp, asker: &Asker) -> Value {
    let code = |phone: &str| {
        app.post("/v1/auth/otp").json(&json!({"phone": phone})).expect(202);
        app.state.outbox().last_code(phone).unwrap()
    };
    let new = format!("136{:08}", unique());
    match &asker.token {
        Some(token) if asker.role == Some(Role::Resident) => {
            let export = app.get("/v1/me/export").token(token).expect(200).json();
            let current = export["account"]["phone"].as_str().unwrap();
            json!({"phone": new, "code": code(&new), "current_code": code(current)})
        }
        _ => json!({"phone": new, "code": "000000", "current_code": "000000"}),
    }
}

fn rate(app: &TestApp, side: &Side, asker: &Asker) {
    let path = format!("/v1/me/ratings/{}/{MONTH}", side.project);
    app.put(&path)
        .token(asker.token.as_deref().unwrap())
        .json(&json!({"overall": 5, "comment": "好"}))
        .expect(201);
}

fn new_estate(app: &TestApp, side: &Side) -> String {
    app.estate(side.community, xinwu_domain::estate::EstateKind::Old)
}

fn new_user() -> Value {
    let number = unique();
    json!({
        "username": format!("user.{number}"), "role": "city", "place": "2102", "staff_number": format!("U{number}"),
        "reason": "新任"
    })
}

/// A scheme of its own, which is nobody's primary one: its id and text.
fn new_scheme() -> (String, String) {
    let id = format!("draft-{}", unique());
    let text = include_str!("../../../schemes/dalian-demo/1.toml")
        .replacen("id = \"dalian-demo\"", &format!("id = \"{id}\""), 1)
        .replacen("effective_from = 2020-01-01", "effective_from = 2027-01-01", 1)
        .replacen("primary_for = [\"firm\", \"project\"]\n", "", 1);
    (id, text)
}

fn drafted_scheme(app: &TestApp) -> String {
    let (id, text) = new_scheme();
    let drafter = app.official(Role::City, "2102", false);
    app.post("/v1/admin/schemes").token(&drafter).json(&json!({"text": text})).expect(201);
    id
}

fn proposed_scheme(app: &TestApp) -> String {
    let id = drafted_scheme(app);
    let drafter = app.official(Role::City, "2102", false);
    app.post(&format!("/v1/admin/schemes/{id}/versions/1/announce"))
        .token(&drafter)
        .header("If-Match", "*")
        .expect(200);
    id
}

fn password_of_a_new_user(app: &TestApp) -> Value {
    let username = format!("user.{}", unique());
    app.account(staff(&username, Role::Admin));
    json!({"grant_type": "password", "username": username, "password": PASSWORD})
}

/// Has the asker sign in with a password.
fn give_password(app: &TestApp, asker: &Asker) {
    let Some(token) = &asker.token else { return };
    let id = id_of(&app.get("/v1/me").token(token).expect(200).json());
    let hash = staff("", Role::Admin).password_hash.unwrap();
    let name = format!("user.{}", unique());
    let update =
        format!("UPDATE account SET username = '{name}', password_hash = '{hash}' WHERE id = '{id}'");
    app.sql(&[update], "");
}

/// What the asker's authenticator shows, which is set up and not confirmed.
fn code_of_an_authenticator(app: &TestApp, asker: &Asker) -> String {
    give_password(app, asker);
    let body = json!({"password": PASSWORD});
    let set_up = asker.token.as_ref().map(|token| app.post("/v1/me/totp").token(token).json(&body).send());
    match set_up.filter(|reply| reply.status == 200) {
        Some(reply) => crate::second_factor::code_of(app, &reply.json()["secret"]),
        None => "000000".to_owned(),
    }
}

/// A code that two administrators gave a moment ago.
fn activation_of_a_new_user(app: &TestApp) -> Value {
    let user = new_user();
    let [first, second] = [app.admin(), app.admin()];
    let proposal = app.post("/v1/admin/users").token(&first).json(&user).expect(202).json();
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    let confirmed = app.post(&path).token(&second).header("If-Match", "*").expect(200).json();
    let notice = &app.get("/v1/privacy").expect(200).json()["version"];
    json!({
        "username": user["username"], "code": confirmed["activation_code"], "password": PASSWORD, "privacy_version": notice
    })
}

fn an_official(app: &TestApp) -> String {
    app.account(NewAccount { place: Some("2102".to_owned()), ..someone(Role::City) }).0
}
