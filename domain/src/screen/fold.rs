//! A text as a person reads it: whatever is a digit to the eye is one.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::typed::{is_unseen, simple};

/// One character of a folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph {
    /// The character, in lower case.
    pub character: char,
    /// Whether it is a digit that was written as a Chinese numeral.
    pub is_numeral: bool,
}

impl Glyph {
    /// Whether it stands between words and numbers and is neither.
    pub fn separates(self) -> bool {
        !self.character.is_alphanumeric()
    }
}

/// A text without what is unseen and without marks on its characters, compatibility forms as plain
/// ones (NFKC), traditional characters as simplified ones, in lower case, its digits as `0` to `9`.
pub(super) fn fold(text: &str) -> Vec<Glyph> {
    text.chars()
        .map(plain)
        .nfkc()
        .filter(|character| !is_combining_mark(*character) && !is_unseen(*character))
        .flat_map(char::to_lowercase)
        .map(simple)
        .flat_map(digits)
        .collect()
}

/// Letters in dark circles and squares as letters, and words in squares (🆗, 🈲) as pictures: what
/// the normal form leaves alone, or takes for an ideograph.
fn plain(character: char) -> char {
    let letter = |first: u32| {
        let place = u8::try_from(u32::from(character) - first).unwrap_or_default();
        char::from(b'a' + place)
    };
    match character {
        '\u{1F150}'..='\u{1F169}' => letter(0x1F150),
        '\u{1F170}'..='\u{1F189}' => letter(0x1F170),
        '\u{1F18A}'..='\u{1F2FF}' => '·',
        other => other,
    }
}

/// The digits that a character stands for (⓬ is two), or the character itself.
fn digits(character: char) -> impl Iterator<Item = Glyph> {
    let numeral = numeral(character);
    let value = numeral.or_else(|| without_plain_form(character));
    let digit = |value: u32| char::from_digit(value, 10);
    let (first, second) = match value {
        Some(value) if value >= 10 => (digit(value / 10), digit(value % 10)),
        Some(value) => (digit(value), None),
        None => (None, None),
    };
    let is_numeral = numeral.is_some();
    [first.or(Some(character)), second]
        .into_iter()
        .flatten()
        .map(move |character| Glyph { character, is_numeral })
}

/// The eleven numerals that stand for digits, 幺 for one among them, in plain and in banking
/// characters. 十 is none: nobody reads a number out with it.
fn numeral(character: char) -> Option<u32> {
    const DIGITS: [&str; 10] =
        ["零〇", "一壹弌幺", "二贰弍两", "三叁弎", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"];
    DIGITS.iter().zip(0..).find(|(forms, _)| forms.contains(character)).map(|(_, value)| value)
}

/// The value of digits in circles that have no compatibility form, and of other scripts' digits.
fn without_plain_form(character: char) -> Option<u32> {
    const ZEROS: [u32; 18] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0,
        0xF20, 0x1040, 0x17E0, 0x1810,
    ];
    let code = u32::from(character);
    match code {
        0x24FF | 0x1F10B | 0x1F10C => Some(0),
        0x24F5..=0x24FE => Some(code - 0x24F4),
        0x24EB..=0x24F4 => Some(code - 0x24E0),
        0x2776..=0x2793 => Some((code - 0x2776) % 10 + 1),
        _ => ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10)),
    }
}
