//! Imports: jobs that stage the rows of a file, check them, and make them visible whole or not at all (`docs/adr/0005-imports.md`).
//!
//! No step here runs long: the job's runner asks for one write after another, so that other writes pass between them.

mod apply;
mod batch;
mod households;
mod registers;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use xinwu_domain::access::Actor;
use xinwu_domain::catalogue::Word;
use xinwu_domain::import::{
    BadRow, FAULTS_KEPT, FileFault, ImportFailure, ImportFormat, ImportJob, ImportKind, ImportReport,
    ImportRows, ImportState, Row, RowFault,
};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_domain::text::{Language, Text};

use crate::dialect::on_each;
use crate::place::{from_json, is_within, to_json};
use crate::schema::{
    household_phone, import, import_fault, import_row, import_subject, place, place_ancestor,
};
use crate::standing::{self, Cause};
use crate::{Conn, Entity, Result, StoreError, Tx};

pub use apply::apply_whole;
pub use batch::{confirm, give_back};
pub use households::{
    HouseholdsChecked, apply_households, check_households, show_households, tidy_households,
};

/// Rows that one write stages or applies.
pub const STEP: i64 = 500;
/// Subjects that one write evaluates.
const SUBJECTS_A_STEP: i64 = 20;

/// What a new import is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// Its id.
    pub id: String,
    /// What the rows are.
    pub kind: ImportKind,
    /// How they are written.
    pub format: ImportFormat,
    /// Whether only a report is asked for.
    pub dry_run: bool,
    /// Whether it brings a city's past: its records may say when they were known. Only the operator's may.
    pub founding: bool,
}

/// Some rows of the file, as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staged {
    /// The good ones with their lines.
    pub rows: Vec<(u64, Row)>,
    /// What is wrong with the others.
    pub faults: Vec<RowFault>,
    /// How many rows these are, good and bad.
    pub read: i32,
    /// How many of them are bad.
    pub bad: i32,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = import)]
struct JobRow {
    id: String,
    kind: String,
    format: String,
    encoding: Option<String>,
    dry_run: bool,
    founding: bool,
    state: String,
    by_account: String,
    place: Option<String>,
    rows_read: i32,
    rows_bad: i32,
    rows_created: i32,
    rows_updated: i32,
    rows_unchanged: i32,
    confirmed_by: Option<String>,
    failure: Option<String>,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
    version: i64,
}

/// A [`FileFault`] as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredFailure {
    code: String,
    line: Option<u64>,
    text: Text,
}

impl JobRow {
    fn kind(&self) -> Result<ImportKind> {
        ImportKind::parse(&self.kind)
            .ok_or_else(|| StoreError::internal(format!("import {} has kind {}", self.id, self.kind)))
    }

    fn state(&self) -> Result<ImportState> {
        ImportState::parse(&self.state)
            .ok_or_else(|| StoreError::internal(format!("import {} has state {}", self.id, self.state)))
    }

    fn rows(&self) -> ImportRows {
        ImportRows {
            read: self.rows_read,
            bad: self.rows_bad,
            created: self.rows_created,
            updated: self.rows_updated,
            unchanged: self.rows_unchanged,
        }
    }

    fn view(self, language: Language) -> Result<ImportJob> {
        let failure = match &self.failure {
            Some(text) => {
                let stored: StoredFailure = from_json(text)?;
                let detail = stored.text.in_language(language).to_owned();
                Some(ImportFailure { code: stored.code, line: stored.line, detail })
            }
            None => None,
        };
        Ok(ImportJob {
            kind: self.kind()?,
            format: ImportFormat::parse(&self.format).ok_or_else(|| {
                StoreError::internal(format!("import {} has format {}", self.id, self.format))
            })?,
            state: self.state()?,
            rows: self.rows(),
            id: self.id,
            encoding: self.encoding,
            dry_run: self.dry_run,
            founding: self.founding,
            place: self.place,
            by: self.by_account,
            confirmed_by: self.confirmed_by,
            failure,
            created_at: self.created_at.and_utc(),
            finished_at: self.finished_at.map(|at| at.and_utc()),
        })
    }
}

fn find(conn: &mut Conn, id: &str) -> Result<JobRow> {
    import::table
        .find(id)
        .select(JobRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| Refusal::NotFound { what: "import" }.into())
}

/// Whoever may do the single operation may import; the operator may import everything.
///
/// # Errors
/// [`Refusal::Forbidden`]
pub fn require_may_import(actor: &Actor, kind: ImportKind) -> std::result::Result<(), Refusal> {
    if actor.account_id == Actor::system().account_id || kind.operation().audience().admits(actor.role) {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "role_not_allowed",
        Text::new("您的角色不能导入这类数据", "Your role may not import rows of this kind"),
    ))
}

/// Opens a job. It waits until its runner reads the file.
///
/// # Errors
/// [`Refusal::Forbidden`] where the actor may not do the single operation either.
pub fn open(tx: &mut Tx<'_>, actor: &Actor, new: &NewImport, language: Language) -> Result<ImportJob> {
    require_may_import(actor, new.kind)?;
    let own_place = match &actor.place {
        Some(place) => Some(place.clone()),
        // The operator's batches are the city's to confirm.
        None => place::table
            .filter(place::level.eq(PlaceLevel::City.as_str()))
            .order(place::code)
            .select(place::code)
            .first(tx.conn)
            .optional()?,
    };
    diesel::insert_into(import::table)
        .values((
            import::id.eq(&new.id),
            import::kind.eq(new.kind.as_str()),
            import::format.eq(new.format.as_str()),
            import::dry_run.eq(new.dry_run),
            import::founding.eq(new.founding),
            import::state.eq(ImportState::Reading.as_str()),
            import::by_account.eq(&actor.account_id),
            import::place.eq(own_place),
            (
                import::rows_read.eq(0),
                import::rows_bad.eq(0),
                import::rows_created.eq(0),
                import::rows_updated.eq(0),
                import::rows_unchanged.eq(0),
            ),
            import::created_at.eq(tx.now_utc()),
            import::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    let detail = serde_json::json!({"kind": new.kind.as_str(), "dry_run": new.dry_run});
    tx.audit(actor, "add_import", "import", &new.id, &detail)?;
    tx.changed(Entity::Import, &new.id);
    find(tx.conn, &new.id)?.view(language)
}

/// Whether there is a job of this id.
///
/// # Errors
/// Those of the database.
pub fn exists(conn: &mut Conn, id: &str) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(import::table.find(id))).get_result(conn)?)
}

/// A job with its bad rows, and its version.
///
/// # Errors
/// [`Refusal::NotFound`], also for a job that another place's official sent.
pub fn get(conn: &mut Conn, actor: &Actor, id: &str, language: Language) -> Result<(ImportReport, i64)> {
    let row = find(conn, id)?;
    require_sight(conn, actor, &row)?;
    let version = row.version;
    type Fault = (i32, Option<String>, String, String, String);
    let faults: Vec<Fault> = import_fault::table
        .filter(import_fault::import_id.eq(id))
        .order((import_fault::line, import_fault::id))
        .limit(i64::try_from(FAULTS_KEPT).unwrap_or(i64::MAX))
        .select((
            import_fault::line,
            import_fault::column_name,
            import_fault::code,
            import_fault::zh,
            import_fault::en,
        ))
        .load(conn)?;
    let bad_rows = faults
        .into_iter()
        .map(|(line, column, code, zh, en)| {
            let detail = match language {
                Language::Chinese => zh,
                Language::English => en,
            };
            BadRow { line, column, code, detail }
        })
        .collect();
    Ok((ImportReport { job: row.view(language)?, bad_rows }, version))
}

/// Jobs of the actor's place and below, the newest first.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Conn,
    actor: &Actor,
    state: Option<ImportState>,
    window: &Window,
    language: Language,
) -> Result<Listed<ImportJob>> {
    let own = actor.own_place()?.to_owned();
    let filtered = || {
        let below = place_ancestor::table
            .filter(place_ancestor::ancestor.eq(own.clone()))
            .select(place_ancestor::place.nullable());
        let mut rows = import::table.filter(import::place.eq_any(below)).into_boxed();
        if let Some(state) = state {
            rows = rows.filter(import::state.eq(state.as_str()));
        }
        rows
    };
    // Ids are of UUID version 7: they sort by the time of their making.
    let mut rows = filtered().select(JobRow::as_select()).order(import::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(import::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &JobRow| Keys::of([&row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let items = page.items.into_iter().map(|row| row.view(language)).collect::<Result<Vec<_>>>()?;
    Ok(Listed { items, next: page.next, total })
}

fn require_sight(conn: &mut Conn, actor: &Actor, row: &JobRow) -> Result<()> {
    let within = match (&row.place, &actor.place) {
        (Some(place), Some(own)) => is_within(conn, place, own)?,
        _ => false,
    };
    let is_own = row.by_account == actor.account_id;
    if within || is_own { Ok(()) } else { Err(Refusal::NotFound { what: "import" }.into()) }
}

/// Notes in which encoding the file was found to be.
///
/// # Errors
/// Those of the database.
pub fn set_encoding(tx: &mut Tx<'_>, id: &str, encoding: &str) -> Result<()> {
    diesel::update(import::table.find(id)).set(import::encoding.eq(encoding)).execute(tx.conn)?;
    Ok(())
}

/// Stages some rows and notes the faults of others. Gives how many rows are bad so far.
///
/// # Errors
/// Those of the database.
pub fn stage(tx: &mut Tx<'_>, id: &str, staged: &Staged) -> Result<i32> {
    let keyed: Vec<(u64, String, &Row)> =
        staged.rows.iter().map(|(line, row)| (*line, row.key(), row)).collect();
    let mut first_lines = HashMap::new();
    for part in keyed.chunks(500) {
        let keys: Vec<&str> = part.iter().map(|(_, key, _)| key.as_str()).collect();
        let known: Vec<(String, i32)> = import_row::table
            .filter(import_row::import_id.eq(id))
            .filter(import_row::row_key.eq_any(keys))
            .select((import_row::row_key, import_row::line))
            .load(tx.conn)?;
        first_lines
            .extend(known.into_iter().map(|(key, line)| (key, u64::try_from(line).unwrap_or_default())));
    }
    let mut faults = Vec::new();
    let mut rows = Vec::with_capacity(keyed.len());
    let mut repeated = 0;
    for (line, key, row) in keyed {
        if let Some(first) = first_lines.get(&key) {
            repeated += 1;
            faults.push(RowFault {
                line,
                column: None,
                code: "duplicate_row".to_owned(),
                text: Text::new(
                    format!("与第{first}行重复"),
                    format!("is about the same as the row on line {first}"),
                ),
            });
            continue;
        }
        rows.push((
            import_row::import_id.eq(id),
            import_row::line.eq(stored_line(line)),
            import_row::row_key.eq(key.clone()),
            import_row::content.eq(to_json(row)?),
        ));
        first_lines.insert(key, line);
    }
    for part in rows.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_row::table).values(&part).execute(conn))?;
    }
    faults.extend(staged.faults.iter().cloned());
    note_faults(tx, id, &faults)?;
    let bad = staged.bad + repeated;
    diesel::update(import::table.find(id))
        .set((
            import::rows_read.eq(import::rows_read + staged.read),
            import::rows_bad.eq(import::rows_bad + bad),
        ))
        .execute(tx.conn)?;
    Ok(import::table.find(id).select(import::rows_bad).first(tx.conn)?)
}

/// A file of over two thousand million lines is over every limit before that.
fn stored_line(line: u64) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}

fn note_faults(tx: &mut Tx<'_>, id: &str, faults: &[RowFault]) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let kept: i64 = import_fault::table.filter(import_fault::import_id.eq(id)).count().get_result(tx.conn)?;
    let room = FAULTS_KEPT.saturating_sub(usize::try_from(kept).unwrap_or(FAULTS_KEPT));
    let rows: Vec<_> = faults
        .iter()
        .take(room)
        .map(|fault| {
            (
                import_fault::import_id.eq(id),
                import_fault::line.eq(stored_line(fault.line)),
                import_fault::column_name.eq(fault.column.as_deref()),
                import_fault::code.eq(fault.code.as_str()),
                import_fault::zh.eq(fault.text.zh.as_ref()),
                import_fault::en.eq(fault.text.en.as_ref()),
            )
        })
        .collect();
    for part in rows.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_fault::table).values(&part).execute(conn))?;
    }
    Ok(())
}

/// Ends or moves a job.
fn set_state(tx: &mut Tx<'_>, id: &str, state: ImportState) -> Result<()> {
    let finished_at = if state.is_running() { None } else { Some(tx.now_utc()) };
    diesel::update(import::table.find(id))
        .set((
            import::state.eq(state.as_str()),
            import::finished_at.eq(finished_at),
            import::version.eq(import::version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Import, id);
    Ok(())
}

fn set_rows(tx: &mut Tx<'_>, id: &str, created: i32, updated: i32, unchanged: i32) -> Result<()> {
    diesel::update(import::table.find(id))
        .set((
            import::rows_created.eq(created),
            import::rows_updated.eq(updated),
            import::rows_unchanged.eq(unchanged),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends a job whose rows are bad: nothing of it was applied.
///
/// # Errors
/// Those of the database.
pub fn refuse(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    set_rows(tx, id, 0, 0, 0)?;
    set_state(tx, id, ImportState::Refused)
}

/// Ends a job whose file cannot be taken as a whole.
///
/// # Errors
/// Those of the database.
pub fn fail(tx: &mut Tx<'_>, id: &str, fault: &FileFault) -> Result<()> {
    let stored = StoredFailure { code: fault.code.clone(), line: fault.line, text: fault.text.clone() };
    diesel::update(import::table.find(id)).set(import::failure.eq(to_json(&stored)?)).execute(tx.conn)?;
    set_rows(tx, id, 0, 0, 0)?;
    set_state(tx, id, ImportState::Failed)
}

/// Removes some of what a job that has ended leaves behind: its staged rows, and, unless it was applied, the invisible rows that it had put beside the
/// live ones. Gives whether there is more.
///
/// # Errors
/// Those of the database.
pub fn clear_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let last: Option<i32> = import_row::table
        .filter(import_row::import_id.eq(id))
        .order(import_row::line)
        .select(import_row::line)
        .limit(STEP)
        .load(tx.conn)?
        .into_iter()
        .next_back();
    if let Some(last) = last {
        diesel::delete(import_row::table)
            .filter(import_row::import_id.eq(id))
            .filter(import_row::line.le(last))
            .execute(tx.conn)?;
        return Ok(true);
    }
    let row = find(tx.conn, id)?;
    if row.kind()? != ImportKind::Households {
        return Ok(false);
    }
    match row.state()? {
        ImportState::Applied => tidy_households(tx, id),
        state if state.is_running() => Ok(false),
        _ => households::undo_some(tx, id),
    }
}

/// Keeps the subjects of evaluations that were put off, makes them at once when they are few, and says where the job stands then.
fn settle(
    tx: &mut Tx<'_>,
    id: &str,
    kind: ImportKind,
    subjects: &BTreeMap<Subject, Cause>,
) -> Result<ImportState> {
    let subjects: Vec<_> = subjects.iter().collect();
    for part in subjects.chunks(250) {
        let rows: Vec<_> = part
            .iter()
            .map(|(subject, cause)| {
                (
                    import_subject::import_id.eq(id),
                    import_subject::subject_kind.eq(subject.kind.as_str()),
                    import_subject::subject_id.eq(subject.id.as_str()),
                    import_subject::cause_kind.eq(cause.kind),
                    import_subject::cause_id.eq(cause.id.as_deref()),
                )
            })
            .collect();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_subject::table)
            .values(&rows)
            .execute(conn))?;
    }
    if evaluate_part(tx, id)? {
        set_state(tx, id, ImportState::Evaluating)?;
        return Ok(ImportState::Evaluating);
    }
    let end = if kind.is_batch() { ImportState::Confirmed } else { ImportState::Applied };
    set_state(tx, id, end)?;
    Ok(end)
}

/// Evaluates some of the subjects that a visible import changed. Gives whether there are more; after the last the job has ended.
///
/// # Errors
/// Those of the database.
pub fn evaluate_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let row = find(tx.conn, id)?;
    if row.state()? != ImportState::Evaluating {
        return Ok(false);
    }
    let kind = row.kind()?;
    let more = evaluate_part(tx, id)?;
    if !more {
        set_state(tx, id, if kind.is_batch() { ImportState::Confirmed } else { ImportState::Applied })?;
    }
    Ok(more)
}

fn evaluate_part(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    type Noted = (String, String, String, Option<String>);
    let mut noted: Vec<Noted> = import_subject::table
        .filter(import_subject::import_id.eq(id))
        .order((import_subject::subject_kind, import_subject::subject_id))
        .select((
            import_subject::subject_kind,
            import_subject::subject_id,
            import_subject::cause_kind,
            import_subject::cause_id,
        ))
        .limit(SUBJECTS_A_STEP + 1)
        .load(tx.conn)?;
    let more = i64::try_from(noted.len()).is_ok_and(|count| count > SUBJECTS_A_STEP);
    if more {
        noted.pop();
    }
    for (kind, subject_id, cause_kind, cause_id) in noted {
        diesel::delete(import_subject::table.find((id, &kind, &subject_id))).execute(tx.conn)?;
        let kind = SubjectKind::parse(&kind)
            .ok_or_else(|| StoreError::internal(format!("import {id} has a subject of kind {kind}")))?;
        let cause = Cause { kind: known_cause(&cause_kind), id: cause_id };
        standing::refresh(tx, &Subject { kind, id: subject_id }, &cause)?;
    }
    Ok(more)
}

/// The words that causes have in the history of grades.
fn known_cause(word: &str) -> &'static str {
    const WORDS: [&str; 8] =
        ["record", "assessment", "ratings", "metric", "project", "firm", "scheme", "time"];
    WORDS.into_iter().find(|known| *known == word).unwrap_or("time")
}

/// At the start of the service: ends what was under way when it stopped. A job that was not yet visible has failed and leaves nothing; one that was
/// visible gets its evaluations. Gives how many jobs these were.
///
/// # Errors
/// Those of the database.
pub fn recover(tx: &mut Tx<'_>) -> Result<usize> {
    let running: Vec<(String, String)> = import::table
        .filter(import::state.eq_any(["reading", "applying", "evaluating"]))
        .select((import::id, import::state))
        .load(tx.conn)?;
    let interrupted = FileFault::new(
        "interrupted",
        Text::new(
            "服务在导入中途停止，未写入任何内容，请重新导入",
            "The service stopped half-way; nothing was applied, send the file again",
        ),
    );
    for (id, state) in &running {
        if state == ImportState::Evaluating.as_str() {
            while evaluate_some(tx, id)? {}
        } else {
            fail(tx, id, &interrupted)?;
        }
    }
    let left: BTreeSet<String> = import_row::table
        .select(import_row::import_id)
        .distinct()
        .load::<String>(tx.conn)?
        .into_iter()
        .chain(
            household_phone::table
                .filter(household_phone::ended_by.is_not_null())
                .select(household_phone::ended_by.assume_not_null())
                .distinct()
                .load::<String>(tx.conn)?,
        )
        .chain(running.iter().map(|(id, _)| id.clone()))
        .collect();
    for id in &left {
        while clear_some(tx, id)? {}
    }
    Ok(running.len())
}

/// Households that may be seen: those that no import brought, and those whose import is applied.
macro_rules! household_is_visible {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::{household, import};
        household::import_id.is_null().or(household::import_id
            .eq_any(import::table.filter(import::state.eq("applied")).select(import::id.nullable())))
    }};
}
/// Phones on a roster as it stands: without those that an import still brings, with those that an import still ends.
macro_rules! phone_is_on_the_roster {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::{household_phone, import};
        let applied = || import::table.filter(import::state.eq("applied")).select(import::id.nullable());
        household_phone::added_by
            .is_null()
            .or(household_phone::added_by.eq_any(applied()))
            .and(household_phone::ended_by.is_null().or(household_phone::ended_by.ne_all(applied())))
    }};
}
pub(crate) use household_is_visible;
pub(crate) use phone_is_on_the_roster;
