//! Words for people, in Chinese and in English.

use std::borrow::Cow;
use std::cell::Cell;

use serde::{Deserialize, Serialize, Serializer};
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

/// One text in both languages. Within [`shown_in`] it is written as one string, elsewhere as an
/// object of both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
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

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Both<'a> {
            zh: &'a str,
            en: &'a str,
        }
        match SHOWN_IN.get() {
            Some(language) => serializer.serialize_str(self.in_language(language)),
            None => Both { zh: &self.zh, en: &self.en }.serialize(serializer),
        }
    }
}

thread_local! {
    static SHOWN_IN: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Does `work`, which writes a view for somebody who reads `language`: each [`Text`] in it becomes
/// a string. serde has no other way to hand something down to the parts of a value.
pub fn shown_in<T>(language: Language, work: impl FnOnce() -> T) -> T {
    /// Puts back what was, also where `work` panics.
    struct Restored(Option<Language>);
    impl Drop for Restored {
        fn drop(&mut self) {
            SHOWN_IN.set(self.0);
        }
    }
    let _before = Restored(SHOWN_IN.replace(Some(language)));
    work()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_written_in_the_language_of_who_reads_it_and_in_both_elsewhere() {
        let view = [Text::new("引号“\"”", "a \"quote\"")];
        let both = json!([{"zh": "引号“\"”", "en": "a \"quote\""}]);
        let written = || json!(view);
        assert_eq!(written(), both);
        assert_eq!(shown_in(Language::English, written), json!(["a \"quote\""]));
        let within = shown_in(Language::English, || (shown_in(Language::Chinese, written), written()));
        assert_eq!(within, (json!(["引号“\"”"]), json!(["a \"quote\""])));
        assert_eq!(written(), both);
    }
}
