//! Firms (物业企业): the register entry, the card, and the rules of both.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::card::{Credit, ListMembership, ProjectCounts, RecordCounts, ServiceSummary};
use crate::place::NamedPlace;
use crate::rating::ServiceFigures;
use crate::refusal::Refusal;
use crate::text::Text;
use crate::uscc::{Uscc, UsccFault};

mod command;

pub use command::{FirmEdit, NewFirm, NewFormerName, Parent};

/// How a firm stands in the business register.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
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
pub enum FirmStatus {
    /// 存续: it is in business.
    Active,
    /// 吊销: its licence was revoked.
    Revoked,
    /// 注销: it is struck off.
    Deregistered,
}

/// Reads the code of a new firm. "An official may override that one failure [the check character]
/// with a reason; a wrong alphabet or length never."
///
/// # Errors
/// A fault of `/uscc`, or of `/check_override_reason` when there is nothing to override.
pub fn read_uscc(text: &str, check_override_reason: Option<&str>) -> Result<Uscc, Refusal> {
    let fault = |fault: UsccFault| Refusal::invalid("/uscc", fault.code(), fault.text());
    match (Uscc::parse(text), check_override_reason) {
        (Ok(code), None) => Ok(code),
        (Ok(_), Some(_)) => Err(Refusal::invalid(
            "/check_override_reason",
            "nothing_to_override",
            Text::new(
                "校验位正确，无须说明理由",
                "The check character is right: there is nothing to override",
            ),
        )),
        (Err(UsccFault::Check), Some(_)) => Uscc::parse_overriding_check(text).map_err(fault),
        (Err(other), _) => Err(fault(other)),
    }
}

/// A firm, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "short_name": "示例物业",
    "former_names": [{"name": "大连样例物业有限公司", "used_until": "2025-03-01"}], "successors": [], "parent": null, "branches": [], "status": "active",
    "registered_place": {"code": "210202", "name": "中山区"}, "check_override_reason": null, "participates": true, "residential": true, "licensed_on": "2019-04-01",
    "demo": false, "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct Firm {
    /// The unified social credit code.
    pub uscc: String,
    /// The name in the business register.
    pub name: String,
    /// What people call it.
    pub short_name: Option<String>,
    /// Names it had before, the latest first.
    pub former_names: Vec<FormerName>,
    /// The firms that carry on its business after a merger or a split; its dossier stays its own.
    pub successors: Vec<Successor>,
    /// The firm whose branch it is (分支机构); null for a firm of its own.
    pub parent: Option<FirmLink>,
    /// Its branches: where a scheme rolls branches up, their records count in its file.
    pub branches: Vec<FirmLink>,
    /// How it stands in the business register.
    pub status: FirmStatus,
    /// Where it is registered.
    pub registered_place: NamedPlace,
    /// Why a failing check character was accepted.
    pub check_override_reason: Option<String>,
    /// Whether it takes part in credit evaluation.
    pub participates: bool,
    /// Whether it has residential business.
    pub residential: bool,
    /// The day of its business licence; null where it is not known.
    pub licensed_on: Option<NaiveDate>,
    /// Part of demo data.
    pub demo: bool,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A name that a firm had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"name": "大连样例物业有限公司", "used_until": "2025-03-01"}))]
pub struct FormerName {
    /// The name.
    pub name: String,
    /// The first day on which it no longer was the name.
    pub used_until: NaiveDate,
}

/// A firm that carries on another's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"uscc": "91210200716996405L", "name": "大连新样例物业有限公司", "since": "2026-11-22"}))]
pub struct Successor {
    /// The unified social credit code.
    pub uscc: String,
    /// Its name now.
    pub name: String,
    /// The day on which that was noted.
    pub since: NaiveDate,
}

/// A firm's parent or branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"uscc": "91210200716996405L", "name": "大连示例物业管理有限公司金州分公司", "since": "2024-05-01"}))]
pub struct FirmLink {
    /// The unified social credit code.
    pub uscc: String,
    /// Its name now.
    pub name: String,
    /// The first day on which the one is a branch of the other.
    pub since: NaiveDate,
}

/// A firm's code and name, as other objects show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司"}))]
pub struct NamedFirm {
    /// The unified social credit code.
    pub uscc: String,
    /// Its name.
    pub name: String,
}

/// A firm at a glance: who it is, its credit, its residents' ratings, its records.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "short_name": "示例物业", "former_names": [], "successors": [],
    "parent": null, "branches": [{"uscc": "91210200716996405L", "name": "大连示例物业管理有限公司金州分公司", "since": "2024-05-01"}], "status": "active",
    "registered_place": {"code": "210202", "name": "中山区"}, "demo": true,
    "credit": {"outcome": "evaluated", "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875, "grade": "AA",
        "effective_from": "2026-11-05T16:00:00Z", "reason": null, "pending": null, "consequences": []},
    "other_credits": [],
    "service": {"score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 2, "4": 4, "5": 14},
        "dimensions": {"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null}, "reason": null,
        "published_on": "2026-11-23", "next_on": "2026-11-30"},
    "records": {"rewards": 3, "penalties": 1}, "lists": [], "projects": {"count": 12, "area_m2": 1_250_000.5}, "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct FirmCard {
    /// The unified social credit code.
    pub uscc: String,
    /// The name in the business register.
    pub name: String,
    /// What people call it.
    pub short_name: Option<String>,
    /// Names it had before, the latest first.
    pub former_names: Vec<String>,
    /// The firms that carry on its business after a merger or a split; its dossier stays its own.
    pub successors: Vec<Successor>,
    /// The firm whose branch it is (分支机构); null for a firm of its own.
    pub parent: Option<FirmLink>,
    /// Its branches: where a scheme rolls branches up, their records count in its file.
    pub branches: Vec<FirmLink>,
    /// How it stands in the business register.
    pub status: FirmStatus,
    /// Where it is registered.
    pub registered_place: NamedPlace,
    /// Part of demo data.
    pub demo: bool,
    /// Its grade by the primary scheme.
    pub credit: Credit,
    /// Its grades by other schemes in force.
    pub other_credits: Vec<Credit>,
    /// The published ratings of the last 12 months.
    pub service: ServiceFigures,
    /// Rewards and penalties now public.
    pub records: RecordCounts,
    /// The red and black lists it is on.
    pub lists: Vec<ListMembership>,
    /// The projects that it runs now.
    pub projects: ProjectCounts,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// When its register entry or its credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A card as lists show it: without the distribution and the dimensions of the service score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "short_name": "示例物业", "former_names": [], "status": "active",
    "registered_place": {"code": "210202", "name": "中山区"}, "demo": true,
    "credit": {"outcome": "evaluated", "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875, "grade": "AA",
        "effective_from": "2026-11-05T16:00:00Z", "reason": null, "pending": null, "consequences": []},
    "other_credits": [], "service": {"score": 4.3148, "mean": 4.6, "count": 20, "reason": null},
    "records": {"rewards": 3, "penalties": 1}, "lists": [], "projects": {"count": 12, "area_m2": 1_250_000.5}, "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct FirmCardSummary {
    /// The unified social credit code.
    pub uscc: String,
    /// The name in the business register.
    pub name: String,
    /// What people call it.
    pub short_name: Option<String>,
    /// Names it had before, the latest first.
    pub former_names: Vec<String>,
    /// How it stands in the business register.
    pub status: FirmStatus,
    /// Where it is registered.
    pub registered_place: NamedPlace,
    /// Part of demo data.
    pub demo: bool,
    /// Its grade by the primary scheme.
    pub credit: Credit,
    /// Its grades by other schemes in force.
    pub other_credits: Vec<Credit>,
    /// The published ratings of the last 12 months.
    pub service: ServiceSummary,
    /// Rewards and penalties now public.
    pub records: RecordCounts,
    /// The red and black lists it is on.
    pub lists: Vec<ListMembership>,
    /// The projects that it runs now.
    pub projects: ProjectCounts,
    /// When its register entry or its credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

impl FirmCardSummary {
    /// The whole card.
    pub fn complete(
        self,
        service: ServiceFigures,
        successors: Vec<Successor>,
        (parent, branches): (Option<FirmLink>, Vec<FirmLink>),
        retired_on: Option<NaiveDate>,
    ) -> FirmCard {
        FirmCard {
            uscc: self.uscc,
            name: self.name,
            short_name: self.short_name,
            former_names: self.former_names,
            successors,
            parent,
            branches,
            status: self.status,
            registered_place: self.registered_place,
            demo: self.demo,
            credit: self.credit,
            other_credits: self.other_credits,
            service,
            records: self.records,
            lists: self.lists,
            projects: self.projects,
            retired_on,
            updated_at: self.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_check_alone_may_be_overridden_with_a_reason() {
        let code = |text, reason| {
            read_uscc(text, reason).map(|code| code.to_string()).map_err(|refusal| match refusal {
                Refusal::Invalid(faults) => (faults[0].pointer.clone(), faults[0].code),
                other => panic!("{other}"),
            })
        };
        assert_eq!(code("91210200241281392f", None), Ok("91210200241281392F".to_owned()));
        assert_eq!(code("91310115MA1H8R7C6D", None), Err(("/uscc".to_owned(), "uscc_check")));
        assert_eq!(code("91310115MA1H8R7C6D", Some("公示如此")), Ok("91310115MA1H8R7C6D".to_owned()));
        assert_eq!(code("91310115MA1H8R7C6", Some("x")), Err(("/uscc".to_owned(), "uscc_length")));
        assert_eq!(code("91310115MA1H8R7CIO", Some("x")), Err(("/uscc".to_owned(), "uscc_alphabet")));
        let needless = Err(("/check_override_reason".to_owned(), "nothing_to_override"));
        assert_eq!(code("91210200241281392F", Some("x")), needless);
    }
}
