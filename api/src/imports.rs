//! Imports as jobs: one at a time, on a thread of their own. A request hands over its file and is
//! answered at once; who wants to know how it goes asks for the job.
//!
//! [`encoding`] finds out how the file is written, [`reader`] makes rows of its bytes, [`runner`]
//! takes them through the store.

mod accounts;
mod encoding;
mod json_line;
mod reader;
mod runner;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use xinwu_domain::access::Warrant;
use xinwu_domain::import::{ImportFormat, ImportKind, Occasion, Run};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::city::CitySettings;
use xinwu_persistence::operations::import::{Claims, interrupt, unfinished};
use xinwu_store::{Db, StoreError};

use crate::secrets::Secrets;

pub(crate) use accounts::{Bad, read_accounts};
pub use runner::{Progress, Stage, run};

/// Files that may be on their way, wait or be imported; each is on the disk meanwhile.
const PLACES: usize = 16;

/// Of these an account's.
const PLACES_OF_AN_ACCOUNT: usize = 2;

/// Seconds after which an account whose files still come, or are still imported, may ask again.
const ASK_AGAIN: u32 = 30;

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
    /// What becomes of them.
    pub run: Run,
    /// Whether they may say when they were known.
    pub occasion: Occasion,
    /// Who sent it.
    pub warrant: Warrant,
}

/// What a job needs besides its file.
pub struct Workshop {
    /// The database.
    pub db: Db,
    /// The keys: phones are hashed as they are read.
    pub secrets: Secrets,
    /// The city's settings.
    pub city: CitySettings,
    /// Tells other instances of the service which jobs this one is at.
    pub claims: Claims,
}

enum Work {
    Import(Box<Job>, Place),
    /// A job that has ended: what it left behind is removed.
    Clear(String),
    /// A reservation that nobody used: its claim is given back.
    Release(String),
}

#[derive(Default)]
struct Running {
    jobs: Mutex<BTreeSet<String>>,
    ended: Condvar,
    /// The places that are taken, by account.
    places: Mutex<BTreeMap<String, usize>>,
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
    pub fn start(workshop: Workshop) -> Result<Arc<Imports>, StoreError> {
        workshop.claims.sweep()?;
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
                    let is_import = matches!(work, Work::Import(..));
                    // A panic ends one job, never the thread.
                    let outcome = catch_unwind(AssertUnwindSafe(|| match work {
                        Work::Import(job, _place) => run(&shared, *job, &|_| {}),
                        Work::Clear(id) => runner::clear(&shared, &id),
                        Work::Release(_) => {}
                    }));
                    if outcome.is_err() && is_import {
                        runner::give_up(&shared, &id);
                    }
                    ended.end(&id);
                    shared.claims.give_back(&id);
                }
            })
            .map_err(|error| StoreError::internal(error.to_string()))?;
        Ok(Arc::new(Imports { workshop, queue, running }))
    }

    /// Takes a place for a file that is about to be sent.
    ///
    /// # Errors
    /// 429 where the account has its share, [`StoreError::Busy`] where all are taken.
    pub fn arrive(self: &Arc<Self>, account: &str) -> Result<Place, StoreError> {
        let mut places = self.running.places();
        let own = places.get(account).copied().unwrap_or_default();
        if own >= PLACES_OF_AN_ACCOUNT {
            return Err(StoreError::Refused(too_many()));
        }
        if places.values().sum::<usize>() >= PLACES {
            return Err(StoreError::Busy("too many imports are waiting"));
        }
        places.insert(account.to_owned(), own + 1);
        Ok(Place { running: Arc::clone(&self.running), account: account.to_owned() })
    }

    /// Reserves what a job needs that is about to be opened, and says that this process is at it:
    /// from now on no other one ends it. It blocks.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn reserve(self: &Arc<Self>, id: &str) -> Result<Reservation, StoreError> {
        self.claim(id)?.ok_or_else(|| StoreError::internal(format!("import {id} is claimed already")))
    }

    /// Ends the jobs whose process is gone; what they left behind is removed on the imports'
    /// thread. Gives which they are. It blocks.
    ///
    /// # Errors
    /// After one, the next call finds what was left.
    pub fn recover(self: &Arc<Self>) -> Result<Vec<String>, StoreError> {
        let Workshop { db, claims, .. } = &*self.workshop;
        claims.renew()?;
        let mut found = Vec::new();
        for id in db.read_blocking(unfinished)? {
            let Some(reservation) = self.claim(&id)? else { continue };
            let job = id.clone();
            // Whoever was at it may have finished it just now.
            if db.write_blocking(move |tx| interrupt(tx, &job))? {
                tracing::warn!(
                    import = id,
                    "nobody was at this import: it is ended, and what it left behind is removed"
                );
                reservation.send(Work::Clear(id.clone()));
                found.push(id);
            }
        }
        Ok(found)
    }

    /// `None` when this process or another is at the job. This process may be at one that it has no
    /// claim to any more, since its session died and another process was quicker to claim it.
    fn claim(self: &Arc<Self>, id: &str) -> Result<Option<Reservation>, StoreError> {
        if self.running.has(id) || !self.workshop.claims.take(id)? {
            return Ok(None);
        }
        self.running.begin(id);
        Ok(Some(Reservation { imports: Arc::clone(self), id: id.to_owned(), is_used: false }))
    }

    /// Waits until a job that was taken has ended; at once for any other. For tests and for a
    /// graceful stop: it blocks.
    pub fn finished(&self, id: &str) {
        let mut jobs = self.running.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        while jobs.contains(id) {
            jobs = self.running.ended.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A file's place, from before its first byte until its job has ended; given back when it is
/// dropped.
#[must_use]
pub struct Place {
    running: Arc<Running>,
    account: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.running.places();
        if let Some(own) = places.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                places.remove(&self.account);
            }
        }
    }
}

fn too_many() -> Refusal {
    Refusal::TooMany {
        code: "too_many_uploads",
        detail: Text::new(
            format!("一个账号同时只能导入{PLACES_OF_AN_ACCOUNT}个文件，请等待其中一个处理完毕"),
            format!(
                "An account imports {PLACES_OF_AN_ACCOUNT} files at once: wait until one of them is done"
            ),
        ),
        retry_after: ASK_AGAIN,
    }
}

/// What a job needs to run; given back when it is not used.
pub struct Reservation {
    imports: Arc<Imports>,
    id: String,
    is_used: bool,
}

impl Reservation {
    /// Hands the job over, with its place. It is running from now on.
    pub fn take(self, job: Job, place: Place) {
        self.send(Work::Import(Box::new(job), place));
    }

    fn send(mut self, work: Work) {
        // Where the thread has stopped the service is stopping: whoever finds the job then ends it.
        if self.imports.queue.send(work).is_ok() {
            self.is_used = true;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.is_used {
            self.imports.running.end(&self.id);
            // On the imports' thread: giving a claim back may wait for the database.
            self.imports.queue.send(Work::Release(self.id.clone())).ok();
        }
    }
}

impl Work {
    fn id(&self) -> &str {
        match self {
            Work::Import(job, _) => &job.id,
            Work::Clear(id) | Work::Release(id) => id,
        }
    }
}

impl Running {
    fn places(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, id: &str) -> bool {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn begin(&self, id: &str) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    fn end(&self, id: &str) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.ended.notify_all();
    }
}
