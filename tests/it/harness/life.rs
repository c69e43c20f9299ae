//! What becomes of a record after its confirmation: objections and requests for repair, over HTTP.

use serde_json::{Value, json};

use super::{Call, Reply, TestApp};

impl TestApp {
    /// The firm objects to what stands at `path`, such as `/v1/records/{id}`.
    pub fn object(&self, firm: &str, path: &str) -> Call {
        let body = json!({"grounds": "收费已经业主大会同意", "evidence": ["业主大会决议.pdf"]});
        self.post(&format!("{path}/objections")).token(firm).json(&body)
    }

    /// The firm asks for the repair of a record.
    pub fn ask_repair(&self, firm: &str, record: &str) -> Call {
        let body = json!({"commitment": "已全部退还，承诺明码标价。", "evidence": ["退款清单.pdf"]});
        self.post(&format!("/v1/records/{record}/repairs")).token(firm).json(&body)
    }

    /// A new objection of the firm against a record; gives its id.
    #[track_caller]
    pub fn objection(&self, uscc: &str, record: &str) -> String {
        let filed = self.object(&self.firm_account(uscc), &format!("/v1/records/{record}")).expect(201);
        filed.json()["id"].as_str().unwrap().to_owned()
    }

    /// An official's decision on an objection or a repair, whatever its version.
    pub fn decide(&self, official: &str, rooms: &str, id: &str, body: &Value) -> Call {
        self.post(&format!("/v1/admin/{rooms}/{id}/decide"))
            .token(official)
            .header("If-Match", "*")
            .json(body)
    }

    /// A decision on an objection by another official of the district.
    #[track_caller]
    pub fn decided(&self, id: &str, body: &Value) -> Reply {
        self.decide(&self.confirmer(), "objections", id, body).expect(200)
    }

    /// The ids of a list that only officials see, walked to its end.
    pub fn walk_as(&self, token: &str, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next).token(token).expect(200);
            found.extend(super::files::ids(&page));
            let Some(cursor) = page.json()["page"]["next_cursor"].as_str().map(str::to_owned) else {
                return found;
            };
            next = format!("{path}&cursor={cursor}");
        }
    }

    /// A firm's evaluation, at an instant (`?as_of=…&known_at=…`) or now.
    #[track_caller]
    pub fn evaluated(&self, uscc: &str, query: &str) -> Value {
        self.get(&format!("/v1/firms/{uscc}/evaluation{query}")).expect(200).json()
    }
}

/// The line of an evaluation that comes from a record.
pub fn line<'a>(evaluation: &'a Value, record: &str) -> Option<&'a Value> {
    evaluation["items"].as_array().unwrap().iter().find(|item| item["id"] == json!(record))
}
