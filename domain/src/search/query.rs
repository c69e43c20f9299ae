//! What a person typed.

use super::syllables::{CharacterSet, characters};

/// The longest query, in characters that count.
pub const QUERY_LENGTH: usize = 64;

/// What a person typed into a search, ready to be compared: at most 64 characters, without case,
/// width, spaces and punctuation. Of nothing but those nothing is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) characters: Vec<char>,
    /// The same, with 0 where a character is not ASCII: pinyin is compared with these.
    pub(super) ascii: Vec<u8>,
    /// All of its characters, and each alone.
    pub(super) set: CharacterSet,
    pub(super) sets: Vec<CharacterSet>,
    /// The query in the alphabet of codes (upper case), if all of it is ASCII.
    pub(super) code: Option<String>,
}

impl Query {
    /// Reads a query; `None` when it has more than 64 characters without spaces and punctuation.
    pub fn parse(text: &str) -> Option<Query> {
        let characters: Vec<char> = characters(text).take(QUERY_LENGTH + 1).collect();
        if characters.len() > QUERY_LENGTH {
            return None;
        }
        let ascii: Vec<u8> = characters
            .iter()
            .map(|character| u8::try_from(*character).ok().filter(u8::is_ascii).unwrap_or(0))
            .collect();
        let is_ascii = !ascii.contains(&0);
        let code = is_ascii.then(|| characters.iter().map(char::to_ascii_uppercase).collect());
        let set = CharacterSet::of(characters.iter().copied());
        let sets = characters.iter().map(|character| CharacterSet::of([*character])).collect();
        Some(Query { characters, ascii, set, sets, code })
    }

    /// The query as it is compared: two queries with the same text find the same.
    pub fn text(&self) -> String {
        self.characters.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_at_most_sixty_four_characters() {
        assert_eq!(Query::parse(" Ｗan Ke ").unwrap().text(), "wanke");
        for text in ["", "  ", "（）", "%_", "[", "\u{0}"] {
            assert_eq!(Query::parse(text).unwrap().text(), "", "{text:?}");
        }
        assert!(Query::parse(&"万".repeat(64)).is_some());
        assert!(Query::parse(&"万".repeat(65)).is_none());
    }
}
