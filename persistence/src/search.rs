//! The names of firms and estates in memory, kept by the spine.
//!
//! A listener marks what has changed; before the next search that is read from the database ([`Db::search`](crate::Db::search)). The first search reads everything.
//! All this is done one at a time and before the reading's snapshot begins, so that an older state never replaces a newer one.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use diesel::prelude::*;
use xinwu_domain::page::Keys;
use xinwu_domain::project::term_contains;
use xinwu_domain::search::{Index, IndexEntry, Query, SearchName, sort_key};

use crate::place::from_json;
use crate::schema::{estate, firm, firm_former_name, project};
use crate::spine::{News, Spine};
use crate::{Conn, Entity, Result, StoreError};

/// The most that one search gives: the best of them.
pub const MOST_FOUND: usize = 5_000;

/// Ids in one statement.
const CHUNK: usize = 500;

/// Above the number of any own match, so that a firm found through an estate comes after those found by name.
const THROUGH_ESTATE: i64 = 1 << 40;

/// The search of one database.
#[derive(Default)]
pub struct Search {
    dirty: Mutex<Dirty>,
    /// Held while the index is brought up to date.
    turn: Mutex<()>,
    names: RwLock<Option<Names>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Dirty {
    firms: BTreeSet<String>,
    estates: BTreeSet<String>,
    everything: bool,
}

#[derive(Default)]
struct Names {
    firms: Index<String>,
    estates: Index<String>,
    firm_keys: HashMap<String, String>,
    estate_keys: HashMap<String, String>,
    /// By estate: the firms that serve it, did or will, with their terms.
    terms: HashMap<String, Vec<Term>>,
}

struct Term {
    uscc: String,
    starts_on: String,
    ends_on: Option<String>,
}

/// One firm or estate that was found. Sorts the best first; the equally good by name, then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    relevance: i64,
    name: String,
    /// Its uscc or code.
    pub id: String,
}

impl Found {
    /// The sort keys for a cursor.
    pub fn keys(&self) -> Keys {
        Keys::of([&self.relevance.to_string(), &self.name, &self.id])
    }

    /// How it stands to the item at which a page ended.
    pub fn compare(&self, after: &Keys) -> Ordering {
        let relevance: i64 = after.get(0).parse().unwrap_or(i64::MAX);
        (self.relevance, self.name.as_str(), self.id.as_str()).cmp(&(relevance, after.get(1), after.get(2)))
    }
}

impl Search {
    /// A search that hears of changes on `spine`.
    pub(crate) fn listening_to(spine: &Spine) -> Arc<Search> {
        let search = Arc::new(Search::default());
        let listener = Arc::clone(&search);
        spine.listen(move |news| listener.mark(news));
        search
    }

    /// The firms that fit a query by a name, a former name or their code, and after them those that serve an estate that does on the day `today`.
    ///
    /// # Errors
    /// [`StoreError::Internal`] before the names were read for the first time.
    pub fn firms(&self, query: &Query, today: &str) -> Result<Vec<Found>> {
        self.look(|names| {
            let mut best: HashMap<String, i64> = HashMap::new();
            for (estate, relevance) in names.estates.find(query) {
                for term in names.terms.get(&estate).into_iter().flatten() {
                    if term_contains(&term.starts_on, term.ends_on.as_deref(), today) {
                        let relevance = THROUGH_ESTATE + relevance.key();
                        let known = best.entry(term.uscc.clone()).or_insert(relevance);
                        *known = relevance.min(*known);
                    }
                }
            }
            best.extend(names.firms.find(query).into_iter().map(|(uscc, relevance)| (uscc, relevance.key())));
            sorted(best.into_iter(), &names.firm_keys)
        })
    }

    /// The estates that fit a query by a name, an alias or their code.
    ///
    /// # Errors
    /// Those of [`Search::firms`].
    pub fn estates(&self, query: &Query) -> Result<Vec<Found>> {
        self.look(|names| {
            let found = names.estates.find(query);
            sorted(found.into_iter().map(|(id, relevance)| (id, relevance.key())), &names.estate_keys)
        })
    }

    fn mark(&self, news: News<'_>) {
        let mut dirty = lock(&self.dirty);
        let News::Changed(changes) = news else {
            dirty.everything = true;
            return;
        };
        for change in changes {
            match change.entity {
                Entity::Firm => dirty.firms.insert(change.id.clone()),
                Entity::Estate => dirty.estates.insert(change.id.clone()),
                _ => false,
            };
        }
    }

    fn look<T>(&self, look: impl FnOnce(&Names) -> T) -> Result<T> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.as_ref().map(look).ok_or_else(|| StoreError::internal("the search was not loaded"))
    }

    /// Whether nothing has changed since the names were read.
    pub(crate) fn is_up_to_date(&self) -> bool {
        *lock(&self.dirty) == Dirty::default() && self.is_loaded()
    }

    fn is_loaded(&self) -> bool {
        self.names.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Reads what has changed. It must be the first statement of its read.
    pub(crate) fn bring_up_to_date(&self, conn: &mut Conn) -> Result<()> {
        let _turn = lock(&self.turn);
        // Taken before the first statement, with which the snapshot begins: whatever commits later is marked again.
        let dirty = std::mem::take(&mut *lock(&self.dirty));
        let whole = dirty.everything || !self.is_loaded();
        let outcome = if whole { self.load(conn) } else { self.reload(conn, &dirty) };
        if outcome.is_err() {
            let mut marked = lock(&self.dirty);
            marked.everything |= dirty.everything;
            marked.firms.extend(dirty.firms);
            marked.estates.extend(dirty.estates);
        }
        outcome
    }

    fn load(&self, conn: &mut Conn) -> Result<()> {
        let mut names = Names::default();
        names.add_firms(read_firms(conn, None)?);
        names.add_estates(read_estates(conn, None)?)?;
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = Some(names);
        Ok(())
    }

    fn reload(&self, conn: &mut Conn, dirty: &Dirty) -> Result<()> {
        let (firms, estates): (Vec<&String>, Vec<&String>) =
            (dirty.firms.iter().collect(), dirty.estates.iter().collect());
        for part in firms.chunks(CHUNK) {
            let rows = read_firms(conn, Some(part))?;
            if let Some(names) = &mut *self.names.write().unwrap_or_else(PoisonError::into_inner) {
                names.add_firms(rows);
            }
        }
        for part in estates.chunks(CHUNK) {
            let rows = read_estates(conn, Some(part))?;
            if let Some(names) = &mut *self.names.write().unwrap_or_else(PoisonError::into_inner) {
                names.add_estates(rows)?;
            }
        }
        Ok(())
    }
}

impl Names {
    fn add_firms(&mut self, (firms, former): FirmRows) {
        let mut former_names: HashMap<String, Vec<String>> = HashMap::new();
        for (uscc, name) in former {
            former_names.entry(uscc).or_default().push(name);
        }
        for (uscc, name, short_name) in firms {
            self.firm_keys.insert(uscc.clone(), sort_key(&name));
            let former = former_names.remove(&uscc).unwrap_or_default();
            let names =
                std::iter::once(name).chain(short_name).chain(former).map(|name| SearchName::new(&name));
            self.firms.upsert(IndexEntry { names: names.collect(), codes: vec![uscc.clone()], id: uscc });
        }
    }

    fn add_estates(&mut self, (estates, terms): EstateRows) -> Result<()> {
        let mut by_estate: HashMap<String, Vec<Term>> = HashMap::new();
        for (estate, uscc, starts_on, ends_on) in terms {
            if let Some(uscc) = uscc {
                by_estate.entry(estate).or_default().push(Term { uscc, starts_on, ends_on });
            }
        }
        for (code, name, aliases) in estates {
            self.estate_keys.insert(code.clone(), sort_key(&name));
            let aliases: Vec<String> = from_json(&aliases)?;
            let names = std::iter::once(name).chain(aliases).map(|name| SearchName::new(&name)).collect();
            self.terms.insert(code.clone(), by_estate.remove(&code).unwrap_or_default());
            let codes = vec![code.replace('-', "")];
            self.estates.upsert(IndexEntry { names, codes, id: code });
        }
        Ok(())
    }
}

/// uscc, name, short name; and former names by uscc
type FirmRows = (Vec<(String, String, Option<String>)>, Vec<(String, String)>);

/// code, name, aliases as JSON; and the terms of firms by estate
type EstateRows = (Vec<(String, String, String)>, Vec<(String, Option<String>, String, Option<String>)>);

fn read_firms(conn: &mut Conn, only: Option<&[&String]>) -> Result<FirmRows> {
    let mut firms = firm::table.select((firm::uscc, firm::name, firm::short_name)).into_boxed();
    let mut former = firm_former_name::table
        .select((firm_former_name::uscc, firm_former_name::name))
        .order(firm_former_name::used_until.desc())
        .into_boxed();
    if let Some(only) = only {
        firms = firms.filter(firm::uscc.eq_any(only.to_vec()));
        former = former.filter(firm_former_name::uscc.eq_any(only.to_vec()));
    }
    Ok((firms.load(conn)?, former.load(conn)?))
}

fn read_estates(conn: &mut Conn, only: Option<&[&String]>) -> Result<EstateRows> {
    let mut estates = estate::table.select((estate::code, estate::name, estate::aliases)).into_boxed();
    let mut terms = project::table
        .filter(project::uscc.is_not_null())
        .select((project::estate, project::uscc, project::starts_on, project::ends_on))
        .into_boxed();
    if let Some(only) = only {
        estates = estates.filter(estate::code.eq_any(only.to_vec()));
        terms = terms.filter(project::estate.eq_any(only.to_vec()));
    }
    Ok((estates.load(conn)?, terms.load(conn)?))
}

fn sorted(found: impl Iterator<Item = (String, i64)>, keys: &HashMap<String, String>) -> Vec<Found> {
    let mut found: Vec<Found> = found
        .map(|(id, relevance)| Found { relevance, name: keys.get(&id).cloned().unwrap_or_default(), id })
        .collect();
    found.sort_unstable();
    found.truncate(MOST_FOUND);
    found
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
