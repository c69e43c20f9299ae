//! What has been published, in a file beside the database: a backup is older than the last steps, and what they published is final. A restore takes the
//! increments published since from here.
//!
//! The file is written after the commit, and what it lacks is caught up with: the other order could put back what was never published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{BurstState, Dimension};
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};

use crate::conn::Purpose;
use crate::db::Url;
use crate::db::beside::path_beside;
use crate::dialect::on_each;
use crate::rating::{Increment, last_step_at, step_of, steps_until};
use crate::schema::{
    project, rated_month, rating_burst, rating_comment, rating_increment, rating_key, rating_step,
};
use crate::standing::{self, tally::keep_figures};
use crate::tx::Tx;
use crate::{Conn, Db, Result, StoreError, setting};

/// The setting that names a database and all its copies.
const DATABASE: &str = "database";
/// Commits come in another order than their instants by less than this.
const OUT_OF_ORDER: TimeDelta = TimeDelta::hours(1);

/// The file's first line.
#[derive(Serialize, Deserialize)]
struct Head {
    database: String,
}

/// Which increment.
type Key = (String, String, String);

/// The file that increments are appended to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    written: Mutex<Option<Written>>,
}

/// What the file holds, as far as it matters for what comes next.
#[derive(Debug, Default)]
struct Written {
    latest: Option<NaiveDateTime>,
    recent: BTreeSet<Key>,
}

impl Written {
    fn add(&mut self, increment: &Increment) {
        self.latest = self.latest.max(Some(increment.published_at));
        self.recent.insert(key(increment));
    }
}

fn key(increment: &Increment) -> Key {
    (increment.project_id.clone(), increment.step.clone(), increment.burst.clone())
}

impl Journal {
    /// The file beside an SQLite database, or the one that is set.
    pub fn of(url: &Url, set: Option<&Path>) -> Option<Journal> {
        let beside = || match url {
            Url::Sqlite(file) => Some(path_beside(file, "-increments")),
            Url::Postgres(_) => None,
        };
        let path = set.map(Path::to_owned).or_else(beside)?;
        Some(Journal { path, written: Mutex::default() })
    }

    /// Appends the increments that the file lacks, and puts them on the disk; gives how many.
    ///
    /// # Errors
    /// Those of the database and of the file.
    pub fn append_missing(&self, conn: &mut Conn) -> Result<usize> {
        let Some(database) = setting::get(conn, DATABASE)? else { return Ok(0) };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match &mut *written {
            Some(known) => known,
            None => written.insert(self.begin(&database)?),
        };
        let mut rows = rating_increment::table.order(rating_increment::published_at).into_boxed();
        if let Some(latest) = known.latest {
            rows = rows.filter(rating_increment::published_at.ge(latest - OUT_OF_ORDER));
        }
        let rows: Vec<Increment> = rows.select(Increment::as_select()).load(conn)?;
        let missing: Vec<Increment> =
            rows.into_iter().filter(|increment| !known.recent.contains(&key(increment))).collect();
        if missing.is_empty() {
            return Ok(0);
        }
        let mut lines = String::new();
        for increment in &missing {
            lines.push_str(&line(increment)?);
        }
        let mut file = OpenOptions::new().append(true).open(&self.path).map_err(unwritable)?;
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
        missing.iter().for_each(|increment| known.add(increment));
        Ok(missing.len())
    }

    /// What the file holds; it is made where there is none, or only one of another database, which is put aside.
    fn begin(&self, database: &str) -> Result<Written> {
        let mut known = Written::default();
        if let Some((of, increments)) = self.read()? {
            if of == database {
                let latest = increments.iter().map(|increment| increment.published_at).max();
                let recent = |increment: &&Increment| {
                    latest.is_some_and(|latest| increment.published_at >= latest - OUT_OF_ORDER)
                };
                increments.iter().filter(recent).for_each(|increment| known.add(increment));
                return Ok(known);
            }
            std::fs::rename(&self.path, path_beside(&self.path, &format!("-{of}"))).map_err(unwritable)?;
        }
        let mut file = File::create(&self.path).map_err(unwritable)?;
        let head = line(&Head { database: database.to_owned() })?;
        file.write_all(head.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
        Ok(known)
    }

    /// The database that the file is of, and its increments; none where there is no file. A last line that a power cut left half is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a file that cannot be read.
    pub fn read(&self) -> Result<Option<(String, Vec<Increment>)>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(error)),
        };
        let mut lines = BufReader::new(file).lines();
        let head = lines.next().transpose().map_err(unwritable)?;
        let Some(head) = head.and_then(|head| serde_json::from_str::<Head>(&head).ok()) else {
            return Ok(None);
        };
        let mut increments = Vec::new();
        for line in lines {
            increments.extend(serde_json::from_str::<Increment>(&line.map_err(unwritable)?).ok());
        }
        Ok(Some((head.database, increments)))
    }
}

fn line(of: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(of)
        .map_err(|error| StoreError::internal(format!("an increment cannot be written: {error}")))?;
    Ok(text + "\n")
}

fn unwritable(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the file of increments: {error}"))
}

/// Names a database that has no name yet.
pub(crate) fn name_database(tx: &mut Tx<'_>) -> Result<()> {
    let name = tx.random.timeless_id();
    setting::put(tx, DATABASE, &name)
}

/// What a database that is about to be replaced has published, with its name; none where it cannot be read.
pub fn published_by(url: &Url) -> Option<(String, Vec<Increment>)> {
    // To open a file that is not there would make it.
    if matches!(url, Url::Sqlite(file) if !file.exists()) {
        return None;
    }
    let mut conn = Conn::open(url, Purpose::Read).ok()?;
    let database = setting::get(&mut conn, DATABASE).ok()??;
    let increments = rating_increment::table.select(Increment::as_select()).load(&mut conn).ok()?;
    Some((database, increments))
}

/// Puts back into a restored database what was published since it was copied, in one transaction: "a restore takes those published since, and drops what waited
/// in their cells". Sources of another database are left out. Gives how many increments were put back.
///
/// # Errors
/// Those of the database. Nothing was changed then.
pub fn replay(
    url: &Url,
    sources: Vec<(String, Vec<Increment>)>,
    copied_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    conn.batch_execute("BEGIN")?;
    match replay_in(&mut conn, sources, copied_at, now) {
        Ok(put_back) => {
            conn.batch_execute("COMMIT")?;
            Ok(put_back)
        }
        Err(error) => {
            conn.batch_execute("ROLLBACK")?;
            Err(error)
        }
    }
}

fn replay_in(
    conn: &mut Conn,
    sources: Vec<(String, Vec<Increment>)>,
    copied_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize> {
    let database = setting::get(conn, DATABASE)?;
    let mut tx = Tx::new(conn, now);
    let mut published: BTreeMap<Key, Increment> = BTreeMap::new();
    for (of, increments) in sources {
        if Some(of) == database {
            published.extend(increments.into_iter().map(|increment| (key(&increment), increment)));
        }
    }
    let kept: Vec<Key> = rating_increment::table
        .select((rating_increment::project_id, rating_increment::step, rating_increment::burst))
        .load(tx.conn)?;
    kept.iter().for_each(|key| drop(published.remove(key)));
    let zone = setting::city(tx.conn)?.zone;
    for increment in published.values() {
        put_back(&mut tx, increment)?;
    }
    let (copied, current) = (Month::of(copied_at, zone), Month::of(now, zone));
    let took_current = published.values().any(|increment| increment.month == current.to_string());
    // No second key of a month is made: who has rated in it since is not known any more.
    let first = if took_current { copied } else { copied.next().unwrap_or(copied) };
    for month in first.to(current) {
        let row = (rated_month::month.eq(month.to_string()), rated_month::forgotten.eq(false));
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(rated_month::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    if took_current {
        diesel::delete(rating_key::table.find(current.to_string())).execute(tx.conn)?;
    }
    keep(&mut tx, published.values())?;
    tx.finish(standing::evaluate)?;
    Ok(published.len())
}

fn put_back(tx: &mut Tx<'_>, increment: &Increment) -> Result<()> {
    let mut row = increment.clone();
    row.restored = true;
    diesel::insert_into(rating_increment::table).values(&row).execute(tx.conn)?;
    note_step(tx, increment)?;
    let has_burst: i64 = rating_burst::table.find(&increment.burst).count().get_result(tx.conn)?;
    if has_burst > 0 {
        let counted = rating_burst::state.eq(BurstState::Counted.as_str());
        diesel::update(rating_burst::table.find(&increment.burst)).set(counted).execute(tx.conn)?;
    }
    // A set that was held after the copy lies among what waits in it.
    let rows =
        if has_burst > 0 { "burst = $3" } else { "month <= $3 AND (burst IS NULL OR published IS NOT NULL)" };
    let last = if has_burst > 0 { &increment.burst } else { &increment.month };
    let tally = increment.tally();
    let mut sets: Vec<String> = Dimension::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, dimension)| tally.dimension(*dimension).count > 0)
        .map(|(bit, dimension)| {
            let name = dimension.as_str();
            format!("{name} = CASE WHEN (\"out\" & {}) = 0 THEN NULL ELSE {name} END", 1 << bit)
        })
        .collect();
    if tally.count() > 0 {
        sets.push("stars = CASE WHEN published IS NULL THEN NULL ELSE stars END".to_owned());
        sets.push("person = CASE WHEN published IS NULL THEN NULL ELSE person END".to_owned());
        diesel::delete(
            rating_comment::table
                .filter(rating_comment::project_id.eq(&increment.project_id))
                .filter(rating_comment::month.le(&increment.month)),
        )
        .execute(tx.conn)?;
    }
    let sets = sets.join(", ");
    diesel::sql_query(format!("UPDATE rating SET {sets} WHERE $1 <> '' AND project_id = $2 AND {rows}"))
        .bind::<Text, _>("-")
        .bind::<Text, _>(&increment.project_id)
        .bind::<Text, _>(last)
        .execute(tx.conn)?;
    diesel::sql_query(
        "DELETE FROM rating WHERE project_id = $1 AND stars IS NULL AND cleaning IS NULL AND security IS NULL \
         AND greening IS NULL AND maintenance IS NULL AND attitude IS NULL",
    )
    .bind::<Text, _>(&increment.project_id)
    .execute(tx.conn)?;
    Ok(())
}

/// The step is made: it is not made again under the same name.
fn note_step(tx: &mut Tx<'_>, increment: &Increment) -> Result<()> {
    if !increment.burst.is_empty() {
        return Ok(());
    }
    let (covers, is_first) = step_of(tx.conn, &increment.step)?;
    let row = (
        rating_step::step.eq(&increment.step),
        rating_step::is_first.eq(is_first),
        rating_step::need.eq(increment.need),
        rating_step::began_at.eq(increment.published_at),
        rating_step::covers.eq(covers.naive_utc()),
        rating_step::done_at.eq(increment.published_at),
        rating_step::closes.eq(is_first.then(|| increment.month.clone())),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(rating_step::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if last_step_at(tx.conn)?.is_none_or(|last| last < covers) {
        steps_until(tx, covers)?;
    }
    Ok(())
}

/// Figures and grades follow what was put back.
fn keep<'a>(tx: &mut Tx<'_>, increments: impl Iterator<Item = &'a Increment>) -> Result<()> {
    let ids: BTreeSet<String> = increments.map(|increment| increment.project_id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    for part in ids.chunks(500) {
        keep_figures(tx, SubjectKind::Project, part)?;
        let firms: Vec<Option<String>> =
            project::table.filter(project::id.eq_any(part)).select(project::uscc).distinct().load(tx.conn)?;
        let firms: Vec<String> = firms.into_iter().flatten().collect();
        keep_figures(tx, SubjectKind::Firm, &firms)?;
        let cause = Cause::of(CauseKind::Ratings, "restore");
        part.iter().for_each(|id| tx.facts_changed(Subject::project(id), cause.clone()));
    }
    Ok(())
}

impl Db {
    /// Appends to the journal what it lacks.
    ///
    /// # Errors
    /// Those of [`Journal::append_missing`].
    pub async fn keep_increments(&self, journal: std::sync::Arc<Journal>) -> Result<usize> {
        self.read(move |conn| journal.append_missing(conn)).await
    }
}
