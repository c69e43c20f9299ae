//! Characters as the search sees them, and how they are read aloud.

use pinyin::ToPinyinMulti;

use crate::typed;

/// The characters of a text that count in a search: [`typed::search`], ü as v.
pub(super) fn characters(text: &str) -> impl Iterator<Item = char> {
    let found: Vec<char> = typed::search(text).chars().collect();
    found.into_iter().map(|character| if character == 'ü' { 'v' } else { character })
}

/// How a Chinese character is typed in pinyin: all its readings without tones, each once, in ASCII.
/// None for other characters.
pub(super) fn readings(character: char) -> Vec<&'static str> {
    let mut readings: Vec<&'static str> = Vec::new();
    for reading in character.to_pinyin_multi().into_iter().flatten().map(pinyin::Pinyin::plain) {
        for typed in typed_forms(reading) {
            if typed.bytes().all(|byte| byte.is_ascii_lowercase()) && !readings.contains(&typed) {
                readings.push(typed);
            }
        }
    }
    readings
}

/// A syllable with ü is typed with v, and by many with u.
fn typed_forms(reading: &'static str) -> Vec<&'static str> {
    match reading {
        "lü" => vec!["lv", "lu"],
        "nü" => vec!["nv", "nu"],
        "lüe" => vec!["lve", "lue"],
        "nüe" => vec!["nve", "nue"],
        other => vec![other],
    }
}

/// A set of characters, for quick refusal: exact for a–z and 0–9, and by a hash for the others. If
/// the query's set is not within the name's, the name cannot match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CharacterSet {
    ascii: u64,
    others: u64,
}

impl CharacterSet {
    pub(super) fn insert(&mut self, character: char) {
        match character {
            'a'..='z' => self.ascii |= 1 << (u32::from(character) - u32::from('a')),
            '0'..='9' => self.ascii |= 1 << (26 + u32::from(character) - u32::from('0')),
            // The multiplication spreads neighbouring code points over the six highest bits.
            other => self.others |= 1 << (u32::from(other).wrapping_mul(0x9E37_79B1) >> 26),
        }
    }

    pub(super) fn of(characters: impl IntoIterator<Item = char>) -> CharacterSet {
        let mut set = CharacterSet::default();
        for character in characters {
            set.insert(character);
        }
        set
    }

    pub(super) fn is_within(self, other: CharacterSet) -> bool {
        self.ascii & !other.ascii == 0 && self.others & !other.others == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_character_are_one() {
        assert_eq!(characters("幸福ｅ家").collect::<String>(), "幸福e家");
        assert_eq!(characters(" Ｗan-Ke（大连） ").collect::<String>(), "wanke大连");
        assert_eq!(characters("Ü İ ①").collect::<String>(), "vi1");
        assert_eq!(characters("萬科⻢栏").collect::<String>(), "万科马栏");
    }

    #[test]
    fn every_reading_is_known_once() {
        assert!(readings('长').contains(&"chang") && readings('长').contains(&"zhang"));
        assert!(readings('厦').contains(&"sha") && readings('厦').contains(&"xia"));
        assert!(readings('绿').contains(&"lv") && readings('绿').contains(&"lu"));
        assert_eq!(readings('万').iter().filter(|reading| **reading == "wan").count(), 1);
        assert_eq!(readings('e'), [""; 0]);
    }

    #[test]
    fn every_reading_that_has_an_umlaut_is_typed_in_ascii() {
        for character in ('\u{4E00}'..='\u{9FA5}').filter(|character| character.to_pinyin_multi().is_some()) {
            assert!(!readings(character).is_empty(), "{character}");
        }
    }
}
