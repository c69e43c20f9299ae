//! What has been published, in a file beside the database: a copy of the database is older than the
//! last steps, and what they published is final.
//!
//! File and table are brought to agree when a service starts, before anything is published, and
//! after it was: what the table alone has is appended, and what the file alone has was published
//! before the database was restored, by whatever means, and is put back. The file is written after
//! the commit: the other order could put back what was never published.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xinwu_domain::entity::Entity;
use xinwu_store::beside::path_beside;
use xinwu_store::change_feed::{ChangeFeed, ChangeSet};
use xinwu_store::{Conn, Db, Purpose, Result, StoreError, Url};

use crate::ratings::month_key::MonthKeys;
use crate::ratings::rating::{DATABASE, Increment};
use crate::schema::{case_increment, rating_increment};
use crate::service::case::figures::Increment as CaseIncrement;

mod put_back;

/// The file's first line.
#[derive(Serialize, Deserialize)]
struct Head {
    database: String,
}

/// An increment, of ratings or of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// Of ratings.
    Ratings(Increment),
    /// Of cases.
    Cases(CaseIncrement),
}

/// A line with an increment of cases. One of ratings stands there by itself.
#[derive(Serialize, Deserialize)]
struct CaseLine<I> {
    cases: I,
}

/// How [`CaseLine`] begins.
const CASES: &[u8] = br#"{"cases":"#;

/// Of what an increment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Of {
    Ratings,
    Cases,
}

/// Which increment: of what, project, step; and burst, or kind of case.
type Key = (Of, String, String, String);

impl Published {
    /// When it was committed.
    pub fn published_at(&self) -> NaiveDateTime {
        match self {
            Published::Ratings(increment) => increment.published_at,
            Published::Cases(increment) => increment.published_at,
        }
    }

    fn project_id(&self) -> &str {
        match self {
            Published::Ratings(increment) => &increment.project_id,
            Published::Cases(increment) => &increment.project_id,
        }
    }

    fn step(&self) -> &str {
        match self {
            Published::Ratings(increment) => &increment.step,
            Published::Cases(increment) => &increment.step,
        }
    }

    fn key(&self) -> Key {
        match self {
            Published::Ratings(Increment { project_id, step, burst, .. }) => {
                (Of::Ratings, project_id.clone(), step.clone(), burst.clone())
            }
            Published::Cases(CaseIncrement { project_id, step, kind, .. }) => {
                (Of::Cases, project_id.clone(), step.clone(), kind.clone())
            }
        }
    }

    fn line(&self) -> Result<String> {
        match self {
            Published::Ratings(increment) => line(increment),
            Published::Cases(cases) => line(&CaseLine { cases }),
        }
    }
}

/// What only one of file and table has.
struct Compared {
    table_lacks: Vec<Published>,
    file_lacks: HashSet<Key>,
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
    pub fn append(&self, database: &str, increments: &[Published]) -> Result<()> {
        let lacks = self.compare(database, increments.iter().map(Published::key).collect())?.file_lacks;
        self.write(database, increments.iter().filter(|increment| lacks.contains(&increment.key())))
    }

    fn write<'a>(&self, database: &str, increments: impl Iterator<Item = &'a Published>) -> Result<()> {
        let mut lines = String::new();
        for increment in increments {
            lines.push_str(&increment.line()?);
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

    /// Holds what a table has against the file. The file of another database that was in this one's
    /// place is put aside, until that one is back.
    fn compare(&self, database: &str, table: Vec<Key>) -> Result<Compared> {
        let mut lines = self.open(database)?;
        if let Some(of) = lines.as_ref().map(|lines| lines.database.as_str()).filter(|of| *of != database) {
            let aside = path_beside(&self.path, &format!("-{of}"));
            tracing::warn!(aside = %aside.display(), "the file of increments is of another database and is put aside");
            std::fs::rename(&self.path, &aside).map_err(|error| self.unusable(&error))?;
            lines = None;
        }
        if lines.is_none() {
            match std::fs::rename(path_beside(&self.path, &format!("-{database}")), &self.path) {
                Ok(()) => lines = self.open(database)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(self.unusable(&error)),
            }
        }
        let mut is_in_file: HashMap<Key, bool> = table.into_iter().map(|key| (key, false)).collect();
        let mut table_lacks = BTreeMap::new();
        while let Some(increment) = lines.as_mut().map(Lines::next).transpose()?.flatten() {
            let key = increment.key();
            match is_in_file.get_mut(&key) {
                Some(is_in_file) => *is_in_file = true,
                None => {
                    table_lacks.insert(key, increment);
                }
            }
        }
        let file_lacks =
            is_in_file.into_iter().filter(|(_, is_in_file)| !is_in_file).map(|(key, _)| key).collect();
        Ok(Compared { table_lacks: table_lacks.into_values().collect(), file_lacks })
    }

    /// The file after its first line; `None` if there is nothing.
    fn open(&self, database: &str) -> Result<Option<Lines<'_>>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(&error)),
        };
        let mut lines = Lines {
            journal: self,
            database: String::new(),
            file: BufReader::new(file),
            line: Vec::new(),
            number: 0,
        };
        if !lines.advance()? {
            return Ok(None);
        }
        let Ok(head) = serde_json::from_slice::<Head>(&lines.line) else {
            return Err(StoreError::Unavailable(format!(
                "{}: its first line cannot be read, and without it nobody knows whether this database was restored and what \
                 was published since: make the line {} of it, or move the file away if this database was never put back to \
                 an earlier state",
                self.path.display(),
                line(&Head { database: database.to_owned() })?.trim_end(),
            )));
        };
        lines.database = head.database;
        Ok(Some(lines))
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

/// The lines of a file, read one by one: of millions only the keys are kept.
struct Lines<'a> {
    journal: &'a Journal,
    /// The database that the file is of.
    database: String,
    file: BufReader<File>,
    line: Vec<u8>,
    number: usize,
}

impl Lines<'_> {
    fn advance(&mut self) -> Result<bool> {
        self.line.clear();
        self.number += 1;
        let read = self.file.read_until(b'\n', &mut self.line);
        Ok(read.map_err(|error| self.journal.unusable(&error))? > 0)
    }

    /// The next increment. A line that was written half is none.
    fn next(&mut self) -> Result<Option<Published>> {
        while self.advance()? {
            let found = increment(&self.line).map_err(|fault| self.journal.faulty(self.number, &fault))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// What a line says; `None` for one that was written half. What the table would not take is a
/// fault: found only when it is put back, it would keep all the others from being put back.
fn increment(line: &[u8]) -> std::result::Result<Option<Published>, String> {
    if line.starts_with(CASES) {
        let Some(CaseLine { cases }) = parsed::<CaseLine<CaseIncrement>>(line)? else { return Ok(None) };
        return cases.require_in_range().map(|()| Some(Published::Cases(cases)));
    }
    let Some(increment) = parsed::<Increment>(line)? else { return Ok(None) };
    increment.require_in_range().map(|()| Some(Published::Ratings(increment)))
}

fn parsed<T: DeserializeOwned>(line: &[u8]) -> std::result::Result<Option<T>, String> {
    match serde_json::from_slice(line) {
        Ok(parsed) => Ok(Some(parsed)),
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

fn published(conn: &mut Conn) -> Result<Vec<Published>> {
    let ratings: Vec<Increment> = rating_increment::table.select(Increment::as_select()).load(conn)?;
    let cases: Vec<CaseIncrement> = case_increment::table.select(CaseIncrement::as_select()).load(conn)?;
    let ratings = ratings.into_iter().map(Published::Ratings);
    let mut published: Vec<Published> = ratings.chain(cases.into_iter().map(Published::Cases)).collect();
    published.sort_by_key(Published::published_at);
    Ok(published)
}

/// What a database that is about to be replaced has published, with its name; `None` if it cannot
/// be read.
pub fn published_by(url: &Url) -> Option<(String, Vec<Published>)> {
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
        let Compared { table_lacks, file_lacks } = file.compare(&database, published_keys(conn)?)?;
        Ok(Some((database, put_back::of_known_projects(conn, table_lacks)?, file_lacks)))
    });
    let Some((database, lacking, file_lacks)) = found.await? else { return Ok(None) };
    let mut count = 0;
    if !lacking.is_empty() {
        let keys = Arc::clone(keys);
        count = db.write(move |tx| put_back::put_back(tx, &keys, &lacking)).await?;
        tracing::warn!(
            increments = count,
            "this database is a copy of before the last steps: what they published is put back"
        );
    }
    if !file_lacks.is_empty() {
        let file = Arc::clone(journal);
        let append = move |conn: &mut Conn| {
            let mut published = published(conn)?;
            published.retain(|increment| file_lacks.contains(&increment.key()));
            file.write(&database, published.iter())
        };
        db.read(append).await?;
    }
    Ok(Some(count))
}

fn published_keys(conn: &mut Conn) -> Result<Vec<Key>> {
    let of_ratings = (rating_increment::project_id, rating_increment::step, rating_increment::burst);
    let ratings: Vec<(String, String, String)> = rating_increment::table.select(of_ratings).load(conn)?;
    let of_cases = (case_increment::project_id, case_increment::step, case_increment::kind);
    let cases: Vec<(String, String, String)> = case_increment::table.select(of_cases).load(conn)?;
    let ratings = ratings.into_iter().map(|(project, step, burst)| (Of::Ratings, project, step, burst));
    Ok(ratings
        .chain(cases.into_iter().map(|(project, step, kind)| (Of::Cases, project, step, kind)))
        .collect())
}
