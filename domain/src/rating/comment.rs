//! The text of a comment: what is stored, what is refused, and what is held for a person to look
//! at.

use unicode_normalization::UnicodeNormalization;

use crate::text::Text;

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
    /// NFC, without white space at its ends, its lines ended by `\n`.
    pub text: String,
    /// Whether it is published at once.
    pub verdict: Verdict,
}

/// What becomes of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is published.
    Publish,
    /// It waits for a person's decision.
    Held(HeldReason),
}

/// What a comment is held for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum HeldReason {
    /// A mobile or landline number.
    PhoneNumber,
    /// A resident's identity number, of 18 or of 15 places.
    IdentityNumber,
}

/// Reads a comment. "A comment with a phone or identity number in it is held": mobile numbers (11
/// digits from 13 to 19, also after 86 or 0), landlines (0, area and number: 10 to 12 digits) and
/// identity numbers (18 places, the last of which may be X, or 15 digits), also in full-width
/// digits and broken up by spaces, hyphens or dots. Better one held for nothing than one leaked.
///
/// # Errors
/// A [`CommentFault`].
pub fn screen(comment: &str) -> Result<Screened, CommentFault> {
    let text: String = comment.replace("\r\n", "\n").trim().nfc().collect();
    if text.is_empty() {
        return Err(CommentFault::Empty);
    }
    if text.chars().count() > COMMENT_LENGTH {
        return Err(CommentFault::TooLong);
    }
    if has_control(&text) {
        return Err(CommentFault::Control);
    }
    let verdict = personal_number(&text).map_or(Verdict::Publish, Verdict::Held);
    Ok(Screened { text, verdict })
}

fn has_control(text: &str) -> bool {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let joins_pictures = character == '\u{200D}'
            && before.is_some_and(is_picture)
            && rest.peek().copied().is_some_and(is_picture);
        if is_control(character) && !joins_pictures {
            return true;
        }
        before = Some(character);
    }
    false
}

/// Control characters other than the line break, and characters that are invisible or turn the
/// direction of the text.
fn is_control(character: char) -> bool {
    let is_invisible = matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    );
    (character.is_control() && character != '\n') || is_invisible
}

/// Emoji, and what modifies them: between two of these the zero-width joiner draws one picture (a
/// family).
fn is_picture(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Digits that stand together.
struct Group {
    digits: String,
    /// Whether an X stands directly behind them, as the check character of an identity number.
    has_x: bool,
    /// Whether only a separator or two stands between them and the group before.
    joins: bool,
}

/// The longest number that is looked for.
const LONGEST: usize = 18;

/// How many separators may stand inside a number at one place.
const SEPARATORS: usize = 3;

/// The phone or identity number that a text holds, however it is written; see [`screen`].
pub fn personal_number(text: &str) -> Option<HeldReason> {
    let groups = groups_of_digits(text);
    (0..groups.len()).find_map(|start| number_from(groups.get(start..).unwrap_or_default()))
}

/// The first personal number that begins with the first group and takes whole groups only: digits
/// that stand before or behind it without a separator make it another number.
fn number_from(groups: &[Group]) -> Option<HeldReason> {
    let mut number = String::new();
    for (place, group) in groups.iter().enumerate() {
        if (place > 0 && !group.joins) || number.len() + group.digits.len() > LONGEST {
            return None;
        }
        number.push_str(&group.digits);
        if let Some(reason) = kind_of(&number, group.has_x, place == 0) {
            return Some(reason);
        }
    }
    None
}

fn groups_of_digits(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Characters since the last digit, and whether all of them only separate. Nothing is joined to
    // the text's beginning.
    let mut gap: Option<usize> = None;
    let mut is_inside = false;
    for character in text.nfkc() {
        if character.is_ascii_digit() {
            if !is_inside {
                groups.push(Group { digits: String::new(), has_x: false, joins: gap.is_some() });
            }
            if let Some(group) = groups.last_mut() {
                group.digits.push(character);
            }
            (is_inside, gap) = (true, Some(0));
            continue;
        }
        if matches!(character, 'x' | 'X')
            && let Some(group) = groups.last_mut().filter(|_| gap.is_some())
        {
            group.has_x = true;
        }
        gap = gap.map(|gap| gap + 1).filter(|gap| *gap <= SEPARATORS && is_separator(character));
        is_inside = false;
    }
    groups
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{2010}'
                ..='\u{2015}'
                    | '\u{2212}'
                    | '_'
                    | '.'
                    | '·'
                    | '・'
                    | '•'
                    | '/'
                    | '('
                    | ')'
                    | ','
                    | '~'
                    | '*'
                    | '+'
                    | '、'
                    | '。'
        )
}

fn kind_of(number: &str, has_x: bool, is_unbroken: bool) -> Option<HeldReason> {
    let identity = match number.len() {
        18 => is_unbroken || is_birthday(number.get(6..14)),
        17 => has_x,
        // Old numbers leave out the century and the check character.
        15 => is_unbroken || is_birthday(number.get(6..12).map(|day| format!("19{day}")).as_deref()),
        _ => false,
    };
    if identity {
        return Some(HeldReason::IdentityNumber);
    }
    is_phone(number).then_some(HeldReason::PhoneNumber)
}

fn is_birthday(digits: Option<&str>) -> bool {
    let within = |from: usize, to: usize, least: u32, most: u32| {
        digits
            .and_then(|digits| digits.get(from..to))
            .and_then(|part| part.parse().ok())
            .is_some_and(|part: u32| (least..=most).contains(&part))
    };
    within(0, 4, 1900, 2099) && within(4, 6, 1, 12) && within(6, 8, 1, 31)
}

fn is_phone(number: &str) -> bool {
    let is_mobile = |digits: &str| {
        let mut bytes = digits.bytes();
        digits.len() == 11 && bytes.next() == Some(b'1') && matches!(bytes.next(), Some(b'3'..=b'9'))
    };
    let prefixed = ["86", "086", "0086", "0"].iter().filter_map(|prefix| number.strip_prefix(prefix));
    let is_landline = (10..=12).contains(&number.len())
        && number.starts_with('0')
        && number.as_bytes().get(1).is_some_and(|digit| *digit != b'0');
    is_mobile(number) || prefixed.into_iter().any(is_mobile) || is_landline
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(text: &str) -> Verdict {
        screen(text).unwrap().verdict
    }

    const PHONE: Verdict = Verdict::Held(HeldReason::PhoneNumber);
    const IDENTITY: Verdict = Verdict::Held(HeldReason::IdentityNumber);

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
        for character in [
            '\0',
            '\t',
            '\r',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{2060}',
            '\u{feff}',
            '\u{ad}',
            '\u{2028}',
            '\u{61c}',
            '\u{e0041}',
        ] {
            assert_eq!(screen(&format!("好{character}坏")), Err(CommentFault::Control), "{character:?}");
        }
        assert_eq!(screen("138\u{200d}12345678"), Err(CommentFault::Control));
        assert!(screen("👨\u{200d}👩\u{200d}👧 住得舒服 ❤️").is_ok());
    }

    #[test]
    fn a_comment_with_a_phone_number_is_held() {
        for text in [
            "13812345678",
            "请联系13812345678，王师傅",
            "138 1234 5678",
            "138-1234-5678",
            "138－1234—5678",
            "１３８１２３４５６７８",
            "1 3 8 1 2 3 4 5 6 7 8",
            "138.1234.5678",
            "138\n12345678",
            "+86 138 1234 5678",
            "8613812345678",
            "013812345678",
            "1203室 13812345678",
            "1203 13812345678",
            "13812345678 13912345678",
            "0411-84312345",
            "（0411）84312345",
            "0411 8431 2345",
            "010-65121234",
            "0411-8431234",
            "0411-84312345-801",
            "①③⑧①②③④⑤⑥⑦⑧",
            "𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
            "wx13812345678abc",
        ] {
            assert_eq!(verdict(text), PHONE, "{text}");
        }
    }

    #[test]
    fn a_comment_with_an_identity_number_is_held() {
        for text in [
            "11010519491231002X",
            "身份证11010519491231002x。",
            "110105194912310021",
            "110105 19491231 0021",
            "110105 19491231 002 X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105491231002",
            "110105-491231-002",
        ] {
            assert_eq!(verdict(text), IDENTITY, "{text}");
        }
    }

    #[test]
    fn ordinary_numbers_are_published() {
        for text in [
            "物业费2.30元，面积89.5平米",
            "3号楼2单元1203室",
            "2026-11-21 18:30 停电",
            "2026年11月21日至2026年12月5日",
            "报修3次，48小时才来",
            "12812345678",
            "138123456",
            "24小时电话95598、12345",
            "编号20261121123456789012",
            "5 4 3 2 1",
        ] {
            assert_eq!(verdict(text), Verdict::Publish, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Ok(screened) = screen(&text) {
                prop_assert!(screened.text.chars().count() <= COMMENT_LENGTH);
                prop_assert_eq!(screen(&screened.text), Ok(screened.clone()));
            }
        }

        #[test]
        fn a_mobile_number_is_held_wherever_it_stands_and_however_it_is_cut(
            number in "1[3-9][0-9]{9}", before in "[一-龥]{0,20}", after in "[一-龥]{0,20}",
            cuts in proptest::collection::btree_set(1_usize..11, 0..4), separator in "[ \\-－\u{3000}.]{1,2}",
        ) {
            let mut cut = String::new();
            for (place, digit) in number.chars().enumerate() {
                if cuts.contains(&place) { cut.push_str(&separator); }
                cut.push(digit);
            }
            let text = format!("{before}{cut}{after}");
            prop_assert_ne!(verdict(&text), Verdict::Publish);
        }
    }
}
