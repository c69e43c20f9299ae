//! Many names in memory.

use std::collections::BTreeMap;

use super::syllables::CharacterSet;
use super::{Query, Relevance, SearchName, match_code, sort_key};

/// What is found: a firm or an estate, by each of its names and codes.
#[derive(Debug, Clone)]
pub struct IndexEntry<Id> {
    /// Who is found.
    pub id: Id,
    /// The current name, then short, former and other names: at the same relevance the earlier one counts more.
    pub names: Vec<SearchName>,
    /// Codes in upper case, without separators.
    pub codes: Vec<String>,
}

/// An index of firms or estates in memory. Looks at every entry, and refuses most by their sets of characters.
#[derive(Debug, Clone)]
pub struct Index<Id> {
    slots: Vec<Slot<Id>>,
    places: BTreeMap<Id, usize>,
}

#[derive(Debug, Clone)]
struct Slot<Id> {
    /// All characters that a query may have to fit one of the names.
    set: CharacterSet,
    entry: IndexEntry<Id>,
    /// Of the current name.
    sort_key: String,
}

impl<Id> Default for Index<Id> {
    fn default() -> Self {
        Index { slots: Vec::new(), places: BTreeMap::new() }
    }
}

impl<Id: Ord + Clone> Index<Id> {
    /// An index without entries.
    pub fn new() -> Index<Id> {
        Index::default()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds an entry, or replaces the one with the same id.
    pub fn upsert(&mut self, entry: IndexEntry<Id>) {
        let slot = Slot {
            set: entry.names.iter().fold(CharacterSet::default(), |set, name| set.union(name.set())),
            sort_key: entry.names.first().map(|name| sort_key(name.text())).unwrap_or_default(),
            entry,
        };
        if let Some(known) = self.places.get(&slot.entry.id).and_then(|place| self.slots.get_mut(*place)) {
            *known = slot;
        } else {
            self.places.insert(slot.entry.id.clone(), self.slots.len());
            self.slots.push(slot);
        }
    }

    /// Takes an entry out; whether it was there.
    pub fn remove(&mut self, id: &Id) -> bool {
        let Some(place) = self.places.remove(id) else { return false };
        self.slots.swap_remove(place);
        if let Some(moved) = self.slots.get(place) {
            self.places.insert(moved.entry.id.clone(), place);
        }
        true
    }

    /// All that fit the query, the best first; the equally good by the current name's [`sort_key`], then by id.
    pub fn find(&self, query: &Query) -> Vec<(Id, Relevance)> {
        let mut found: Vec<(Relevance, usize, &Slot<Id>)> = self
            .slots
            .iter()
            .filter_map(|slot| slot.best(query).map(|(best, name)| (best, name, slot)))
            .collect();
        found.sort_unstable_by(|left, right| {
            left.0
                .cmp(&right.0)
                .then_with(|| left.1.cmp(&right.1))
                .then_with(|| left.2.sort_key.cmp(&right.2.sort_key))
                .then_with(|| left.2.entry.id.cmp(&right.2.entry.id))
        });
        found.into_iter().map(|(relevance, _, slot)| (slot.entry.id.clone(), relevance)).collect()
    }
}

impl<Id> Slot<Id> {
    /// The best fit of the entry, and the place of the name it is of (after all names for a code).
    fn best(&self, query: &Query) -> Option<(Relevance, usize)> {
        let by_name = self
            .entry
            .names
            .iter()
            .enumerate()
            .take_while(|_| query.set.is_within(self.set))
            .filter_map(|(place, name)| name.matches(query).map(|relevance| (relevance, place)))
            .min();
        let by_code = self
            .entry
            .codes
            .iter()
            .filter_map(|code| match_code(code, query))
            .min()
            .map(|relevance| (relevance, usize::MAX));
        [by_name, by_code].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::search::MatchKind;

    fn entry(id: u32, names: &[&str], codes: &[&str]) -> IndexEntry<u32> {
        IndexEntry {
            id,
            names: names.iter().map(|name| SearchName::new(name)).collect(),
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        }
    }

    fn ids(index: &Index<u32>, query: &str) -> Vec<u32> {
        index.find(&Query::parse(query).unwrap()).into_iter().map(|(id, _)| id).collect()
    }

    fn index() -> Index<u32> {
        let mut index = Index::new();
        index.upsert(entry(
            1,
            &["大连万科物业服务有限公司", "万科物业", "大连卓越物业"],
            &["91210200241281392F"],
        ));
        index.upsert(entry(2, &["大连亿达物业管理有限公司", "亿达物业"], &["91210200716996405L"]));
        index.upsert(entry(3, &["万科"], &[]));
        index.upsert(entry(4, &["幸福ｅ家"], &["210202001001"]));
        index
    }

    #[test]
    fn an_entry_is_found_by_each_name_and_code() {
        let index = index();
        assert_eq!(ids(&index, "万科"), [3, 1]);
        assert_eq!(ids(&index, "zhuoyue"), [1]);
        assert_eq!(ids(&index, "yidawy"), [2]);
        assert_eq!(ids(&index, "xfej"), [4]);
        assert_eq!(ids(&index, "91210200716996405l"), [2]);
        assert_eq!(ids(&index, "912102002"), [1]);
        assert_eq!(ids(&index, "2102"), [4, 1, 2]);
        assert_eq!(ids(&index, "沈阳"), [0; 0]);
        let exact = index.find(&Query::parse("91210200716996405L").unwrap());
        assert_eq!(exact.first().map(|(_, relevance)| relevance.kind), Some(MatchKind::Exact));
    }

    #[test]
    fn a_query_is_not_put_together_from_two_names() {
        let mut index = Index::new();
        index.upsert(entry(1, &["万科", "物业"], &[]));
        assert_eq!(ids(&index, "万科物业"), [0; 0]);
    }

    #[test]
    fn entries_are_replaced_and_removed() {
        let mut index = index();
        index.upsert(entry(1, &["大连保利物业"], &[]));
        assert_eq!((ids(&index, "万科"), ids(&index, "保利"), index.len()), (vec![3], vec![1], 4));
        assert!(index.remove(&1) && !index.remove(&1));
        assert_eq!((ids(&index, "保利"), ids(&index, "xfej"), index.len()), (vec![], vec![4], 3));
        assert!(index.remove(&4) && index.remove(&2) && index.remove(&3) && index.is_empty());
    }

    #[test]
    fn equally_good_ones_are_in_the_order_of_their_names() {
        let mut index = Index::new();
        index.upsert(entry(1, &["中海花园"], &[]));
        index.upsert(entry(2, &["保利花园"], &[]));
        index.upsert(entry(3, &["保利花园"], &[]));
        assert_eq!(ids(&index, "花园"), [2, 3, 1]);
    }

    /// Prints the time a search takes; run with `--ignored --nocapture` on an optimised build.
    #[test]
    #[ignore = "a measurement"]
    #[expect(clippy::print_stdout, reason = "a measurement")]
    fn how_long_a_search_takes() {
        let parts = [
            "万", "科", "大", "连", "保", "利", "中", "海", "恒", "绿", "城", "花", "园", "幸", "福", "阳",
            "光", "新",
        ];
        let mut index = Index::new();
        for id in 0..5_000_u32 {
            let part = |step: u32| parts[(id / step) as usize % parts.len()];
            let name = format!("大连{}{}{}物业管理有限公司", part(1), part(18), part(324));
            let short = format!("{}{}{}物业", part(1), part(18), part(324));
            index.upsert(entry(id, &[&name, &short], &[&format!("9121990{id:011}")]));
        }
        for text in ["万科", "wanke", "wk", "dlwkwy", "物业", "wuye", "912199000004", "xyz", "沈阳"] {
            let query = Query::parse(text).unwrap();
            let matching = Instant::now();
            let fitting = index.slots.iter().filter(|slot| slot.best(&query).is_some()).count();
            println!("{text}: {fitting} matched in {:?}", matching.elapsed());
            let start = Instant::now();
            let found = (0..20).map(|_| index.find(&query).len()).max();
            println!("{text}: {:?} for {found:?}", start.elapsed() / 20);
        }
    }

    proptest! {
        #[test]
        fn the_index_finds_what_its_names_match(
            names in proptest::collection::vec("[万科大连绿城e3]{1,5}", 0..20), query in "[万科大连wkdlane3]{1,4}",
        ) {
            let mut index = Index::new();
            for (id, name) in (0_u32..).zip(&names) { index.upsert(entry(id, &[name], &[])); }
            let query = Query::parse(&query).unwrap();
            let found = index.find(&query);
            prop_assert!(found.is_sorted_by_key(|(_, relevance)| *relevance));
            let mut ids: Vec<u32> = found.into_iter().map(|(id, _)| id).collect();
            ids.sort_unstable();
            let expected: Vec<u32> = (0_u32..).zip(&names)
                .filter(|(_, name)| SearchName::new(name).matches(&query).is_some()).map(|(id, _)| id).collect();
            prop_assert_eq!(ids, expected);
        }
    }
}
