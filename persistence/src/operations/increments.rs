//! What has been published, in a file beside the database: a copy of the database is older than the
//! last steps, and what they published is final.
//!
//! File and table are brought to agree when a service starts, before anything is published, and
//! after it was: what the table alone has is appended, and what the file alone has was published
//! before the database was restored, by whatever means, and is put back. The file is written after
//! the commit: the other order could put back what was never published.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use xinwu_domain::entity::Entity;
use xinwu_store::beside::path_beside;
use xinwu_store::change_feed::{ChangeFeed, ChangeSet};
use xinwu_store::{Conn, Db, Purpose, Result, StoreError, Url};

use crate::ratings::month_key::MonthKeys;
use crate::ratings::rating::{DATABASE, Increment};
use crate::schema::rating_increment;

mod put_back;

/// The file's first line.
#[derive(Serialize, Deserialize)]
struct Head {
    database: String,
}

/// Which increment: project, step and burst.
type Key = (String, String, String);

fn key(increment: &Increment) -> Key {
    (increment.project_id.clone(), increment.step.clone(), increment.burst.clone())
}

/// The file that increments are appended to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Whether file and table may differ.
    is_behind: AtomicBool,
}

impl Journal {
    /// The file beside an SQLite database, or the one that is set.
    pub fn of(url: &Url, set: Option<&Path>) -> Option<Journal> {
        let beside = || match url {
            Url::Sqlite(file) => Some(path_beside(file, "-increments")),
            Url::Postgres(_) => None,
        };
        let path = set.map(Path::to_owned).or_else(beside)?;
        Some(Journal { path, is_behind: AtomicBool::new(true) })
    }

    /// The same, told of what changes in the database: another instance made a step, or another
    /// server of the database took over, which may lack the last one.
    pub fn subscribed_to(self, change_feed: &ChangeFeed) -> Arc<Journal> {
        let journal = Arc::new(self);
        let told = Arc::clone(&journal);
        change_feed.subscribe(move |changes| {
            let may_differ = match changes {
                ChangeSet::Changed(changes) => changes.iter().any(|each| each.entity == Entity::Figures),
                ChangeSet::Everything => true,
            };
            if may_differ {
                told.may_be_behind();
            }
        });
        journal
    }

    /// Something was or is about to be published; it may be though it fails.
    pub(crate) fn may_be_behind(&self) {
        self.is_behind.store(true, Ordering::SeqCst);
    }

    /// Appends what the file lacks of a database's increments, and puts it on the disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be read or written.
    pub fn append(&self, database: &str, increments: &[Increment]) -> Result<()> {
        let known = self.increments(database)?;
        let mut lines = String::new();
        for increment in increments.iter().filter(|increment| !known.contains_key(&key(increment))) {
            lines.push_str(&line(increment)?);
        }
        if lines.is_empty() {
            return Ok(());
        }
        let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path);
        let mut file = file.map_err(|error| self.unusable(&error))?;
        let before = match last_byte(&mut file).map_err(|error| self.unusable(&error))? {
            None => line(&Head { database: database.to_owned() })?,
            Some(b'\n') => String::new(),
            // A power cut or a full disk left half a line, which must not swallow the next one.
            Some(_) => "\n".to_owned(),
        };
        let written = file.write_all((before + &lines).as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| self.unusable(&error))
    }

    /// The increments of a database that are in the file. The file of another one that was in this
    /// one's place is put aside, until that one is back.
    fn increments(&self, database: &str) -> Result<BTreeMap<Key, Increment>> {
        let found = self.read(database)?;
        let is_own = found.as_ref().is_some_and(|(of, _)| of == database);
        let of_another = found.as_ref().map(|(of, _)| of.as_str()).filter(|_| !is_own);
        if let Some(of) = of_another {
            let aside = path_beside(&self.path, &format!("-{of}"));
            tracing::warn!(aside = %aside.display(), "the file of increments is of another database and is put aside");
            std::fs::rename(&self.path, &aside).map_err(|error| self.unusable(&error))?;
        }
        if is_own {
            return Ok(found.map(|(_, increments)| increments).unwrap_or_default());
        }
        match std::fs::rename(path_beside(&self.path, &format!("-{database}")), &self.path) {
            Ok(()) => Ok(self.read(database)?.map(|(_, increments)| increments).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(self.unusable(&error)),
        }
    }

    /// The database that the file is of, and its increments; `None` if there is nothing. A line
    /// that was written half is none.
    fn read(&self, database: &str) -> Result<Option<(String, BTreeMap<Key, Increment>)>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(&error)),
        };
        let mut lines = BufReader::new(file).split(b'\n');
        let Some(head) = lines.next().transpose().map_err(|error| self.unusable(&error))? else {
            return Ok(None);
        };
        let Ok(head) = serde_json::from_slice::<Head>(&head) else {
            return Err(StoreError::Unavailable(format!(
                "{}: its first line cannot be read, and without it nobody knows whether this database was restored and what \
                 was published since: make the line {} of it, or move the file away if this database was never put back to \
                 an earlier state",
                self.path.display(),
                line(&Head { database: database.to_owned() })?.trim_end(),
            )));
        };
        let mut increments = BTreeMap::new();
        for (line, number) in lines.zip(2..) {
            let line = line.map_err(|error| self.unusable(&error))?;
            if let Some(increment) = increment(&line).map_err(|fault| self.faulty(number, &fault))? {
                increments.insert(key(&increment), increment);
            }
        }
        Ok(Some((head.database, increments)))
    }

    fn faulty(&self, line: usize, fault: &str) -> StoreError {
        StoreError::Unavailable(format!(
            "the file of increments {}, line {line}: {fault}; nothing is put back and nothing published before the line is \
             put right from another copy of the file, or taken out if what it says was never published",
            self.path.display()
        ))
    }

    fn unusable(&self, error: &std::io::Error) -> StoreError {
        StoreError::Unavailable(format!(
            "the file of increments {}: {error}; it must be there to be read and written before anything is published",
            self.path.display()
        ))
    }
}

/// What a line says; `None` for one that was written half. What the table would not take is a
/// fault: found only when it is put back, it would keep all the others from being put back.
fn increment(line: &[u8]) -> std::result::Result<Option<Increment>, String> {
    match serde_json::from_slice::<Increment>(line) {
        Ok(increment) => increment.require_in_range().map(|()| Some(increment)),
        Err(error) if error.is_data() => {
            let fault = error.to_string();
            // Within the line, which is the first to whoever reads it alone.
            Err(fault.rsplit_once(" at line ").map_or(fault.as_str(), |(fault, _)| fault).to_owned())
        }
        Err(_) => Ok(None),
    }
}

fn line(of: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(of)
        .map_err(|error| StoreError::internal(format!("an increment cannot be written: {error}")))?;
    Ok(text + "\n")
}

fn last_byte(file: &mut File) -> std::io::Result<Option<u8>> {
    if file.metadata()?.len() == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    let [last] = last;
    Ok(Some(last))
}

fn published(conn: &mut Conn) -> Result<Vec<Increment>> {
    let rows = rating_increment::table.order(rating_increment::published_at);
    Ok(rows.select(Increment::as_select()).load(conn)?)
}

/// What a database that is about to be replaced has published, with its name; `None` if it cannot
/// be read.
pub fn published_by(url: &Url) -> Option<(String, Vec<Increment>)> {
    // To open a file that is not there would make it.
    if matches!(url, Url::Sqlite(file) if !file.exists()) {
        return None;
    }
    let mut conn = Conn::open(url, Purpose::Read).ok()?;
    let database = xinwu_store::setting::get(&mut conn, DATABASE).ok()??;
    Some((database, published(&mut conn).ok()?))
}

/// Brings the file of increments and the table to agree, where they may differ; gives how many
/// increments were put back into the table. Nothing may be served before this was done once, and
/// nothing published.
///
/// # Errors
/// What failed is tried again the next time.
pub async fn settle(db: &Db, journal: Option<&Arc<Journal>>, keys: &Arc<MonthKeys>) -> Result<usize> {
    let Some(journal) = journal else { return Ok(0) };
    if !journal.is_behind.swap(false, Ordering::SeqCst) {
        return Ok(0);
    }
    let settled = bring_to_agree(db, journal, keys).await;
    if !matches!(settled, Ok(Some(_))) {
        journal.may_be_behind();
    }
    Ok(settled?.unwrap_or(0))
}

/// `None` if the clock has not yet worked on this database.
async fn bring_to_agree(db: &Db, journal: &Arc<Journal>, keys: &Arc<MonthKeys>) -> Result<Option<usize>> {
    let file = Arc::clone(journal);
    let found = db.read(move |conn| {
        let Some(database) = xinwu_store::setting::get(conn, DATABASE)? else { return Ok(None) };
        let lacking = put_back::lacking(conn, file.increments(&database)?.into_values().collect())?;
        Ok(Some((database, lacking)))
    });
    let Some((database, lacking)) = found.await? else { return Ok(None) };
    let mut count = 0;
    if !lacking.is_empty() {
        let keys = Arc::clone(keys);
        count = db.write(move |tx| put_back::put_back(tx, &keys, &lacking)).await?;
        tracing::warn!(
            increments = count,
            "this database is a copy of before the last steps: what they published is put back"
        );
    }
    let file = Arc::clone(journal);
    db.read(move |conn| file.append(&database, &published(conn)?)).await?;
    Ok(Some(count))
}

/// Which of the increments are not in the table.
fn not_in_table(conn: &mut Conn, mut increments: Vec<Increment>) -> Result<Vec<Increment>> {
    let kept: HashSet<Key> = rating_increment::table
        .select((rating_increment::project_id, rating_increment::step, rating_increment::burst))
        .load(conn)?
        .into_iter()
        .collect();
    increments.retain(|increment| !kept.contains(&key(increment)));
    Ok(increments)
}
