//! Words for people, in Chinese and in English.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

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

    /// The best of the two languages for an `Accept-Language` header (RFC 9110 §12.5.4); Chinese
    /// when neither is asked for.
    pub fn accepted(header: &str) -> Language {
        let mut best = (Language::Chinese, -1.0_f32);
        for range in header.split(',').take(16) {
            let mut parts = range.trim().split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let quality = parts
                .find_map(|part| {
                    part.trim().strip_prefix("q=").map(|q| q.trim().parse::<f32>().unwrap_or(0.0))
                })
                .unwrap_or(1.0);
            let language = match tag.split('-').next() {
                Some("zh" | "*") => Language::Chinese,
                Some("en") => Language::English,
                _ => continue,
            };
            if quality > 0.0 && quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_quality_wins_and_chinese_is_the_default() {
        for (header, expected) in [
            ("", Language::Chinese),
            ("en", Language::English),
            ("en-GB,zh;q=0.5", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("fr,en;q=0.1", Language::English),
            ("en;q=0", Language::Chinese),
            ("*", Language::Chinese),
            ("fr", Language::Chinese),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
