//! The names of firms, estates and places in memory, kept by the change feed.
//!
//! A subscriber marks what has changed; before the next search that is read from the database
//! ([`Search::current`]). The first search reads everything. All this is done one at a time and
//! before the reading's snapshot begins, so that an older state never replaces a newer one.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::NaiveDate;
use quick_cache::sync::Cache;
use xinwu_domain::page::Keys;
use xinwu_domain::project::term_contains;
use xinwu_domain::search::{Index, Query, Relevance};

use xinwu_domain::entity::Entity;
use xinwu_store::change_feed::{ChangeFeed, ChangeSet};
use xinwu_store::{Conn, Db, Result};

mod rows;

use rows::{Terms, estate_entries, firm_entries, place_entries, read_estates, read_firms, read_places};

/// The most that one search gives: the best of them.
pub const MOST_FOUND: usize = 5_000;

/// Ids in one statement.
const CHUNK: usize = 500;

/// Above the number of any own match, so that a firm found through an estate comes after those
/// found by name.
const THROUGH_ESTATE: i64 = 1 << 40;

/// Searches whose firms are cached, and the most firms that each may have found: a page of the
/// longest kind and one more.
const SEARCHES: usize = 2_048;
const MOST_CACHED: usize = 101;

/// The search of one database.
pub struct Search {
    dirty: Mutex<Dirty>,
    /// How often something was marked, and up to which mark the names were read. Between the two,
    /// somebody may be reading them.
    marks: AtomicU64,
    read: AtomicU64,
    /// Held while the names are brought up to date.
    single_flight: Arc<tokio::sync::Mutex<()>>,
    names: RwLock<Names>,
}

#[derive(Debug, Default)]
struct Dirty {
    firms: BTreeSet<String>,
    estates: BTreeSet<String>,
    places: BTreeSet<String>,
    everything: bool,
}

struct Names {
    firms: Index,
    estates: Index,
    places: Index,
    terms: Terms,
    /// The firms that searches found by these names: many people look for the same ones.
    found: Cache<Asked, Arc<[Found]>>,
}

/// What a search for firms asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    query: String,
    today: NaiveDate,
    after: Option<Keys>,
    descending: bool,
    most: usize,
}

/// One firm, estate or place that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    relevance: i64,
    name: Arc<str>,
    /// Its uscc or code.
    pub id: Arc<str>,
}

impl Found {
    /// The sort keys for a cursor.
    pub fn keys(&self) -> Keys {
        Keys::of([&self.relevance.to_string(), &self.name, &self.id])
    }
}

/// Which part of what is found is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Behind the item with these keys; `None` to begin at the beginning.
    pub after: Option<&'a Keys>,
    /// The worst first.
    pub descending: bool,
    /// How many at most.
    pub most: usize,
}

impl Part<'_> {
    /// All of it, the best first.
    pub const ALL: Part<'static> = Part { after: None, descending: false, most: MOST_FOUND };
}

impl Default for Search {
    /// Nothing was read: that counts as a first mark.
    fn default() -> Search {
        Search {
            dirty: Mutex::new(Dirty { everything: true, ..Dirty::default() }),
            marks: AtomicU64::new(1),
            read: AtomicU64::new(0),
            single_flight: Arc::default(),
            names: RwLock::default(),
        }
    }
}

impl Search {
    /// The names as they stand now.
    pub async fn current(self: &Arc<Search>, db: &Db) -> Result<Arc<Search>> {
        let search = Arc::clone(self);
        if search.is_up_to_date() {
            return Ok(search);
        }
        // Waited for without a connection, and released when the reading has ended, even if nobody
        // waits for it any more.
        let guard = search.single_flight().await;
        if !search.is_up_to_date() {
            let stale = Arc::clone(&search);
            // Never from a replica: it might lack a change that is marked while it is read.
            db.read(move |conn| {
                let _guard = guard;
                stale.bring_up_to_date(conn)
            })
            .await?;
        }
        Ok(search)
    }

    /// A search that learns of changes on `change_feed`.
    pub fn subscribed_to(change_feed: &ChangeFeed) -> Arc<Search> {
        let search = Arc::new(Search::default());
        let subscriber = Arc::clone(&search);
        change_feed.subscribe(move |changes| subscriber.mark(changes));
        search
    }

    /// The firms that fit a query by a name, a former name or their code, and after them those that
    /// serve an estate that does on the day `today`. The best come first; the equally good by name,
    /// then by uscc.
    pub fn firms(&self, query: &Query, today: NaiveDate, part: &Part<'_>) -> Vec<Found> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        if part.most > MOST_CACHED {
            return names.find_firms(query, today, part);
        }
        let asked = Asked {
            query: query.text(),
            today,
            after: part.after.cloned(),
            descending: part.descending,
            most: part.most,
        };
        if let Some(found) = names.found.get(&asked) {
            return found.to_vec();
        }
        let found = names.find_firms(query, today, part);
        names.found.insert(asked, found.as_slice().into());
        found
    }

    /// The estates that fit a query by a name, an alias or their code, in the order of
    /// [`Search::firms`].
    pub fn estates(&self, query: &Query, part: &Part<'_>) -> Vec<Found> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        part.of(fitting(&names.estates.find(query)), &names.estates)
    }

    /// The places that fit a query by a name, an alias or their code, in the order of
    /// [`Search::firms`].
    pub fn places(&self, query: &Query, part: &Part<'_>) -> Vec<Found> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        part.of(fitting(&names.places.find(query)), &names.places)
    }

    fn mark(&self, changes: ChangeSet<'_>) {
        let mut dirty = lock(&self.dirty);
        let mut is_marked = false;
        match changes {
            ChangeSet::Changed(changes) => {
                for change in changes {
                    match change.entity {
                        Entity::Firm => dirty.firms.insert(change.id.clone()),
                        Entity::Estate => dirty.estates.insert(change.id.clone()),
                        Entity::Place => dirty.places.insert(change.id.clone()),
                        _ => continue,
                    };
                    is_marked = true;
                }
            }
            ChangeSet::Everything => (dirty.everything, is_marked) = (true, true),
        }
        if is_marked {
            self.marks.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether nothing was marked since the names were read. Marks that somebody is reading just
    /// now are not read yet.
    pub(crate) fn is_up_to_date(&self) -> bool {
        let marks = self.marks.load(Ordering::SeqCst);
        self.read.load(Ordering::SeqCst) == marks
    }

    /// The guard of whoever brings the names up to date, held until that is done.
    pub(crate) async fn single_flight(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.single_flight).lock_owned().await
    }

    /// Reads what has changed. It must be the first statement of its read, by whoever holds
    /// the guard.
    pub(crate) fn bring_up_to_date(&self, conn: &mut Conn) -> Result<()> {
        // Taken before the first statement, with which the snapshot begins: whatever commits later
        // is marked again.
        let (dirty, marks) = {
            let mut dirty = lock(&self.dirty);
            (std::mem::take(&mut *dirty), self.marks.load(Ordering::SeqCst))
        };
        let outcome = if dirty.everything { self.load(conn) } else { self.reload(conn, &dirty) };
        if outcome.is_ok() {
            self.read.store(marks, Ordering::SeqCst);
        } else {
            let mut marked = lock(&self.dirty);
            marked.everything |= dirty.everything;
            marked.firms.extend(dirty.firms);
            marked.estates.extend(dirty.estates);
            marked.places.extend(dirty.places);
        }
        outcome
    }

    fn load(&self, conn: &mut Conn) -> Result<()> {
        let (estates, terms) = estate_entries(read_estates(conn, None)?)?;
        let firms = Index::new(firm_entries(read_firms(conn, None)?));
        let places = Index::new(place_entries(read_places(conn, None)?)?);
        let names = Names { firms, estates: Index::new(estates), places, terms, ..Names::default() };
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names;
        Ok(())
    }

    /// Most changes of a firm (a record, a grade) leave its names as they are: then nothing is
    /// recomputed.
    fn reload(&self, conn: &mut Conn, dirty: &Dirty) -> Result<()> {
        let (mut firms, mut estates, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut terms = Terms::new();
        for part in dirty.firms.iter().collect::<Vec<_>>().chunks(CHUNK) {
            firms.extend(firm_entries(read_firms(conn, Some(part))?));
        }
        for part in dirty.estates.iter().collect::<Vec<_>>().chunks(CHUNK) {
            let (entries, their_terms) = estate_entries(read_estates(conn, Some(part))?)?;
            estates.extend(entries);
            terms.extend(their_terms);
        }
        for part in dirty.places.iter().collect::<Vec<_>>().chunks(CHUNK) {
            places.extend(place_entries(read_places(conn, Some(part))?)?);
        }
        // Made while others go on searching: only whoever holds the guard writes.
        let (firms, estates, places) = {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            (names.firms.with(firms), names.estates.with(estates), names.places.with(places))
        };
        if firms.is_none() && estates.is_none() && places.is_none() && terms.is_empty() {
            return Ok(());
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(firms) = firms {
            names.firms = firms;
        }
        if let Some(estates) = estates {
            names.estates = estates;
        }
        if let Some(places) = places {
            names.places = places;
        }
        names.terms.extend(terms);
        names.found.clear();
        Ok(())
    }
}

impl Default for Names {
    fn default() -> Names {
        Names {
            firms: Index::default(),
            estates: Index::default(),
            places: Index::default(),
            terms: Terms::default(),
            found: Cache::new(SEARCHES),
        }
    }
}

impl Names {
    fn find_firms(&self, query: &Query, today: NaiveDate, part: &Part<'_>) -> Vec<Found> {
        let by_name = self.firms.find(query);
        let own = || fitting(&by_name);
        // Those through estates come after all of them, and are not looked for where these are
        // enough.
        if !part.descending && own().count() <= MOST_FOUND {
            let found = part.of(own(), &self.firms);
            if found.len() == part.most {
                return found;
            }
        }
        let through = self.those_through_estates(&by_name, query, today);
        part.of(own().chain(through.iter().copied()), &self.firms)
    }

    /// The firms that serve a found estate and were not found by name.
    fn those_through_estates(
        &self,
        by_name: &[Option<Relevance>],
        query: &Query,
        today: NaiveDate,
    ) -> Vec<(i64, usize)> {
        let mut through: HashMap<usize, i64> = HashMap::new();
        for (relevance, place) in fitting(&self.estates.find(query)) {
            let terms = self.estates.get(place).and_then(|estate| self.terms.get(&*estate.id));
            for term in terms.into_iter().flatten() {
                let firm = self.firms.position(&term.uscc);
                let Some(firm) = firm.filter(|firm| by_name.get(*firm).is_some_and(Option::is_none)) else {
                    continue;
                };
                if term_contains(term.starts_on, term.ends_on, today) {
                    let known = through.entry(firm).or_insert(i64::MAX);
                    *known = (*known).min(THROUGH_ESTATE + relevance);
                }
            }
        }
        through.into_iter().map(|(firm, relevance)| (relevance, firm)).collect()
    }
}

/// The relevance and place of those that fit.
fn fitting(found: &[Option<Relevance>]) -> impl Iterator<Item = (i64, usize)> + Clone {
    found.iter().enumerate().filter_map(|(place, relevance)| Some(((*relevance)?.key(), place)))
}

impl Part<'_> {
    /// This part of the best of what was found, by relevance and position in the index. Only what
    /// is wanted is put in order.
    fn of(&self, found: impl Iterator<Item = (i64, usize)> + Clone, index: &Index) -> Vec<Found> {
        if found.clone().nth(MOST_FOUND).is_none() {
            return self.of_best(found, index);
        }
        self.of_best(first(found, MOST_FOUND, |each| each).into_iter(), index)
    }

    fn of_best(&self, found: impl Iterator<Item = (i64, usize)>, index: &Index) -> Vec<Found> {
        let edge = self.after.map(|after| {
            let (relevance, name, id) =
                (after.get(0).parse().unwrap_or(i64::MAX), after.get(1), after.get(2));
            let place =
                if self.descending { index.position_from(name, id) } else { index.position_after(name, id) };
            (relevance, place)
        });
        let page = if self.descending {
            first(found.filter(|each| edge.is_none_or(|end| *each < end)), self.most, Reverse)
        } else {
            first(found.filter(|each| edge.is_none_or(|begin| *each >= begin)), self.most, |each| each)
        };
        page.into_iter()
            .filter_map(|(relevance, place)| {
                let entry = index.get(place)?;
                Some(Found { relevance, name: Arc::clone(&entry.sort_key), id: Arc::clone(&entry.id) })
            })
            .collect()
    }
}

/// The first `most` of all, sorted.
fn first<K: Ord>(
    all: impl Iterator<Item = (i64, usize)>,
    most: usize,
    key: impl Fn((i64, usize)) -> K + Copy,
) -> Vec<(i64, usize)> {
    // Twice as many as are wanted are kept at most: of those that come when there are so many, few
    // are better than what is kept.
    let mut kept: Vec<(i64, usize)> = Vec::with_capacity(most.saturating_mul(2));
    let mut worst: Option<K> = None;
    for each in all {
        if worst.as_ref().is_some_and(|worst| key(each) >= *worst) {
            continue;
        }
        kept.push(each);
        if kept.len() == most.saturating_mul(2) {
            kept.select_nth_unstable_by_key(most - 1, |each| key(*each));
            kept.truncate(most);
            worst = kept.last().map(|each| key(*each));
        }
    }
    kept.sort_unstable_by_key(|each| key(*each));
    kept.truncate(most);
    kept
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
