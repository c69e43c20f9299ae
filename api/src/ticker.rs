//! What a serving process does by itself: due work as soon as its time has come, polling what other
//! processes write, and housekeeping.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use xinwu_domain::calendar::day_of;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::wall_clock::{BothClocks, Trust, Yardstick};
use xinwu_persistence::city::keep_city;
use xinwu_persistence::credit::scheme::Rulebook;
use xinwu_persistence::operations::retention;
use xinwu_persistence::operations::{due, increments, wall_clock};
use xinwu_persistence::people::notice;
use xinwu_persistence::ratings::rating::Shuffle;
use xinwu_persistence::working_days;
use xinwu_store::{Clock, StoreError, Tx};

use crate::config::Profile;
use crate::photos;
use crate::sms;
use crate::state::State;

/// How often the clock looks. Nothing due costs one small read.
const PERIOD: Duration = Duration::from_secs(1);
/// How often it is kept that a service works on this database.
const KEPT_EVERY: Duration = Duration::from_secs(300);
/// How long it waits after a failure: a database that is away is not asked every second.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// How soon it polls again for what other processes wrote, such as `xinwu user disable`, after the
/// database was away: "a user who is demoted or disabled loses access at once".
const POLL_AGAIN: Duration = Duration::from_millis(250);

/// How often imports are looked for whose process is gone.
const IMPORTS_PERIOD: Duration = Duration::from_secs(5);

/// How often the database looks at how its tables have grown, and what the change feed's table and
/// that of notices hold of long ago is dropped.
const HOUSEKEEPING_PERIOD: Duration = Duration::from_secs(3600);
/// Between dropping some and some more of them: ten thousand a second, so that nobody's write waits
/// and a stop does not.
const BETWEEN_DROPS: Duration = Duration::from_millis(100);

/// After the start, which is busy enough, until ratings are first written again; and between those
/// of one project and the next.
const BEFORE_SHUFFLE: Duration = Duration::from_secs(600);
const BETWEEN_PARTS: Duration = Duration::from_millis(20);

/// How often it is said that the holidays of a year are missing, and the files of photos are
/// removed that nothing names any more.
const DAILY: Duration = Duration::from_secs(24 * 3600);

/// How often the times that requests took are added up: until then each is kept by itself, for a
/// scrape that may never come.
const METRICS_PERIOD: Duration = Duration::from_secs(5);

/// The clock, running.
#[derive(Debug)]
pub struct Ticker {
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 10],
}

impl Ticker {
    /// Stops after the write that is under way; waits for it.
    pub async fn stop(self) {
        // Without a receiver the tasks have ended already.
        self.stop.send(true).ok();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "the clock did not end well");
            }
        }
    }
}

/// Starts the clock on this runtime: at once what was missed, then everything at its time.
pub async fn start(state: Arc<State>) -> Result<Ticker, StoreError> {
    keep_settings(&state).await?;
    if !state.db.read(Rulebook::load).await?.has_primary(SubjectKind::Firm) {
        tracing::warn!("no scheme of this city is installed: nobody is graded; see `xinwu scheme install`");
    }
    // Before anybody is answered: whoever is in what was published since a copy must not rate
    // again.
    increments::settle(&state.db, state.journal(), &state.month_keys()).await?;
    if state.journal().is_none() && state.config.profile == Profile::Production {
        tracing::warn!(
            "increments_file is not set: a restored backup would publish again what was published since"
        );
    }
    let (stop, stopped) = watch::channel(false);
    let stopping = stopped.clone();
    let (ticking, growing, dropping) = (Arc::clone(&state), Arc::clone(&state), Arc::clone(&state));
    let (importing, sending) = (Arc::clone(&state), Arc::clone(&state));
    let (warning, shuffling) = (Arc::clone(&state), Arc::clone(&state));
    let sweeping = Arc::clone(&state);
    let shuffle = Arc::new(Shuffle::default());
    let is_failing = Arc::new(AtomicBool::new(false));
    let watch = Watch { trust: Trust::default(), began: Instant::now(), kept: None };
    let watch = Arc::new(Mutex::new(watch));
    let tasks = [
        // Apart from the clock's work, which may take long.
        tokio::spawn(repeat(stopped.clone(), move || {
            poll_changes(Arc::clone(&state), Arc::clone(&is_failing))
        })),
        tokio::spawn(repeat(stopped.clone(), move || {
            tick(Arc::clone(&ticking), Arc::clone(&watch), stopping.clone())
        })),
        tokio::spawn(repeat(stopped.clone(), move || recover_imports(Arc::clone(&importing)))),
        tokio::spawn(repeat(stopped.clone(), move || send_notices(Arc::clone(&sending)))),
        tokio::spawn(repeat(stopped.clone(), move || analyze(Arc::clone(&growing)))),
        tokio::spawn(repeat(stopped.clone(), move || drop_old(Arc::clone(&dropping)))),
        tokio::spawn(repeat(stopped.clone(), move || warn_of_holidays(Arc::clone(&warning)))),
        tokio::spawn(later(stopped.clone(), move || {
            shuffle_ratings(Arc::clone(&shuffling), Arc::clone(&shuffle))
        })),
        tokio::spawn(repeat(stopped.clone(), move || sweep_photos(Arc::clone(&sweeping)))),
        tokio::spawn(repeat(stopped, add_up_metrics)),
    ];
    Ok(Ticker { stop, tasks })
}

/// Keeps in the database what other processes and every write must go by too.
pub async fn keep_settings(state: &State) -> Result<(), StoreError> {
    let (city, sms_kinds) = (state.city(), state.config.notice_sms());
    let retention = state.config.retention();
    let keep = move |tx: &mut Tx<'_>| {
        keep_city(tx, city)?;
        retention::keep(tx, retention)?;
        notice::keep_sms_kinds(tx, &sms_kinds)
    };
    state.db.write(keep).await
}

async fn tick(state: Arc<State>, watch: Arc<Mutex<Watch>>, stopped: watch::Receiver<bool>) -> Duration {
    let now = match watched(&state, &watch).await {
        Ok(Some(now)) => now,
        Ok(None) => return PERIOD,
        Err(error) => {
            tracing::error!(%error, "the clock could not be compared and nothing due was done");
            return AFTER_FAILURE;
        }
    };
    match due::tick(&state.db, state.journal(), &state.month_keys(), now, &|| !*stopped.borrow()).await {
        Ok(_) => PERIOD,
        Err(error) => {
            tracing::error!(%error, "the clock's work failed and will be tried again");
            AFTER_FAILURE
        }
    }
}

/// The order in which ratings were written is no one's to know.
async fn shuffle_ratings(state: Arc<State>, shuffle: Arc<Shuffle>) -> Duration {
    match shuffle.some(&state.db).await {
        Ok(true) => BETWEEN_PARTS,
        Ok(false) => HOUSEKEEPING_PERIOD,
        Err(error) => {
            tracing::error!(%error, "ratings still lie in the order of their writing; it is tried again");
            AFTER_FAILURE
        }
    }
}

async fn recover_imports(state: Arc<State>) -> Duration {
    let recovered = tokio::task::spawn_blocking(move || state.imports().recover()).await;
    let failed = match recovered {
        Ok(Ok(_)) => return IMPORTS_PERIOD,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(error = failed, "unfinished imports were not looked for; it is tried again");
    AFTER_FAILURE
}

/// What this process believes of the machine's clock.
struct Watch {
    trust: Trust,
    /// The steady clock is read from here.
    began: Instant,
    /// When it was last kept that a service works on this database.
    kept: Option<Duration>,
}

/// The time now, if the machine's clock is believed; a held clock always is. Says once that it is
/// not, and once that it is again.
async fn watched(state: &State, watch: &Mutex<Watch>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let (mut trust, began, kept) = {
        let watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
        (watch.trust, watch.began, watch.kept)
    };
    // Side by side: what passes between the two would be taken for a jump.
    let (steady, wall) = (began.elapsed(), state.db.clock().now());
    if let Clock::Held(_) = state.db.clock() {
        return Ok(Some(wall));
    }
    let yardstick = if trust.has_begun() {
        Yardstick::LastTick(None)
    } else {
        state.db.read(wall_clock::yardstick).await?
    };
    let reading = BothClocks { wall, steady };
    let mut judged = trust.judge(reading, yardstick, None);
    if judged.is_err() {
        let accepted = state.db.read(wall_clock::accepted).await?;
        judged = trust.judge(reading, yardstick, accepted);
    }
    let before = {
        let mut doubt = state.clock_doubt.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *doubt, judged.err())
    };
    match (before, judged) {
        (None, Err(doubt)) => tracing::error!(
            %doubt,
            "the machine's clock is not believed; nothing due is done until it is right, or `xinwu clock accept`"
        ),
        (Some(_), Ok(())) => tracing::warn!("the machine's clock is believed again"),
        _ => {}
    }
    if judged.is_err() {
        return Ok(None);
    }
    let is_old = kept.is_none_or(|kept| steady.saturating_sub(kept) >= KEPT_EVERY);
    if is_old {
        state.db.write(wall_clock::note_tick).await?;
    }
    let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
    watch.trust = trust;
    if is_old {
        watch.kept = Some(steady);
    }
    Ok(Some(wall))
}

async fn send_notices(state: Arc<State>) -> Duration {
    match sms::send_notices(&state).await {
        Ok(_) => PERIOD,
        Err(error) => {
            tracing::warn!(%error, "notices were not sent to phones; it is tried again");
            AFTER_FAILURE
        }
    }
}

async fn analyze(state: Arc<State>) -> Duration {
    if let Err(error) = state.db.analyze().await {
        tracing::warn!(%error, "the database's statistics were not kept");
    }
    HOUSEKEEPING_PERIOD
}

async fn drop_old(state: Arc<State>) -> Duration {
    let dropped = async {
        let changes = state.db.drop_old_changes().await?;
        Ok::<_, StoreError>(changes + state.db.write(notice::drop_old).await?)
    };
    match dropped.await {
        Ok(0) => HOUSEKEEPING_PERIOD,
        Ok(_) => BETWEEN_DROPS,
        Err(error) => {
            tracing::warn!(%error, "changes and notices of long ago were not dropped");
            HOUSEKEEPING_PERIOD
        }
    }
}

/// Says in the log that the holidays of a year are missing, at the start and each day.
async fn warn_of_holidays(state: Arc<State>) -> Duration {
    match working_days::warning(day_of(state.db.clock().now(), state.zone)) {
        Ok(None) => {}
        Ok(Some(warning)) => tracing::warn!("{warning}"),
        Err(error) => tracing::error!(%error, "the calendar of working days cannot be read"),
    }
    DAILY
}

async fn sweep_photos(state: Arc<State>) -> Duration {
    match photos::sweep(&state).await {
        Ok(0) => DAILY,
        Ok(removed) => {
            tracing::info!(removed, "files of photos that nothing named were removed");
            DAILY
        }
        Err(error) => {
            tracing::warn!(%error, "photos that nothing names were not removed; it is tried again");
            HOUSEKEEPING_PERIOD
        }
    }
}

async fn add_up_metrics() -> Duration {
    crate::server::recorder().run_upkeep();
    METRICS_PERIOD
}

/// Says once that nothing is read, and once that it is again.
async fn poll_changes(state: Arc<State>, is_failing: Arc<AtomicBool>) -> Duration {
    match state.db.poll_round().await {
        Ok(pause) => {
            if is_failing.swap(false, Ordering::Relaxed) {
                tracing::info!("what other processes write is read again");
            }
            pause
        }
        Err(error) => {
            if !is_failing.swap(true, Ordering::Relaxed) {
                tracing::error!(%error, "what other processes write was not read; it will be tried again");
            }
            POLL_AGAIN
        }
    }
}

/// [`repeat`] from [`BEFORE_SHUFFLE`] on.
async fn later<F: Future<Output = Duration>>(mut stopped: watch::Receiver<bool>, work: impl Fn() -> F) {
    if tokio::time::timeout(BEFORE_SHUFFLE, stopped.wait_for(|stop| *stop)).await.is_err() {
        repeat(stopped, work).await;
    }
}

/// Does `work` again and again, each time after the pause that it asked for, until it is told to
/// stop.
async fn repeat<F: Future<Output = Duration>>(mut stopped: watch::Receiver<bool>, work: impl Fn() -> F) {
    loop {
        let pause = work().await;
        if tokio::time::timeout(pause, stopped.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
