//! Many names in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::Codes;
use super::parts::Parts;
use super::syllables::characters;
use super::{Query, Relevance, sort_key};

/// What is found: a firm or an estate, by each of its names and codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Who is found.
    pub id: Arc<str>,
    /// The [`sort_key`] of the current name.
    pub sort_key: Arc<str>,
    /// The names, of the characters that count.
    names: Vec<String>,
    /// Codes in upper case, without separators.
    codes: Vec<String>,
}

impl IndexEntry {
    /// An entry: `names` are the current name and then its others, `codes` are in upper case,
    /// without separators.
    pub fn new(id: &str, names: &[impl AsRef<str>], codes: Vec<String>) -> IndexEntry {
        IndexEntry {
            id: id.into(),
            sort_key: names.first().map(|name| sort_key(name.as_ref())).unwrap_or_default().into(),
            names: names.iter().map(|name| characters(name.as_ref()).collect()).collect(),
            codes,
        }
    }
}

/// An index of firms or estates in memory. It is made once and asked often; a change makes another.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// In the order of their sort keys, then of their ids: an entry's position tells which of two
    /// equally good ones comes first.
    entries: Vec<Arc<IndexEntry>>,
    positions: HashMap<Arc<str>, usize>,
    parts: Parts,
    codes: Codes,
}

impl Index {
    /// An index of these, each with its own id.
    pub fn new(entries: Vec<IndexEntry>) -> Index {
        Index::of(entries.into_iter().map(Arc::new).collect())
    }

    fn of(mut entries: Vec<Arc<IndexEntry>>) -> Index {
        entries.sort_by(|left, right| (&left.sort_key, &left.id).cmp(&(&right.sort_key, &right.id)));
        let positions =
            entries.iter().enumerate().map(|(position, entry)| (Arc::clone(&entry.id), position)).collect();
        let names = entries.iter().enumerate();
        let names =
            names.flat_map(|(position, entry)| entry.names.iter().map(move |name| (position, name.as_str())));
        let codes = entries.iter().enumerate();
        let codes =
            codes.flat_map(|(position, entry)| entry.codes.iter().map(move |code| (position, code.as_str())));
        Index { parts: Parts::new(names), codes: Codes::new(codes), entries, positions }
    }

    /// The index in which these are added, or replace those with their ids; `None` if that changes
    /// nothing.
    #[must_use]
    pub fn with(&self, changed: Vec<IndexEntry>) -> Option<Index> {
        let known = |id: &Arc<str>| {
            self.positions.get(id).and_then(|position| Some((*position, self.entries.get(*position)?)))
        };
        let mut entries: Vec<Arc<IndexEntry>> = Vec::new();
        let mut replaced = vec![false; self.entries.len()];
        for entry in changed {
            match known(&entry.id) {
                Some((_, same)) if **same == entry => continue,
                Some((position, _)) => {
                    replaced.get_mut(position).into_iter().for_each(|replaced| *replaced = true)
                }
                None => {}
            }
            entries.push(Arc::new(entry));
        }
        if entries.is_empty() {
            return None;
        }
        let kept = self.entries.iter().zip(&replaced).filter(|(_, replaced)| !**replaced);
        entries.extend(kept.map(|(entry, _)| Arc::clone(entry)));
        Some(Index::of(entries))
    }

    /// The entry at a position.
    pub fn get(&self, position: usize) -> Option<&IndexEntry> {
        self.entries.get(position).map(|entry| &**entry)
    }

    /// Where an entry stands.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// Where the first entry stands that does not come before this sort key and id.
    pub fn position_from(&self, sort_key: &str, id: &str) -> usize {
        self.entries.partition_point(|entry| (&*entry.sort_key, &*entry.id) < (sort_key, id))
    }

    /// Where the first entry stands that comes after them.
    pub fn position_after(&self, sort_key: &str, id: &str) -> usize {
        self.entries.partition_point(|entry| (&*entry.sort_key, &*entry.id) <= (sort_key, id))
    }

    /// How well the query fits each entry by its best name or code, by position.
    pub fn find(&self, query: &Query) -> Vec<Option<Relevance>> {
        let mut found: Vec<Option<Relevance>> = vec![None; self.entries.len()];
        let mut keep = |position: usize, relevance: Relevance| {
            if let Some(known) = found.get_mut(position)
                && known.is_none_or(|known| relevance < known)
            {
                *known = Some(relevance);
            }
        };
        self.parts.find(query, &mut keep);
        self.codes.find(query, &mut keep);
        found
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
