//! The first screen: what an app shows a resident before anything was asked for.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::calendar::Month;
use crate::case::CasesHome;
use crate::estate::NamedEstate;
use crate::firm::FirmCardSummary;
use crate::notice::Notice;
use crate::project::ProjectSummary;
use crate::residence::Residence;

/// Unread notices that the first screen shows.
pub const SHOWN_NOTICES: i64 = 3;
/// Open cases that it shows.
pub const SHOWN_CASES: usize = 3;

/// Everything that a resident's first screen shows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "dwellings": [
        {
            "residence": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"},
            "building": "3", "unit": "2", "room": "501", "project": null, "rating": null, "firm": null
        }
    ],
    "claims": [], "notices": {"unread": 0, "items": []}, "cases": {"open": 0, "to_verify": 0, "waiting_for_you": 0, "items": []}
}))]
pub struct Home {
    /// The dwellings in which the account is a verified resident, the latest claim first.
    pub dwellings: Vec<HomeDwelling>,
    /// Claims that an official has not decided on yet.
    pub claims: Vec<Residence>,
    /// What the account was told and has not read.
    pub notices: HomeNotices,
    /// What it reported and is not at an end.
    pub cases: CasesHome,
}

/// A dwelling of one's own, with the firm that serves it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "residence": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"},
    "building": "3", "unit": "2", "room": "501", "project": null, "rating": null, "firm": null
}))]
pub struct HomeDwelling {
    /// The dwelling.
    #[serde(flatten)]
    pub dwelling: OwnDwelling,
    /// The firm's card, as `GET /v1/firms` shows it; null where no firm serves the estate.
    pub firm: Option<FirmCardSummary>,
}

/// A dwelling of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "residence": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"},
    "building": "3", "unit": "2", "room": "501", "project": null, "rating": null
}))]
pub struct OwnDwelling {
    /// The residence.
    pub residence: String,
    /// The estate.
    pub estate: NamedEstate,
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// The project that serves the estate today; null where none does.
    pub project: Option<ProjectSummary>,
    /// This month's rating of the project; null without a project.
    pub rating: Option<MonthRating>,
}

/// How this month's rating of a project stands, for the one who may give it and nobody else: what
/// others of the dwelling have given is told to who rates (409 `household_has_rated`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "month": "2026-11", "rated": false, "may_rate": false, "from": "2026-12", "until": "2026-11-30T16:00:00Z",
    "why_not": {"code": "rates_from_next_month", "detail": "您的住房刚经核实，可以评价2026年12月及以后的服务"}
}))]
pub struct MonthRating {
    /// This month: no other can be rated.
    pub month: Month,
    /// Whether the account has given it, as `GET /v1/me/ratings` says.
    pub rated: bool,
    /// Whether it may be given, or changed, now.
    pub may_rate: bool,
    /// The first month that may be rated, where that is yet to come.
    pub from: Option<Month>,
    /// When the month ends, and its rating can neither be given nor changed any more.
    pub until: DateTime<Utc>,
    /// Why it may not be given or changed; null where it may.
    pub why_not: Option<WhyNot>,
}

/// The problem that a rating would be answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "staff_may_not_rate", "detail": "企业员工不得评价本企业的项目"}))]
pub struct WhyNot {
    /// The problem's code.
    pub code: String,
    /// The reason, for people.
    pub detail: String,
}

/// Notices that are not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"unread": 0, "items": []}))]
pub struct HomeNotices {
    /// How many there are.
    pub unread: i64,
    /// The latest three of them.
    pub items: Vec<Notice>,
}
