//! Finding by code: the unified social credit code of a firm, the code of an estate.

use super::name::{MatchKind, Relevance};
use super::query::Query;

/// A shorter part of a code says nothing.
const SHORTEST: usize = 4;

/// The codes of many owners, with all their suffixes sorted: those that begin with one part stand
/// together.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes {
    /// The codes one after the other.
    text: String,
    suffixes: Vec<Suffix>,
}

/// A code from one of its characters on.
#[derive(Debug, Clone, Copy)]
struct Suffix {
    /// Whose code it is.
    owner: usize,
    /// Where in the text the code begins, where this suffix of it does, and where both end.
    code: usize,
    begin: usize,
    end: usize,
}

impl Suffix {
    fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.begin..self.end).unwrap_or_default()
    }
}

impl Codes {
    /// Codes, each with the number of its owner, in upper case and without separators.
    pub(super) fn new<'a>(codes: impl Iterator<Item = (usize, &'a str)>) -> Codes {
        let (mut text, mut suffixes) = (String::new(), Vec::new());
        for (owner, each) in codes {
            let (code, end) = (text.len(), text.len() + each.len());
            text.push_str(each);
            let begins = each.char_indices().map(|(at, _)| code + at);
            let long = begins.filter(|begin| end - begin >= SHORTEST);
            suffixes.extend(long.map(|begin| Suffix { owner, code, begin, end }));
        }
        suffixes.sort_unstable_by(|left, right| left.text(&text).cmp(right.text(&text)));
        Codes { text, suffixes }
    }

    /// Tells `found` how well the query fits, once for each position in a code where it stands,
    /// with the number of the owner: the whole code, or any part of at least 4 characters.
    pub(super) fn find(&self, query: &Query, mut found: impl FnMut(usize, Relevance)) {
        let Some(part) = query.code.as_deref().filter(|part| part.len() >= SHORTEST) else { return };
        let first = self.suffixes.partition_point(|suffix| suffix.text(&self.text) < part);
        let suffixes = self.suffixes.iter().skip(first);
        for suffix in suffixes.take_while(|suffix| suffix.text(&self.text).starts_with(part)) {
            let (position, length) = (suffix.begin - suffix.code, suffix.end - suffix.code);
            let kind = if part.len() == length { MatchKind::Exact } else { MatchKind::Code };
            found(suffix.owner, Relevance::new(kind, position, length));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(codes: &[&str], query: &str) -> Vec<(usize, Relevance)> {
        let codes = Codes::new(codes.iter().copied().enumerate());
        let mut found = Vec::new();
        codes.find(&Query::parse(query).unwrap(), |owner, relevance| found.push((owner, relevance)));
        found.sort_unstable();
        found
    }

    fn kind(query: &str) -> Option<MatchKind> {
        found(&["91210200241281392F"], query).first().map(|(_, relevance)| relevance.kind)
    }

    #[test]
    fn a_code_is_found_whole_and_in_part() {
        assert_eq!(kind("91210200241281392f"), Some(MatchKind::Exact));
        assert_eq!(kind("9121 0200 2412 8139 2F"), Some(MatchKind::Exact));
        assert_eq!(kind("912102"), Some(MatchKind::Code));
        assert_eq!(kind("１３９２ｆ"), Some(MatchKind::Code));
        assert_eq!(kind("912"), None);
        assert_eq!(kind("9999"), None);
        assert_eq!(kind("9121万"), None);
    }

    proptest! {
        #[test]
        fn a_part_is_found_wherever_it_stands(codes in prop::collection::vec("[12A]{0,9}", 0..6), part in "[12A]{1,6}") {
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            let stands = |code: &str| (0..code.len()).filter(|at| code[*at..].starts_with(&part)).collect::<Vec<usize>>();
            let mut expected: Vec<(usize, Relevance)> = Vec::new();
            for (owner, code) in codes.iter().enumerate().filter(|_| part.len() >= SHORTEST) {
                let kind = if *code == part { MatchKind::Exact } else { MatchKind::Code };
                expected.extend(stands(code).into_iter().map(|at| (owner, Relevance::new(kind, at, code.len()))));
            }
            expected.sort_unstable();
            prop_assert_eq!(found(&codes, &part), expected);
        }
    }
}
