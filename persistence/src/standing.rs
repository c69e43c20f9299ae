//! The read model of credit and service: what cards and rankings show of a subject, kept by every write that changes it.

mod history;
mod recount;
mod refresh;
pub(crate) mod tally;

pub(crate) use recount::recount;
pub(crate) use refresh::schedule;

use std::collections::BTreeSet;

use diesel::prelude::*;
use xinwu_domain::subject::{Subject, SubjectKind};

use crate::firm::branch;
use crate::rating::Delta;
use crate::schema::{project, project_fact};
use crate::setting::{self, City};
use crate::{Conn, Entity, Result, Tx};

/// Why a subject is evaluated again: it stands in the history of its grades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `record`, `assessment`, `ratings`, `metric`, `project`, `firm`, `scheme` or `time`.
    pub kind: &'static str,
    /// The record, assessment, month, … that it was.
    pub id: Option<String>,
}

impl Cause {
    /// Time alone: a term ended, a period began.
    pub fn time() -> Cause {
        Cause { kind: "time", id: None }
    }
}

/// Evaluates a subject again under every scheme in force for it, keeps a change of its result in the history, and makes its standing, its lists and its
/// tally anew. Call it in the transaction of every write that changes the subject's file.
///
/// # Errors
/// Those of the database.
pub fn refresh(tx: &mut Tx<'_>, subject: &Subject, cause: &Cause) -> Result<()> {
    refresh_all(tx, std::slice::from_ref(subject), cause)
}

/// [`refresh`] for many subjects: their files are read together.
///
/// # Errors
/// Those of the database.
pub fn refresh_all(tx: &mut Tx<'_>, subjects: &[Subject], cause: &Cause) -> Result<()> {
    // A branch's records stand in its parent's file too.
    let firms = subjects.iter().filter(|subject| subject.kind == SubjectKind::Firm);
    let firms: Vec<&str> = firms.map(|subject| subject.id.as_str()).collect();
    let parents = branch::parents_of(tx.conn, &firms)?;
    let parents = parents.iter().map(|uscc| Subject::firm(uscc));
    let subjects: Vec<Subject> = subjects.iter().cloned().chain(parents).collect();
    let subjects = subjects.as_slice();
    // A write of many rows evaluates each subject once, when all rows stand.
    if tx.puts_off(subjects, cause) {
        return Ok(());
    }
    refresh::run(tx, subjects, cause)
}

/// [`refresh`] for a project, the firm that runs it, those that ran it before, and its managers.
///
/// # Errors
/// Those of the database.
pub fn refresh_around_project(tx: &mut Tx<'_>, project_id: &str, cause: &Cause) -> Result<()> {
    refresh_around_projects(tx, &[project_id.to_owned()], cause)
}

/// [`refresh_around_project`] for many projects; a firm that runs several of them is evaluated once.
///
/// # Errors
/// Those of the database.
pub fn refresh_around_projects(tx: &mut Tx<'_>, project_ids: &[String], cause: &Cause) -> Result<()> {
    let subjects = around_projects(tx.conn, project_ids)?;
    refresh_all(tx, &subjects, cause)
}

/// The projects with everyone in whose file they stand.
pub(crate) fn around_projects(conn: &mut Conn, project_ids: &[String]) -> Result<Vec<Subject>> {
    let mut subjects: BTreeSet<Subject> = project_ids.iter().map(|id| Subject::project(id)).collect();
    for part in project_ids.chunks(500) {
        let now: Vec<(Option<String>, Option<String>)> = project::table
            .filter(project::id.eq_any(part))
            .select((project::uscc, project::manager_id))
            .load(conn)?;
        let before: Vec<(Option<String>, Option<String>)> = project_fact::table
            .filter(project_fact::project_id.eq_any(part))
            .select((project_fact::uscc, project_fact::manager_id))
            .load(conn)?;
        for (uscc, manager) in now.into_iter().chain(before) {
            subjects.extend(uscc.map(|uscc| Subject::firm(&uscc)));
            subjects.extend(manager.map(|manager| Subject::manager(&manager)));
        }
    }
    Ok(subjects.into_iter().collect())
}

/// Makes only the counts of a subject anew: voices and service score of the last twelve months (this one included), public records, projects and area. Call
/// it where voices of many days or months changed.
///
/// # Errors
/// Those of the database.
pub fn refresh_tally(tx: &mut Tx<'_>, subject: &Subject) -> Result<()> {
    let city = setting::city(tx.conn)?;
    tally::refresh(tx, subject.kind, std::slice::from_ref(&subject.id), city, tally::Standing::Untouched)?;
    tx.changed(entity(subject.kind), &subject.id);
    Ok(())
}

/// [`refresh_tally`] of a firm where it is known by what a voice changed the sums of an open month, which were `kept` so.
///
/// # Errors
/// Those of the database.
pub(crate) fn shift_firm(
    tx: &mut Tx<'_>,
    uscc: &str,
    kept: Option<&tally::Kept>,
    city: City,
    by: &Delta,
) -> Result<()> {
    if !tally::shift(tx, uscc, kept, city, by)? {
        return refresh_tally(tx, &Subject::firm(uscc));
    }
    tx.voices_changed(Entity::Firm, uscc);
    Ok(())
}

/// The counts of many subjects of one kind, when the window of months moves: dated now, which is how the clock knows that it has moved them.
pub(crate) fn refresh_tallies(tx: &mut Tx<'_>, kind: SubjectKind, ids: &[String]) -> Result<()> {
    let city = setting::city(tx.conn)?;
    tally::refresh(tx, kind, ids, city, tally::Standing::Anew)?;
    for id in ids {
        tx.changed(entity(kind), id);
    }
    Ok(())
}

fn entity(kind: SubjectKind) -> Entity {
    match kind {
        SubjectKind::Firm => Entity::Firm,
        SubjectKind::Project => Entity::Project,
        SubjectKind::Manager => Entity::Manager,
    }
}
