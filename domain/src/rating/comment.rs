//! The text of a comment: what is stored, what is refused, and what is held for a person to look
//! at.

use serde::{Deserialize, Deserializer};

use crate::screen::HeldReason;
use crate::text::{Text, rule_message};
use crate::typed;

/// The longest comment, in Unicode scalar values after normalisation.
pub const COMMENT_LENGTH: usize = 500;

/// Why a comment is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CommentFault {
    /// Nothing but white space.
    #[error("the comment is empty")]
    Empty,
    /// More than 500 characters.
    #[error("the comment has more than 500 characters")]
    TooLong,
    /// A control character other than a line break, or one that is invisible or turns the direction
    /// of the text.
    #[error("the comment has a control or invisible character")]
    Control,
}

impl CommentFault {
    /// The fault's name in an error's `code`.
    pub fn code(self) -> &'static str {
        match self {
            CommentFault::Empty => "comment_empty",
            CommentFault::TooLong => "comment_too_long",
            CommentFault::Control => "comment_control_character",
        }
    }

    /// The fault in words for people.
    pub fn text(self) -> Text {
        let zh = match self {
            CommentFault::Empty => "评论不能为空",
            CommentFault::TooLong => "评论不能超过500字",
            CommentFault::Control => "评论含有控制字符或不可见字符",
        };
        Text::new(zh, self.to_string())
    }
}

/// A comment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screened {
    /// As [`typed::name`] gives it, its lines ended by `\n`.
    pub text: String,
    /// What it is held for; `None` if it is published with its stars.
    pub held_reason: Option<HeldReason>,
}

impl<'de> Deserialize<'de> for Screened {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Screened, D::Error> {
        let text = String::deserialize(deserializer)?;
        screen(&text).map_err(|fault| serde::de::Error::custom(rule_message(fault.code(), &fault.text())))
    }
}

/// Reads a comment, and screens it: "what the screen holds reaches officials with that step and
/// comes out with a later one".
///
/// # Errors
/// A [`CommentFault`].
pub fn screen(comment: &str) -> Result<Screened, CommentFault> {
    let text = typed::name(&comment.replace("\r\n", "\n"));
    if text.is_empty() {
        return Err(CommentFault::Empty);
    }
    if text.chars().count() > COMMENT_LENGTH {
        return Err(CommentFault::TooLong);
    }
    if text.contains(['\t', '\r']) || typed::check_lines(&text).is_err() {
        return Err(CommentFault::Control);
    }
    let held_reason = crate::screen::find(&text);
    Ok(Screened { text, held_reason })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_comment_is_trimmed_and_normalised() {
        assert_eq!(screen("  保洁很好。\r\n谢谢！\n ").unwrap().text, "保洁很好。\n谢谢！");
        assert_eq!(screen("cafe\u{301}").unwrap().text, "café");
        for empty in ["", "  \n\t", "\u{3000}"] {
            assert_eq!(screen(empty), Err(CommentFault::Empty), "{empty:?}");
        }
    }

    #[test]
    fn five_hundred_characters_are_counted_as_people_count_them() {
        assert!(screen(&"好".repeat(500)).is_ok());
        assert!(screen(&format!(" {} ", "😀".repeat(500))).is_ok());
        assert_eq!(screen(&"好".repeat(501)), Err(CommentFault::TooLong));
        assert_eq!(screen(&"e\u{301}".repeat(500)).unwrap().text.chars().count(), 500);
    }

    #[test]
    fn control_and_invisible_characters_are_refused() {
        for character in ['\0', '\t', '\r', '\u{85}', '\u{200b}', '\u{202e}', '\u{2028}'] {
            assert_eq!(screen(&format!("好{character}坏")), Err(CommentFault::Control), "{character:?}");
        }
        assert_eq!(screen("138\u{200d}12345678"), Err(CommentFault::Control));
        assert_eq!(screen("打13812345678").unwrap().held_reason, Some(HeldReason::PhoneNumber));
        assert!(screen("👨\u{200d}👩\u{200d}👧 住得舒服 ❤️").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Ok(screened) = screen(&text) {
                prop_assert!(screened.text.chars().count() <= COMMENT_LENGTH);
                prop_assert_eq!(screen(&screened.text), Ok(screened.clone()));
            }
        }
    }
}
