//! Residences: who lives where. A person is bound to households by verified residences, and only
//! through them may rate.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::calendar::Month;
use crate::estate::NamedEstate;
use crate::household::Dwelling;
use crate::refusal::{Faults, Refusal};
use crate::text::{Language, Text};

/// Dwellings that one account may claim or hold at once.
pub const MOST_RESIDENCES: i64 = 10;

/// How somebody came to be known to live in a dwelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// On the day of its estate's first roster, where nobody verified lived yet.
    FirstRoster,
    /// By a later entry on the roster or by an approval.
    Later,
}

/// The first month that may be rated by who was entered or approved in the month `entered`:
/// "verified, by a roster entry or an approval older than the month (an estate's first roster
/// counts at once)". `None` where no month has to be waited for.
pub fn rates_from(entered: Month, how: Entered) -> Option<Month> {
    match how {
        Entered::FirstRoster => None,
        Entered::Later => Some(entered.next().unwrap_or(Month::LAST)),
    }
}

/// Where a claim stands.
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
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum ResidenceStatus {
    /// It waits for the community.
    Pending,
    /// The roster has the phone, or an official approved it.
    Verified,
    /// An official refused it.
    Refused,
    /// The resident ended it, or an official did with a reason.
    Ended,
}

/// A resident's own dwelling, or the claim to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"}, "building": "3", "unit": "2", "room": "501",
    "status": "pending", "requested_at": "2026-11-21T02:00:00Z", "decided_at": null, "reason": null, "rates_from": null
}))]
pub struct Residence {
    /// Its id.
    pub id: String,
    /// The estate.
    pub estate: NamedEstate,
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// Where the claim stands.
    pub status: ResidenceStatus,
    /// When it was claimed.
    pub requested_at: DateTime<Utc>,
    /// When it was verified, refused or ended.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was refused or ended.
    pub reason: Option<String>,
    /// The first month that may be rated from here; null before it is verified, and where no month
    /// has to be waited for.
    pub rates_from: Option<Month>,
}

/// A claim as the officials see it who decide on it: the dwelling, and the end of the phone by
/// which they know the claimant at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"}, "building": "3", "unit": "2", "room": "501",
    "status": "pending", "requested_at": "2026-11-21T02:00:00Z", "decided_at": null, "reason": null, "rates_from": null,
    "in_roster": true, "near": [], "phone_ending": "5678"
}))]
pub struct ResidenceClaim {
    /// The claim.
    #[serde(flatten)]
    pub residence: Residence,
    /// Whether the roster knows such a household; an approval adds one that it does not.
    pub in_roster: bool,
    /// Dwellings of the register that may be meant by a pending claim to one that it lacks, the
    /// nearest first, at most 10; null in a list.
    pub near: Option<Vec<NearDwelling>>,
    /// The last four digits of the claimant's phone; null where the account has none.
    pub phone_ending: Option<String>,
}

/// A dwelling of the register that may be meant by a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "household": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "building": "3", "unit": "2", "room": "501"
}))]
pub struct NearDwelling {
    /// The household's id.
    pub household: String,
    /// Which dwelling.
    #[serde(flatten)]
    pub dwelling: Dwelling,
}

/// A dwelling that one says to live in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estate": "210202001006-001", "building": "3", "unit": "2", "room": "501"}))]
pub struct NewResidence {
    /// The estate's code.
    #[validate(length(min = 1, max = 64))]
    #[serde(deserialize_with = "crate::rules::typed_code")]
    pub estate: String,
    /// The building.
    pub building: String,
    /// The unit (entrance); left out where buildings have none.
    #[serde(default)]
    pub unit: String,
    /// The room.
    pub room: String,
}

/// Which dwelling the claim is to, where the register lacks it as it is written and has some `near`
/// it: one of the two fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"household": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}))]
pub struct Approval {
    /// The household of the register that is meant: one of those `near`, or another of the estate.
    #[validate(length(min = 1, max = 64))]
    pub household: Option<String>,
    /// `true`: it is none of those `near`. The register gets the dwelling as it was claimed, if it
    /// has not got it meanwhile.
    #[serde(default)]
    pub none_of_them: bool,
}

impl Approval {
    /// # Errors
    /// [`Refusal::Invalid`] where both are said.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.household.is_none() || !self.none_of_them {
            return Ok(());
        }
        let text = Text::new("household 与 none_of_them 只能填一项", "excludes `none_of_them`");
        Err(Refusal::invalid("/household", "invalid", text))
    }
}

/// Claims that are approved at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"residences": [{"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}]}))]
pub struct Approvals {
    /// Which, each once.
    #[validate(length(min = 1, max = 100), nested)]
    #[schema(min_items = 1, max_items = 100)]
    pub residences: Vec<ApprovedClaim>,
}

impl Approvals {
    /// # Errors
    /// [`Refusal::Invalid`] at each claim that stood before.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut seen = std::collections::BTreeSet::new();
        let mut faults = Faults::default();
        for (position, claim) in self.residences.iter().enumerate() {
            if !seen.insert(claim.id.as_str()) {
                let text = Text::new("出现了两次", "stands twice");
                faults.add(format!("/residences/{position}/id"), "duplicate", text);
            }
        }
        faults.refuse_if_any()
    }
}

/// One of several claims, to the dwelling that it names or to another of the register. Where a
/// person has to look at dwellings `near` it, it is approved by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedClaim {
    /// The claim.
    #[validate(length(min = 1, max = 64))]
    pub id: String,
    /// The household of the register that is meant.
    #[validate(length(min = 1, max = 64))]
    pub household: Option<String>,
}

/// What became of several claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"residences": [
    {"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "approved": true, "code": null, "detail": null},
    {"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "approved": false, "code": "near_dwellings", "detail": "登记中有相近的住房，请选择其中一处，或确认都不是"}
]}))]
pub struct ApprovalOutcomes {
    /// Each, in the order asked for.
    pub residences: Vec<ApprovalOutcome>,
}

/// What became of one of several claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApprovalOutcome {
    /// The claim.
    pub id: String,
    /// Whether it was approved; the others are not held up where it was not.
    pub approved: bool,
    /// Why not, as the problem of the single request says it; null where it was.
    pub code: Option<String>,
    /// The same for people.
    pub detail: Option<String>,
}

impl ApprovalOutcome {
    /// Of a claim that was approved, or refused so.
    pub fn of(id: &str, refusal: Option<Refusal>, language: Language) -> ApprovalOutcome {
        let why = refusal.map(Refusal::in_short);
        let detail = why.as_ref().map(|(_, text)| text.in_language(language).to_owned());
        let code = why.map(|(code, _)| code.to_owned());
        ApprovalOutcome { id: id.to_owned(), approved: code.is_none(), code, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_entry_rates_from_the_next_month_and_a_first_roster_at_once() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        for (entered, from) in [("2026-11", "2026-12"), ("2026-12", "2027-01"), ("2099-12", "2099-12")] {
            assert_eq!(rates_from(month(entered), Entered::Later), Some(month(from)));
            assert_eq!(rates_from(month(entered), Entered::FirstRoster), None);
        }
    }
}
