//! Polling what other processes on the same database changed: it stands in the table `change`. On
//! PostgreSQL those that serve tell each other to look (NOTIFY); what nobody told of is found by
//! looking all the same, twice a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use xinwu_domain::entity::Entity;

use super::{Change, ChangeFeed, ChangeSet};
use crate::conn::{Conn, Purpose};
use crate::db::{Servers, Url};
use crate::dialect::FeedPosition;
use crate::{Result, StoreError};

/// How often an SQLite file is looked at.
const FILE_PERIOD: Duration = Duration::from_millis(250);
/// How often what others told is taken in, and the others are told that this process has written:
/// once for all that it wrote meanwhile.
const ROUND: Duration = Duration::from_millis(50);
/// How often the table is looked at although nobody told of anything: a command beside the service
/// tells nobody, and a process may end before it does.
const UNTOLD: Duration = Duration::from_millis(500);

/// After so long without looking it is not said any more what changed: it may no longer stand in
/// the table ([`super::week`]).
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Subscribes, under a name by which an operator can tell its session from others.
const LISTEN: &str = "SET application_name = 'xinwu listening'; LISTEN xinwu_change";
const TELL: &str = "NOTIFY xinwu_change";

/// Reads on from where it ended the last time.
pub(crate) struct Poller {
    source: Source,
    state: Mutex<State>,
}

enum Source {
    File(Url),
    Servers(Arc<Servers>),
}

struct State {
    read_to: FeedPosition,
    /// A connection of its own, so that what says that an account is disabled never waits for a
    /// pool that is in use. None after a failed reading.
    conn: Option<Conn>,
    /// When the table was last looked at.
    looked: Instant,
}

impl Poller {
    /// Begins now. It must be before anything is read that is kept in memory: what is committed
    /// later is read, so nothing that is kept can miss its change.
    pub(crate) fn of_file(url: &Url) -> Result<Poller> {
        let mut conn = Conn::open(url, Purpose::Read)?;
        let read_to = conn.feed_position()?;
        Ok(Poller { source: Source::File(url.clone()), state: Mutex::new(State::new(read_to, conn)) })
    }

    /// The same on PostgreSQL.
    pub(crate) fn of_servers(servers: Arc<Servers>) -> Result<Poller> {
        let (read_to, conn) = subscribe(&servers)?;
        Ok(Poller { source: Source::Servers(servers), state: Mutex::new(State::new(read_to, conn)) })
    }

    /// Tells the subscribers what was committed since the last time, by whomever; gives how many
    /// changes. Some of this process's own come once more: to invalidate twice is no fault.
    ///
    /// What was missed while a connection to PostgreSQL was lost cannot be told: another server may
    /// take writes by now, which lacks some transactions and gives their numbers to others. So
    /// the subscribers are told that everything may have changed, and the poller begins again.
    pub(crate) fn poll_changes(&self, change_feed: &ChangeFeed) -> Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let open = state.conn.take();
        let is_long_ago = state.looked.elapsed() > LONGEST;
        let (unseen, conn) = match &self.source {
            Source::File(url) => {
                let mut conn = open.map_or_else(|| Conn::open(url, Purpose::Read), Ok)?;
                if is_long_ago {
                    *state = State::new(conn.feed_position()?, conn);
                    change_feed.tell(ChangeSet::Everything);
                    return Ok(0);
                }
                (conn.changes_after(&state.read_to)?, conn)
            }
            Source::Servers(servers) => {
                let went_back = servers.take_went_back();
                // A broken connection is not asked again.
                let seen = open
                    .filter(|_| !went_back && !is_long_ago)
                    .and_then(|mut conn| Some((conn.changes_after(&state.read_to).ok()?, conn)));
                let Some(seen) = seen else {
                    let (read_to, conn) = subscribe(servers)?;
                    *state = State::new(read_to, conn);
                    change_feed.tell(ChangeSet::Everything);
                    return Ok(0);
                };
                seen
            }
        };
        // A kind that this version does not know is shown by nothing that it keeps.
        let changes: Vec<Change> = unseen
            .changes
            .into_iter()
            .filter_map(|(entity, id)| Some(Change { entity: entity.parse::<Entity>().ok()?, id }))
            .collect();
        if let Source::Servers(servers) = &self.source
            && !changes.is_empty()
        {
            servers.needs(unseen.position);
        }
        change_feed.tell(ChangeSet::Changed(&changes));
        *state = State::new(unseen.read_to, conn);
        Ok(changes.len())
    }

    /// The subscribers were told of so many changes, as they were committed to the file; the last
    /// has this number. They are not read once more, unless something of another process is read
    /// with them.
    pub(crate) fn skip_delivered(&self, changes: usize, last: i64) {
        // Whoever is polling just now learns of these too.
        let (Ok(mut state), Ok(changes)) = (self.state.try_lock(), i64::try_from(changes)) else { return };
        if state.read_to == FeedPosition::Number(last - changes) {
            state.read_to = FeedPosition::Number(last);
        }
    }

    /// One round of a process that serves: tells the others that it has written, and learns what
    /// they did. Gives how long to wait for the next round.
    pub(crate) fn round(&self, change_feed: &ChangeFeed) -> Result<Duration> {
        let Source::Servers(servers) = &self.source else {
            return self.poll_changes(change_feed).map(|_| FILE_PERIOD);
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let notified = match &mut state.conn {
            Some(conn) => notify_and_poll(conn, servers.take_wrote()),
            None => Ok(true),
        };
        if notified.is_err() {
            state.conn = None;
        }
        let is_time = notified.unwrap_or(true) || state.looked.elapsed() >= UNTOLD;
        drop(state);
        if is_time {
            self.poll_changes(change_feed)?;
        }
        Ok(ROUND)
    }
}

impl State {
    fn new(read_to: FeedPosition, conn: Conn) -> State {
        State { read_to, conn: Some(conn), looked: Instant::now() }
    }
}

/// Subscribes to the server that takes writes, and gives where a reader of `change` begins that has
/// missed nothing yet.
fn subscribe(servers: &Servers) -> Result<(FeedPosition, Conn)> {
    let mut conn = servers.open_primary()?;
    conn.batch_execute(LISTEN)?;
    servers.reset_positions(&mut conn)?;
    let read_to = conn.feed_position()?;
    Ok((read_to, conn))
}

/// Whether another process has told of something. Taking it in is no question to the server.
fn notify_and_poll(conn: &mut Conn, wrote: bool) -> Result<bool> {
    if wrote {
        conn.batch_execute(TELL)?;
    }
    let Conn::Pg(conn) = conn else { return Err(StoreError::internal("a file tells nothing")) };
    conn.notifications_iter().try_fold(false, |_, told| Ok(told.map(|_| true)?))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn who_has_not_looked_for_a_day_takes_it_that_everything_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::Sqlite(folder.path().join("some.db"));
        let (change_feed, everything) = (ChangeFeed::default(), Arc::new(AtomicUsize::new(0)));
        let told = Arc::clone(&everything);
        change_feed.subscribe(move |changes| {
            told.fetch_add(usize::from(matches!(changes, ChangeSet::Everything)), Ordering::Relaxed);
        });
        let mut writer = Conn::open(&url, Purpose::Write).unwrap();
        writer
            .batch_execute(
                "PRAGMA journal_mode = WAL; CREATE TABLE change (seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, entity_id TEXT NOT NULL, at TIMESTAMP NOT NULL)",
            )
            .unwrap();
        let poller = Poller::of_file(&url).unwrap();
        let mut change = || {
            let sql =
                "INSERT INTO change (entity, entity_id, at) VALUES ('firm', 'a', '2026-11-22 00:00:00')";
            writer.batch_execute(sql).unwrap();
        };
        change();
        assert_eq!((poller.poll_changes(&change_feed).unwrap(), everything.load(Ordering::Relaxed)), (1, 0));
        change();
        let long_ago = Instant::now().checked_sub(LONGEST + Duration::from_secs(1)).unwrap();
        poller.state.lock().unwrap().looked = long_ago;
        assert_eq!((poller.poll_changes(&change_feed).unwrap(), everything.load(Ordering::Relaxed)), (0, 1));
        change();
        assert_eq!((poller.poll_changes(&change_feed).unwrap(), everything.load(Ordering::Relaxed)), (1, 1));
    }
}
