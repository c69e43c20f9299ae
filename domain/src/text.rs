//! Words for people, in Chinese and in English.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// The languages in which the service speaks. Chinese is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// `zh-CN`
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// `en`
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The tag for `Content-Language`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }
}

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese
    pub zh: Cow<'static, str>,
    /// English
    pub en: Cow<'static, str>,
}

impl Text {
    /// A text from its two versions.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Text { zh: zh.into(), en: en.into() }
    }

    /// The version in `language`.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

/// A code and its text as one message: how a value type tells, through a deserializer's plain
/// error, what is wrong and in which words.
pub fn rule_message(code: &str, text: &Text) -> String {
    format!("{code}|{}|{}", text.zh, text.en)
}

/// Why somebody takes a step, for those whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经核实属实"}))]
pub struct Reason {
    /// At most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    pub reason: String,
}
