//! Cases of the small world, each in the state that an operation needs.

use serde_json::{Value, json};
use xinwu_domain::access::{Operation, Role};
use xinwu_openapi::permissions::Whose;

use super::requests::{Request, at};
use super::world::{Asker, Resident, Side, id_of};
use crate::harness::TestApp;

/// A photo of one pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, b'U', 0, 0, 0, 0x0a, b'I', b'D', b'A', b'T', b'x', 0x9c, b'c',
    0x60, 0, 0, 0, 2, 0, 1, b'H', 0xaf, 0xa4, b'q', 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, b'B', 0x60,
    0x82,
];

/// Which case an operation is asked for; `None` for an operation of something else.
pub fn about_case(
    app: &TestApp,
    side: &Side,
    operation: Operation,
    whose: Whose,
    asker: &Asker,
) -> Option<Request> {
    use Operation as Op;
    let cases = Cases { app, side, role: asker.role };
    // A resident's own is opened by the asker, anybody else's by somebody new.
    let own = asker.token.clone().filter(|_| whose == Whose::Own && asker.role == Some(Role::Resident));
    let resident = || match own.clone() {
        Some(token) => Resident { token, residence: asker.residence.clone() },
        None => side.new_resident(app),
    };
    let opened = || cases.opened_by(&resident());
    Some(match operation {
        Op::ListMyCases | Op::ListFirmCases | Op::ListCases => {
            at([]).query("?limit=100".to_owned()).unseen(cases.accepted())
        }
        Op::GetMyCase | Op::WithdrawCase => at([&opened()]),
        Op::AnswerCase => {
            let id = opened();
            cases.accept(&id);
            cases.pause(&id);
            at([&id])
        }
        Op::VerifyCase | Op::ReopenCase => {
            let id = opened();
            cases.accept(&id);
            cases.finish(&id);
            at([&id])
        }
        Op::JoinCase => {
            let id = cases.opened_by(&side.new_resident(app));
            at([&id]).json(&json!({"residence": resident().residence}))
        }
        Op::GetFirmCase | Op::GetCase | Op::AcceptCase | Op::ReclassifyCase | Op::SuperviseCase => {
            at([&cases.dispatched()])
        }
        Op::ReturnCase => {
            // Nobody names the own party.
            let responsible = if asker.role == Some(Role::Community) { "street" } else { "community" };
            at([&cases.accepted()])
                .json(&json!({"reason": "渗漏来自市政管网", "responsible": {"kind": responsible}}))
        }
        Op::ExtendCase | Op::PauseCase | Op::FinishCase => at([&cases.accepted()]),
        Op::ResumeCase => {
            let id = cases.accepted();
            cases.pause(&id);
            at([&id])
        }
        Op::DispatchCase | Op::EscalateCase | Op::CloseCase => at([&opened()]),
        Op::MergeCase => {
            let into = cases.opened_by(&side.new_resident(app));
            at([&opened()]).json(&json!({"into": into, "reason": "同一处渗漏"}))
        }
        Op::VerifyAdminCase | Op::ReopenAdminCase => {
            let id = cases.of_desk();
            cases.finish(&id);
            at([&id])
        }
        Op::AddMyCasePhoto => at([&opened()]).bytes("image/png", PIXEL),
        Op::AddCasePhoto => at([&cases.accepted()]).bytes("image/png", PIXEL),
        Op::GetMyCasePhoto => {
            let resident = resident();
            let id = cases.opened_by(&resident);
            let photo = cases.photo(&format!("/v1/me/cases/{id}/photos"), &resident.token);
            at([&id, &photo])
        }
        Op::GetCasePhoto => {
            let id = cases.accepted();
            let photo = cases.photo(&format!("/v1/cases/{id}/photos"), &cases.assignee());
            at([&id, &photo])
        }
        _ => return None,
    })
}

/// Those of a side, which go to the party of its that has the asker's role, or to its firm.
struct Cases<'a> {
    app: &'a TestApp,
    side: &'a Side,
    role: Option<Role>,
}

impl Cases<'_> {
    /// A complaint of a resident's, which waits for the community.
    fn opened_by(&self, resident: &Resident) -> String {
        let body = json!({
            "kind": "complaint", "category": "garage_leak", "residence": resident.residence, "description": "车库漏水",
            "despite_similar": true
        });
        id_of(&self.app.post("/v1/me/cases").token(&resident.token).json(&body).expect(201).json())
    }

    fn dispatched(&self) -> String {
        let id = self.opened_by(&self.side.new_resident(self.app));
        self.dispatch(&id);
        id
    }

    fn accepted(&self) -> String {
        let id = self.opened_by(&self.side.new_resident(self.app));
        self.accept(&id);
        id
    }

    /// One that no resident opened, which its assignee has accepted.
    fn of_desk(&self) -> String {
        let body = json!({
            "kind": "complaint", "category": "garage_leak", "estate": self.side.estate, "description": "车库漏水",
            "assignee": {"kind": "firm"}
        });
        let desk = self.desk();
        let id = id_of(&self.app.post("/v1/admin/cases").token(&desk).json(&body).expect(201).json());
        self.step(&id, "accept", &json!({}), &self.app.firm_account(&self.side.uscc));
        id
    }

    fn dispatch(&self, id: &str) {
        let assignee = match self.role {
            Some(Role::Community) => json!({"kind": "community"}),
            Some(Role::Street) => json!({"kind": "street"}),
            Some(Role::Department) => json!({"kind": "department", "id": self.side.department}),
            _ => json!({"kind": "firm"}),
        };
        let path = format!("/v1/admin/cases/{id}/dispatch");
        let call = self.app.post(&path).token(&self.desk()).header("If-Match", "*");
        call.json(&json!({"assignee": assignee})).expect(200);
    }

    fn accept(&self, id: &str) {
        self.dispatch(id);
        self.step(id, "accept", &json!({}), &self.assignee());
    }

    fn pause(&self, id: &str) {
        let asked = json!({"reason": "waiting_for_resident", "note": "请告知何时在家"});
        self.step(id, "pause", &asked, &self.assignee());
    }

    fn finish(&self, id: &str) {
        self.step(id, "finish", &json!({"result": "已修复"}), &self.assignee_of(id));
    }

    /// Somebody else of the party that has the asker's role.
    fn assignee(&self) -> String {
        match self.role {
            Some(role @ (Role::Community | Role::Street)) => {
                self.app.official(role, self.side.place_of(role), false)
            }
            Some(Role::Department) => self.app.department_official(&self.side.department),
            _ => self.app.firm_account(&self.side.uscc),
        }
    }

    /// Somebody of the party that a case is assigned to.
    fn assignee_of(&self, id: &str) -> String {
        let case = self.app.get(&format!("/v1/admin/cases/{id}")).token(&self.desk()).expect(200).json();
        match case["assignee"]["kind"].as_str() {
            Some("firm") => self.app.firm_account(&self.side.uscc),
            _ => self.assignee(),
        }
    }

    fn desk(&self) -> String {
        self.app.official(Role::Community, self.side.community, false)
    }

    fn step(&self, id: &str, step: &str, body: &Value, token: &str) {
        let path = format!("/v1/cases/{id}/{step}");
        self.app.post(&path).token(token).header("If-Match", "*").json(body).expect(200);
    }

    fn photo(&self, path: &str, token: &str) -> String {
        let sent = self.app.post(path).token(token).body("image/png", PIXEL).expect(201).json();
        sent["sha256"].as_str().unwrap().to_owned()
    }
}
