//! What is kept in memory between requests, and invalidated by the change feed.
//!
//! Each thing that is cached names the entities that it shows, its tags. An entity's *generation*
//! is the number of the last commit that changed it, as the change feed told. A thing holds as long
//! as none of its entities has a generation above the one at which its reading began: so what was
//! read from a snapshot before a commit is never served after it, whichever of the two finishes
//! first.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use metrics::Counter;
use quick_cache::sync::{Cache as Store, EntryAction, EntryResult};
use quick_cache::{Equivalent, Weighter};
use xinwu_domain::entity::Entity;

use crate::change_feed::{ChangeFeed, ChangeSet};

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

/// The generations of the entities that have changed since the start. All caches of a process share
/// them.
#[derive(Debug, Default)]
pub struct Generations {
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
    /// Those that `change_feed` tells of from now on.
    pub fn subscribed_to(change_feed: &ChangeFeed) -> Arc<Generations> {
        let generations = Arc::new(Generations::default());
        let subscriber = Arc::clone(&generations);
        change_feed.subscribe(move |changes| subscriber.advance(changes));
        generations
    }

    /// It touches no cache: whether a thing still holds is asked under a cache's lock.
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

#[derive(Debug, Clone)]
struct Entry<T> {
    value: T,
    tags: Arc<[Tag]>,
    since: u64,
}

/// What counts towards the most that a cache keeps.
pub trait Weighed<Key> {
    /// How much it counts, with its key.
    fn weight(&self, key: &Key) -> usize;
}

/// The one thing of its kind, under no key.
impl<T> Weighed<()> for Arc<T> {
    fn weight(&self, (): &()) -> usize {
        1
    }
}

/// Weighs what a cache keeps.
#[derive(Debug, Clone)]
struct Scales;

impl<K, V: Weighed<K>> Weighter<K, Entry<V>> for Scales {
    fn weight(&self, key: &K, kept: &Entry<V>) -> u64 {
        u64::try_from(kept.value.weight(key)).unwrap_or(u64::MAX)
    }
}

/// After so long whoever waits for another's reading reads by themselves: a database that does not
/// answer must not be waited for by one after the other.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// One bounded cache of things by key.
pub struct Cache<K, V> {
    kept: Store<K, Entry<V>, Scales>,
    generations: Arc<Generations>,
    /// One that keeps nothing has nothing to wait for.
    keeps_nothing: bool,
    name: &'static str,
    hits: OnceLock<Counter>,
    misses: OnceLock<Counter>,
}

impl<K, V> std::fmt::Debug for Cache<K, V> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// The generation at which a reading began.
#[derive(Debug, Clone, Copy)]
pub struct Since(u64);

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Weighed<K> + Clone + Send + Sync + 'static,
{
    /// One that keeps things of so much weight together, of which each has about that of `one`.
    /// Metrics know it by `name`.
    pub fn new(weight: u64, one: u64, generations: Arc<Generations>, name: &'static str) -> Self {
        let things = usize::try_from(weight / one).unwrap_or(usize::MAX);
        Cache {
            kept: Store::with_weighter(things, weight, Scales),
            generations,
            keeps_nothing: weight == 0,
            name,
            hits: OnceLock::new(),
            misses: OnceLock::new(),
        }
    }

    /// What is cached under `key` and `holds`; else what `load` reads, with its tags, which is then
    /// cached. Of many who ask for the same key one reads and the others wait, for a second at
    /// most: on the evening on which all look up one firm, each change of which invalidates its
    /// card, one of them reads it and not all. Call it in a runtime.
    ///
    /// # Errors
    /// Those of `load`, of which nothing is cached.
    pub async fn get_or_load<E, F>(
        &self,
        key: &K,
        holds: impl Fn(&V) -> bool,
        load: impl FnOnce() -> F,
    ) -> Result<V, E>
    where
        F: Future<Output = Result<(V, Vec<Tag>), E>>,
    {
        if let Some(value) = self.get(key).filter(&holds) {
            return Ok(value);
        }
        if self.keeps_nothing {
            return Ok(load().await?.0);
        }
        // What was invalidated still lies there: it makes room for the one who reads it anew.
        let entry = self.kept.entry_async(key, |_, kept| match self.current(kept).filter(&holds) {
            Some(value) => EntryAction::Retain(value),
            None => EntryAction::ReplaceWithGuard,
        });
        let guard = match tokio::time::timeout(LONGEST_WAIT, entry).await {
            Ok(EntryResult::Retained(value)) => {
                self.hit();
                return Ok(value);
            }
            Ok(EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _)) => Some(guard),
            Ok(EntryResult::Removed(..) | EntryResult::Timeout) | Err(_) => None,
        };
        let since = self.begin();
        let (value, tags) = load().await?;
        match guard {
            // Dropped unfilled, it lets the next of those who wait read.
            Some(guard) if !self.generations.still_hold(&tags, since.0) => drop(guard),
            Some(guard) => {
                let kept = Entry { value: value.clone(), tags: tags.into(), since: since.0 };
                // Refused where who waited too long has put one there.
                guard.insert(kept).ok();
            }
            None => self.put(key.clone(), value.clone(), tags, since),
        }
        Ok(value)
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

    /// [`Cache::get`] for one that looks again when nothing is found: only a hit is counted.
    pub fn peek<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let kept = self.kept.get(key)?;
        let value = self.current(&kept)?;
        self.hit();
        Some(value)
    }

    fn current(&self, kept: &Entry<V>) -> Option<V> {
        self.generations.still_hold(&kept.tags, kept.since).then(|| kept.value.clone())
    }

    fn hit(&self) {
        self.counter(&self.hits, "hit").increment(1);
    }

    /// Looked up once: the recorder is not yet set when the cache is made.
    fn counter<'a>(&self, counter: &'a OnceLock<Counter>, outcome: &'static str) -> &'a Counter {
        counter.get_or_init(
            || metrics::counter!("xinwu_cache_lookups_total", "cache" => self.name, "outcome" => outcome),
        )
    }

    /// Call before the reading of several things begins.
    pub fn begin(&self) -> Since {
        Since(self.generations.now())
    }

    /// Caches one of several things that were read since `since`, unless one of its entities has
    /// changed meanwhile.
    pub fn put(&self, key: K, value: V, tags: Vec<Tag>, since: Since) {
        if self.generations.still_hold(&tags, since.0) {
            self.kept.insert(key, Entry { value, tags: tags.into(), since: since.0 });
        }
    }

    /// Puts another in the place of what is cached under `key`, as `change` makes it of that: it is
    /// weighed anew. `change` says whether it is the one that was meant. What has taken its place
    /// meanwhile may be lost, and is read again: what is put holds no longer than it did.
    pub fn amend(&self, key: &K, change: impl FnOnce(&mut V) -> bool) {
        let Some(mut kept) = self.kept.peek(key) else { return };
        if change(&mut kept.value) {
            // Refused where it is gone meanwhile.
            self.kept.replace(key.clone(), kept, true).ok();
        }
    }

    /// How many things are cached.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::change_feed::Change;

    fn change(id: &str) -> Change {
        Change { entity: Entity::Firm, id: id.to_owned() }
    }

    impl Weighed<u8> for u8 {
        fn weight(&self, _: &u8) -> usize {
            1
        }
    }

    fn cache() -> (Arc<Generations>, Cache<u8, u8>) {
        let generations = Arc::new(Generations::default());
        (Arc::clone(&generations), Cache::new(10, 1, generations, "test"))
    }

    fn firm(id: &str) -> Vec<Tag> {
        vec![Tag::One(Entity::Firm, id.to_owned())]
    }

    #[test]
    fn a_change_invalidates_what_shows_it_and_nothing_else() {
        let (generations, cache) = cache();
        cache.put(1, 10, firm("a"), cache.begin());
        cache.put(2, 20, firm("b"), cache.begin());
        cache.put(3, 30, vec![Tag::Any(Entity::Firm)], cache.begin());
        generations.advance(ChangeSet::Changed(&[change("a")]));
        assert_eq!((cache.get(&1), cache.get(&2), cache.get(&3)), (None, Some(20), None));
    }

    #[test]
    fn when_everything_may_have_changed_nothing_is_kept_that_was_read_before() {
        let (generations, cache) = cache();
        cache.put(1, 10, firm("a"), cache.begin());
        let since = cache.begin();
        generations.advance(ChangeSet::Everything);
        cache.put(2, 20, firm("b"), since);
        assert_eq!((cache.get(&1), cache.get(&2)), (None, None));
        cache.put(1, 11, firm("a"), cache.begin());
        assert_eq!(cache.get(&1), Some(11));
    }

    #[tokio::test]
    async fn one_reads_while_the_others_wait() {
        let (_, cache) = cache();
        let reads = AtomicU32::new(0);
        let ask = || {
            cache.get_or_load(
                &1,
                |_| true,
                || async {
                    reads.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok::<_, Infallible>((10, firm("a")))
                },
            )
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (Ok(10), Ok(10), Ok(10)));
        assert_eq!(reads.load(Ordering::SeqCst), 1);
        // Of a cache that keeps nothing the second would learn nothing.
        let none: Cache<u8, u8> = Cache::new(0, 1, Arc::default(), "test");
        none.put(1, 10, firm("a"), none.begin());
        assert_eq!(none.get(&1), None);
        let ask = || none.get_or_load(&1, |_| true, || async { Ok::<_, Infallible>((11, firm("a"))) });
        assert_eq!(tokio::join!(ask(), ask()), (Ok(11), Ok(11)));
    }

    #[tokio::test]
    async fn who_waited_reads_again_what_changed_while_it_was_read_and_after_an_error() {
        let (generations, cache) = cache();
        let (generations, reads) = (&generations, &AtomicU32::new(0));
        let ask = || {
            cache.get_or_load(
                &1,
                |_| true,
                move || async move {
                    let read = reads.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    match read {
                        // Committed after the snapshot of this reading began.
                        0 => generations.advance(ChangeSet::Changed(&[change("a")])),
                        1 => return Err("the database is away"),
                        _ => {}
                    }
                    Ok((u8::try_from(read).unwrap(), firm("a")))
                },
            )
        };
        let (first, second, third) = tokio::join!(ask(), ask(), ask());
        assert_eq!(first, Ok(0));
        let mut others = [second, third];
        others.sort();
        assert_eq!(others, [Ok(2), Err("the database is away")]);
        assert_eq!(cache.get(&1), Some(2));
    }

    #[tokio::test]
    async fn what_no_longer_holds_is_read_anew_though_nothing_changed() {
        let (_, cache) = cache();
        cache.put(1, 10, firm("a"), cache.begin());
        let read = || async { Ok::<_, Infallible>((20, firm("a"))) };
        assert_eq!(cache.get_or_load(&1, |value| *value > 15, read).await, Ok(20));
        assert_eq!(cache.get(&1), Some(20));
    }

    #[test]
    fn what_is_amended_holds_no_longer_than_before_and_nothing_is_amended_that_is_gone() {
        let (generations, cache) = cache();
        cache.put(1, 10, firm("a"), cache.begin());
        cache.amend(&1, |value| {
            *value += 1;
            true
        });
        assert_eq!(cache.get(&1), Some(11));
        cache.amend(&1, |value| {
            *value += 1;
            false
        });
        assert_eq!(cache.get(&1), Some(11));
        generations.advance(ChangeSet::Changed(&[change("a")]));
        cache.amend(&1, |_| true);
        assert_eq!(cache.get(&1), None);
        cache.amend(&2, |_| true);
        assert_eq!(cache.get(&2), None);
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_cached_after_it() {
        let (generations, cache) = cache();
        let since = cache.begin();
        generations.advance(ChangeSet::Changed(&[change("a")]));
        cache.put(1, 10, firm("a"), since);
        assert_eq!(cache.get(&1), None);
        cache.put(1, 11, firm("a"), cache.begin());
        assert_eq!(cache.get(&1), Some(11));
    }
}
