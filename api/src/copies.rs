//! Copies that others keep: the file with everything public, and who waits for changes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use aws_lc_rs::digest;
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use xinwu_domain::copy::{self, BothLanguages, CopyHead, CopyKind};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Text};
use xinwu_persistence::lookup::snapshot;
use xinwu_persistence::registers::place;
use xinwu_store::change_feed::{ChangeFeed, ChangeSet, Position};
use xinwu_store::{Conn, Result as StoreResult, StoreError};

use crate::problem::Problem;
use crate::secrets::Secrets;
use crate::state::State;

/// How old a snapshot is at most when it is given out. Who has it fetches what changed since: an
/// hour of changes is little, and a city's file is made once an hour at the most, whoever asks.
const OLDEST: TimeDelta = TimeDelta::hours(1);
/// How long a request waits for one that is being made; then it is told when to come again.
const PATIENCE: Duration = Duration::from_secs(20);
const COME_AGAIN: u32 = 10;
/// Requests that wait for changes at once: each holds a connection and nothing else;
const WAITERS: usize = 256;
/// and so many of these from one address, or one address would take them all.
const WAITERS_OF_ONE: usize = 8;

/// What is kept for those who copy.
pub struct Copies {
    latest: Mutex<Option<Arc<Snapshot>>>,
    /// Held by whoever makes one.
    making: Arc<tokio::sync::Mutex<()>>,
    /// Goes up with each change of something public, and when this ends.
    changed: watch::Sender<u64>,
    /// How many wait, by the network that they ask from.
    waiting: Mutex<HashMap<String, usize>>,
    ends: AtomicBool,
}

/// A file with everything public as it was at one time. It has no name, so that it is gone with the
/// last who reads it, however the process ends.
pub struct Snapshot {
    /// What is read at any place.
    pub file: File,
    /// Bytes.
    pub length: u64,
    /// SHA-256 of the file.
    pub digest: Vec<u8>,
    /// When everything was so.
    pub taken_at: DateTime<Utc>,
    position: Position,
}

/// Leave to wait for changes.
pub struct Waiter<'a> {
    changed: watch::Receiver<u64>,
    copies: &'a Copies,
    network: String,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.copies.waiting();
        match waiting.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(waiting.remove(&self.network)),
        }
    }
}

/// What a cursor of the change feed holds.
#[derive(Serialize, Deserialize)]
struct Content(u32, Position);

impl Copies {
    /// None made yet, and nobody waiting; learns of changes from `change_feed`.
    pub fn subscribed_to(change_feed: &ChangeFeed) -> Arc<Copies> {
        let copies = Arc::new(Copies {
            latest: Mutex::default(),
            making: Arc::default(),
            changed: watch::Sender::new(0),
            waiting: Mutex::default(),
            ends: AtomicBool::new(false),
        });
        let subscriber = Arc::clone(&copies);
        change_feed.subscribe(move |changes| {
            if is_public(changes) {
                subscriber.wake();
            }
        });
        copies
    }

    /// Lets all who wait go, and ends the making of a snapshot: the process stops.
    pub fn end(&self) {
        self.ends.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        !self.waiting().is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn ends(&self) -> bool {
        self.ends.load(Ordering::SeqCst)
    }

    /// # Errors
    /// 503 while too many wait, in all or from this network.
    pub fn waiter(&self, network: String) -> Result<Waiter<'_>, Problem> {
        let mut waiting = self.waiting();
        let of_one = waiting.get(&network).copied().unwrap_or_default();
        if of_one >= WAITERS_OF_ONE || waiting.values().sum::<usize>() >= WAITERS {
            let text = Text::new(
                "等待变更的请求过多（总数或来自您的网络地址），请稍后再试，或不带 wait 查询",
                "Too many requests are waiting for changes, in all or from your address: try again \
                 shortly, or ask without `wait`",
            );
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_waiting", text);
            return Err(problem.retry_after(COME_AGAIN));
        }
        waiting.insert(network.clone(), of_one + 1);
        drop(waiting);
        Ok(Waiter { changed: self.changed.subscribe(), copies: self, network })
    }

    fn kept(&self) -> Option<Arc<Snapshot>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Waiter<'_> {
    /// Marks what has changed so far as seen: call it before the reading.
    pub fn look(&mut self) {
        self.changed.mark_unchanged();
    }

    /// Waits for a change after the last look, for as long as `patience` does not end; gives
    /// whether there was one, and it is worth looking again.
    pub async fn changed(&mut self, patience: impl Future<Output = ()>) -> bool {
        if self.copies.ends() {
            return false;
        }
        tokio::select! {
            changed = self.changed.changed() => changed.is_ok() && !self.copies.ends(),
            () = patience => false,
        }
    }
}

fn is_public(changes: ChangeSet<'_>) -> bool {
    match changes {
        ChangeSet::Changed(changes) => changes.iter().any(|change| CopyKind::of(change.entity).is_some()),
        ChangeSet::Everything => true,
    }
}

/// The cursor of a position of the change feed.
///
/// # Errors
/// 500 when it cannot be made.
pub fn cursor_of(secrets: &Secrets, position: &Position) -> StoreResult<String> {
    let failed = |error: String| StoreError::internal(format!("a cursor could not be made: {error}"));
    let content = serde_json::to_string(&Content(copy::FORMAT, position.clone()))
        .map_err(|error| failed(error.to_string()))?;
    secrets.hide_cursor(&content).map_err(|error| failed(error.to_string()))
}

/// The position of a cursor.
///
/// # Errors
/// 400 for one that this service did not make, 410 for one of lines of another form.
pub fn position_of(secrets: &Secrets, cursor: &str) -> Result<Position, Problem> {
    let content: Option<Content> =
        secrets.reveal_cursor(cursor).and_then(|content| serde_json::from_str(content.trim_end()).ok());
    match content {
        Some(Content(copy::FORMAT, position)) => Ok(position),
        Some(_) => Err(too_old()),
        None => {
            let text = Text::new("游标无效", "The cursor is not one of ours");
            Err(Refusal::bad_parameter("since", "bad_cursor", text).into())
        }
    }
}

/// 410
pub fn too_old() -> Problem {
    let text = Text::new(
        "该游标之后的变更已不完整：请重新下载 /v1/snapshots/latest，并用其替换（而不是合并到）现有副本",
        "What changed after this cursor is not all known any more: fetch /v1/snapshots/latest anew and \
         put it in the place of your copy; do not merge the two",
    );
    Problem::new(StatusCode::GONE, "cursor_too_old", text)
}

/// The snapshot to give out: one that is not too old, and of which nothing has been withdrawn; else
/// it is made, once for all who ask meanwhile.
///
/// # Errors
/// 503 while it is being made for longer than one waits.
pub async fn latest(state: &Arc<State>) -> Result<Arc<Snapshot>, Problem> {
    if let Some(snapshot) = good(state).await? {
        return Ok(snapshot);
    }
    let Ok(making) = Arc::clone(&state.copies.making).try_lock_owned() else {
        // One makes it. Where that fails, those who waited do not try it one after the other.
        return match tokio::time::timeout(PATIENCE, state.copies.making.lock()).await {
            Ok(made) => {
                drop(made);
                good(state).await?.ok_or_else(being_made)
            }
            Err(_) => Err(being_made()),
        };
    };
    // Whoever asked may go away: it is made all the same, and is there for the next.
    let shared = Arc::clone(state);
    let made = actix_web::rt::spawn(async move {
        let _making = making;
        match good(&shared).await? {
            Some(snapshot) => Ok(snapshot),
            None => make(&shared).await,
        }
    });
    match tokio::time::timeout(PATIENCE, made).await {
        Ok(Ok(made)) => made,
        Ok(Err(error)) => Err(Problem::internal(error)),
        Err(_) => Err(being_made()),
    }
}

fn being_made() -> Problem {
    let text = Text::new("快照正在生成，请稍后再试", "The snapshot is being made; try again shortly");
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "snapshot_being_made", text);
    problem.retry_after(COME_AGAIN)
}

/// The one that is kept, if it may be given out: what is no longer public is not, in an older file
/// either.
async fn good(state: &Arc<State>) -> Result<Option<Arc<Snapshot>>, Problem> {
    let now = state.db.clock().now();
    let Some(kept) = state.copies.kept().filter(|kept| now - kept.taken_at < OLDEST) else { return Ok(None) };
    let (position, context) = (kept.position.clone(), state.city().context(Language::Chinese, now));
    let withdrawn = state.db.read(move |conn| snapshot::withdrawn_since(conn, &position, context)).await?;
    Ok((!withdrawn).then_some(kept))
}

async fn make(state: &Arc<State>) -> Result<Arc<Snapshot>, Problem> {
    let shared = Arc::clone(state);
    let made = state.db.read_apart(move |conn| written(conn, &shared)).await?;
    let made = Arc::new(made);
    *state.copies.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
    Ok(made)
}

/// Writes a snapshot of what a connection sees.
fn written(conn: &mut Conn, state: &State) -> StoreResult<Snapshot> {
    let now = state.db.clock().now();
    let context = state.city().context(Language::Chinese, now);
    let position = conn.feed_start()?;
    let config = state.config();
    let attribution = config.data_attribution_zh.clone().zip(config.data_attribution_en.clone());
    let head = CopyHead {
        kind: "head",
        format: copy::FORMAT,
        cursor: cursor_of(&state.secrets, &position)?,
        taken_at: now,
        city: place::city(conn)?,
        licence: config.data_licence.clone(),
        attribution: attribution.map(|(zh, en)| BothLanguages { zh, en }),
        contact: config.data_contact.clone(),
    };
    let file = tempfile::tempfile().map_err(disk)?;
    let mut out = GzEncoder::new(Hashed::new(BufWriter::new(file)), Compression::default());
    line(&mut out, &head)?;
    snapshot::write(conn, context, &mut |each| {
        if state.copies.ends() {
            return Err(StoreError::Unavailable("the service stops".to_owned()));
        }
        line(&mut out, each)
    })?;
    let Hashed { out, hash, length } = out.finish().map_err(disk)?;
    let file = out.into_inner().map_err(|error| disk(error.into_error()))?;
    Ok(Snapshot { file, length, digest: hash.finish().as_ref().to_vec(), taken_at: now, position })
}

fn line(out: &mut impl Write, each: &impl Serialize) -> StoreResult<()> {
    serde_json::to_writer(&mut *out, each).map_err(|error| disk(error.into()))?;
    out.write_all(b"\n").map_err(disk)
}

fn disk(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return StoreError::Full;
    }
    StoreError::internal(error.to_string())
}

/// Counts and hashes what is written.
struct Hashed<W> {
    out: W,
    hash: digest::Context,
    length: u64,
}

impl<W: Write> Hashed<W> {
    fn new(out: W) -> Hashed<W> {
        Hashed { out, hash: digest::Context::new(&digest::SHA256), length: 0 }
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;
    use xinwu_domain::entity::Entity;
    use xinwu_store::change_feed::Change;

    use super::*;

    fn tell(feed: &ChangeFeed, entity: Entity) {
        feed.tell(ChangeSet::Changed(&[Change { entity, id: "a".to_owned() }]));
    }

    #[test]
    fn who_waits_is_woken_by_what_is_public_and_by_nothing_else() {
        let feed = ChangeFeed::default();
        let copies = Copies::subscribed_to(&feed);
        let mut waiter = copies.waiter("a".to_owned()).unwrap();
        waiter.look();
        tell(&feed, Entity::Account);
        tell(&feed, Entity::Household);
        assert_eq!(waiter.changed(pending()).now_or_never(), None);
        tell(&feed, Entity::Firm);
        assert_eq!(waiter.changed(pending()).now_or_never(), Some(true));
        assert_eq!(waiter.changed(pending()).now_or_never(), None);
        // What comes between the look and the waiting is not missed.
        waiter.look();
        feed.tell(ChangeSet::Everything);
        assert_eq!(waiter.changed(pending()).now_or_never(), Some(true));
        assert_eq!(waiter.changed(ready(())).now_or_never(), Some(false));
    }

    #[test]
    fn all_who_wait_are_let_go_at_the_end() {
        let copies = Copies::subscribed_to(&ChangeFeed::default());
        let mut waiter = copies.waiter("a".to_owned()).unwrap();
        waiter.look();
        assert_eq!(waiter.changed(pending()).now_or_never(), None);
        copies.end();
        assert_eq!(waiter.changed(pending()).now_or_never(), Some(false));
    }

    #[test]
    fn so_many_wait_in_all_and_from_one_network_and_no_more() {
        let copies = Copies::subscribed_to(&ChangeFeed::default());
        let wait = |network: usize| copies.waiter(format!("192.0.2.{network}"));
        let refused = |network| assert_eq!(wait(network).err().unwrap().to_string(), "503 too_many_waiting");
        let mut of_one: Vec<Waiter<'_>> = (0..WAITERS_OF_ONE).map(|_| wait(0).unwrap()).collect();
        refused(0);
        of_one.pop();
        of_one.push(wait(0).unwrap());
        let others = (WAITERS_OF_ONE..WAITERS).map(|number| wait(number / WAITERS_OF_ONE).unwrap());
        let mut others: Vec<Waiter<'_>> = others.collect();
        refused(200);
        others.pop();
        assert!(wait(200).is_ok());
        drop((of_one, others));
        assert!(!copies.is_waited_for());
    }
}
