//! The same rules for one name alone, written as plainly as can be: what the index finds is held
//! against it.

use super::name::{Letter, Reached, Typed};
use super::syllables::characters;
use super::{MatchKind, Query, Relevance};

pub(super) struct Name(Vec<Letter>);

impl Name {
    pub(super) fn new(name: &str) -> Name {
        Name(characters(name).map(Letter::new).collect())
    }

    /// The best fit from any of its characters on.
    pub(super) fn matches(&self, query: &Query) -> Option<Relevance> {
        let (typed, length) = (query.characters.len(), self.0.len());
        let from = |position: usize| {
            matches_from(&self.0[position..], query).map(|way| match way {
                Typed::AsWritten if position > 0 => (MatchKind::Substring, position),
                Typed::AsWritten if typed < length => (MatchKind::Prefix, position),
                Typed::AsWritten => (MatchKind::Exact, position),
                Typed::InFull => (MatchKind::Pinyin, position),
                Typed::WithInitials => (MatchKind::Initials, position),
            })
        };
        (0..length).filter_map(from).min().map(|(kind, position)| Relevance::new(kind, position, length))
    }
}

fn matches_from(letters: &[Letter], query: &Query) -> Option<Typed> {
    let mut reached = Reached::START;
    let mut finished = Vec::new();
    for letter in letters {
        reached = letter.step(query, &reached);
        finished.extend(reached.finished(query.characters.len()));
    }
    finished.into_iter().min()
}
