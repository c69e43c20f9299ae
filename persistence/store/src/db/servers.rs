//! The servers of one PostgreSQL database: one takes writes, the others replay it and may answer
//! reads. Who is which is found out, and found out again when the primary is lost. The reasons are
//! in `docs/adr/0007-replicas.md`.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::idle::{Idle, checkout};
use super::server::{Role, Server, written};
use crate::error::{Result, StoreError};
use crate::{Conn, Consistency};

/// How often a lost primary is looked for.
const LOOK: Duration = Duration::from_millis(250);
/// More than any position of a log: until the position is known again no replica is good enough.
const UNKNOWN: i64 = i64::MAX;

pub(crate) struct Servers {
    all: Vec<Server>,
    /// Which of them takes writes.
    primary: AtomicUsize,
    /// The highest timeline that was met.
    timeline: AtomicI64,
    /// Whether the primary could not be reached when it was last asked for.
    lost: AtomicBool,
    /// When a lost primary was last looked for in vain.
    looked: Mutex<Option<Instant>>,
    /// What a replica must have replayed: all that this process wrote or has learnt of.
    needed: Mutex<i64>,
    next_replica: AtomicUsize,
    /// Whether something was read that may be older than what this process knew already.
    went_back: AtomicBool,
    /// Whether this process has written since it last told the others.
    wrote: AtomicBool,
}

/// A connection, with a transaction begun on it, or none, and where it is given back.
pub(super) struct Lent<'a> {
    pub(super) conn: Conn,
    pub(super) idle: &'a Idle,
}

impl Servers {
    /// None of them is asked yet.
    pub(crate) fn new(urls: &[String]) -> Servers {
        Servers {
            all: urls.iter().map(|url| Server::new(url)).collect(),
            primary: AtomicUsize::new(0),
            timeline: AtomicI64::new(0),
            // Whichever is first in the list: only asking all tells which is the rightful primary.
            lost: AtomicBool::new(true),
            looked: Mutex::new(None),
            needed: Mutex::new(UNKNOWN),
            next_replica: AtomicUsize::new(0),
            went_back: AtomicBool::new(false),
            wrote: AtomicBool::new(false),
        }
    }

    /// A new connection to the one that takes writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none does now.
    pub(crate) fn open_primary(&self) -> Result<Conn> {
        self.connect_primary().map(|(_, conn)| conn)
    }

    /// A connection to the one that takes writes, with `begin` done, if anything is to begin.
    pub(super) fn checkout_primary(&self, begin: Option<&str>) -> Result<Lent<'_>> {
        if let Some(server) = self.all.get(self.primary.load(Ordering::SeqCst))
            && let Some(conn) = server.idle.checkout(begin)
        {
            return Ok(Lent { conn, idle: &server.idle });
        }
        let (server, mut conn) = self.connect_primary()?;
        checkout(&mut conn, begin)?;
        Ok(Lent { conn, idle: &server.idle })
    }

    /// A connection for a read, with `begin` done, if anything is to begin. While nobody takes
    /// writes, any server will do: reads go on.
    pub(super) fn checkout_read(&self, begin: Option<&str>, consistency: Consistency) -> Result<Lent<'_>> {
        if consistency == Consistency::ReplicaOrNewest
            && let Some(lent) = self.checkout_replica(begin)
        {
            count("replica");
            return Ok(lent);
        }
        let error = match self.checkout_primary(begin) {
            Ok(lent) => {
                count("primary");
                return Ok(lent);
            }
            Err(error) => error,
        };
        // Said before the reading begins, so that what is cached of it is invalidated when there is
        // a primary again.
        self.went_back.store(true, Ordering::SeqCst);
        let lent = self.begin_anywhere(begin).ok_or(error)?;
        count("without_primary");
        Ok(lent)
    }

    fn checkout_replica(&self, begin: Option<&str>) -> Option<Lent<'_>> {
        let primary = self.primary.load(Ordering::SeqCst);
        let needed = *self.needed();
        if needed == UNKNOWN {
            return None;
        }
        let first = self.next_replica.fetch_add(1, Ordering::Relaxed);
        (0..self.all.len())
            .map(|step| first.wrapping_add(step) % self.all.len())
            .filter(|index| *index != primary)
            .filter_map(|index| self.all.get(index))
            .filter(|server| !server.is_backing_off())
            .find_map(|server| Some(Lent { conn: server.caught_up(needed, begin)?, idle: &server.idle }))
    }

    /// Whoever lives: first those that are connected already, since one that has vanished keeps a
    /// new connection waiting.
    fn begin_anywhere(&self, begin: Option<&str>) -> Option<Lent<'_>> {
        let connected = |server: &Server| server.idle.checkout(begin);
        let fresh = |server: &Server| {
            let (mut conn, _) = server.open().ok()?;
            checkout(&mut conn, begin).ok()?;
            Some(conn)
        };
        let primary = self.primary.load(Ordering::SeqCst);
        let others =
            || self.all.iter().enumerate().filter(|(index, _)| *index != primary).map(|(_, server)| server);
        let lent = |server, conn: Option<Conn>| -> Option<Lent<'_>> {
            let server: &Server = server;
            Some(Lent { conn: conn?, idle: &server.idle })
        };
        others()
            .find_map(|server| lent(server, connected(server)))
            .or_else(|| others().find_map(|server| lent(server, fresh(server))))
    }

    fn connect_primary(&self) -> Result<(&Server, Conn)> {
        if !self.lost.load(Ordering::SeqCst) {
            let known = self.all.get(self.primary.load(Ordering::SeqCst));
            if let Some(server) = known
                && let Ok((conn, Role::Primary { timeline })) = server.open()
                && timeline >= self.timeline.load(Ordering::SeqCst)
            {
                return Ok((server, conn));
            }
            self.lost.store(true, Ordering::SeqCst);
        }
        // One looks for it, the others are told at once that there is none.
        let none = || StoreError::Unavailable("no server takes writes now".to_owned());
        let mut looked = self.looked.try_lock().map_err(|_| none())?;
        if looked.is_some_and(|at| at.elapsed() < LOOK) {
            return Err(none());
        }
        let found = self.rightful_primary();
        *looked = if found.is_ok() { None } else { Some(Instant::now()) };
        found
    }

    /// Asks all at once: of two that take writes the one on the higher timeline is the one that was
    /// promoted, the other came back without having been told.
    fn rightful_primary(&self) -> Result<(&Server, Conn)> {
        let answers: Vec<Result<(Conn, Role)>> = std::thread::scope(|scope| {
            let asked: Vec<_> = self.all.iter().map(|server| scope.spawn(|| server.open())).collect();
            asked
                .into_iter()
                .map(|each| {
                    each.join().unwrap_or_else(|_| Err(StoreError::internal("asking a server panicked")))
                })
                .collect()
        });
        let mut best: Option<(i64, usize, Conn)> = None;
        let mut fault = StoreError::Unavailable("no server takes writes now".to_owned());
        for (index, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok((conn, Role::Primary { timeline })) => {
                    if best.as_ref().is_none_or(|(highest, ..)| timeline > *highest) {
                        best = Some((timeline, index, conn));
                    }
                }
                Ok((_, Role::Standby)) => {}
                Err(error) => fault = error,
            }
        }
        let (timeline, index, conn) =
            best.filter(|(timeline, ..)| *timeline >= self.timeline.load(Ordering::SeqCst)).ok_or(fault)?;
        let server = self.all.get(index).ok_or_else(|| StoreError::internal("a server is missing"))?;
        let before = self.primary.swap(index, Ordering::SeqCst);
        if before != index {
            tracing::warn!(server = index + 1, timeline, "another server takes writes now");
            // Connections to the one before, which may still run, are for nothing any more.
            if let Some(server) = self.all.get(before) {
                server.idle.clear();
            }
        }
        self.timeline.store(timeline, Ordering::SeqCst);
        self.lost.store(false, Ordering::SeqCst);
        Ok((server, conn))
    }

    /// Call after a commit on the primary and before the subscribers learn of it: replicas that
    /// lack it are not used from here on.
    pub(super) fn wrote_on(&self, conn: &mut Conn) {
        self.wrote.store(true, Ordering::SeqCst);
        if self.all.len() < 2 {
            return;
        }
        // What the position is cannot be known when the server is lost right after the commit; then
        // no replica is good enough until it is.
        let position = written(conn).unwrap_or_else(|_| {
            self.went_back.store(true, Ordering::SeqCst);
            UNKNOWN
        });
        self.needs(position);
    }

    /// Replicas that have not replayed this far are not used from here on.
    pub(crate) fn needs(&self, position: i64) {
        let mut needed = self.needed();
        *needed = position.max(*needed);
    }

    /// Begins to count positions again, from where the primary behind `conn` is now.
    pub(crate) fn reset_positions(&self, conn: &mut Conn) -> Result<()> {
        // Read under the lock: a position that a write names meanwhile is named after this one.
        let mut needed = self.needed();
        *needed = written(conn)?;
        Ok(())
    }

    /// Whether something was read since this was last asked that may be older than what was known.
    pub(crate) fn take_went_back(&self) -> bool {
        self.went_back.swap(false, Ordering::SeqCst)
    }

    /// Whether this process has written since this was last asked.
    pub(crate) fn take_wrote(&self) -> bool {
        self.wrote.swap(false, Ordering::SeqCst)
    }

    /// Connections that nobody uses.
    pub(super) fn idle(&self) -> usize {
        self.all.iter().map(|server| server.idle.len()).sum()
    }

    fn needed(&self) -> std::sync::MutexGuard<'_, i64> {
        self.needed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(from: &'static str) {
    metrics::counter!("xinwu_database_reads_total", "from" => from).increment(1);
}
