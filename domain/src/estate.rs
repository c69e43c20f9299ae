//! Estates (小区): where people live, and which firm serves them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::place::{NamedPlace, PlaceLevel};
use crate::project::ProjectSummary;
use crate::refusal::Refusal;
use crate::rules;
use crate::text::Text;
use crate::typed;

/// The four kinds of estates, each with a working mode of its own.
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
pub enum EstateKind {
    /// 专业型: served by a professional firm.
    Professional,
    /// 老旧小区
    Old,
    /// 弃管小区: given up by whoever served it.
    Unmanaged,
    /// 保障型: affordable housing.
    Affordable,
}

impl EstateKind {
    /// Every kind.
    pub const ALL: [EstateKind; 4] =
        [EstateKind::Professional, EstateKind::Old, EstateKind::Unmanaged, EstateKind::Affordable];
}

/// Reads an estate's code: 4 to 32 digits, capital letters and hyphens, however it was typed.
///
/// # Errors
/// A fault of `/code`.
pub fn read_code(text: &str) -> Result<String, Refusal> {
    let code = typed::code(text);
    let fits = (4..=32).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-');
    if fits {
        return Ok(code);
    }
    Err(Refusal::invalid(
        "/code",
        "estate_code",
        Text::new(
            "小区代码为4到32位数字、字母或连字符",
            "An estate's code has 4 to 32 digits, letters or hyphens",
        ),
    ))
}

/// An estate, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "210202001002-001", "name": "幸福家园", "aliases": ["幸福小区"], "kind": "professional",
    "place": {"code": "210202001002", "name": "春海社区居委会"}, "address": "青云街1号", "households": 1200, "demo": false,
    "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct Estate {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Other names, former ones included.
    pub aliases: Vec<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// The community it lies in.
    pub place: NamedPlace,
    /// Its address.
    pub address: Option<String>,
    /// How many dwellings it has.
    pub households: i32,
    /// Part of demo data.
    pub demo: bool,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<NamedEstate>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// An estate's code and name, as other objects show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "210202001002-001", "name": "幸福家园"}))]
pub struct NamedEstate {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A place above an estate, with its level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"level": "district", "code": "210202", "name": "中山区"}))]
pub struct PlaceStep {
    /// Its level.
    pub level: PlaceLevel,
    /// Its division code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// An estate in a list, with who serves it now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "210202001002-001", "name": "幸福家园", "aliases": ["幸福小区"], "kind": "professional",
    "place": {"code": "210202001002", "name": "春海社区居委会"}, "address": "青云街1号", "households": 1200, "demo": false, "project": null
}))]
pub struct EstateSummary {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Other names, former ones included.
    pub aliases: Vec<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// The community it lies in.
    pub place: NamedPlace,
    /// Its address.
    pub address: Option<String>,
    /// How many dwellings it has.
    pub households: i32,
    /// Part of demo data.
    pub demo: bool,
    /// Who serves it now; null when nobody does.
    pub project: Option<ProjectSummary>,
}

/// An estate with who serves it and who did.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "210202001002-001", "name": "幸福家园", "aliases": ["幸福小区"], "kind": "professional",
    "places": [{"level": "city", "code": "2102", "name": "大连市"}, {"level": "district", "code": "210202", "name": "中山区"}],
    "address": "青云街1号", "households": 1200, "demo": false, "project": null, "future_projects": [], "past_projects": [],
    "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct EstatePage {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Other names, former ones included.
    pub aliases: Vec<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// The places it lies in, from the city down to the community.
    pub places: Vec<PlaceStep>,
    /// Its address.
    pub address: Option<String>,
    /// How many dwellings it has.
    pub households: i32,
    /// Part of demo data.
    pub demo: bool,
    /// Who serves it now; null when nobody does.
    pub project: Option<ProjectSummary>,
    /// Who will serve it, the earliest first.
    pub future_projects: Vec<ProjectSummary>,
    /// Who served it, the latest first.
    pub past_projects: Vec<ProjectSummary>,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<NamedEstate>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A new estate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "幸福家园", "kind": "professional", "place": "210202001002", "aliases": ["幸福小区"], "households": 1200,
    "reason": "新建小区交付", "evidence": ["竣工验收备案表.pdf"]
}))]
pub struct NewEstate {
    /// Its code, 4 to 32 digits, letters and hyphens; the community's code and the next free number
    /// when left out.
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub code: Option<String>,
    /// Its name.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: String,
    /// Other names.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "rules::plain_texts"))]
    pub aliases: Vec<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// The code of the community that it lies in.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "rules::typed_code")]
    pub place: String,
    /// Its address.
    #[validate(length(min = 1, max = 200), custom(function = "rules::plain_text"))]
    pub address: Option<String>,
    /// How many dwellings it has.
    #[validate(range(min = 0, max = 100_000))]
    pub households: i32,
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

/// What changes in an estate; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "old", "reason": "经核实为老旧小区"}))]
pub struct EstateEdit {
    /// A new name; the old one becomes an alias.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: Option<String>,
    /// Whether the name only corrects a slip: then the old one is not kept.
    #[serde(default)]
    pub correction: bool,
    /// All other names.
    #[validate(length(max = 20), custom(function = "rules::plain_texts"))]
    pub aliases: Option<Vec<String>>,
    /// Its kind.
    pub kind: Option<EstateKind>,
    /// The code of the community that it lies in.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub place: Option<String>,
    /// Its address; null takes it away.
    #[validate(length(min = 1, max = 200), custom(function = "rules::plain_text"))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
    /// How many dwellings it has.
    #[validate(range(min = 0, max = 100_000))]
    pub households: Option<i32>,
    /// Whether the entry is retired, as one that was made by mistake or twice: it is in no list any
    /// more, and readable by its code.
    pub retired: Option<bool>,
    /// The code of the entry that holds in its place.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub successor: Option<String>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
    /// References to the evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "rules::references"))]
    pub evidence: Vec<String>,
}
