//! One import from its file to its end. Every step is a write of its own, so that other writes pass
//! between them.

use std::collections::BTreeSet;

use xinwu_domain::access::Warrant;
use xinwu_domain::import::{
    FileFault, ImportFormat, ImportKind, ImportRows, Occasion, ReadRow, Run, read_row,
};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::operations::import::{self, Checked, Free, Numbers};
use xinwu_store::StoreError;

use super::encoding::{self, Undecodable};
use super::reader::{self, RowRead, Stop};
use super::{Job, Workshop};

/// Rows that one write stages.
const STAGED_AT_ONCE: usize = 500;

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and checking rows.
    Reading,
    /// Applying rows.
    Applying,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// Rows done in this stage.
    pub rows: u64,
}

/// Why a job ends early.
enum End {
    /// The file as a whole is at fault.
    File(FileFault),
    /// The store is.
    Store(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> End {
        End::Store(error)
    }
}

/// Takes a job to its end, whatever that is: it stands in the job. `told` learns how far it is.
pub fn run(workshop: &Workshop, job: Job, told: &dyn Fn(Progress)) {
    let id = job.id.clone();
    match work(workshop, job, told) {
        Ok(()) => {}
        Err(End::File(fault)) => fail(workshop, &id, fault),
        Err(End::Store(error)) => {
            tracing::error!(%error, import = id, "an import ended early");
            fail(workshop, &id, store_fault(&error));
        }
    }
    clear(workshop, &id);
}

/// Ends a job whose thread panicked.
pub(super) fn give_up(workshop: &Workshop, id: &str) {
    fail(workshop, id, store_fault(&StoreError::internal("an import panicked")));
    clear(workshop, id);
}

fn store_fault(error: &StoreError) -> FileFault {
    match error {
        StoreError::Full => FileFault::new(
            "disk_full",
            Text::new(
                "存储空间已满，未写入任何内容，请腾出空间后重新导入",
                "The disk is full; nothing was imported, make room and send the file again",
            ),
        ),
        StoreError::Refused(Refusal::Conflict { .. }) => FileFault::new(
            "changed_meanwhile",
            Text::new(
                "导入期间数据被他人修改，未写入任何内容，请重试",
                "Someone changed the same things meanwhile; nothing was applied, send the file again",
            ),
        ),
        _ => FileFault::new(
            "internal",
            Text::new(
                "服务内部错误，未写入任何内容，请重试",
                "Something went wrong inside; nothing was applied, send the file again",
            ),
        ),
    }
}

fn fail(workshop: &Workshop, id: &str, fault: FileFault) {
    let job = id.to_owned();
    if let Err(error) = workshop.db.write_blocking(move |tx| import::fail(tx, &job, &fault)) {
        tracing::error!(%error, import = id, "an import's end was not written; it is tried again");
    }
}

/// Removes what a job that has ended leaves behind.
pub(super) fn clear(workshop: &Workshop, id: &str) {
    loop {
        let job = id.to_owned();
        match workshop.db.write_blocking(move |tx| import::clear_some(tx, &job)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::error!(%error, import = id, "an import's staged rows were not removed; it is tried again");
                return;
            }
        }
    }
}

fn work(workshop: &Workshop, job: Job, told: &dyn Fn(Progress)) -> Result<(), End> {
    let Job { id, file, kind, format, run, occasion, warrant } = job;
    let (file, encoding) = encoding::decode(file).map_err(|error| match error {
        Undecodable::Fault(fault) => End::File(fault),
        Undecodable::Io(error) => End::Store(StoreError::internal(error.to_string())),
    })?;
    let noted = id.clone();
    workshop.db.write_blocking(move |tx| import::set_encoding(tx, &noted, encoding))?;

    let reading = StagedFile { workshop, id: &id, warrant: &warrant, kind, occasion };
    let bad = reading.read(file, format, told)?;
    // Where rows are bad already, the others are checked all the same: a file is told all its
    // faults at once.
    told(Progress { stage: Stage::Applying, rows: 0 });
    match kind {
        ImportKind::Households => households(workshop, &id, &warrant, run, bad, told),
        ImportKind::Staff => staff(workshop, &id, &warrant, bad),
        kind if kind.is_batch() => batch(workshop, &id, &warrant, run, bad, told),
        _ => register(workshop, &id, &warrant),
    }
}

/// A register: all rows in one write.
fn register(workshop: &Workshop, id: &str, warrant: &Warrant) -> Result<(), End> {
    let (job, warrant, city) = (id.to_owned(), warrant.clone(), workshop.city);
    Ok(workshop.db.write_blocking(move |tx| import::apply_whole(tx, &job, &warrant, city))?)
}

/// A batch: put in small writes, shown by one.
fn batch(
    workshop: &Workshop,
    id: &str,
    warrant: &Warrant,
    run: Run,
    bad: i32,
    told: &dyn Fn(Progress),
) -> Result<(), End> {
    let mut rows = ImportRows { bad, ..ImportRows::default() };
    let (mut after, mut done) = (0, 0);
    loop {
        let (job, warrant, city) = (id.to_owned(), warrant.clone(), workshop.city);
        // Once a row was bad, the others are checked all the same.
        let run = if rows.bad > 0 { Run::Dry } else { run };
        let put =
            workshop.db.write_blocking(move |tx| import::put_some(tx, &job, &warrant, city, after, run))?;
        add(&mut rows, &put.rows);
        let Some(last) = put.last else { break };
        after = last;
        done += import::BATCH_STEP.unsigned_abs();
        told(Progress { stage: Stage::Applying, rows: done });
    }
    let job = id.to_owned();
    Ok(workshop.db.write_blocking(move |tx| import::show_batch(tx, &job, &rows))?)
}

/// Staff: checked by reads alone, then written as lists by one write, once another official has
/// confirmed them.
fn staff(workshop: &Workshop, id: &str, warrant: &Warrant, bad: i32) -> Result<(), End> {
    let mut outcomes = Vec::new();
    let rows = check(workshop, id, bad, &mut |after| {
        let (job, warrant) = (id.to_owned(), warrant.clone());
        let (checked, found) =
            workshop.db.read_blocking(move |conn| import::check_staff(conn, &job, &warrant, after))?;
        outcomes.extend(found);
        Ok(checked)
    })?;
    let Some(rows) = rows else { return Ok(()) };
    let (job, warrant) = (id.to_owned(), warrant.clone());
    Ok(workshop.db.write_blocking(move |tx| import::end_staff(tx, &job, &warrant, &outcomes, &rows))?)
}

/// Looks at all staged rows by reads and notes the faults, beside those of `bad` rows that were
/// found before. Gives the counts; `None` if the job was refused.
fn check(
    workshop: &Workshop,
    id: &str,
    bad: i32,
    look: &mut dyn FnMut(i32) -> Result<Checked, StoreError>,
) -> Result<Option<ImportRows>, StoreError> {
    let mut rows = ImportRows { bad, ..ImportRows::default() };
    let mut after = 0;
    loop {
        let Checked { part, faults } = look(after)?;
        add(&mut rows, &part.rows);
        if part.rows.bad > 0 {
            let job = id.to_owned();
            workshop.db.write_blocking(move |tx| import::note_bad(tx, &job, part.rows.bad, &faults))?;
        }
        match part.last {
            Some(last) => after = last,
            None => break,
        }
    }
    if rows.bad == 0 {
        return Ok(Some(rows));
    }
    let job = id.to_owned();
    workshop.db.write_blocking(move |tx| import::refuse(tx, &job))?;
    Ok(None)
}

fn add(rows: &mut ImportRows, more: &ImportRows) {
    rows.created += more.created;
    rows.updated += more.updated;
    rows.unchanged += more.unchanged;
    rows.bad += more.bad;
}

/// What is read, for whom.
struct StagedFile<'a> {
    workshop: &'a Workshop,
    id: &'a str,
    warrant: &'a Warrant,
    kind: ImportKind,
    occasion: Occasion,
}

impl StagedFile<'_> {
    /// Reads and stages the file. Gives how many rows are bad.
    fn read(&self, file: std::fs::File, format: ImportFormat, told: &dyn Fn(Progress)) -> Result<i32, End> {
        let hash_phone = |phone: &str| self.workshop.secrets.phone_hash(phone);
        let (mut waiting, mut rows, mut bad) = (Vec::new(), 0_u64, 0);
        let mut take = |read: RowRead| -> Result<(), End> {
            rows += 1;
            if rows > self.kind.most_rows() {
                return Err(End::File(too_many_rows(self.kind.most_rows())));
            }
            waiting.push(match read {
                Ok(fields) => read_row(self.kind, fields, &hash_phone, self.occasion),
                Err(unreadable) => unreadable,
            });
            if waiting.len() >= STAGED_AT_ONCE {
                bad = self.stage(std::mem::take(&mut waiting))?;
                told(Progress { stage: Stage::Reading, rows });
            }
            Ok(())
        };
        reader::each_row(file, self.kind, format, &mut take).map_err(|stop| match stop {
            Stop::File(fault) => End::File(fault),
            Stop::Io(error) => End::Store(StoreError::internal(error.to_string())),
            Stop::Taker(end) => end,
        })?;
        if !waiting.is_empty() {
            bad = self.stage(waiting)?;
        }
        told(Progress { stage: Stage::Reading, rows });
        Ok(bad)
    }

    fn stage(&self, rows: Vec<ReadRow>) -> Result<i32, StoreError> {
        let (id, warrant) = (self.id.to_owned(), self.warrant.clone());
        self.workshop.db.write_blocking(move |tx| import::stage(tx, &id, &warrant, &rows))
    }
}

fn too_many_rows(most: u64) -> FileFault {
    let text = Text::new(
        format!("一个文件最多{most}行，请分成几个文件"),
        format!("A file of these has at most {most} rows; split it"),
    );
    FileFault::new("too_many_rows", text)
}

/// Households: checked by reads alone, then put beside the live ones step by step, then shown by
/// one small write.
fn households(
    workshop: &Workshop,
    id: &str,
    warrant: &Warrant,
    run: Run,
    bad: i32,
    told: &dyn Fn(Progress),
) -> Result<(), End> {
    // First as if it were tried out, with a look at nobody's rosters: a file that is refused anyway
    // would tell of its numbers and leave no entry.
    let Some(mut rows) = check_households(workshop, id, warrant, bad, Numbers::OfTheFile)? else {
        return Ok(());
    };
    if run == Run::Real {
        match check_households(workshop, id, warrant, 0, Numbers::OnRosters)? {
            Some(counted) => rows = counted,
            None => return Ok(()),
        }
    }
    let (mut done, mut entered) = (0_u64, BTreeSet::new());
    let mut next = (run == Run::Real).then_some(0);
    while let Some(from) = next {
        let job = id.to_owned();
        let put = workshop.db.write_blocking(move |tx| import::apply_households(tx, &job, from))?;
        next = put.as_ref().map(|put| put.last);
        entered.extend(put.into_iter().flat_map(|put| put.entered));
        done += u64::try_from(import::STEP).unwrap_or_default();
        told(Progress { stage: Stage::Applying, rows: done });
    }
    let job = id.to_owned();
    Ok(workshop.db.write_blocking(move |tx| import::show_households(tx, &job, &rows, &entered))?)
}

/// One pass over the households of a file. Gives the counts; `None` if the job was refused.
fn check_households(
    workshop: &Workshop,
    id: &str,
    warrant: &Warrant,
    bad: i32,
    numbers: Numbers,
) -> Result<Option<ImportRows>, StoreError> {
    let mut free = Free::default();
    check(workshop, id, bad, &mut |after| {
        let (job, warrant, mut left) = (id.to_owned(), warrant.clone(), std::mem::take(&mut free));
        let (checked, left) = workshop.db.read_blocking(move |conn| {
            let checked = import::check_households(conn, &job, &warrant, after, (&mut left, numbers))?;
            Ok((checked, left))
        })?;
        free = left;
        Ok(checked)
    })
}
