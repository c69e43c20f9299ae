//! Threads that may block, as many as there are connections, and who waits for one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};

use crate::error::{Result, StoreError};

/// Runs so much at once as there are connections; what comes meanwhile waits in a queue, from which
/// a thread that has done takes the next itself. Nobody has to be woken to hand a connection on.
pub(super) struct Workers {
    /// Its threads for what blocks; nothing else runs on it. None only while it is dropped.
    runtime: Option<Runtime>,
    busy: Arc<AtomicUsize>,
    patience: Duration,
}

/// Work that was handed over. When nobody waits for it any more it is not started; what has
/// started goes on.
struct Handed<T> {
    outcome: JoinHandle<Result<T>>,
    /// Whether it has begun, or never will.
    is_settled: Arc<AtomicBool>,
}

/// One thread that has work, until it is dropped: work may panic.
struct Counted<'a>(&'a AtomicUsize);

impl Counted<'_> {
    fn one_more(busy: &AtomicUsize) -> Counted<'_> {
        busy.fetch_add(1, Ordering::Relaxed);
        Counted(busy)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> Drop for Handed<T> {
    fn drop(&mut self) {
        self.is_settled.store(true, Ordering::SeqCst);
    }
}

impl Workers {
    /// `patience` is how long work waits for a thread at most.
    pub(super) fn new(connections: u32, patience: Duration) -> Result<Workers> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(connections.max(1) as usize)
            .thread_name("store")
            .build()
            .map_err(|error| StoreError::internal(error.to_string()))?;
        Ok(Workers { runtime: Some(runtime), busy: Arc::default(), patience })
    }

    /// # Errors
    /// [`StoreError::Busy`] when it was not begun in time.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(runtime) = &self.runtime else {
            return Err(StoreError::Unavailable("the database is closed".to_owned()));
        };
        const LATE: StoreError = StoreError::Busy("no connection came free in time");
        let (busy, is_settled) = (Arc::clone(&self.busy), Arc::<AtomicBool>::default());
        let settled = Arc::clone(&is_settled);
        let outcome = runtime.handle().spawn_blocking(move || {
            if settled.swap(true, Ordering::SeqCst) {
                return Err(LATE);
            }
            let _one = Counted::one_more(&busy);
            work()
        });
        let mut handed = Handed { outcome, is_settled };
        if let Ok(outcome) = tokio::time::timeout(self.patience, &mut handed.outcome).await {
            return done(outcome);
        }
        // What has begun is waited for.
        if handed.is_settled.swap(true, Ordering::SeqCst) {
            done((&mut handed.outcome).await)
        } else {
            Err(LATE)
        }
    }

    /// How many threads have work.
    pub(super) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // Whoever drops it may be a task of another runtime, which must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn done<T>(outcome: std::result::Result<Result<T>, JoinError>) -> Result<T> {
    outcome.unwrap_or_else(|error| {
        Err(StoreError::internal(format!("a store's closure did not finish: {error}")))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::db::wait_for;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(5);

    /// Work that says that it has begun, and ends when it is told.
    fn held() -> (impl FnOnce() -> Result<u8> + Send + 'static, Receiver<()>, Sender<u8>) {
        let (started, has_started) = channel();
        let (end, ended) = channel();
        let work = move || {
            started.send(()).unwrap();
            Ok(ended.recv().unwrap())
        };
        (work, has_started, end)
    }

    fn run<T: Send + 'static>(
        workers: &Arc<Workers>,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> std::thread::JoinHandle<Result<T>> {
        let workers = Arc::clone(workers);
        std::thread::spawn(move || wait_for(workers.run(work)))
    }

    /// One thread, which has work until it is told.
    fn occupied(patience: Duration) -> (Arc<Workers>, std::thread::JoinHandle<Result<u8>>, Sender<u8>) {
        let workers = Arc::new(Workers::new(1, patience).unwrap());
        let (work, has_started, end) = held();
        let first = run(&workers, work);
        has_started.recv().unwrap();
        (workers, first, end)
    }

    #[test]
    fn what_is_too_much_waits_and_is_done_then() {
        let (workers, first, end) = occupied(LONG);
        let (work, second_started, second_end) = held();
        let second = run(&workers, work);
        assert_eq!(workers.busy(), 1);
        assert!(second_started.try_recv().is_err());
        end.send(1).unwrap();
        assert_eq!(first.join().unwrap().unwrap(), 1);
        second_end.send(2).unwrap();
        assert_eq!(second.join().unwrap().unwrap(), 2);
    }

    #[test]
    fn what_has_not_begun_in_time_is_never_done() {
        let (workers, first, end) = occupied(SHORT);
        let done = Arc::new(Mutex::new(false));
        let is_done = Arc::clone(&done);
        let second = run(&workers, move || {
            *is_done.lock().unwrap() = true;
            Ok(())
        });
        assert!(matches!(second.join().unwrap(), Err(StoreError::Busy(_))));
        // What has begun is waited for, however long it takes.
        end.send(1).unwrap();
        assert_eq!(first.join().unwrap().unwrap(), 1);
        assert_eq!(wait_for(workers.run(|| Ok(3))).unwrap(), 3);
        assert!(!*done.lock().unwrap());
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_begun() {
        let (workers, first, end) = occupied(LONG);
        let (dropped, is_dropped) = channel::<()>();
        let waiting = wait_for(async {
            let given_up = workers.run(move || {
                dropped.send(()).unwrap();
                Ok(())
            });
            Ok(tokio::time::timeout(SHORT, given_up).await)
        });
        assert!(waiting.unwrap().is_err());
        end.send(1).unwrap();
        assert_eq!(first.join().unwrap().unwrap(), 1);
        assert_eq!(wait_for(workers.run(|| Ok(3))).unwrap(), 3);
        assert!(is_dropped.recv().is_err());
    }

    #[test]
    fn work_that_panics_costs_no_thread() {
        let workers = Workers::new(1, LONG).unwrap();
        let panicked: Result<()> = wait_for(workers.run(|| panic!("no")));
        assert!(matches!(panicked, Err(StoreError::Internal(_))));
        assert_eq!((wait_for(workers.run(|| Ok(3))).unwrap(), workers.busy()), (3, 0));
    }

    #[test]
    fn a_task_of_another_runtime_may_be_the_last_to_let_go() {
        let workers = Arc::new(Workers::new(1, LONG).unwrap());
        wait_for(async move {
            workers.run(|| Ok(())).await?;
            drop(workers);
            Ok(())
        })
        .unwrap();
    }
}
