//! How often somebody may do something, counted in memory alone: nothing of it is written down, and
//! each instance counts by itself.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::Clock;

use crate::config::Config;

/// The limits of a running service.
pub(crate) struct Rates {
    /// Readings by strangers, by the network that counts as one client; `None` is all whose address
    /// is not known.
    pub reads: RateLimit<Option<IpNet>>,
    /// What an account does to its ratings.
    pub rating_writes: RateLimit<String>,
    photos_a_minute: RateLimit<String>,
    photos_a_day: RateLimit<String>,
}

impl Rates {
    pub(crate) fn new(config: &Config, clock: &Clock) -> Rates {
        Rates {
            reads: RateLimit::a_minute(config.reads_a_minute, clock),
            rating_writes: RateLimit::a_minute(config.rating_writes_a_minute, clock),
            photos_a_minute: RateLimit::a_minute(config.photos_a_minute, clock),
            photos_a_day: RateLimit::within(DAY, config.photos_a_day, clock),
        }
    }

    /// Counts a photo that an account sends, whatever comes of it.
    pub(crate) fn count_photo(&self, account: &String) -> Result<(), Wait> {
        self.photos_a_minute.count(account)?;
        if let Err(wait) = self.photos_a_day.count(account) {
            self.photos_a_minute.give_back(account);
            return Err(wait);
        }
        Ok(())
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many within a time, all at once or one after the other: what was used comes back bit by bit.
pub(crate) struct RateLimit<K: Clone + Eq + Hash> {
    /// None where there is no limit.
    limiter: Option<RateLimiter<K, Ends<K>, SteadyClock, StateInformationMiddleware>>,
    most: u32,
    /// After which one more is there.
    interval: Duration,
    ends: Ends<K>,
}

/// There are none left: seconds until there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub u32);

impl Wait {
    /// 429
    pub(crate) fn refusal(self) -> Refusal {
        Refusal::TooMany {
            code: "too_many_requests",
            detail: Text::new("请求过于频繁，请稍后再试", "Too many requests; try again shortly"),
            retry_after: self.0,
        }
    }
}

impl<K: Clone + Eq + Hash> RateLimit<K> {
    /// 0 is no limit.
    fn a_minute(most: u32, clock: &Clock) -> RateLimit<K> {
        RateLimit::within(MINUTE, most, clock)
    }

    /// 0 is no limit.
    fn within(time: Duration, most: u32, clock: &Clock) -> RateLimit<K> {
        let ends = Ends::new(time);
        let interval = time / most.max(1);
        let quota =
            NonZeroU32::new(most).and_then(|most| Some(Quota::with_period(interval)?.allow_burst(most)));
        let limiter = quota.map(|quota| {
            let steady = SteadyClock { clock: clock.clone(), begun: Instant::now() };
            RateLimiter::new(quota, ends.clone(), steady)
        });
        RateLimit { limiter, most, interval, ends }
    }

    /// How many there are within the time; 0 is no limit.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// Uses one up, and says how many are left.
    pub(crate) fn count(&self, of: &K) -> Result<u32, Wait> {
        let Some(limiter) = &self.limiter else { return Ok(self.most) };
        limiter.check_key(of).map(|left| left.remaining_burst_capacity()).map_err(|until| {
            let wait = until.wait_time_from(limiter.clock().now());
            let begun = u64::from(wait.subsec_nanos() > 0);
            Wait(u32::try_from(wait.as_secs() + begun).unwrap_or(u32::MAX).max(1))
        })
    }

    /// Gives back one that was used up for nothing.
    pub(crate) fn give_back(&self, of: &K) {
        if self.limiter.is_some() {
            self.ends.take_off(of, self.interval);
        }
    }
}

/// The time that passes: by the machine's steady clock, since one that is set back would stop
/// everybody, or by the clock in the hand of a test.
#[derive(Debug, Clone)]
struct SteadyClock {
    clock: Clock,
    begun: Instant,
}

impl governor::clock::Clock for SteadyClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        match &self.clock {
            Clock::System => self.begun.elapsed(),
            held => Duration::from_micros(u64::try_from(held.now().timestamp_micros()).unwrap_or_default()),
        }
    }
}

/// Parts that are locked apart.
const SHARDS: usize = 64;
/// The most that one part keeps: 100,000 in all, whatever comes.
const MOST_OF_A_SHARD: usize = 100_000 / SHARDS;
/// So many are not worth a look at who can be dropped.
const FEW: usize = 16;

/// Until when each has used up its share. Whoever is not there has used nothing.
#[derive(Clone)]
struct Ends<K>(Arc<Shards<K>>);

struct Shards<K> {
    parts: [Mutex<Shard<K>>; SHARDS],
    hasher: RandomState,
    /// No end is more than this ahead of the time at which it was measured.
    longest: Nanos,
}

struct Shard<K> {
    ends: HashMap<K, Nanos>,
    /// At how many those are dropped whose time is over.
    swept_at: usize,
}

impl<K: Clone + Eq + Hash> Ends<K> {
    fn new(longest: Duration) -> Ends<K> {
        let shard = |_| Mutex::new(Shard { ends: HashMap::new(), swept_at: FEW });
        let parts = std::array::from_fn(shard);
        Ends(Arc::new(Shards { parts, hasher: RandomState::new(), longest: Nanos::from(longest) }))
    }

    fn shard(&self, of: &K) -> Option<MutexGuard<'_, Shard<K>>> {
        let hash = usize::try_from(self.0.hasher.hash_one(of) % SHARDS as u64).unwrap_or_default();
        self.0.parts.get(hash).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take_off(&self, of: &K, time: Duration) {
        let Some(mut shard) = self.shard(of) else { return };
        if let Some(end) = shard.ends.get_mut(of) {
            *end = end.saturating_sub(Nanos::from(time));
        }
    }
}

impl<K: Clone + Eq + Hash> StateStore for Ends<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, of: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Some(mut shard) = self.shard(of) else { return measure(None).map(|(told, _)| told) };
        let (told, end) = measure(shard.ends.get(of).copied())?;
        shard.keep(of, end, self.0.longest);
        Ok(told)
    }
}

impl<K: Clone + Eq + Hash> Shard<K> {
    fn keep(&mut self, of: &K, end: Nanos, longest: Nanos) {
        match self.ends.get_mut(of) {
            Some(kept) => *kept = end,
            None => {
                if self.ends.len() >= self.swept_at {
                    self.sweep(end, longest);
                }
                self.ends.insert(of.clone(), end);
            }
        }
    }

    /// Drops those whose time is over, and where too many are left those who are nearest to that.
    fn sweep(&mut self, newest: Nanos, longest: Nanos) {
        let longest = longest.as_u64();
        self.ends.retain(|_, end| end.as_u64().saturating_add(longest) > newest.as_u64());
        if self.ends.len() >= MOST_OF_A_SHARD {
            let mut ends: Vec<Nanos> = self.ends.values().copied().collect();
            let half = ends.len() / 2;
            let (_, middle, _) = ends.select_nth_unstable(half);
            let middle = *middle;
            self.ends.retain(|_, end| *end > middle);
        }
        self.swept_at = (2 * self.ends.len()).clamp(FEW, MOST_OF_A_SHARD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_noon() -> Clock {
        Clock::held_at("2026-11-21T04:00:00Z".parse().unwrap())
    }

    #[test]
    fn what_was_used_comes_back_bit_by_bit() {
        let clock = at_noon();
        let limit = RateLimit::a_minute(6, &clock);
        let left: Vec<_> = (0..7).map(|_| limit.count(&"a")).collect();
        assert_eq!(left, [Ok(5), Ok(4), Ok(3), Ok(2), Ok(1), Ok(0), Err(Wait(10))]);
        assert_eq!(limit.count(&"b"), Ok(5), "another's own");
        clock.set(clock.now() + chrono::Duration::milliseconds(9_500));
        assert_eq!(limit.count(&"a"), Err(Wait(1)));
        clock.set(clock.now() + chrono::Duration::milliseconds(500));
        assert_eq!((limit.count(&"a"), limit.count(&"a")), (Ok(0), Err(Wait(10))));
        // A clock that is set back neither frees nor counts twice.
        clock.set(clock.now() - chrono::Duration::seconds(5));
        assert_eq!(limit.count(&"a"), Err(Wait(15)));
        clock.set(clock.now() + chrono::Duration::minutes(2));
        assert_eq!(limit.count(&"a"), Ok(5));
    }

    #[test]
    fn what_is_given_back_is_there_again_and_no_more() {
        let limit = RateLimit::a_minute(2, &at_noon());
        limit.give_back(&"a");
        assert_eq!((limit.count(&"a"), limit.count(&"a"), limit.count(&"a")), (Ok(1), Ok(0), Err(Wait(30))));
        limit.give_back(&"a");
        assert_eq!((limit.count(&"a"), limit.count(&"a")), (Ok(0), Err(Wait(30))));
        (0..5).for_each(|_| limit.give_back(&"a"));
        assert_eq!((limit.count(&"a"), limit.count(&"a"), limit.count(&"a")), (Ok(1), Ok(0), Err(Wait(30))));
    }

    #[test]
    fn a_photo_is_counted_by_the_minute_and_by_the_day() {
        let clock = at_noon();
        let config = Config { photos_a_minute: 2, photos_a_day: 3, ..Config::default() };
        let rates = Rates::new(&config, &clock);
        let (one, other) = ("one".to_owned(), "other".to_owned());
        assert_eq!((rates.count_photo(&one), rates.count_photo(&one)), (Ok(()), Ok(())));
        assert_eq!(rates.count_photo(&one), Err(Wait(30)));
        assert_eq!(rates.count_photo(&other), Ok(()));
        clock.set(clock.now() + chrono::Duration::minutes(1));
        assert_eq!(rates.count_photo(&one), Ok(()));
        // Eight hours after the first there is one more; by the minute there would be one already.
        assert_eq!(rates.count_photo(&one), Err(Wait(8 * 3600 - 60)));
        clock.set(clock.now() + chrono::Duration::hours(8) - chrono::Duration::minutes(1));
        assert_eq!((rates.count_photo(&one), rates.count_photo(&one).is_err()), (Ok(()), true));
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let limit = RateLimit::a_minute(0, &at_noon());
        limit.give_back(&"a");
        assert_eq!((limit.most(), limit.count(&"a")), (0, Ok(0)));
    }

    fn kept(limit: &RateLimit<u32>) -> usize {
        limit.ends.0.parts.iter().map(|shard| shard.lock().unwrap().ends.len()).sum()
    }

    #[test]
    fn memory_is_bounded_and_whose_minute_is_over_is_dropped() {
        let clock = at_noon();
        let limit = RateLimit::a_minute(2, &clock);
        (0..250_000).for_each(|network| assert_eq!(limit.count(&network), Ok(1)));
        assert!((40_000..=100_000).contains(&kept(&limit)));

        let limit = RateLimit::a_minute(2, &clock);
        (0..50_000).for_each(|network| assert_eq!(limit.count(&network), Ok(1)));
        clock.set(clock.now() + chrono::Duration::minutes(2));
        (50_000..110_000).for_each(|network| assert_eq!(limit.count(&network), Ok(1)));
        assert_eq!(kept(&limit), 60_000);
    }
}
