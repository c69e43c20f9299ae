//! What people are told of their data, and that they have agreed to it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::text::Text;

/// The text in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"version": "2026-11-30", "text": "# 个人信息处理规则\n\n…"}))]
pub struct PrivacyNotice {
    /// What the first sign-in sends as `privacy_version`.
    pub version: String,
    /// The text, in Markdown.
    pub text: String,
}

/// That the owner of an account has agreed to a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"version": "2026-11-30", "accepted_at": "2026-11-30T02:00:00Z"}))]
pub struct AcceptedPrivacy {
    /// Its version.
    pub version: String,
    /// When.
    pub accepted_at: DateTime<Utc>,
}

/// A new account agrees to the text in force.
///
/// # Errors
/// A fault of `/privacy_version`.
pub fn require_agreed(sent: Option<&str>, current: &str) -> Result<(), Refusal> {
    let (code, zh, en) = match sent {
        Some(sent) if sent == current => return Ok(()),
        Some(_) => ("not_current", "个人信息处理规则已更新", "The privacy notice has changed"),
        None => {
            ("required", "首次登录须同意个人信息处理规则", "The first sign-in agrees to the privacy notice")
        }
    };
    let text = Text::new(
        format!("{zh}，现行版本为 {current}（GET /v1/privacy）"),
        format!("{en}, which is {current} now (GET /v1/privacy)"),
    );
    Err(Refusal::invalid("/privacy_version", code, text))
}

/// The longest version, in characters.
pub const LONGEST_VERSION: usize = 40;

/// Whether a text can name a version.
pub fn is_version(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LONGEST_VERSION).contains(&text.len()) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_plain_word() {
        for (text, is_fine) in
            [("2026-11-30", true), ("v2.1_b", true), ("", false), ("二", false), ("a b", false)]
        {
            assert_eq!(is_version(text), is_fine, "{text}");
        }
        assert!(!is_version(&"1".repeat(41)));
    }
}
