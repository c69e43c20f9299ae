//! Projects (物业服务项目): one operator serving one estate for a term.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::card::Credit;
use crate::estate::{NamedEstate, PlaceStep};
use crate::firm::NamedFirm;
use crate::manager::NamedManager;
use crate::rating::ServiceFigures;
use crate::record::RecordProject;
use crate::refusal::Refusal;
use crate::text::Text;

mod command;

pub use command::{NewProject, ProjectEdit};

/// Who serves an estate.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Operator {
    /// A firm.
    Firm,
    /// A street's own firm.
    StreetFirm,
    /// 自管: the owners themselves.
    Owners,
    /// 托管: the community.
    Community,
}

impl Operator {
    /// Every kind of operator.
    pub const ALL: [Operator; 4] =
        [Operator::Firm, Operator::StreetFirm, Operator::Owners, Operator::Community];

    /// Whether it is a firm with a uscc: "the last two have no uscc and are rated and starred all
    /// the same".
    pub fn is_firm(self) -> bool {
        matches!(self, Operator::Firm | Operator::StreetFirm)
    }

    /// Checks that a firm is named exactly where there is one.
    ///
    /// # Errors
    /// A fault of `/uscc`.
    pub fn check_firm(self, has_uscc: bool) -> Result<(), Refusal> {
        let (code, text) = match (self.is_firm(), has_uscc) {
            (true, false) => (
                "required",
                Text::new("由企业服务的项目须填统一社会信用代码", "A firm's project needs the firm's uscc"),
            ),
            (false, true) => (
                "not_a_firm",
                Text::new("自管和托管的项目没有企业", "A project of the owners or the community has no firm"),
            ),
            _ => return Ok(()),
        };
        Err(Refusal::invalid("/uscc", code, text))
    }
}

/// Whether a project opens its firm's and its manager's private files to the officials of its
/// place. What the public sees and what is graded does not depend on it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
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
pub enum ProjectReach {
    /// Not yet: the firm's own district has not confirmed that the firm works there.
    Open,
    /// During the term.
    Confirmed,
}

/// Checks that a term does not end before it begins; both days are included.
///
/// # Errors
/// A fault of `/ends_on`.
pub fn check_term(starts_on: NaiveDate, ends_on: Option<NaiveDate>) -> Result<(), Refusal> {
    if ends_on.is_none_or(|ends_on| ends_on >= starts_on) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/ends_on",
        "ends_before_start",
        Text::new("结束日期不能早于开始日期", "It cannot end before it begins"),
    ))
}

/// Whether a term contains a day.
pub fn term_contains(starts_on: NaiveDate, ends_on: Option<NaiveDate>, day: NaiveDate) -> bool {
    starts_on <= day && ends_on.is_none_or(|ends_on| ends_on >= day)
}

/// An area in hundredths of a m²: "areas are m² with at most 2 decimals". In JSON a number of m².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, ToSchema)]
#[schema(value_type = f64, minimum = 0, example = 85000.5)]
pub struct Area(i64);

impl Area {
    /// The largest area of one project, in hundredths of a m²: 100 km².
    pub const LARGEST: i64 = 100_000_000 * 100;

    /// An area from what a column holds.
    pub fn from_hundredths(hundredths: i64) -> Area {
        Area(hundredths)
    }

    /// What a column holds.
    pub fn hundredths(self) -> i64 {
        self.0
    }

    /// Reads an area: above 0, at most 100 km², at most two decimals.
    pub fn parse(text: &str) -> Option<Area> {
        let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).ok()?;
        let hundredths = number.checked_mul(Decimal::ONE_HUNDRED)?;
        let whole = hundredths.is_integer().then(|| hundredths.to_i64()).flatten()?;
        (1..=Area::LARGEST).contains(&whole).then_some(Area(whole))
    }
}

/// Checks that a project's area and its households fit, or that it is said why they do not.
///
/// # Errors
/// A fault of `/area_reason` outside of 20 to 400 m² a household.
pub fn check_area(area: Area, households: i32, area_reason: Option<&str>) -> Result<(), Refusal> {
    let households = i64::from(households);
    let usual = households.saturating_mul(20 * 100)..=households.saturating_mul(400 * 100);
    // Fewer than none is a fault of the number, which says nothing of the area.
    if area_reason.is_some() || usual.contains(&area.hundredths()) || households < 0 {
        return Ok(());
    }
    let text = Text::new(
        "户均面积不在20至400平方米之间，请说明理由",
        "the area lies outside of 20 to 400 m² a household: say why",
    );
    Err(Refusal::invalid("/area_reason", "area_reason_needed", text))
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Decimal::new(self.0, 2).normalize())
    }
}

impl Serialize for Area {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::evaluation::serialize_decimal(&Decimal::new(self.0, 2), serializer)
    }
}

impl<'de> Deserialize<'de> for Area {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Area, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Area::parse(&number.to_string()).ok_or_else(|| {
            serde::de::Error::custom(
                "decimal|面积应大于0、不超过1亿平方米，最多两位小数|an area is above 0, at most 100,000,000 m², with at most two decimals",
            )
        })
    }
}

/// A project, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "幸福家园"}, "operator": "firm",
    "firm": {"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司"}, "manager": null, "starts_on": "2024-01-01", "ends_on": null,
    "area_m2": 85000.5, "households": 1200, "fee_fen": 180, "reach": "confirmed", "demo": false, "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct Project {
    /// Its id.
    pub id: String,
    /// The estate it serves.
    pub estate: NamedEstate,
    /// Who serves it.
    pub operator: Operator,
    /// The firm; null when the owners or the community serve it.
    pub firm: Option<NamedFirm>,
    /// The person in charge.
    pub manager: Option<NamedManager>,
    /// The first day of the term.
    pub starts_on: NaiveDate,
    /// The last day of the term; null while it runs on.
    pub ends_on: Option<NaiveDate>,
    /// Its area in m².
    pub area_m2: Area,
    /// The households it serves.
    pub households: i32,
    /// The fee in fen per m² and month.
    pub fee_fen: Option<i64>,
    /// Whether it opens its firm's and its manager's files to its place's officials.
    pub reach: ProjectReach,
    /// Part of demo data.
    pub demo: bool,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<RecordProject>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A project, as other objects show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "幸福家园"}, "operator": "firm",
    "firm": {"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司"}, "manager": null, "starts_on": "2024-01-01", "ends_on": null,
    "current": true, "area_m2": 85000.5, "households": 1200, "fee_fen": 180
}))]
pub struct ProjectSummary {
    /// Its id.
    pub id: String,
    /// The estate it serves.
    pub estate: NamedEstate,
    /// Who serves it.
    pub operator: Operator,
    /// The firm; null when the owners or the community serve it.
    pub firm: Option<NamedFirm>,
    /// The person in charge.
    pub manager: Option<NamedManager>,
    /// The first day of the term.
    pub starts_on: NaiveDate,
    /// The last day of the term; null while it runs on.
    pub ends_on: Option<NaiveDate>,
    /// Whether today lies in the term.
    pub current: bool,
    /// Its area in m².
    pub area_m2: Area,
    /// The households it serves.
    pub households: i32,
    /// The fee in fen per m² and month.
    pub fee_fen: Option<i64>,
}

impl Project {
    /// The project as other objects show it on the day `today`.
    pub fn summary(self, today: NaiveDate) -> ProjectSummary {
        ProjectSummary {
            current: term_contains(self.starts_on, self.ends_on, today),
            id: self.id,
            estate: self.estate,
            operator: self.operator,
            firm: self.firm,
            manager: self.manager,
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            area_m2: self.area_m2,
            households: self.households,
            fee_fen: self.fee_fen,
        }
    }
}

/// A project with where it is, its credit and its residents' ratings.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "幸福家园"},
    "places": [{"level": "city", "code": "2102", "name": "大连市"}, {"level": "district", "code": "210202", "name": "中山区"}],
    "operator": "firm", "firm": {"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司"}, "manager": null,
    "starts_on": "2024-01-01", "ends_on": null, "current": true, "area_m2": 85000.5, "households": 1200, "fee_fen": 180, "demo": false,
    "credit": {"outcome": "not_evaluated", "scheme": null, "scheme_version": null, "score": null, "grade": null, "effective_from": null,
        "reason": null, "pending": null, "consequences": []},
    "other_credits": [],
    "service": {"score": null, "mean": null, "count": null, "distribution": null, "dimensions": null, "reason": "waiting",
        "published_on": "2026-11-23", "next_on": "2026-11-30"},
    "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct ProjectPage {
    /// Its id.
    pub id: String,
    /// The estate it serves.
    pub estate: NamedEstate,
    /// The places it lies in, from the city down to the community.
    pub places: Vec<PlaceStep>,
    /// Who serves it.
    pub operator: Operator,
    /// The firm; null when the owners or the community serve it.
    pub firm: Option<NamedFirm>,
    /// The person in charge.
    pub manager: Option<NamedManager>,
    /// The first day of the term.
    pub starts_on: NaiveDate,
    /// The last day of the term; null while it runs on.
    pub ends_on: Option<NaiveDate>,
    /// Whether today lies in the term.
    pub current: bool,
    /// Its area in m².
    pub area_m2: Area,
    /// The households it serves.
    pub households: i32,
    /// The fee in fen per m² and month.
    pub fee_fen: Option<i64>,
    /// Part of demo data.
    pub demo: bool,
    /// Its grade by the primary scheme for projects.
    pub credit: Credit,
    /// Its grades by other schemes in force.
    pub other_credits: Vec<Credit>,
    /// The published ratings of the last 12 months.
    pub service: ServiceFigures,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<RecordProject>,
    /// When its register entry or its credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_exact_hundredths() {
        for (json, hundredths) in
            [("85000.5", 8_500_050), ("0.01", 1), ("100000000", 10_000_000_000), ("1e2", 10_000)]
        {
            let area: Area = serde_json::from_str(json).unwrap();
            assert_eq!(area.hundredths(), hundredths, "{json}");
        }
        for json in ["0", "-1", "0.001", "100000000.01", "1e300", "\"5\"", "null"] {
            assert!(serde_json::from_str::<Area>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::to_string(&Area::from_hundredths(8_500_050)).unwrap(), "85000.5");
        assert_eq!(serde_json::to_string(&Area::from_hundredths(100)).unwrap(), "1");
    }

    #[test]
    fn an_unusual_area_says_why_on_either_side() {
        let fits = |area, households, why| check_area(Area::from_hundredths(area), households, why).is_ok();
        assert!(fits(20_000, 10, None) && fits(400_000, 10, None));
        assert!(!fits(19_999, 10, None) && !fits(400_001, 10, None) && !fits(1, 0, None));
        assert!(fits(400_001, 10, Some("含地下车库")));
    }

    #[test]
    fn firms_are_named_exactly_where_there_is_one() {
        for operator in Operator::ALL {
            assert_eq!(operator.check_firm(true).is_ok(), operator.is_firm());
            assert_eq!(operator.check_firm(false).is_ok(), !operator.is_firm());
        }
    }

    #[test]
    fn both_days_of_a_term_belong_to_it() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
        assert!(check_term(day(1), Some(day(1))).is_ok());
        assert!(check_term(day(2), Some(day(1))).is_err());
        assert!(term_contains(day(1), Some(day(2)), day(2)));
        assert!(!term_contains(day(1), Some(day(2)), day(3)));
        assert!(!term_contains(day(2), None, day(1)));
    }
}
