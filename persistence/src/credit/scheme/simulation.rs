//! A draft over the whole city: every subject of its kinds is graded by it and by the rules in
//! force, in memory, on one snapshot. Nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::day_of;
use xinwu_domain::credit::{ComparedWith, GradeMove, Graded, MovedSubject, Simulation, differences, label};
use xinwu_domain::evaluation::{Evaluation, evaluate};
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, StoreError};

use super::draft::read_text;
use super::{Rulebook, number, unknown};
use crate::city;
use crate::credit::evaluation::load::{self, Loaded};
use crate::credit::evaluation::places::Places;
use crate::schema::{estate, firm, manager, place, project, scheme_draft, scheme_version};

/// Files in memory at once.
const BATCH: usize = 500;

/// Which draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// A text that is kept nowhere.
    Text(String),
    /// A kept draft, or a version that is announced.
    Version(String, u32),
}

/// One subject before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The subject; the reasons are there where it moved.
    pub subject: MovedSubject,
    /// Whether its grade or outcome changes.
    pub moved: bool,
}

/// All subjects that a draft is for, or that the version it replaces is for, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The draft.
    pub scheme: Arc<str>,
    /// Its version.
    pub version: u32,
    /// What each kind was compared with.
    pub compared_with: Vec<ComparedWith>,
    /// The subjects by kind and id.
    pub rows: Vec<Row>,
}

/// Grades every subject that the draft is for by it and by the rules that it would replace: the
/// scheme's version in force, else the primary scheme. Whom the version in force is for and the
/// draft is not, loses its grade, and is there too.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::Invalid`] for a text with faults,
/// [`xinwu_domain::refusal::Refusal::NotFound`] for an unknown version.
pub fn run(conn: &mut Conn, draft: &Draft, now: DateTime<Utc>) -> Result<Rows> {
    let draft = find(conn, draft)?;
    let draft = as_if_here(conn, draft)?;
    let city = city::city(conn)?;
    let day = day_of(now, city.zone);
    let rulebook = Rulebook::load(conn)?;
    let mut compared_with = Vec::new();
    let mut rows = Vec::new();
    let in_force = rulebook.at(&draft.id, day).filter(|scheme| rulebook.concerns(scheme)).map(Arc::as_ref);
    let dropped = in_force.map_or(&[][..], |scheme| &scheme.subjects);
    let dropped = dropped.iter().filter(|kind| !draft.subjects.contains(kind));
    for kind in draft.subjects.iter().chain(dropped) {
        let replaced = in_force.filter(|scheme| scheme.subjects.contains(kind));
        let before = replaced.or_else(|| rulebook.primary(*kind, day).map(Arc::as_ref));
        compared_with.push(ComparedWith {
            subject_kind: *kind,
            scheme: before.map(|scheme| scheme.id.clone()),
            scheme_version: before.map(|scheme| scheme.version),
        });
        let after = Some(&draft).filter(|draft| draft.subjects.contains(kind));
        let names = names(conn, *kind)?;
        let ids: Vec<String> = names.keys().cloned().collect();
        let schemes: Vec<&Scheme> = before.into_iter().chain(after).collect();
        let places = Places::load(conn, *kind, &ids, day, &schemes)?;
        let is_for =
            |scheme: Option<&Scheme>, id: &str| scheme.is_some_and(|scheme| places.apply(scheme, id));
        let ids = ids.into_iter().filter(|id| is_for(after, id) || is_for(replaced, id));
        for part in ids.collect::<Vec<String>>().chunks(BATCH) {
            let dossiers = load::load(conn, *kind, part, &city)?;
            let compare = |loaded: &Loaded| {
                let id: &str = &loaded.dossier.id;
                let by = |scheme: Option<&Scheme>| {
                    scheme
                        .filter(|scheme| places.apply(scheme, id))
                        .map(|scheme| evaluate(scheme, &loaded.dossier, now, now))
                };
                compare(*kind, id, names.get(id).cloned().unwrap_or_default(), by(before), by(after))
            };
            rows.extend(in_parallel(&dossiers, compare)?);
        }
    }
    Ok(Rows { scheme: draft.id.as_str().into(), version: draft.version, compared_with, rows })
}

/// The counts, and the first `most` of those who move.
pub fn summarise(rows: Rows, now: DateTime<Utc>, most: usize) -> Simulation {
    let mut counts: BTreeMap<(SubjectKind, String, String), usize> = BTreeMap::new();
    for row in &rows.rows {
        let subject = &row.subject;
        let key = (
            subject.subject_kind,
            label(subject.from.as_ref()).to_owned(),
            label(subject.to.as_ref()).to_owned(),
        );
        *counts.entry(key).or_default() += 1;
    }
    let count = |((subject_kind, from, to), count)| GradeMove { subject_kind, from, to, count };
    let subjects = rows.rows.len();
    let moved: Vec<MovedSubject> =
        rows.rows.into_iter().filter(|row| row.moved).map(|row| row.subject).collect();
    Simulation {
        scheme: rows.scheme.to_string(),
        scheme_version: rows.version,
        as_of: now,
        subjects,
        compared_with: rows.compared_with,
        counts: counts.into_iter().map(count).collect(),
        moved_count: moved.len(),
        moved: moved.into_iter().take(most).collect(),
    }
}

fn find(conn: &mut Conn, draft: &Draft) -> Result<Scheme> {
    let text = match draft {
        Draft::Text(text) => text.clone(),
        Draft::Version(id, version) => {
            let version = number(*version).map_err(|_| unknown())?;
            let drafted: Option<String> =
                scheme_draft::table.find((id, version)).select(scheme_draft::text).first(conn).optional()?;
            let announced: Option<String> = scheme_version::table
                .find((id, version))
                .select(scheme_version::text)
                .first(conn)
                .optional()?;
            announced.or(drafted).ok_or_else(unknown)?
        }
    };
    read_text(&text)
}

/// The rules of another city, whose place the register does not have, as if they were this city's:
/// they grade nobody here, and what they would make of everybody here is to be compared all the
/// same.
fn as_if_here(conn: &mut Conn, scheme: Scheme) -> Result<Scheme> {
    let known: i64 = place::table.find(&scheme.place).count().get_result(conn)?;
    if known > 0 {
        return Ok(scheme);
    }
    let city = crate::registers::place::city(conn)?;
    Ok(Scheme { place: city.map_or_else(|| scheme.place.clone(), |city| city.code), ..scheme })
}

/// The names of all subjects of a kind that are not retired, by id: a project's is its estate's.
fn names(conn: &mut Conn, kind: SubjectKind) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = match kind {
        SubjectKind::Firm => {
            firm::table.filter(firm::retired_on.is_null()).select((firm::uscc, firm::name)).load(conn)?
        }
        SubjectKind::Project => project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::retired_on.is_null())
            .select((project::id, estate::name))
            .load(conn)?,
        SubjectKind::Manager => manager::table
            .filter(manager::retired_on.is_null())
            .select((manager::id, manager::name))
            .load(conn)?,
    };
    Ok(rows.into_iter().collect())
}

fn compare(
    kind: SubjectKind,
    id: &str,
    name: String,
    before: Option<Evaluation>,
    after: Option<Evaluation>,
) -> Row {
    let (from, to) = (before.as_ref().map(graded), after.as_ref().map(graded));
    let key = |graded: &Option<Graded>| graded.as_ref().map(|of| (of.outcome, of.grade.clone()));
    let moved = key(&from) != key(&to);
    let reasons = match (&before, &after) {
        (Some(before), Some(after)) if moved => differences(before, after),
        (None, _) if moved => vec![Text::new("现行评分办法不适用", "The rules in force are not for it")],
        (_, None) if moved => vec![Text::new("草案不适用", "The draft is not for it")],
        _ => Vec::new(),
    };
    let score = |graded: &Option<Graded>| graded.as_ref().and_then(|of| of.score);
    let difference = score(&from).zip(score(&to)).map(|(from, to)| to.saturating_sub(from).normalize());
    let subject =
        MovedSubject { subject_kind: kind, subject: id.to_owned(), name, from, to, difference, reasons };
    Row { subject, moved }
}

fn graded(evaluation: &Evaluation) -> Graded {
    Graded { outcome: evaluation.outcome, score: evaluation.score, grade: evaluation.grade.clone() }
}

/// Does the same with each, on as many threads as there are processors; the order stays.
fn in_parallel<T: Sync, U: Send>(all: &[T], work: impl Fn(&T) -> U + Sync) -> Result<Vec<U>> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = all.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = all
            .chunks(size)
            .map(|part| {
                let work = &work;
                scope.spawn(move || part.iter().map(work).collect::<Vec<U>>())
            })
            .collect();
        let mut done = Vec::with_capacity(all.len());
        for thread in running {
            done.extend(thread.join().map_err(|_| StoreError::internal("a subject's evaluation failed"))?);
        }
        Ok(done)
    })
}
