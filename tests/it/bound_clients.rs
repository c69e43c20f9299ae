//! Programs that act as an official: two administrators let them, and only as one who may not
//! confirm.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::world::{COMMUNITY, STREET};
use crate::harness::{Call, TestApp, someone};

/// A program that acts as an official of a street, and the secret that its second administrator
/// was shown.
struct Program {
    official: String,
    /// The official's own token.
    token: String,
    id: String,
    secret: Value,
}

fn propose(app: &TestApp, admin: &str, official: &str) -> Call {
    let body = json!({"name": "台账同步", "scopes": [], "on_behalf_of": official, "reason": "台账系统对接"});
    app.post("/v1/admin/clients").token(admin).json(&body)
}

fn confirm(app: &TestApp, proposal: &Value, by: &str) -> Call {
    let id = proposal["id"].as_str().unwrap();
    let confirm = app.post(&format!("/v1/admin/proposals/{id}/confirm"));
    confirm.token(by).header("If-Match", "*").header("Idempotency-Key", id)
}

impl Program {
    fn new(app: &TestApp) -> Program {
        let place = Some(STREET.to_owned());
        let (official, token) = app.account(NewAccount { place, ..someone(Role::Street) });
        let (admin, second) = (app.admin(), app.admin());
        let proposal = propose(app, &admin, &official).expect(202).json();
        let confirmed = confirm(app, &proposal, &second).expect(200).json();
        // Once, not even to the same request again.
        assert_eq!(confirm(app, &proposal, &second).expect(200).json().get("client_secret"), None);
        let id = confirmed["object"]["id"].as_str().unwrap().to_owned();
        Program { official, token, id, secret: confirmed["client_secret"].clone() }
    }

    fn sign_in(&self, app: &TestApp, secret: &Value) -> Call {
        let body = json!({"grant_type": "client_credentials", "client_id": self.id, "client_secret": secret});
        app.post("/v1/auth/token").json(&body)
    }

    /// A token of the program's.
    fn signed_in(&self, app: &TestApp) -> String {
        let signed = self.sign_in(app, &self.secret).expect(200).json();
        assert_eq!((&signed["scope"], signed.get("refresh_token")), (&json!("street"), None));
        signed["access_token"].as_str().unwrap().to_owned()
    }

    fn edit(&self, app: &TestApp, by: &str, body: &Value) -> Call {
        app.patch(&format!("/v1/admin/clients/{}", self.id)).token(by).header("If-Match", "*").json(body)
    }
}

#[both]
fn a_program_acts_as_the_official_and_the_audit_names_it(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let program = Program::new(&app);
    let token = program.signed_in(&app);
    let me = app.get("/v1/me").token(&token).expect(200).json();
    assert_eq!(
        (&me["id"], &me["role"], &me["place"]["code"]),
        (&json!(program.official), &json!("street"), &json!(STREET))
    );
    let body = json!({"area_m2": 12000, "reason": "竣工测绘更正"});
    let path = format!("/v1/admin/projects/{project}");
    let proposal = app.patch(&path).token(&token).header("If-Match", "*").json(&body).expect(202).json();
    assert_eq!(proposal["proposed_by"], json!(program.official));
    // The official and the program are one person.
    confirm(&app, &proposal, &program.token).refused(403, "second_person_needed");
    confirm(&app, &proposal, &app.official(Role::Street, STREET, true)).expect(200);
    let admin = app.admin();
    let audit = app.get("/v1/admin/audit?limit=100").token(&admin).expect(200).json();
    let entry =
        audit["items"].as_array().unwrap().iter().find(|each| each["operation"] == "propose").unwrap();
    assert_eq!((&entry["user"], &entry["detail"]["client"]), (&json!(program.official), &json!(program.id)));
    // The account stays the official's own, who was told.
    let edit = app.patch("/v1/me").token(&token).header("If-Match", "*").json(&json!({}));
    edit.refused(403, "role_not_allowed");
    let totp = app.post("/v1/me/totp").token(&token).json(&json!({"password": "correct horse battery"}));
    totp.refused(403, "role_not_allowed");
    let told = app.notices(&program.token);
    assert_eq!(
        (&told[told.len() - 1]["kind"], &told[told.len() - 1]["about"]["id"]),
        (&json!("client_bound"), &json!(program.official))
    );
    // Its session is its own.
    app.post("/v1/auth/revoke").token(&token).expect(204);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    app.get("/v1/me").token(&program.token).expect(200);
}

#[both]
fn it_acts_as_nobody_who_may_confirm_keeps_accounts_or_is_gone(app: TestApp) {
    let admin = app.admin();
    let place = Some(STREET.to_owned());
    let (confirmer, _) = app.account(NewAccount { place, can_confirm: true, ..someone(Role::Street) });
    let (other_admin, _) = app.account(someone(Role::Admin));
    let (resident, _) = app.resident("13900000001");
    for account in [confirmer.as_str(), &other_admin, &resident, "nobody"] {
        let told = propose(&app, &admin, account).refused(422, "invalid").faults();
        assert_eq!(told, [("/on_behalf_of".to_owned(), "not_for_role".to_owned())], "{account}");
    }
    let program = Program::new(&app);
    let token = program.signed_in(&app);
    let user = format!("/v1/admin/users/{}", program.official);
    let edit = |body: Value| app.patch(&user).token(&admin).header("If-Match", "*").json(&body);
    edit(json!({"can_confirm": true})).seconded(&app);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    program.sign_in(&app, &program.secret).refused(401, "account_disabled");
    edit(json!({"can_confirm": false})).seconded(&app);
    let token = program.signed_in(&app);
    edit(json!({"status": "disabled"})).expect(200);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    program.sign_in(&app, &program.secret).refused(401, "account_disabled");
    program.sign_in(&app, &json!("wrong")).refused(401, "wrong_client");
}

/// "`EditClient` by one administrator rotates the secret and acts as the official."
#[both]
fn what_lets_somebody_act_takes_two_and_what_stops_it_one(app: TestApp) {
    let program = Program::new(&app);
    let (admin, second) = (app.admin(), app.admin());
    let edit = |body: Value| program.edit(&app, &admin, &body);
    let rotate = json!({"rotate_secret": true, "reason": "定期更换"});
    let proposal = edit(rotate).expect(202).json();
    assert_eq!(proposal["changes"], json!([{"field": "client_secret", "before": null, "after": "new"}]));
    assert_eq!((&proposal["asks"], proposal.get("client_secret")), (&json!("administrator"), None));
    let token = program.signed_in(&app);
    confirm(&app, &proposal, &admin).refused(403, "second_person_needed");
    let done = confirm(&app, &proposal, &second).expect(200).json();
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    program.sign_in(&app, &program.secret).refused(401, "wrong_client");
    program.sign_in(&app, &done["client_secret"]).expect(200);

    edit(json!({"name": "台账"})).expect(200);
    let proposal = edit(json!({"scopes": ["read"], "reason": "读取公开数据"})).expect(202).json();
    assert_eq!(proposal["changes"][0]["field"], "scopes");
    confirm(&app, &proposal, &second).expect(200);
    edit(json!({"status": "disabled"})).expect(200);
    program.sign_in(&app, &done["client_secret"]).refused(401, "wrong_client");
    let proposal = edit(json!({"status": "active", "reason": "恢复对接"})).expect(202).json();
    assert_eq!(proposal["changes"], json!([{"field": "status", "before": "disabled", "after": "active"}]));
    confirm(&app, &proposal, &second).expect(200);
    program.sign_in(&app, &done["client_secret"]).expect(200);
}
