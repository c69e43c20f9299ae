//! What is cached between requests, and invalidated by the change feed.
//!
//! Each thing that is cached names the entities that it shows. An entity's *generation* is the
//! number of the last commit that changed it, as the change feed told. A thing holds as long as
//! none of its entities has a generation above the one at which its reading began: so what was read
//! from a snapshot before a commit is never served after it, whichever of the two finishes first.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use metrics::Counter;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use tokio::sync::{Mutex, MutexGuard};
use xinwu_domain::access::Actor;
use xinwu_domain::entity::Entity;
use xinwu_domain::text::Language;
use xinwu_store::change_feed::{ChangeFeed, ChangeSet};

use crate::sharing::Sharing;

/// An entity that a cached thing shows: one, or any of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tag {
    /// This one.
    One(Entity, String),
    /// Any of the kind.
    Any(Entity),
}

impl Tag {
    /// That the city's figures were published: of what says when that was.
    pub fn figures() -> Tag {
        Tag::One(Entity::Figures, "city".to_owned())
    }
}

/// The generations of the entities that have changed since the start.
#[derive(Debug, Default)]
struct Generations {
    current: AtomicU64,
    changed: RwLock<Changed>,
}

#[derive(Debug, Default)]
struct Changed {
    tags: HashMap<Tag, u64>,
    /// When everything was said to have changed.
    everything: u64,
}

impl Generations {
    fn advance(&self, changes: ChangeSet<'_>) {
        let Ok(mut changed) = self.changed.write() else { return };
        let generation = self.current.fetch_add(1, Ordering::SeqCst) + 1;
        match changes {
            ChangeSet::Changed(changes) => {
                for change in changes {
                    changed.tags.insert(Tag::One(change.entity, change.id.clone()), generation);
                    changed.tags.insert(Tag::Any(change.entity), generation);
                }
            }
            ChangeSet::Everything => *changed = Changed { tags: HashMap::new(), everything: generation },
        }
    }

    fn now(&self) -> u64 {
        self.current.load(Ordering::SeqCst)
    }

    fn still_hold(&self, tags: &[Tag], since: u64) -> bool {
        // Nothing at all has changed: a change counts itself before the write that it tells of is
        // answered.
        if self.now() <= since {
            return true;
        }
        self.changed.read().is_ok_and(|changed| {
            changed.everything <= since
                && tags.iter().all(|tag| changed.tags.get(tag).is_none_or(|at| *at <= since))
        })
    }
}

#[derive(Clone)]
struct Held<T> {
    value: T,
    tags: Arc<[Tag]>,
    since: u64,
}

/// A rendered answer.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The body,
    pub body: Bytes,
    /// and its media type.
    pub content_type: &'static str,
    /// Its strong entity tag, with quotes.
    pub etag: Option<HeaderValue>,
    /// Where the next page is, if it is a page.
    pub link: Option<HeaderValue>,
    /// The instant from which it no longer holds, though nothing changes: a new day alone ends and
    /// begins terms.
    pub until: DateTime<Utc>,
    /// The route that answers so, as the log and the metrics name it.
    pub route: Arc<str>,
    /// To whom it is shown when a stranger asks.
    pub sharing: Sharing,
    /// The body in gzip, once somebody has asked for that.
    pub gzip: Option<Bytes>,
}

/// Who a token speaks for: verified once, and believed until then or until the account, its session
/// or the keys change.
#[derive(Debug, Clone)]
pub struct VerifiedActor {
    /// Who asks.
    pub actor: Actor,
    /// The instant from which the token is no longer valid.
    pub until: DateTime<Utc>,
}

/// An item of a list, rendered.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its JSON.
    pub json: Arc<str>,
    /// As for [`Rendered`].
    pub until: DateTime<Utc>,
}

/// What counts towards the most that a memory holds.
pub trait Weighed<Key> {
    /// How much it counts, with its key.
    fn weight(&self, key: &Key) -> usize;
}

/// By bytes.
impl Weighed<String> for Rendered {
    fn weight(&self, key: &String) -> usize {
        let headers = [&self.etag, &self.link].into_iter().flatten().map(HeaderValue::len).sum::<usize>();
        let gzip = self.gzip.as_ref().map_or(0, Bytes::len);
        key.len() + self.body.len() + gzip + headers + 256
    }
}

/// By bytes.
impl Weighed<(Language, Arc<str>)> for Item {
    fn weight(&self, _: &(Language, Arc<str>)) -> usize {
        self.json.len() + 256
    }
}

/// One by one: they are alike.
impl Weighed<[u8; 32]> for VerifiedActor {
    fn weight(&self, _: &[u8; 32]) -> usize {
        1
    }
}

/// Weighs what a memory holds.
#[derive(Debug, Clone)]
struct Scales;

impl<K, V: Weighed<K>> Weighter<K, Held<V>> for Scales {
    fn weight(&self, key: &K, held: &Held<V>) -> u64 {
        u64::try_from(held.value.weight(key)).unwrap_or(u64::MAX)
    }
}

/// Single-flight guards, among which the keys are shared out.
const GUARDS: usize = 1024;
/// After so long whoever waits reads by themselves: a database that does not answer must not be
/// waited for by one after the other.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// One bounded memory of things by key.
pub struct Memory<K, V> {
    held: Cache<K, Held<V>, Scales>,
    generations: Arc<Generations>,
    guards: Box<[Mutex<()>]>,
    guard_of: RandomState,
    name: &'static str,
    hits: OnceLock<Counter>,
    misses: OnceLock<Counter>,
}

/// The generation at which a reading began.
#[derive(Debug, Clone, Copy)]
pub struct Since(u64);

impl<K, V> Memory<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Weighed<K> + Clone + Send + Sync + 'static,
{
    /// One that holds things of so much weight together, of which each has about that of `one`.
    fn new(weight: u64, one: u64, generations: Arc<Generations>, name: &'static str) -> Self {
        let things = usize::try_from(weight / one).unwrap_or(usize::MAX);
        // A memory that holds nothing has nothing to wait for.
        let guards = if weight == 0 { 0 } else { GUARDS };
        Memory {
            held: Cache::with_weighter(things, weight, Scales),
            generations,
            guards: std::iter::repeat_with(Mutex::default).take(guards).collect(),
            guard_of: RandomState::new(),
            name,
            hits: OnceLock::new(),
            misses: OnceLock::new(),
        }
    }

    /// The single-flight guard of `key`: one reads what it stands for, and whoever waited looks
    /// into the memory once more. On the evening on which all look up one firm, each change of
    /// which invalidates its card, one of them reads it and not all. `None` after the longest wait.
    pub async fn single_flight(&self, key: &K) -> Option<MutexGuard<'_, ()>> {
        let among = u64::try_from(self.guards.len()).ok()?;
        let at = usize::try_from(self.guard_of.hash_one(key).checked_rem(among)?).ok()?;
        tokio::time::timeout(LONGEST_WAIT, self.guards.get(at)?.lock()).await.ok()
    }

    /// What is cached under `key`, if nothing that it shows has changed; counted as a hit or as a
    /// miss.
    pub fn get(&self, key: &K) -> Option<V> {
        let found = self.peek(key);
        if found.is_none() {
            self.counter(&self.misses, "miss").increment(1);
        }
        found
    }

    /// [`Memory::get`] for one that looks again when nothing is found: only a hit is counted.
    pub fn peek<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let found = self.held.get(key).filter(|held| self.generations.still_hold(&held.tags, held.since))?;
        self.counter(&self.hits, "hit").increment(1);
        Some(found.value)
    }

    /// Looked up once: the recorder is not yet set when the memory is made.
    fn counter<'a>(&self, kept: &'a OnceLock<Counter>, outcome: &'static str) -> &'a Counter {
        kept.get_or_init(
            || metrics::counter!("xinwu_cache_lookups_total", "cache" => self.name, "outcome" => outcome),
        )
    }

    /// Call before the reading begins.
    pub fn begin(&self) -> Since {
        Since(self.generations.now())
    }

    /// Caches what was read since `since`, unless one of its entities has changed meanwhile.
    pub fn put(&self, key: K, value: V, tags: Vec<Tag>, since: Since) {
        if self.generations.still_hold(&tags, since.0) {
            self.held.insert(key, Held { value, tags: tags.into(), since: since.0 });
        }
    }

    /// Puts another in the place of what is cached under `key`, as `change` makes it of that: it is
    /// weighed anew. `change` says whether it is the one that was meant. What has taken its place
    /// meanwhile may be lost, and is read again: what is put holds no longer than it did.
    pub fn amend(&self, key: &K, change: impl FnOnce(&mut V) -> bool)
    where
        K: Clone,
    {
        let Some(mut held) = self.held.peek(key) else { return };
        if change(&mut held.value) {
            // Refused where it is gone meanwhile.
            self.held.replace(key.clone(), held, true).ok();
        }
    }

    /// How many things are cached.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Tokens that are cached: an evening's residents, at about half a kilobyte each.
const ACTORS: u64 = 50_000;

const KIBIBYTE: u64 = 1024;

/// Everything that is cached.
pub struct Caches {
    /// Rendered public answers, by language, path and query ([`key_of`]).
    pub bodies: Memory<String, Rendered>,
    /// The cards of firms as lists show them, by language and uscc: every search shows another
    /// choice of the same ones.
    pub firms: Memory<(Language, Arc<str>), Item>,
    /// Who asks, by the token's digest.
    pub actors: Memory<[u8; 32], VerifiedActor>,
}

/// Under what an answer is cached.
pub fn key_of(language: Language, path: &str, query: &str) -> String {
    let tag = language.tag();
    let mut key = String::with_capacity(tag.len() + path.len() + query.len() + 2);
    for part in [tag, " ", path, "?", query] {
        key.push_str(part);
    }
    key
}

impl Caches {
    /// Empty memories that subscribe to `change_feed`; `bytes` bounds what is rendered: three
    /// quarters for bodies, one for the cards of lists.
    pub fn new(change_feed: &ChangeFeed, bytes: u64) -> Caches {
        let generations = Arc::new(Generations::default());
        let subscriber = Arc::clone(&generations);
        change_feed.subscribe(move |changes| subscriber.advance(changes));
        Caches {
            bodies: Memory::new(bytes - bytes / 4, 2 * KIBIBYTE, Arc::clone(&generations), "bodies"),
            firms: Memory::new(bytes / 4, KIBIBYTE, Arc::clone(&generations), "firms"),
            actors: Memory::new(ACTORS, 1, generations, "actors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use xinwu_store::change_feed::Change;

    use super::*;

    fn change(id: &str) -> Change {
        Change { entity: Entity::Firm, id: id.to_owned() }
    }

    impl Weighed<u8> for u8 {
        fn weight(&self, _: &u8) -> usize {
            1
        }
    }

    fn memory() -> (Arc<Generations>, Memory<u8, u8>) {
        let generations = Arc::new(Generations::default());
        (Arc::clone(&generations), Memory::new(10, 1, generations, "test"))
    }

    fn firm(id: &str) -> Vec<Tag> {
        vec![Tag::One(Entity::Firm, id.to_owned())]
    }

    #[test]
    fn a_change_invalidates_what_shows_it_and_nothing_else() {
        let (generations, memory) = memory();
        memory.put(1, 10, firm("a"), memory.begin());
        memory.put(2, 20, firm("b"), memory.begin());
        memory.put(3, 30, vec![Tag::Any(Entity::Firm)], memory.begin());
        generations.advance(ChangeSet::Changed(&[change("a")]));
        assert_eq!((memory.get(&1), memory.get(&2), memory.get(&3)), (None, Some(20), None));
    }

    #[test]
    fn when_everything_may_have_changed_nothing_is_kept_that_was_read_before() {
        let (generations, memory) = memory();
        memory.put(1, 10, firm("a"), memory.begin());
        let since = memory.begin();
        generations.advance(ChangeSet::Everything);
        memory.put(2, 20, firm("b"), since);
        assert_eq!((memory.get(&1), memory.get(&2)), (None, None));
        memory.put(1, 11, firm("a"), memory.begin());
        assert_eq!(memory.get(&1), Some(11));
    }

    #[tokio::test]
    async fn one_reads_while_the_others_wait() {
        let (_, memory) = memory();
        let first = memory.single_flight(&1).now_or_never().expect("nobody has it");
        assert!(memory.single_flight(&1).now_or_never().is_none());
        drop(first);
        assert!(memory.single_flight(&1).now_or_never().is_some());
        // Of a memory that keeps nothing the second would learn nothing.
        let none: Memory<u8, u8> = Memory::new(0, 1, Arc::default(), "test");
        none.put(1, 10, firm("a"), none.begin());
        assert_eq!(none.get(&1), None);
        let first = none.single_flight(&1).now_or_never().expect("nobody waits");
        assert!(none.single_flight(&1).now_or_never().is_some());
        drop(first);
    }

    #[test]
    fn what_is_amended_holds_no_longer_than_before_and_nothing_is_amended_that_is_gone() {
        let (generations, memory) = memory();
        memory.put(1, 10, firm("a"), memory.begin());
        memory.amend(&1, |value| {
            *value += 1;
            true
        });
        assert_eq!(memory.get(&1), Some(11));
        memory.amend(&1, |value| {
            *value += 1;
            false
        });
        assert_eq!(memory.get(&1), Some(11));
        generations.advance(ChangeSet::Changed(&[change("a")]));
        memory.amend(&1, |_| true);
        assert_eq!(memory.get(&1), None);
        memory.amend(&2, |_| true);
        assert_eq!(memory.get(&2), None);
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_cached_after_it() {
        let (generations, memory) = memory();
        let since = memory.begin();
        generations.advance(ChangeSet::Changed(&[change("a")]));
        memory.put(1, 10, firm("a"), since);
        assert_eq!(memory.get(&1), None);
        memory.put(1, 11, firm("a"), memory.begin());
        assert_eq!(memory.get(&1), Some(11));
    }
}
