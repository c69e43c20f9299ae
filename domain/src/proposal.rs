//! Proposals (双人确认): what one person proposes and another confirms, because it moves a grade or
//! somebody's rights. Until then what stands stays.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::account::{NamesPeople, People};
use crate::kind::Kind;
use crate::refusal::{Faults, FieldFault, Refusal};
use crate::screen::require_showable;
use crate::text::Text;

/// Days after which a proposal that nobody decided ends.
pub const OPEN_DAYS: i64 = 14;

/// Who the second person is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SecondPerson {
    /// Another official of the same place or of one above, with the power to confirm.
    Official,
    /// The firm that it concerns, or an official of the district where that is registered, or of
    /// the city, with the power to confirm.
    FirmOrDistrict,
    /// An official of the district where the firm is registered that it concerns, or of the city,
    /// with the power to confirm: the firm's own word is not enough.
    District,
    /// Another administrator.
    Administrator,
}

/// How a proposal stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ProposalState {
    /// It waits for the second person.
    Open,
    /// It was confirmed, and done at once.
    Confirmed,
    /// The second person sent it back, with a reason.
    Returned,
    /// Its own side took it back.
    Withdrawn,
    /// Nobody decided it in time.
    Expired,
    /// What it was to change had changed meanwhile, or who proposed it may no longer do so.
    Stale,
}

/// The field of a [`Change`] that says why an area is unusual.
pub const AREA_REASON: &str = "area_reason";

/// One field that a proposal changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The object's field; or what is shown beside these: `area_reason`, why its area is unusual,
    /// and `weight`, what an assessed project weighed when this was proposed.
    pub field: String,
    /// What it held when it was proposed; null for a new object.
    pub before: Value,
    /// What it will hold.
    pub after: Value,
}

impl Change {
    /// Those of `fields` in which two views of an object differ; of a new one every field that
    /// holds something.
    pub fn between(before: &Value, after: &Value, fields: &[&str]) -> Vec<Change> {
        let of = |view: &Value, field: &str| view.get(field).cloned().unwrap_or(Value::Null);
        let change = |field: &&str| Change {
            field: (*field).to_owned(),
            before: of(before, field),
            after: of(after, field),
        };
        fields.iter().map(change).filter(|change| change.before != change.after).collect()
    }
}

/// What a use case may not do for one person alone, as far as it would have gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seconding {
    /// The kind of object.
    pub kind: Kind,
    /// Its id; none where it would be new.
    pub id: Option<String>,
    /// Its version; none where it would be new.
    pub version: Option<i64>,
    /// By what it is told apart from other objects, of which each has one open proposal.
    pub key: String,
    /// Who the second person is.
    pub asks: SecondPerson,
    /// The firm whose agreement is asked for, or that of its district.
    pub firm: Option<String>,
    /// What would be another than it is.
    pub changes: Vec<Change>,
    /// Why, as who proposes it says.
    pub reason: Option<String>,
    /// References to the evidence.
    pub evidence: Vec<String>,
}

impl Seconding {
    /// A proposal gives its reason.
    ///
    /// # Errors
    /// A fault of `/reason`.
    pub fn require_reason(&self) -> Result<&str, Refusal> {
        self.reason.as_deref().ok_or_else(|| {
            let text = Text::new(
                "该操作须双人确认，请说明理由",
                "a second person must confirm this: say why it is to be done",
            );
            Refusal::invalid("/reason", "required", text)
        })
    }

    /// What its author says is shown to the second person, and to a firm that is asked.
    ///
    /// # Errors
    /// Faults of `/reason`, `/area_reason` and the references in `/evidence`.
    pub fn require_showable(&self) -> Result<(), Refusal> {
        let area_reason = self.changes.iter().find(|change| change.field == AREA_REASON);
        let area_reason = area_reason.and_then(|change| change.after.as_str());
        let mut faults = Faults::default();
        faults.keep(require_showable("/reason", self.reason.as_deref()))?;
        faults.keep(require_showable("/area_reason", area_reason))?;
        for (index, reference) in self.evidence.iter().enumerate() {
            faults.keep(require_showable(&format!("/evidence/{index}"), reference.as_str()))?;
        }
        faults.refuse_if_any()
    }
}

/// The fields that no longer hold what `proposed` says they did, and those that would change `now`
/// and were not shown to, as faults of a stale proposal.
pub fn changed_fields(proposed: &[Change], now: &[Change]) -> Vec<FieldFault> {
    let find = |changes: &[Change], field: &str| changes.iter().find(|each| each.field == field).cloned();
    let has_moved =
        |change: &&Change| find(now, &change.field).is_none_or(|each| each.before != change.before);
    let is_new = |change: &&Change| find(proposed, &change.field).is_none();
    let fault = |change: &Change| {
        let text = Text::new("内容已变更", "has changed since it was proposed");
        FieldFault::new(format!("/{}", change.field), "changed", text)
    };
    proposed.iter().filter(has_moved).chain(now.iter().filter(is_new)).map(fault).collect()
}

/// What a proposal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedObject {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its id; null for a new one until it is confirmed.
    pub id: Option<String>,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "operation": "edit_project",
    "object": {"kind": "project", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d"},
    "changes": [{"field": "area_m2", "before": 85000.5, "after": 86000}], "reason": "竣工测绘更正", "evidence": [],
    "asks": "official", "firm": null, "place": "210202001", "proposed_by": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e",
    "proposed_at": "2026-11-21T02:00:00Z", "until": "2026-12-05T02:00:00Z", "state": "open", "decided_by": null, "decision_reason": null,
    "ended_at": null, "people": {"0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e": "海军广场街道"}
}))]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// What is to be done, by the name of the operation in this document.
    pub operation: String,
    /// What it is about.
    pub object: ProposedObject,
    /// What will be another than it was when this was proposed.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
    /// References to the evidence.
    pub evidence: Vec<String>,
    /// Who the second person is.
    pub asks: SecondPerson,
    /// The firm that it concerns: it may agree to it itself where it is asked.
    pub firm: Option<String>,
    /// The place of who proposed it.
    pub place: Option<String>,
    /// The account that proposed it; null to firms.
    pub proposed_by: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: DateTime<Utc>,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub until: DateTime<Utc>,
    /// How it stands.
    pub state: ProposalState,
    /// The account that decided it; null to firms.
    pub decided_by: Option<String>,
    /// Why it was returned.
    pub decision_reason: Option<String>,
    /// When it was decided or ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Who these accounts are; empty to firms.
    pub people: People,
    /// The code for `POST /v1/auth/activate`, shown once to who confirms an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub activation_code: Option<String>,
    /// A program's new secret, shown once to who confirms it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_secret: Option<String>,
}

impl Proposal {
    /// As a firm reads it: of the other side it knows the place.
    #[must_use]
    pub fn to_firm(self) -> Proposal {
        Proposal { proposed_by: None, decided_by: None, people: People::default(), ..self }
    }
}

impl NamesPeople for Proposal {
    fn accounts(&self) -> Vec<&str> {
        let named = [self.proposed_by.as_deref(), self.decided_by.as_deref()];
        named.into_iter().flatten().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
}

/// 403 for who cannot be the second person.
pub fn second_person_needed() -> Refusal {
    Refusal::forbidden(
        "second_person_needed",
        Text::new("该操作须由另一名有权限的人员确认", "Another person, who may, must confirm this"),
    )
}

/// 403 for a second person who is not of the district of a firm that would be asked.
pub fn district_needed(uscc: &str) -> Refusal {
    Refusal::forbidden(
        "second_person_needed",
        Text::new(
            format!("该操作涉及企业{uscc}，须由其登记地所在区县或市级有权限的人员确认"),
            format!(
                "It concerns the firm {uscc}: an official of the district where that is registered, or of the city, with the power to confirm, must confirm this"
            ),
        ),
    )
}

/// Whether a refusal is about who confirms and not about whose work it is: another person may still
/// confirm that.
pub fn is_of_the_second(refusal: &Refusal) -> bool {
    let is_of_the_author = [own_work(), own_participation()].contains(refusal);
    !is_of_the_author && matches!(refusal, Refusal::Forbidden { code: "second_person_needed", .. })
}

/// Two pairs of eyes: who drafted does not confirm.
pub fn own_work() -> Refusal {
    Refusal::forbidden(
        "second_person_needed",
        Text::new("起草人不得确认自己起草的内容", "Who drafted it may not confirm it"),
    )
}

/// The decider on an objection or a repair is not the recorder.
pub fn own_participation() -> Refusal {
    Refusal::forbidden(
        "second_person_needed",
        Text::new(
            "经手人不得办理对自己经手内容的异议或修复",
            "Who had a hand in it may not decide on it, nor on its time",
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_a_field_of_the_list_in_which_the_views_differ() {
        let (before, after) = (
            json!({"area_m2": 5, "name": "a", "fee": null}),
            json!({"area_m2": 6, "name": "b", "fee": null}),
        );
        let changes = Change::between(&before, &after, &["area_m2", "fee"]);
        assert_eq!(changes, [Change { field: "area_m2".to_owned(), before: json!(5), after: json!(6) }]);
        assert_eq!(Change::between(&Value::Null, &after, &["area_m2", "fee"]).len(), 1);
        assert!(Change::between(&before, &before, &["area_m2", "name", "fee"]).is_empty());
    }

    #[test]
    fn what_changed_is_told_by_field() {
        let change = |field: &str, before: i32| Change {
            field: field.to_owned(),
            before: json!(before),
            after: json!(9),
        };
        let proposed = [change("area_m2", 5), change("households", 7)];
        let told = |now: &[Change]| -> Vec<String> {
            changed_fields(&proposed, now).into_iter().map(|fault| fault.pointer).collect()
        };
        assert!(told(&proposed).is_empty());
        assert_eq!(told(&[change("area_m2", 5), change("households", 8)]), ["/households"]);
        assert_eq!(told(&[]), ["/area_m2", "/households"]);
        let three = [change("area_m2", 5), change("households", 7), change("fee_fen", 1)];
        assert_eq!(told(&three), ["/fee_fen"]);
    }

    #[test]
    fn the_second_person_is_told_apart_from_the_author() {
        for refusal in [second_person_needed(), district_needed("91210200MA0A1B2C3X")] {
            assert!(is_of_the_second(&refusal));
        }
        for refusal in [own_work(), own_participation(), Refusal::out_of_reach()] {
            assert!(!is_of_the_second(&refusal));
        }
    }
}
