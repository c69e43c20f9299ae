//! What is asked of the register of projects: a new project, and what changes in one.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Area, Operator};
use crate::rules;

/// A new project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "estate": "210211004016-001", "operator": "firm", "uscc": "91219900MA0D00000P", "starts_on": "2026-01-01", "area_m2": 85000.5,
    "households": 1200, "fee_fen": 180, "reason": "新签物业服务合同"
}))]
pub struct NewProject {
    /// The code of the estate.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "rules::typed_code")]
    pub estate: String,
    /// Who serves it.
    pub operator: Operator,
    /// The firm's code; for `firm` and `street_firm` only.
    #[serde(default, deserialize_with = "rules::known_uscc_if_any")]
    pub uscc: Option<String>,
    /// The id of the person in charge, who works for the firm.
    #[validate(length(min = 1, max = 64))]
    pub manager: Option<String>,
    /// The first day of the term.
    #[serde(deserialize_with = "rules::read_day")]
    pub starts_on: NaiveDate,
    /// The last day of the term; left out while it runs on.
    #[serde(default, deserialize_with = "rules::read_day_if_any")]
    pub ends_on: Option<NaiveDate>,
    /// Its area in m², above 0, with at most two decimals.
    pub area_m2: Area,
    /// The households it serves.
    #[validate(range(min = 0, max = 100_000))]
    pub households: i32,
    /// The fee in fen per m² and month.
    #[validate(range(min = 0, max = 100_000))]
    pub fee_fen: Option<i64>,
    /// Why the area lies outside of 20 to 400 m² a household: needed where it does.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub area_reason: Option<String>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
    /// References to the evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "rules::references"))]
    pub evidence: Vec<String>,
    /// Part of demo data.
    #[serde(skip)]
    pub demo: bool,
}

/// What changes in a project; what is left out stays. Another operator from a day on is another
/// project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ends_on": "2026-12-31", "reason": "合同到期"}))]
pub struct ProjectEdit {
    /// The code of the firm whose it is, where it was entered under another: officials of the
    /// district and above. A manager who works for the other firm leaves.
    #[serde(default, deserialize_with = "rules::known_uscc_if_any")]
    pub uscc: Option<String>,
    /// The id of the person in charge; null for nobody.
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub manager: Option<Option<String>>,
    /// The first day of the term.
    #[serde(default, deserialize_with = "rules::read_day_if_any")]
    pub starts_on: Option<NaiveDate>,
    /// The last day of the term; null while it runs on.
    #[serde(default, deserialize_with = "rules::read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub ends_on: Option<Option<NaiveDate>>,
    /// Its area in m², above 0, with at most two decimals.
    pub area_m2: Option<Area>,
    /// The households it serves.
    #[validate(range(min = 0, max = 100_000))]
    pub households: Option<i32>,
    /// The fee in fen per m² and month; null when it is not known.
    #[validate(range(min = 0, max = 100_000))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<i64>)]
    pub fee_fen: Option<Option<i64>>,
    /// Why the area lies outside of 20 to 400 m² a household: needed where it does.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub area_reason: Option<String>,
    /// Whether the entry is retired, as one that was made by mistake or twice: it is in no list any
    /// more, and readable by its id.
    pub retired: Option<bool>,
    /// The id of the entry that holds in its place.
    #[validate(length(min = 1, max = 64))]
    pub successor: Option<String>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
    /// References to the evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "rules::references"))]
    pub evidence: Vec<String>,
}
