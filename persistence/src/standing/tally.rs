//! The counts that cards and rankings show: voices and service score of the last twelve months, public records, projects and area.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::card::ServiceSummary;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::rating::Span;
use xinwu_domain::subject::SubjectKind;

use crate::dialect::{hot, on_each};
use crate::record::Publicity;
use crate::schema::{project, rating_month, record, tally};
use crate::setting::City;
use crate::{Conn, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tally, primary_key(subject_kind, subject_id), treat_none_as_null = true)]
pub(super) struct Row {
    subject_kind: String,
    pub subject_id: String,
    voices: i32,
    stars: i32,
    service_score_ten_thousandths: Option<i64>,
    rewards: i32,
    penalties: i32,
    projects: i32,
    area_dm2: i64,
    /// Not a count: a recount is dated later and has the same counts.
    #[serde(skip)]
    updated_at: NaiveDateTime,
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
#[diesel(table_name = rating_month)]
struct MonthRow {
    project_id: String,
    month: String,
    one: i32,
    two: i32,
    three: i32,
    four: i32,
    five: i32,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct RecordRow {
    uscc: String,
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
        (row.voices, row.stars, row.service_score_ten_thousandths) = (0, 0, None);
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
    let made_at = made_at(tx.conn, kind, ids)?;
    let projects = projects(tx.conn, kind, ids)?;
    let all: Vec<&String> = projects.values().flatten().map(|project| &project.id).collect();
    let months = months(tx.conn, &all, Month::of(tx.now, city.zone))?;
    let records = records(tx.conn, kind, ids)?;
    for id in ids {
        let at = made_at.get(id).map_or(tx.now, |made| tx.now.max(*made));
        let mut row = Row::new(kind, id, at);
        let today = day_of(at, city.zone);
        for project in projects.get(id).into_iter().flatten() {
            row.add_project(project, today);
            if !keeps_voices(kind) {
                continue;
            }
            row.add_months(months.get(&project.id).map_or(&[][..], Vec::as_slice), Month::of(at, city.zone));
        }
        for record in records.get(id).into_iter().flatten() {
            row.add_record(record, at, today)?;
        }
        row.score(city.fewest_voices);
        if let (Standing::Untouched, Some(made)) = (standing, made_at.get(id)) {
            row.updated_at = made.naive_utc();
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
            voices: 0,
            stars: 0,
            service_score_ten_thousandths: None,
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

    /// The voices of the last twelve months: all of them, as the ledger counts them. A term that was corrected later takes none away, or a list and
    /// the firm's own page could be subtracted.
    fn add_months(&mut self, months: &[MonthRow], current: Month) {
        let usual = Span::usual(current);
        let (first, last) = (usual.first.to_string(), usual.last.to_string());
        for row in months.iter().filter(|row| first <= row.month && row.month <= last) {
            self.voices = self.voices.saturating_add(row.one + row.two + row.three + row.four + row.five);
            let stars = row.one + 2 * row.two + 3 * row.three + 4 * row.four + 5 * row.five;
            self.stars = self.stars.saturating_add(stars);
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

    fn score(&mut self, fewest_voices: u32) {
        self.service_score_ten_thousandths = service_score(self.voices, self.stars, fewest_voices);
    }
}

/// The service score that firms are ranked and sorted by, in ten-thousandths: what lists show, and none without a voice.
fn service_score(voices: i32, stars: i32, fewest_voices: u32) -> Option<i64> {
    let voices = u32::try_from(voices).unwrap_or_default();
    let stars = u64::try_from(stars).unwrap_or_default();
    let shown = ServiceSummary::of_firm(voices, stars, fewest_voices).score.filter(|_| voices > 0);
    shown.and_then(|score| score.checked_mul(Decimal::from(10_000))).and_then(|score| score.to_i64())
}

/// What is kept of a firm's voices.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = tally)]
pub(crate) struct Voices {
    voices: i32,
    stars: i32,
    updated_at: NaiveDateTime,
}

/// Changes a firm's voices and stars of an open month by so many, which is what counting them anew would give. False where only that would: there is
/// no row yet, or its window of months is not today's.
pub(super) fn shift(
    tx: &mut Tx<'_>,
    uscc: &str,
    kept: Option<&Voices>,
    city: City,
    (voices, stars): (i32, i32),
) -> Result<bool> {
    let Some(kept) = kept else { return Ok(false) };
    if Month::of(kept.updated_at.and_utc(), city.zone) != Month::of(tx.now, city.zone) {
        return Ok(false);
    }
    let (voices, stars) = (kept.voices.saturating_add(voices), kept.stars.saturating_add(stars));
    let score = service_score(voices, stars, city.fewest_voices);
    let set =
        (tally::voices.eq(voices), tally::stars.eq(stars), tally::service_score_ten_thousandths.eq(score));
    let row = tally::table.find((SubjectKind::Firm.as_str(), uscc));
    let changed = diesel::update(row).set(set).returning(tally::voices);
    let _: i32 = hot!(&mut *tx.conn, changed => get_result)?;
    Ok(true)
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
            SubjectKind::Firm => Some(row.uscc.clone()),
            SubjectKind::Project => row.project_id.clone(),
            SubjectKind::Manager => row.manager_id.clone(),
        };
        if let Some(owner) = owner {
            of.entry(owner).or_default().push(row);
        }
    }
    Ok(of)
}
