//! Finding by code: the unified social credit code of a firm, the code of an estate.

use super::name::{MatchKind, Relevance};
use super::query::Query;

/// A shorter part of a code says nothing.
const SHORTEST: usize = 4;

/// How well the query fits a code: the whole of it, or any part of at least 4 characters. `code` is upper case, without separators.
pub fn match_code(code: &str, query: &Query) -> Option<Relevance> {
    let part = query.code.as_deref().filter(|part| part.len() >= SHORTEST)?;
    let position = code.find(part)?;
    let kind = if part.len() == code.len() { MatchKind::Exact } else { MatchKind::Code };
    Some(Relevance::new(kind, position, code.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(query: &str) -> Option<MatchKind> {
        match_code("91210200241281392F", &Query::parse(query).unwrap()).map(|relevance| relevance.kind)
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
}
