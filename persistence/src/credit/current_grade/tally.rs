//! The counts that cards and rankings show: published ratings of the last twelve months and their
//! service score, public records, projects and area.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::record::RecordState;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use crate::city::CitySettings;
use crate::credit::record::Publicity;
use crate::ratings::tally::{Published, ratings};
use crate::schema::{project, record, tally};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tally, primary_key(subject_kind, subject_id), treat_none_as_null = true)]
pub(super) struct Row {
    subject_kind: Col<SubjectKind>,
    pub subject_id: String,
    #[diesel(embed)]
    #[serde(flatten)]
    ratings: Published,
    rewards: i32,
    penalties: i32,
    projects: i32,
    area_dm2: i64,
    /// Not a count: a recomputation is dated later and has the same counts.
    #[serde(skip)]
    updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = project)]
struct ProjectRow {
    id: String,
    uscc: Option<String>,
    manager_id: Option<String>,
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    area_dm2: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct RecordRow {
    uscc: Option<String>,
    project_id: Option<String>,
    manager_id: Option<String>,
    kind: Col<RecordKind>,
    state: Col<RecordState>,
    public_until: Option<Col<NaiveDate>>,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
}

/// Whether ratings are kept of subjects of a kind: nothing shows those of managers.
pub(super) fn keeps_ratings(kind: SubjectKind) -> bool {
    kind != SubjectKind::Manager
}

/// The kept counts of subjects of one kind.
pub(super) fn rows(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<Vec<Row>> {
    Ok(tally::table
        .filter(tally::subject_kind.eq(Col(kind)))
        .filter(tally::subject_id.eq_any(ids))
        .select(Row::as_select())
        .load(conn)?)
}

/// When each subject's current grade was last made.
pub(super) fn made_at(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
) -> Result<HashMap<String, DateTime<Utc>>> {
    let rows: Vec<(String, NaiveDateTime)> = tally::table
        .filter(tally::subject_kind.eq(Col(kind)))
        .filter(tally::subject_id.eq_any(ids))
        .select((tally::subject_id, tally::updated_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, at)| (id, at.and_utc())).collect())
}

/// Makes the counts of subjects of one kind again.
pub(super) fn refresh(tx: &mut Tx<'_>, kind: SubjectKind, ids: &[String], city: CitySettings) -> Result<()> {
    let before = made_at(tx.conn, kind, ids)?;
    let projects = projects(tx.conn, kind, ids)?;
    let records = records(tx.conn, kind, ids)?;
    // A clock that catches up comes by subjects that were dated later: a tally never goes back in
    // time.
    let now = tx.now;
    let at = |id: &String| before.get(id).map_or(now, |before| now.max(*before));
    let mut months: BTreeMap<Month, Vec<String>> = BTreeMap::new();
    for id in ids {
        months.entry(Month::of(at(id), city.zone)).or_default().push(id.clone());
    }
    for (month, ids) in months {
        let mut ratings = ratings(tx.conn, kind, &ids, month)?;
        for id in &ids {
            let at = at(id);
            let mut row = Row::new(kind, id, at);
            let today = day_of(at, city.zone);
            for project in projects.get(id).into_iter().flatten() {
                row.add_project(project, today);
            }
            if keeps_ratings(kind) {
                row.ratings = Published::of(&ratings.remove(id).unwrap_or_default(), month)?;
            }
            for record in records.get(id).into_iter().flatten() {
                row.add_record(record, at, today);
            }
            on_each!(&mut *tx.conn, |conn| diesel::insert_into(tally::table)
                .values(&row)
                .on_conflict((tally::subject_kind, tally::subject_id))
                .do_update()
                .set(&row)
                .execute(conn))?;
        }
    }
    Ok(())
}

impl Row {
    fn new(kind: SubjectKind, id: &str, at: DateTime<Utc>) -> Row {
        Row {
            subject_kind: Col(kind),
            subject_id: id.to_owned(),
            ratings: Published::default(),
            rewards: 0,
            penalties: 0,
            projects: 0,
            area_dm2: 0,
            updated_at: at.naive_utc(),
        }
    }

    fn add_project(&mut self, project: &ProjectRow, today: NaiveDate) {
        if project.starts_on.0 <= today && project.ends_on.is_none_or(|last| today <= last.0) {
            self.projects += 1;
            self.area_dm2 = self.area_dm2.saturating_add(project.area_dm2);
        }
    }

    fn add_record(&mut self, record: &RecordRow, at: DateTime<Utc>, today: NaiveDate) {
        let known = (record.known_from, record.known_until);
        let publicity = Publicity::read(record.kind, record.state, known, record.public_until);
        if publicity.is_public(at, today) {
            match publicity.kind {
                RecordKind::Reward => self.rewards += 1,
                RecordKind::Penalty => self.penalties += 1,
            }
        }
    }
}

/// The projects of each subject: those that a firm runs or ran, those that a manager is in charge
/// of.
fn projects(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<HashMap<String, Vec<ProjectRow>>> {
    let rows = project::table.filter(project::retired_on.is_null()).select(ProjectRow::as_select());
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

fn records(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<HashMap<String, Vec<RecordRow>>> {
    // Their state is looked at here: asked for it, a database without statistics reads all records
    // in force instead of the subjects' few.
    let rows = record::table.select(RecordRow::as_select());
    let rows: Vec<RecordRow> = match kind {
        SubjectKind::Firm => rows.filter(record::uscc.eq_any(ids)).load(conn)?,
        SubjectKind::Project => rows.filter(record::project_id.eq_any(ids)).load(conn)?,
        SubjectKind::Manager => rows.filter(record::manager_id.eq_any(ids)).load(conn)?,
    };
    let mut of: HashMap<String, Vec<RecordRow>> = HashMap::new();
    for row in rows.into_iter().filter(|row| row.state.0 == RecordState::InForce) {
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
