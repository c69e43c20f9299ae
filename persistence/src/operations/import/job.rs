//! The job: what stands in `import`, who may see it, and how it ends.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use xinwu_domain::access::{OPERATOR, Operation, Warrant};
use xinwu_domain::account::People;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::{
    BadRow, FAULTS_KEPT, FileFault, ImportEncoding, ImportFailure, ImportFormat, ImportJob, ImportKind,
    ImportReport, ImportRows, ImportState, Occasion, Run,
};
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::proposal::OPEN_DAYS;
use xinwu_domain::refusal::{Faults, Refusal, Situation};
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::{Language, Text};
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use crate::people::account::names::{name_people, with_people};
use crate::registers::authorized::{Owner, Resource, by_key, note};
use crate::registers::narrowing::{Narrowing, narrowed};
use crate::registers::place::{from_json, to_json};
use crate::registers::second_person::require_numbered;
use crate::schema::{import, import_fault, place, place_ancestor};

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
    pub run: Run,
    /// Whether it brings a city's past: its records may say when they were known. Only the
    /// operator's may.
    pub occasion: Occasion,
    /// What whoever confirms it is told of the file.
    pub file: SentFile,
}

/// What is told of a file beside its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentFile {
    /// What it is called.
    pub name: Option<String>,
    /// SHA-256 of its bytes, in hexadecimal figures.
    pub sha256: Option<String>,
    /// Why it is sent.
    pub reason: Option<String>,
}

/// A job's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = import)]
pub struct JobRow {
    /// The id.
    pub id: String,
    pub(super) kind: Col<ImportKind>,
    format: Col<ImportFormat>,
    encoding: Option<Col<ImportEncoding>>,
    pub(super) dry_run: bool,
    founding: bool,
    pub(super) state: Col<ImportState>,
    pub(super) by_account: String,
    pub(super) place: Option<String>,
    rows_read: i32,
    pub(super) rows_bad: i32,
    pub(super) rows_created: i32,
    pub(super) rows_updated: i32,
    rows_unchanged: i32,
    pub(super) confirmed_by: Option<String>,
    failure: Option<String>,
    created_at: NaiveDateTime,
    pub(super) finished_at: Option<NaiveDateTime>,
    pub(super) version: i64,
    pub(super) name: Option<String>,
    pub(super) sha256: Option<String>,
    reason: Option<String>,
    pub(super) expires_at: Option<NaiveDateTime>,
    pub(super) undone_at: Option<NaiveDateTime>,
}

/// A [`FileFault`] as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredFailure {
    code: String,
    line: Option<u64>,
    text: Text,
}

impl JobRow {
    /// What its rows are.
    pub fn kind(&self) -> ImportKind {
        self.kind.0
    }

    /// How it stands, and what may be done with it: what is undone, and of staff what never can
    /// be, is not undone.
    pub(super) fn situation(&self) -> Situation {
        let situation = Situation::from(self.state.0);
        if self.undone_at.is_some() || self.kind.0 == ImportKind::Staff {
            situation.without(Operation::UndoImport)
        } else {
            situation
        }
    }

    /// How many rows did something.
    pub(super) fn rows_changed(&self) -> i64 {
        i64::from(self.rows_created) + i64::from(self.rows_updated)
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

    pub(super) fn view(self, language: Language) -> Result<ImportJob> {
        let failure = match &self.failure {
            Some(text) => {
                let stored: StoredFailure = from_json(text)?;
                let detail = stored.text.in_language(language).to_owned();
                Some(ImportFailure { code: stored.code, line: stored.line, detail })
            }
            None => None,
        };
        Ok(ImportJob {
            kind: self.kind.0,
            format: self.format.0,
            state: self.state.0,
            rows: self.rows(),
            id: self.id,
            encoding: self.encoding.map(|encoding| encoding.0),
            dry_run: self.dry_run,
            founding: self.founding,
            name: self.name,
            sha256: self.sha256,
            reason: self.reason,
            expires_at: self.expires_at.map(|at| at.and_utc()),
            undone_at: self.undone_at.map(|at| at.and_utc()),
            place: self.place,
            by: self.by_account,
            confirmed_by: self.confirmed_by,
            failure,
            created_at: self.created_at.and_utc(),
            finished_at: self.finished_at.map(|at| at.and_utc()),
            people: People::default(),
        })
    }
}

/// Whoever may do the single operation may import; the operator may import everything.
///
/// # Errors
/// [`Refusal::Forbidden`]
pub fn require_may_import(warrant: &Warrant, kind: ImportKind) -> std::result::Result<(), Refusal> {
    if warrant.also(kind.operation()).is_ok() {
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
/// [`Refusal::Forbidden`] where the actor may not do the single operation either,
/// [`Refusal::BadParameter`] for a name or a reason that must not be shown.
pub fn open(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewImport, language: Language) -> Result<ImportJob> {
    require_may_import(warrant, new.kind)?;
    let mut faults = Faults::default();
    for (parameter, text) in [("name", &new.file.name), ("reason", &new.file.reason)] {
        faults.keep(require_showable(parameter, text.as_deref()))?;
    }
    faults.refuse_parameters()?;
    let own_place = match warrant.place() {
        Some(place) => Some(place.to_owned()),
        // The operator's batches are the city's to confirm.
        None => place::table
            .filter(place::level.eq(Col(PlaceLevel::City)))
            .order(place::code)
            .select(place::code)
            .first(tx.conn)
            .optional()?,
    };
    diesel::insert_into(import::table)
        .values((
            import::id.eq(&new.id),
            import::kind.eq(Col(new.kind)),
            import::format.eq(Col(new.format)),
            import::dry_run.eq(new.run == Run::Dry),
            import::founding.eq(new.occasion == Occasion::Founding),
            import::state.eq(Col(ImportState::Reading)),
            import::by_account.eq(warrant.account_id()),
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
            import::name.eq(&new.file.name),
            import::sha256.eq(&new.file.sha256),
            import::reason.eq(&new.file.reason),
        ))
        .execute(tx.conn)?;
    let detail =
        serde_json::json!({"kind": new.kind, "dry_run": new.run == Run::Dry, "sha256": new.file.sha256});
    note::<JobRow>(tx, warrant, &new.id, &detail)?;
    let job = JobRow::require(tx.conn, &new.id)?.view(language)?;
    with_people(tx.conn, job)
}

/// A job is its sender's, and its place's.
impl Resource for JobRow {
    const KIND: Kind = Kind::Import;
    const ENTITY: Option<Entity> = Some(Entity::Import);

    by_key!(import);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        let sender = Some(self.by_account.clone());
        Ok(Owner { place: self.place.clone(), account: sender.clone(), drafter: sender, ..Owner::default() })
    }
}

/// A job with its bad rows, and its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str, language: Language) -> Result<(ImportReport, i64)> {
    let row = JobRow::require(conn, id)?;
    let (version, kind) = (row.version, row.kind.0);
    type Fault = (i32, String, Option<String>, String, String, String);
    let faults: Vec<Fault> = import_fault::table
        .filter(import_fault::import_id.eq(id))
        .order((import_fault::line, import_fault::id))
        .limit(i64::try_from(FAULTS_KEPT).unwrap_or(i64::MAX))
        .select((
            import_fault::line,
            import_fault::shown_key,
            import_fault::column_name,
            import_fault::code,
            import_fault::zh,
            import_fault::en,
        ))
        .load(conn)?;
    let bad_rows = faults
        .into_iter()
        .map(|(line, key, column, code, zh, en)| {
            let detail = match language {
                Language::Chinese => zh,
                Language::English => en,
            };
            let known = column.as_deref().and_then(|name| kind.column(name));
            let header = known.map(|column| column.in_language(language).to_owned());
            BadRow { line, key, column, header, code, detail }
        })
        .collect();
    Ok((ImportReport { job: with_people(conn, row.view(language)?)?, bad_rows }, version))
}

/// Which imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportQuery {
    /// Only those that stand there.
    pub state: Option<ImportState>,
    /// Only of these rows.
    pub kind: Option<ImportKind>,
    /// Only what waits and ends by itself by this instant.
    pub due_by: Option<DateTime<Utc>>,
    /// By place, sender, and the day of sending.
    pub narrowing: Narrowing,
}

/// Jobs of the actor's place and below, the newest first.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &ImportQuery,
    window: &Window,
    language: Language,
) -> Result<Listed<ImportJob>> {
    let own = warrant.own_place()?.to_owned();
    let filtered = || {
        let below = place_ancestor::table
            .filter(place_ancestor::ancestor.eq(own.clone()))
            .select(place_ancestor::place.nullable());
        let mut rows = import::table.filter(import::place.eq_any(below)).into_boxed();
        if let Some(state) = query.state {
            rows = rows.filter(import::state.eq(Col(state)));
        }
        if let Some(kind) = query.kind {
            rows = rows.filter(import::kind.eq(Col(kind)));
        }
        if let Some(last) = query.due_by {
            rows = rows.filter(import::state.eq(Col(ImportState::Submitted)));
            rows = rows.filter(import::expires_at.le(last.naive_utc()));
        }
        narrowed!(rows, &query.narrowing, import::place, import::by_account, import::created_at)
    };
    // Ids are of UUID version 7: they sort by the time of their making.
    let mut rows = filtered().select(JobRow::as_select()).order(import::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(import::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &JobRow| Keys::of([&row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let mut items = page.items.into_iter().map(|row| row.view(language)).collect::<Result<Vec<_>>>()?;
    name_people(conn, &mut items)?;
    Ok(Listed { items, next: page.next, total })
}

/// A job that another process has ended writes nothing more.
pub(super) fn require_running(conn: &mut Conn, id: &str) -> Result<JobRow> {
    let row = JobRow::require(conn, id)?;
    if row.state.0.is_running() {
        return Ok(row);
    }
    let text = Text::new("该导入已经结束", "The import has ended already");
    Err(Refusal::conflict("ended_already", text).of_state(row.situation()).into())
}

/// Notes in which encoding the file was found to be.
pub fn set_encoding(tx: &mut Tx<'_>, id: &str, encoding: ImportEncoding) -> Result<()> {
    diesel::update(import::table.find(id)).set(import::encoding.eq(Col(encoding))).execute(tx.conn)?;
    Ok(())
}

/// Ends or moves a job.
pub(super) fn set_state(tx: &mut Tx<'_>, id: &str, state: ImportState) -> Result<()> {
    let finished_at = if state.is_running() { None } else { Some(tx.now_utc()) };
    diesel::update(import::table.find(id))
        .set((
            import::state.eq(Col(state)),
            import::finished_at.eq(finished_at),
            import::expires_at.eq(None::<NaiveDateTime>),
            import::version.eq(import::version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Import, id);
    Ok(())
}

/// Has a job whose rows were tried wait for another official. One that nobody could confirm ends
/// instead, and is told why.
pub(super) fn submit(tx: &mut Tx<'_>, job: &JobRow) -> Result<()> {
    if let Some(fault) = unfit(tx.conn, job)? {
        return fail(tx, &job.id, &fault);
    }
    set_state(tx, &job.id, ImportState::Submitted)?;
    let expires_at = tx.now_utc() + Duration::days(OPEN_DAYS);
    diesel::update(import::table.find(&job.id)).set(import::expires_at.eq(expires_at)).execute(tx.conn)?;
    Ok(())
}

/// Why a file cannot wait for another official; the operator's always may.
fn unfit(conn: &mut Conn, job: &JobRow) -> Result<Option<FileFault>> {
    if job.by_account == OPERATOR {
        return Ok(None);
    }
    if job.reason.is_none() {
        let text = Text::new(
            "该文件须由另一名人员确认，请以 reason 参数说明理由后重新提交",
            "Another official must confirm this file: send it again, and say why in `reason`",
        );
        return Ok(Some(FileFault::new("reason_required", text)));
    }
    // Batches are told apart by their accounts.
    if job.kind.0.is_batch() {
        return Ok(None);
    }
    match require_numbered(conn, &job.by_account) {
        Ok(()) => Ok(None),
        Err(StoreError::Refused(Refusal::Forbidden { detail, .. })) => {
            Ok(Some(FileFault::new("no_staff_number", detail)))
        }
        Err(error) => Err(error),
    }
}

/// Keeps what became of the rows; `read` and `bad` are counted as they are staged.
pub(super) fn set_rows(tx: &mut Tx<'_>, id: &str, rows: &ImportRows) -> Result<()> {
    diesel::update(import::table.find(id))
        .set((
            import::rows_created.eq(rows.created),
            import::rows_updated.eq(rows.updated),
            import::rows_unchanged.eq(rows.unchanged),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends a dry run of rows about phones: what each would change is not told, or it would say of any
/// number whether it is listed.
pub(super) fn end_dry_run(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    set_rows(tx, id, &ImportRows::default())?;
    set_state(tx, id, ImportState::Checked)
}

/// Ends a job whose rows are bad: nothing of it was applied.
pub fn refuse(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    set_rows(tx, id, &ImportRows::default())?;
    set_state(tx, id, ImportState::Refused)
}

/// Ends a job whose file cannot be taken as a whole. One that has ended stays as it is: its last
/// write may have been committed though its answer was lost.
pub fn fail(tx: &mut Tx<'_>, id: &str, fault: &FileFault) -> Result<()> {
    if !JobRow::require(tx.conn, id)?.state.0.is_running() {
        return Ok(());
    }
    let stored = StoredFailure { code: fault.code.clone(), line: fault.line, text: fault.text.clone() };
    diesel::update(import::table.find(id)).set(import::failure.eq(to_json(&stored)?)).execute(tx.conn)?;
    set_rows(tx, id, &ImportRows::default())?;
    set_state(tx, id, ImportState::Failed)
}
