//! The clock's thread: does what time alone changes, as soon as its time has come.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use xinwu_persistence::setting::{City, keep_city};
use xinwu_persistence::{StoreError, due};

use crate::state::State;

/// How often the clock looks. Nothing due costs one small read.
const PERIOD: Duration = Duration::from_secs(1);
/// How long it waits after a failure: a database that is away is not asked every second.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// The clock, running.
#[derive(Debug)]
pub struct Ticker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Ticker {
    /// Stops after what is under way; waits for it.
    pub async fn stop(self) {
        // Without a receiver the task has ended already.
        self.stop.send(true).ok();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the clock did not end well");
        }
    }
}

/// Starts the clock on this runtime: at once what was missed, then everything at its time.
///
/// # Errors
/// Those of the database while the city's settings are kept.
pub async fn start(state: Arc<State>) -> Result<Ticker, StoreError> {
    let city = City { zone: state.zone, fewest_voices: state.config.fewest_voices };
    state.db.write(move |tx| keep_city(tx, city)).await?;
    let (stop, mut stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        loop {
            let pause = match due::tick(&state.db, state.db.clock().now()).await {
                Ok(_) => PERIOD,
                Err(error) => {
                    tracing::error!(%error, "the clock's work failed and will be tried again");
                    AFTER_FAILURE
                }
            };
            if tokio::time::timeout(pause, stopped.wait_for(|stop| *stop)).await.is_ok() {
                return;
            }
        }
    });
    Ok(Ticker { stop, task })
}
