//! Imports as jobs: one at a time, on a thread of their own. A request hands over its file and is answered at once; who wants to know how it goes asks
//! for the job.
//!
//! [`encoding`] finds out how the file is written, [`reader`] makes rows of its bytes, [`runner`] takes them through the store.

mod encoding;
mod json_line;
mod reader;
mod runner;

use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use xinwu_domain::access::Actor;
use xinwu_domain::import::{ImportFormat, ImportKind};
use xinwu_persistence::import::Claims;
use xinwu_persistence::{Db, StoreError};

use crate::secrets::Secrets;

pub use runner::{Progress, Stage, finish_evaluating, run};

/// Jobs that may wait; their files are on the disk meanwhile.
const WAITING: usize = 16;

/// A file to import.
#[derive(Debug)]
pub struct Job {
    /// The import, opened before.
    pub id: String,
    /// Its file, from the start.
    pub file: File,
    /// What the rows are.
    pub kind: ImportKind,
    /// How they are written.
    pub format: ImportFormat,
    /// Whether only a report is asked for.
    pub dry_run: bool,
    /// Whether records may say when they were known.
    pub founding: bool,
    /// Who sent it.
    pub actor: Actor,
}

/// What a job needs besides its file.
pub struct Workshop {
    /// The database.
    pub db: Db,
    /// The keys: phones are hashed as they are read.
    pub secrets: Secrets,
    /// The city's zone.
    pub zone: chrono_tz::Tz,
    /// Tells other instances of the service which jobs this one is at.
    pub claims: Claims,
}

enum Work {
    Import(Job),
    /// A visible or ended job of which something is left to do: evaluations that were put off, rows to be removed.
    Finish(String),
}

#[derive(Default)]
struct Running {
    jobs: Mutex<BTreeSet<String>>,
    ended: Condvar,
}

/// The jobs of this process.
pub struct Imports {
    workshop: Arc<Workshop>,
    queue: Sender<Work>,
    running: Arc<Running>,
}

impl Imports {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(workshop: Workshop) -> Result<Imports, StoreError> {
        let (queue, jobs) = channel::<Work>();
        let workshop = Arc::new(workshop);
        let shared = Arc::clone(&workshop);
        let running = Arc::new(Running::default());
        let ended = Arc::clone(&running);
        std::thread::Builder::new()
            .name("imports".to_owned())
            .spawn(move || {
                while let Ok(work) = jobs.recv() {
                    let id = work.id().to_owned();
                    let is_import = matches!(work, Work::Import(_));
                    // A panic ends one job, never the thread.
                    let outcome = catch_unwind(AssertUnwindSafe(|| match work {
                        Work::Import(job) => run(&shared, job, &|_| {}),
                        Work::Finish(id) => {
                            runner::finish_evaluating(&shared, &id, &|_| {});
                            runner::clear(&shared, &id);
                        }
                    }));
                    if outcome.is_err() && is_import {
                        runner::give_up(&shared, &id);
                    }
                    shared.claims.give_back(&id);
                    ended.end(&id);
                }
            })
            .map_err(|error| StoreError::internal(error.to_string()))?;
        Ok(Imports { workshop, queue, running })
    }

    /// Takes a job. It is running from now on.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many wait.
    pub fn take(&self, job: Job) -> Result<(), StoreError> {
        if self.running.count() >= WAITING {
            return Err(StoreError::Busy("too many imports are waiting"));
        }
        self.send(Work::Import(job))
    }

    /// Makes the evaluations that a job has put off and removes what it leaves behind, if anything.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the thread has stopped.
    pub fn finish(&self, id: &str) -> Result<(), StoreError> {
        self.send(Work::Finish(id.to_owned()))
    }

    /// Whether another job would be taken now.
    pub fn has_room(&self) -> bool {
        self.running.count() < WAITING
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        let id = work.id().to_owned();
        self.workshop.claims.take(&id)?;
        self.running.begin(&id);
        self.queue.send(work).map_err(|_| {
            self.running.end(&id);
            StoreError::Unavailable("imports have stopped".to_owned())
        })
    }

    /// Waits until a job that was taken has ended; at once for any other. For tests and for a graceful stop: it blocks.
    pub fn finished(&self, id: &str) {
        let mut jobs = self.running.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        while jobs.contains(id) {
            jobs = self.running.ended.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Work {
    fn id(&self) -> &str {
        match self {
            Work::Import(job) => &job.id,
            Work::Finish(id) => id,
        }
    }
}

impl Running {
    fn count(&self) -> usize {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn begin(&self, id: &str) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    fn end(&self, id: &str) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.ended.notify_all();
    }
}
