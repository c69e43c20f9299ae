//! Residents and their voices.

use serde_json::{Value, json};
use xinwu_domain::estate::EstateKind;

use super::world::COMMUNITY;
use super::{Call, Reply, TestApp, unique};

/// A project with its estate and its firm.
pub struct Stage {
    pub uscc: String,
    pub estate: String,
    pub project: String,
}

/// A resident.
pub struct Voice {
    pub id: String,
    pub token: String,
    pub phone: String,
    pub household: String,
    pub room: String,
}

impl TestApp {
    /// A firm's project in an estate of 中山区.
    pub fn stage(&self) -> Stage {
        let uscc = self.firm(&format!("测试物业{}", unique()));
        self.stage_of(&uscc)
    }

    /// Another project of a firm.
    pub fn stage_of(&self, uscc: &str) -> Stage {
        let estate = self.estate(COMMUNITY, EstateKind::Professional);
        let project = self.project(&estate, uscc);
        Stage { uscc: uscc.to_owned(), estate, project }
    }

    /// A verified resident of a new household of the estate.
    pub fn voice(&self, estate: &str) -> Voice {
        let number = unique();
        let (phone, room) = (format!("139{:08}", 70_000_000 + number), format!("R{number}Q"));
        let household = self.household(estate, &room, &[&phone]);
        let (id, token) = self.resident(&phone);
        self.claim(&token, estate, &room).expect(201);
        Voice { id, token, phone, household, room }
    }

    /// Several of them.
    pub fn voices(&self, estate: &str, count: usize) -> Vec<Voice> {
        (0..count).map(|_| self.voice(estate)).collect()
    }

    /// Another resident of the same dwelling, who stands on the estate's first roster too.
    pub fn housemate(&self, of: &Voice, estate: &str, phone: &str) -> String {
        let hash = self.state.secrets().phone_hash(phone);
        let entry = format!(
            "INSERT INTO household_phone (household_id, phone_hash) VALUES ('{}', '{hash}')",
            of.household
        );
        self.sql(&[entry], "");
        let (_, token) = self.resident(phone);
        let claimed = self.claim(&token, estate, &of.room).expect(201).json();
        assert_eq!(claimed["status"], "verified", "{claimed}");
        token
    }

    pub fn claim(&self, token: &str, estate: &str, room: &str) -> Call {
        let body = json!({"estate": estate, "building": "1", "unit": "1", "room": room});
        self.post("/v1/me/residences").token(token).json(&body)
    }

    pub fn rate(&self, voice: &Voice, project: &str, month: &str, overall: i64) -> Reply {
        let reply = self.rating(voice, project, month).json(&json!({"overall": overall})).send();
        assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
        reply
    }

    pub fn rating(&self, voice: &Voice, project: &str, month: &str) -> Call {
        self.put(&format!("/v1/me/ratings/{project}/{month}")).token(&self.renewed(&voice.id))
    }

    /// An access token of now, for an account whose first one has expired since the clock was set.
    pub fn renewed(&self, account_id: &str) -> String {
        let session = format!("session-{account_id}");
        self.state.tokens().issue(account_id, &session, 1, "", self.now()).unwrap()
    }

    pub fn project_ratings(&self, project: &str) -> Value {
        self.get(&format!("/v1/projects/{project}/ratings")).expect(200).json()
    }

    pub fn firm_ratings(&self, uscc: &str) -> Value {
        self.get(&format!("/v1/firms/{uscc}/ratings")).expect(200).json()
    }
}
