//! The counts that cards and rankings show: voices and service score of the last twelve months, public records, projects and area.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize, Serializer};
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::card::ServiceSummary;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::rating::{Span, Sum, Tally};
use xinwu_domain::subject::SubjectKind;

use crate::dialect::{hot, on_each};
use crate::rating::{Delta, MonthRow};
use crate::record::Publicity;
use crate::schema::{project, rating_month, record, tally};
use crate::setting::City;
use crate::{Conn, Result, StoreError, Tx};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tally, primary_key(subject_kind, subject_id), treat_none_as_null = true)]
pub(super) struct Row {
    subject_kind: String,
    pub subject_id: String,
    #[diesel(embed)]
    #[serde(flatten)]
    voices: Voices,
    rewards: i32,
    penalties: i32,
    projects: i32,
    area_dm2: i64,
    /// Not a count: a recount is dated later and has the same counts.
    #[serde(skip)]
    updated_at: NaiveDateTime,
}

/// What a tally says of voices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tally, treat_none_as_null = true)]
pub(super) struct Voices {
    voices: i32,
    stars: i32,
    service_score_ten_thousandths: Option<i64>,
    #[serde(serialize_with = "told_without_writings", skip_serializing_if = "Option::is_none")]
    sums: Option<String>,
}

impl Voices {
    /// Of the twelve months up to `month`; `before` are the sums kept so far.
    fn of(tally: &Tally, month: Month, before: Option<&str>, city: City) -> Result<Voices> {
        let shown = ServiceSummary::of_firm(tally.count(), tally.sum(), city.fewest_voices);
        // What firms are ranked and sorted by, in ten-thousandths: what lists show, and none without a voice.
        let score = shown.score.filter(|_| tally.count() > 0);
        Ok(Voices {
            voices: i32::try_from(tally.count()).unwrap_or(i32::MAX),
            stars: i32::try_from(tally.sum()).unwrap_or(i32::MAX),
            service_score_ten_thousandths: score
                .and_then(|score| score.checked_mul(Decimal::from(10_000)))
                .and_then(|score| score.to_i64()),
            sums: Some(Sums::of(month, tally, before).stored()?),
        })
    }
}

/// The column `sums` in JSON: a firm's voices of twelve months, all that its card says of them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sums {
    /// The last of the twelve: in the next month they are no longer the last.
    month: Month,
    /// How often they were written. It makes them others each time, by which a trigger knows the program before this one: that one counts `voices` and leaves
    /// these as they were. They are emptied then.
    written: u64,
    /// Voices that gave 1, 2, 3, 4 and 5 stars.
    stars: [u32; 5],
    /// By dimension: voices, and their stars together.
    dimensions: [(u32, u64); 5],
}

impl Sums {
    /// None where none are kept, or by a program that writes them otherwise.
    fn read(kept: Option<&str>) -> Option<Sums> {
        kept.and_then(|kept| serde_json::from_str(kept).ok())
    }

    fn of(month: Month, tally: &Tally, before: Option<&str>) -> Sums {
        Sums {
            month,
            written: Sums::read(before).map_or(0, |before| before.written) + 1,
            stars: tally.counts,
            dimensions: tally.dimensions.map(|sum| (sum.count, sum.stars)),
        }
    }

    fn tally(&self) -> Tally {
        let sum = |(count, stars)| Sum { count, stars };
        Tally { counts: self.stars, dimensions: self.dimensions.map(sum) }
    }

    fn stored(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| StoreError::internal(format!("sums cannot be written: {error}")))
    }
}

/// A firm's voices of the twelve months up to `month`, if the column `sums` holds those.
pub(crate) fn kept_sums(kept: Option<&str>, month: Month) -> Option<Tally> {
    Sums::read(kept).filter(|sums| sums.month == month).map(|sums| sums.tally())
}

fn told_without_writings<S: Serializer>(
    kept: &Option<String>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    let sums = Sums::read(kept.as_deref());
    sums.map(|sums| format!("{} {:?} {:?}", sums.month, sums.stars, sums.dimensions)).serialize(to)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = project)]
struct ProjectRow {
    id: String,
    uscc: Option<String>,
    manager_id: Option<String>,
    starts_on: String,
    ends_on: Option<String>,
    area_dm2: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct RecordRow {
    uscc: Option<String>,
    project_id: Option<String>,
    manager_id: Option<String>,
    kind: String,
    state: String,
    public_until: Option<String>,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
}

/// Whether voices are kept of subjects of a kind. Of firms alone: nothing shows those of others by themselves, and each rating would have to write them too.
pub(super) fn keeps_voices(kind: SubjectKind) -> bool {
    kind == SubjectKind::Firm
}

/// The kept counts of subjects of one kind. What an earlier program kept of voices and this one does not is left out.
pub(super) fn rows(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = tally::table
        .filter(tally::subject_kind.eq(kind.as_str()))
        .filter(tally::subject_id.eq_any(ids))
        .select(Row::as_select())
        .load(conn)?;
    for row in rows.iter_mut().filter(|_| !keeps_voices(kind)) {
        row.voices = Voices::default();
    }
    Ok(rows)
}

/// When each subject's standing was last made.
pub(super) fn made_at(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
) -> Result<HashMap<String, DateTime<Utc>>> {
    let rows: Vec<(String, NaiveDateTime)> = tally::table
        .filter(tally::subject_kind.eq(kind.as_str()))
        .filter(tally::subject_id.eq_any(ids))
        .select((tally::subject_id, tally::updated_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, at)| (id, at.and_utc())).collect())
}

/// Whether the subject's standing is made anew with its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Yes: from now on it is dated now.
    Anew,
    /// No, only what ratings change: its date stays, or it would tell everyone to the second when a neighbour gave a rating.
    Untouched,
}

/// Makes the counts of subjects of one kind anew.
pub(super) fn refresh(
    tx: &mut Tx<'_>,
    kind: SubjectKind,
    ids: &[String],
    city: City,
    standing: Standing,
) -> Result<()> {
    let before = before(tx.conn, kind, ids)?;
    let projects = projects(tx.conn, kind, ids)?;
    let all: Vec<&String> = projects.values().flatten().map(|project| &project.id).collect();
    let months = if keeps_voices(kind) {
        months(tx.conn, &all, Month::of(tx.now, city.zone))?
    } else {
        HashMap::new()
    };
    let records = records(tx.conn, kind, ids)?;
    for id in ids {
        let before = before.get(id);
        let at = before.map_or(tx.now, |before| tx.now.max(before.updated_at.and_utc()));
        let mut row = Row::new(kind, id, at);
        let (today, month) = (day_of(at, city.zone), Month::of(at, city.zone));
        let mut voices = Tally::default();
        for project in projects.get(id).into_iter().flatten() {
            row.add_project(project, today);
            add_months(&mut voices, months.get(&project.id).into_iter().flatten(), month);
        }
        if keeps_voices(kind) {
            let kept = before.and_then(|before| before.sums.as_deref());
            row.voices = Voices::of(&voices, month, kept, city)?;
        }
        for record in records.get(id).into_iter().flatten() {
            row.add_record(record, at, today)?;
        }
        if let (Standing::Untouched, Some(before)) = (standing, before) {
            row.updated_at = before.updated_at;
        }
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(tally::table)
            .values(&row)
            .on_conflict((tally::subject_kind, tally::subject_id))
            .do_update()
            .set(&row)
            .execute(conn))?;
    }
    Ok(())
}

impl Row {
    fn new(kind: SubjectKind, id: &str, at: DateTime<Utc>) -> Row {
        Row {
            subject_kind: kind.as_str().to_owned(),
            subject_id: id.to_owned(),
            voices: Voices::default(),
            rewards: 0,
            penalties: 0,
            projects: 0,
            area_dm2: 0,
            updated_at: at.naive_utc(),
        }
    }

    /// Days are compared as text: all have the form `YYYY-MM-DD`.
    fn add_project(&mut self, project: &ProjectRow, today: NaiveDate) {
        let today = today.to_string();
        if project.starts_on <= today && project.ends_on.as_ref().is_none_or(|last| today <= *last) {
            self.projects += 1;
            self.area_dm2 = self.area_dm2.saturating_add(project.area_dm2);
        }
    }

    fn add_record(&mut self, record: &RecordRow, at: DateTime<Utc>, today: NaiveDate) -> Result<()> {
        let known = (record.known_from, record.known_until);
        let publicity = Publicity::read(&record.kind, &record.state, known, record.public_until.as_deref())?;
        if publicity.is_public(at, today) {
            match publicity.kind {
                RecordKind::Reward => self.rewards += 1,
                RecordKind::Penalty => self.penalties += 1,
            }
        }
        Ok(())
    }
}

/// The voices of the last twelve months: all of them, as the ledger counts them. A term that was corrected later takes none away, or a list and
/// the firm's own page could be subtracted.
fn add_months<'a>(voices: &mut Tally, months: impl Iterator<Item = &'a MonthRow>, current: Month) {
    let usual = Span::usual(current);
    let (first, last) = (usual.first.to_string(), usual.last.to_string());
    for row in months.filter(|row| first <= row.month && row.month <= last) {
        voices.merge(&row.tally());
    }
}

/// What is kept of a firm's voices before a rating changes it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tally)]
pub(crate) struct Kept {
    sums: Option<String>,
}

/// Puts into a firm's tally what a voice changes of an open month, which is what counting anew would give. False where only that would: there is no row yet,
/// no sums, or they are not of today's twelve months.
pub(super) fn shift(
    tx: &mut Tx<'_>,
    uscc: &str,
    kept: Option<&Kept>,
    city: City,
    by: &Delta,
) -> Result<bool> {
    let (kept, month) = (kept.and_then(|kept| kept.sums.as_deref()), Month::of(tx.now, city.zone));
    let Some(sums) = kept_sums(kept, month).and_then(|sums| by.changes(&sums)) else { return Ok(false) };
    let row = tally::table.find((SubjectKind::Firm.as_str(), uscc));
    let changed = diesel::update(row).set(Voices::of(&sums, month, kept, city)?);
    let _: i32 = hot!(&mut *tx.conn, changed.returning(tally::voices) => get_result)?;
    Ok(true)
}

/// When a subject's standing was last made, and the sums that it has.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tally)]
struct Before {
    subject_id: String,
    updated_at: NaiveDateTime,
    sums: Option<String>,
}

fn before(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<HashMap<String, Before>> {
    let rows: Vec<Before> = tally::table
        .filter(tally::subject_kind.eq(kind.as_str()))
        .filter(tally::subject_id.eq_any(ids))
        .select(Before::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.subject_id.clone(), row)).collect())
}

/// The projects of each subject: those that a firm runs or ran, those that a manager is in charge of.
fn projects(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<HashMap<String, Vec<ProjectRow>>> {
    let rows = project::table.select(ProjectRow::as_select());
    let rows: Vec<ProjectRow> = match kind {
        SubjectKind::Firm => rows.filter(project::uscc.eq_any(ids)).load(conn)?,
        SubjectKind::Project => rows.filter(project::id.eq_any(ids)).load(conn)?,
        SubjectKind::Manager => rows.filter(project::manager_id.eq_any(ids)).load(conn)?,
    };
    let mut of: HashMap<String, Vec<ProjectRow>> = HashMap::new();
    for row in rows {
        let owner = match kind {
            SubjectKind::Firm => row.uscc.clone(),
            SubjectKind::Project => Some(row.id.clone()),
            SubjectKind::Manager => row.manager_id.clone(),
        };
        if let Some(owner) = owner {
            of.entry(owner).or_default().push(row);
        }
    }
    Ok(of)
}

fn months(conn: &mut Conn, projects: &[&String], current: Month) -> Result<HashMap<String, Vec<MonthRow>>> {
    let first = Span::usual(current).first.to_string();
    let mut of: HashMap<String, Vec<MonthRow>> = HashMap::new();
    for part in projects.chunks(500) {
        let rows: Vec<MonthRow> = rating_month::table
            .filter(rating_month::project_id.eq_any(part.iter().copied()))
            .filter(rating_month::month.ge(&first))
            .select(MonthRow::as_select())
            .load(conn)?;
        for row in rows {
            of.entry(row.project_id.clone()).or_default().push(row);
        }
    }
    Ok(of)
}

fn records(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<HashMap<String, Vec<RecordRow>>> {
    // Their state is looked at here: asked for it, a database without statistics reads all records in force instead of the subjects' few.
    let rows = record::table.select(RecordRow::as_select());
    let rows: Vec<RecordRow> = match kind {
        SubjectKind::Firm => rows.filter(record::uscc.eq_any(ids)).load(conn)?,
        SubjectKind::Project => rows.filter(record::project_id.eq_any(ids)).load(conn)?,
        SubjectKind::Manager => rows.filter(record::manager_id.eq_any(ids)).load(conn)?,
    };
    let mut of: HashMap<String, Vec<RecordRow>> = HashMap::new();
    for row in rows.into_iter().filter(|row| row.state == "in_force") {
        let owner = match kind {
            SubjectKind::Firm => row.uscc.clone(),
            SubjectKind::Project => row.project_id.clone(),
            SubjectKind::Manager => row.manager_id.clone(),
        };
        if let Some(owner) = owner {
            of.entry(owner).or_default().push(row);
        }
    }
    Ok(of)
}
