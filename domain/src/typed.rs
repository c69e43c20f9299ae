//! What people type, paste from a spreadsheet, a contact or a PDF, and send as JSON, CSV, paths and
//! queries: the same text however it was written.
//!
//! [`code`] is what is compared, [`name`] what is shown, [`search`] what is found. Each gives its
//! own result again when it is given it.

mod forms;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::text::{Text, rule_message};

/// What is compared of a code, a number or a password for one time: no blanks, nothing unseen,
/// full-width and circled forms as plain ones (NFKC), capital letters, `-` for every dash.
pub fn code(text: &str) -> String {
    text.nfkc()
        .filter(|character| !is_blank(*character))
        .flat_map(char::to_uppercase)
        .map(|character| if is_dash(character) { '-' } else { character })
        // What was between two characters is gone, and what was raised may fall apart.
        .nfkc()
        .collect()
}

/// What is shown of a name or any other text: without blanks and unseen characters at its ends, its
/// characters composed (NFC), and the radicals that a PDF gives for whole characters as these: ⻢栏
/// is 马栏. Full-width forms stay, as a name is registered with them.
pub fn name(text: &str) -> String {
    let shown = trimmed(text);
    if is_nfc(shown) && !shown.chars().any(forms::is_radical) {
        return shown.to_owned();
    }
    let whole: String = shown.chars().map(forms::whole).nfc().collect();
    trimmed(&whole).to_owned()
}

/// What is found of a text: its letters, ideographs and digits (NFKC, lower case), radicals as
/// characters, traditional characters as simplified ones, a circle as the zero 〇.
pub fn search(text: &str) -> String {
    let letters: String = text
        .nfkc()
        .map(forms::found)
        .flat_map(char::to_lowercase)
        // Lower case may take a letter apart again: İ becomes i and a dot, which is no letter.
        .filter(|character| character.is_alphanumeric())
        .collect();
    // What stood apart may now stand together and take another order or form: normalised again, the
    // same text always gives the same letters.
    letters.nfkc().filter(|character| character.is_alphanumeric()).collect()
}

/// The simplified character for a traditional one, the whole one for a radical; others stay.
pub(crate) fn simple(character: char) -> char {
    forms::found(character)
}

/// Characters that nobody sees: those that format a text or join its letters, and letters that are
/// drawn as nothing. White space is told by [`char::is_whitespace`].
pub fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What a new name does with the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Naming {
    /// It is called otherwise from now on: the name before stays known as a former one.
    #[default]
    Renamed,
    /// It was never called so: the name before was a slip.
    Corrected,
}

impl Naming {
    /// Whether a former name is left. Another width, case or space is no other name.
    pub fn leaves_former_name(self, before: &str, now: &str) -> bool {
        self == Naming::Renamed && code(before) != code(now)
    }
}

/// Why a text cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextFault {
    /// Nothing in it is seen.
    Blank,
    /// It has a control or unseen character inside.
    Control,
}

impl TextFault {
    /// The fault's name in an error's `code`.
    pub fn code(self) -> &'static str {
        match self {
            TextFault::Blank => "blank",
            TextFault::Control => "control_character",
        }
    }

    /// The fault in words for people.
    pub fn text(self) -> Text {
        match self {
            TextFault::Blank => Text::new("不能为空", "must not be blank"),
            TextFault::Control => Text::new(
                "不能含控制字符或不可见字符",
                "must not hold control characters or characters that nobody sees",
            ),
        }
    }

    /// Code and words in one message; see [`rule_message`].
    pub fn message(self) -> String {
        rule_message(self.code(), &self.text())
    }
}

/// Whether a text can be shown on one line. Unseen characters at its ends are left to [`name`];
/// inside they are refused, not dropped, because what they were there for is not known. An emoji
/// keeps what joins and modifies it.
///
/// # Errors
/// A [`TextFault`].
pub fn check_line(text: &str) -> Result<(), TextFault> {
    check(text, |_| false)
}

/// [`check_line`] for a text that may have several lines.
///
/// # Errors
/// A [`TextFault`].
pub fn check_lines(text: &str) -> Result<(), TextFault> {
    check(text, |character| matches!(character, '\n' | '\r' | '\t'))
}

fn check(text: &str, breaks: impl Fn(char) -> bool) -> Result<(), TextFault> {
    let shown = trimmed(text);
    if shown.is_empty() {
        return Err(TextFault::Blank);
    }
    let mut before: Option<char> = None;
    let mut rest = shown.chars().peekable();
    while let Some(character) = rest.next() {
        let belongs = match character {
            form if chooses_form(form) => before.is_some_and(|before| !is_blank(before)),
            // It draws one picture of two: a family.
            '\u{200d}' => before.is_some_and(is_picture) && rest.peek().copied().is_some_and(is_picture),
            other => breaks(other),
        };
        let is_refused =
            character.is_control() || is_unseen(character) || matches!(character, '\u{2028}' | '\u{2029}');
        if is_refused && !belongs {
            return Err(TextFault::Control);
        }
        before = Some(character);
    }
    Ok(())
}

/// The text without blanks and unseen characters at its ends, but with those that choose the form
/// of its last character.
fn trimmed(text: &str) -> &str {
    let from = text.trim_start_matches(is_blank);
    let seen = from.trim_end_matches(is_blank);
    let behind = from.get(seen.len()..).unwrap_or_default();
    let form = behind.trim_start_matches(chooses_form);
    if seen.is_empty() {
        return seen;
    }
    from.get(..from.len() - form.len()).unwrap_or(seen)
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_unseen(character)
}

/// Whether it chooses between two forms of the character before it: ❤ in black or red, 葛 as one of
/// two that a name may be written with.
fn chooses_form(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_dash(character: char) -> bool {
    matches!(character, '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}')
}

/// Emoji, and what modifies them.
fn is_picture(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_compared_however_it_is_written() {
        for (text, expected) in [
            (" ２４６ ８１０", "246810"),
            ("9121\u{200b}0200 241281392f", "91210200241281392F"),
            ("\u{202d}19900000009\u{202c}", "19900000009"),
            ("\u{feff}dl－x—1–2−3", "DL-X-1-2-3"),
            ("①②", "12"),
            ("\u{3000}\u{3164}\u{2800}\u{fe0f}", ""),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_shown_as_it_was_meant() {
        for (text, expected) in [
            ("  幸福ｅ家\u{3000}", "幸福ｅ家"),
            ("\u{feff}\u{202d}万科 物业\u{202c}\u{200b}", "万科 物业"),
            ("⻢栏⼴场", "马栏广场"),
            ("cafe\u{301}", "café"),
            ("谢谢❤\u{fe0f} ", "谢谢❤\u{fe0f}"),
            ("葛\u{e0100} ", "葛\u{e0100}"),
            ("\u{3164}", ""),
            (" \u{fe0f}", ""),
            ("𠮷野家", "𠮷野家"),
        ] {
            assert_eq!(name(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_found_in_every_writing() {
        for (text, expected) in [
            ("幸福ｅ家", "幸福e家"),
            ("萬科（大連）物業", "万科大连物业"),
            ("⻢栏", "马栏"),
            ("二○二六◯", "二〇二六〇"),
            ("⻓江路", "长江路"),
            ("⾧江路", "长江路"),
            ("𠮷祥 𬭚", "𠮷祥𬭚"),
            ("乾元", "乾元"),
            ("[", ""),
            ("İ ①", "i1"),
        ] {
            assert_eq!(search(text), expected, "{text:?}");
        }
    }

    #[test]
    fn blanks_and_format_characters_are_no_name() {
        for nothing in ["", " ", "\u{3000}", "\u{3164}", "\u{2800}", "\u{fe0f}", "\u{200b}\u{feff}", "\n\t"] {
            assert_eq!(check_line(nothing), Err(TextFault::Blank), "{nothing:?}");
            assert_eq!(check_lines(nothing), Err(TextFault::Blank), "{nothing:?}");
        }
        for inside in ['\0', '\u{7}', '\u{85}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{3164}', '\u{e0041}'] {
            assert_eq!(check_line(&format!("坏{inside}名")), Err(TextFault::Control), "{inside:?}");
            assert_eq!(check_lines(&format!("坏{inside}名")), Err(TextFault::Control), "{inside:?}");
        }
        assert_eq!(check_line("一\n二"), Err(TextFault::Control));
        assert_eq!(check_lines("一\r\n\t二"), Ok(()));
        assert_eq!(check_line("13\u{200d}8"), Err(TextFault::Control));
        assert_eq!(check_line("👨\u{200d}👩\u{200d}👧 好❤\u{fe0f}"), Ok(()));
        assert_eq!(check_line("葛\u{e0100}城"), Ok(()));
    }

    #[test]
    fn neither_a_space_nor_a_correction_leaves_a_former_name() {
        let leaves = |naming: Naming, now| naming.leaves_former_name("大连万科ABC物业（集团）", now);
        for same in ["大连万科 ABC物业(集团)", "大连万科ａｂｃ物业（集团）", "大连万科ABC物业（集团）"]
        {
            assert!(!leaves(Naming::Renamed, same), "{same}");
        }
        assert!(leaves(Naming::Renamed, "大连万科物业"));
        assert!(!leaves(Naming::Corrected, "大连万科物业"));
    }

    proptest! {
        #[test]
        fn what_is_read_once_is_read_the_same_again(text in any::<String>()) {
            prop_assert_eq!(code(&code(&text)), code(&text));
            prop_assert_eq!(name(&name(&text)), name(&text));
            prop_assert_eq!(search(&search(&text)), search(&text));
        }

        #[test]
        fn the_shown_text_is_found_as_the_typed_one(text in "[\\PC\u{200b}\u{3164} ⻢⾧]{0,12}") {
            prop_assert_eq!(search(&name(&text)), search(&text));
        }
    }
}
