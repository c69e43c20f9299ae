//! Places: the tree of city, districts, streets and communities.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::refusal::Refusal;
use crate::rules;
use crate::text::Text;

/// City, district, street or community: the levels of the tree, from the top.
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
pub enum PlaceLevel {
    /// 市
    City,
    /// 区县, or a functional zone run as one
    District,
    /// 街道, 镇
    Street,
    /// 社区, 村
    Community,
}

impl PlaceLevel {
    /// The level directly above; none above the city.
    pub fn above(self) -> Option<Self> {
        match self {
            PlaceLevel::City => None,
            PlaceLevel::District => Some(PlaceLevel::City),
            PlaceLevel::Street => Some(PlaceLevel::District),
            PlaceLevel::Community => Some(PlaceLevel::Street),
        }
    }
}

/// Checks a division code: 4, 6, 9 or 12 digits, or a local one that an operator added (the
/// parent's code, `X`, two digits).
///
/// # Errors
/// The reason, as a fault of the field `pointer`.
pub fn check_code(code: &str, pointer: &str) -> Result<(), Refusal> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = |text: &str| matches!(text.len(), 4 | 6 | 9 | 12) && digits(text);
    let local = code.rsplit_once('X').is_some_and(|(parent, number)| {
        number.len() == 2 && digits(number) && parent.len() <= 15 && parent.split("X").all(digits)
    });
    if plain(code) || local {
        return Ok(());
    }
    Err(Refusal::invalid(
        pointer,
        "place_code",
        Text::new(
            "区划代码应为4、6、9或12位数字，或上级代码加X和两位数字",
            "A division code is 4, 6, 9 or 12 digits, or the parent's code followed by X and two digits",
        ),
    ))
}

/// A place's code and name, as other objects show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "210202", "name": "中山区"}))]
pub struct NamedPlace {
    /// The division code.
    pub code: String,
    /// The place's name.
    pub name: String,
}

/// A place with its validity, its other names and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "210202", "level": "district", "name": "中山区", "parent": {"code": "2102", "name": "大连市"},
    "valid_from": "2023-01-01", "valid_until": null, "aliases": [], "successors": []
}))]
pub struct Place {
    /// The division code.
    pub code: String,
    /// City, district, street or community.
    pub level: PlaceLevel,
    /// The place's name.
    pub name: String,
    /// The place above; null for the city.
    pub parent: Option<NamedPlace>,
    /// First day on which the place exists.
    pub valid_from: NaiveDate,
    /// First day on which it no longer exists; null while it does.
    pub valid_until: Option<NaiveDate>,
    /// Other names, former ones included.
    pub aliases: Vec<String>,
    /// Codes of the places that took over when this one was abolished.
    pub successors: Vec<String>,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
}

/// A new place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "2102X01", "level": "district", "name": "高新区", "parent": "2102", "valid_from": "2026-01-01", "aliases": ["大连高新技术产业园区"]}))]
pub struct NewPlace {
    /// A division code, or a local one: the parent's code, `X` and two digits.
    #[serde(deserialize_with = "rules::typed_code")]
    pub code: String,
    /// City, district, street or community.
    pub level: PlaceLevel,
    /// The place's name.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: String,
    /// The code of the place above.
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub parent: Option<String>,
    /// First day on which it exists; today when left out.
    #[serde(default, deserialize_with = "rules::read_day_if_any")]
    pub valid_from: Option<NaiveDate>,
    /// Other names.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "rules::plain_texts"))]
    pub aliases: Vec<String>,
}

/// What changes in a place; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "高新园区"}))]
pub struct PlaceEdit {
    /// A new name; the old one becomes an alias.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: Option<String>,
    /// Whether the name only corrects a slip: then the old one is not kept.
    #[serde(default)]
    pub correction: bool,
    /// Another place above, from today.
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub parent: Option<String>,
    /// The first day on which it no longer exists; null takes it back.
    #[serde(default, deserialize_with = "rules::read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub valid_until: Option<Option<NaiveDate>>,
    /// All other names.
    #[validate(length(max = 20), custom(function = "rules::plain_texts"))]
    pub aliases: Option<Vec<String>>,
    /// Codes of the places that take over.
    #[validate(length(max = 20))]
    pub successors: Option<Vec<String>>,
    /// Whether the entry is retired, as one that was made by mistake or twice: it is in no list any
    /// more, and readable by its code. What existed and does so no longer has a `valid_until`.
    pub retired: Option<bool>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_lengths_of_the_four_levels_or_are_local() {
        for good in ["2102", "210202", "210202001", "210202001001", "2102X01", "210202X99"] {
            assert!(check_code(good, "/code").is_ok(), "{good}");
        }
        for bad in ["", "21", "21020", "2102X1", "X01", "2102Y01", "２１０２", "2102X0a"] {
            assert!(check_code(bad, "/code").is_err(), "{bad}");
        }
    }
}
