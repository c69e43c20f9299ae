//! What is asked of the register of firms: a new firm, and what changes in one.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::FirmStatus;
use crate::refusal::Refusal;
use crate::rules;
use crate::text::Text;

/// A new firm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "short_name": "示例物业", "registered_place": "210202"}))]
pub struct NewFirm {
    /// The unified social credit code.
    #[validate(length(min = 1, max = 100))]
    pub uscc: String,
    /// The name in the business register.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: String,
    /// What people call it.
    #[validate(length(min = 1, max = 50), custom(function = "rules::plain_text"))]
    pub short_name: Option<String>,
    /// Names it had before.
    #[serde(default, deserialize_with = "rules::few")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    pub former_names: Vec<NewFormerName>,
    /// How it stands in the business register; `active` when left out.
    pub status: Option<FirmStatus>,
    /// The code of the place where it is registered.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "rules::typed_code")]
    pub registered_place: String,
    /// Why a code whose check character fails is accepted all the same. Only that one failure can
    /// be overridden.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub check_override_reason: Option<String>,
    /// Whether it takes part in credit evaluation; true when left out.
    pub participates: Option<bool>,
    /// Whether it has residential business; true when left out.
    pub residential: Option<bool>,
    /// The day of its business licence, not to come: how old it is, where a scheme asks for that.
    /// Unknown when left out.
    #[serde(default, deserialize_with = "rules::read_day_if_any")]
    pub licensed_on: Option<NaiveDate>,
    /// The firm whose branch it is (分支机构), by unified social credit code; needs `parent_since`.
    #[serde(default, deserialize_with = "rules::known_uscc_if_any")]
    pub parent: Option<String>,
    /// The first day on which it is a branch, not to come.
    #[serde(default, deserialize_with = "rules::read_day_if_any")]
    pub parent_since: Option<NaiveDate>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
    /// Part of demo data.
    #[serde(skip)]
    pub demo: bool,
}

/// A name that a firm had before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "大连样例物业有限公司", "used_until": "2025-03-01"}))]
pub struct NewFormerName {
    /// The name.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: String,
    /// The first day on which it no longer was the name.
    #[serde(deserialize_with = "rules::read_day")]
    pub used_until: NaiveDate,
}

/// What changes in a firm; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "大连新名物业管理有限公司"}))]
pub struct FirmEdit {
    /// A new name; the old one becomes a former name and stays searchable.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub name: Option<String>,
    /// Whether the name only corrects a slip: then the old one is not kept.
    #[serde(default)]
    pub correction: bool,
    /// What people call it; null takes it away.
    #[validate(length(min = 1, max = 50), custom(function = "rules::plain_text"))]
    #[serde(default, deserialize_with = "rules::nullable")]
    #[schema(value_type = Option<String>)]
    pub short_name: Option<Option<String>>,
    /// How it stands in the business register.
    pub status: Option<FirmStatus>,
    /// The code of the place where it is registered.
    #[validate(length(min = 1, max = 32))]
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    pub registered_place: Option<String>,
    /// Whether it takes part in credit evaluation.
    pub participates: Option<bool>,
    /// Whether it has residential business.
    pub residential: Option<bool>,
    /// The day of its business licence, not to come; null makes it unknown.
    #[serde(default, deserialize_with = "rules::read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub licensed_on: Option<Option<NaiveDate>>,
    /// All firms that carry on its business after a merger or a split, by unified social credit
    /// code, at most 20. Its dossier stays its own.
    #[serde(default, deserialize_with = "rules::few_usccs_if_any")]
    pub successors: Option<Vec<String>>,
    /// The firm whose branch it is (分支机构), by unified social credit code; null makes it a firm
    /// of its own.
    #[serde(default, deserialize_with = "rules::nullable_uscc")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<Option<String>>,
    /// The first day on which it is a branch, not to come; needed with another parent.
    #[serde(default, deserialize_with = "rules::read_day_if_any")]
    pub parent_since: Option<NaiveDate>,
    /// Whether the entry is retired, as one that was made by mistake or twice: it is in no list any
    /// more, and readable by its code.
    pub retired: Option<bool>,
    /// Why, for a second person.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
    /// References to the evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "rules::references"))]
    pub evidence: Vec<String>,
}

/// Which firm a firm is a branch of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The parent's uscc.
    pub uscc: String,
    /// The first day.
    pub since: NaiveDate,
}

impl Parent {
    /// A parent and its day stand together, or there is none.
    ///
    /// # Errors
    /// A fault of `/parent_since`.
    pub fn read(uscc: Option<String>, since: Option<NaiveDate>) -> Result<Option<Parent>, Refusal> {
        let (code, text) = match (uscc, since) {
            (Some(uscc), Some(since)) => return Ok(Some(Parent { uscc, since })),
            (None, None) => return Ok(None),
            (Some(_), None) => (
                "required",
                Text::new("分支机构须说明自哪一天起", "A branch needs the day since when it is one"),
            ),
            (None, Some(_)) => (
                "not_applicable",
                Text::new("没有母公司，无须日期", "There is no parent that the day could belong to"),
            ),
        };
        Err(Refusal::invalid("/parent_since", code, text))
    }
}
