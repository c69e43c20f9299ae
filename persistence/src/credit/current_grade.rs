//! The read model of credit and service: what cards and rankings show of a subject, updated by
//! every write that changes it.

pub(crate) mod history;
pub(crate) mod owed;
mod recompute;
mod refresh;
pub(crate) mod tally;

pub use recompute::Difference;
pub(crate) use recompute::recompute;

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::prelude::*;
use xinwu_domain::subject::{Cause, Subject, SubjectKind};
use xinwu_store::{Conn, Result, Tx};

use crate::city;
use crate::registers::firm::branch;
use crate::schema::{project, project_fact};

/// Subjects that a write evaluates before it commits; the rest is due work. So a write of many rows
/// delays others no longer than a write of few.
const A_WRITE: usize = 20;

/// Evaluates everyone whose dossier contains these facts, under every scheme in force for them,
/// adds each change of a result to the history, and updates what cards show. It is the
/// [`Evaluator`](xinwu_store::Evaluator) of every database that is opened.
///
/// The first 20 are evaluated now. The others, and whoever cannot be evaluated because something
/// stored cannot be read, become due work: a row of `due`, due now, which the clock works off
/// ([`work_off`]).
pub fn evaluate(tx: &mut Tx<'_>, facts: &[(Subject, Cause)]) -> Result<()> {
    let mut concerned = concerned(tx.conn, facts)?;
    let later = concerned.split_off(concerned.len().min(A_WRITE));
    owed::prefer_first_causes(tx.conn, &mut concerned)?;
    let failed = refresh::run(tx, &concerned)?;
    let now = tx.now;
    owed::note(tx, &failed, now)?;
    owed::note(tx, &later, now)
}

/// Evaluates some of those who are owed it by this write's time, or for whom time alone changed
/// something. One who cannot be evaluated is tried again a day later, so that the clock does not
/// stop for all others. Gives how many there were.
pub(crate) fn work_off(tx: &mut Tx<'_>) -> Result<usize> {
    let taken = owed::take(tx, A_WRITE)?;
    let failed = refresh::run(tx, &taken)?;
    let tomorrow = tx.now + TimeDelta::days(1);
    owed::note(tx, &failed, tomorrow)?;
    Ok(taken.len())
}

/// These subjects and everyone whose dossier contains them, each once, with the first cause that
/// names it: the firms and managers that a project has or had, and the parent of a branch.
fn concerned(conn: &mut Conn, facts: &[(Subject, Cause)]) -> Result<Vec<(Subject, Cause)>> {
    let mut all = Concerned::default();
    facts.iter().for_each(|(subject, cause)| all.add(subject.clone(), cause));
    let projects = ids_of(&all.subjects, SubjectKind::Project);
    for part in projects.chunks(500) {
        let now: Vec<InProject> = project::table
            .filter(project::id.eq_any(part))
            .select((project::id, project::uscc, project::manager_id))
            .load(conn)?;
        let ever: Vec<InProject> = project_fact::table
            .filter(project_fact::project_id.eq_any(part))
            .select((project_fact::project_id, project_fact::uscc, project_fact::manager_id))
            .distinct()
            .load(conn)?;
        for (project, uscc, manager) in now.into_iter().chain(ever) {
            let Some(cause) = all.cause_of(&Subject::project(&project)) else { continue };
            if let Some(uscc) = uscc {
                all.add(Subject::firm(&uscc), &cause);
            }
            if let Some(manager) = manager {
                all.add(Subject::manager(&manager), &cause);
            }
        }
    }
    let firms = ids_of(&all.subjects, SubjectKind::Firm);
    for (branch, parent) in branch::parents_of(conn, &firms)? {
        if let Some(cause) = all.cause_of(&Subject::firm(&branch)) {
            all.add(Subject::firm(&parent), &cause);
        }
    }
    Ok(all.subjects)
}

/// A project, and a firm and a manager that it has or had.
type InProject = (String, Option<String>, Option<String>);

#[derive(Default)]
struct Concerned {
    subjects: Vec<(Subject, Cause)>,
    position: HashMap<Subject, usize>,
}

impl Concerned {
    fn add(&mut self, subject: Subject, cause: &Cause) {
        if !self.position.contains_key(&subject) {
            self.position.insert(subject.clone(), self.subjects.len());
            self.subjects.push((subject, cause.clone()));
        }
    }

    fn cause_of(&self, subject: &Subject) -> Option<Cause> {
        self.subjects.get(*self.position.get(subject)?).map(|(_, cause)| cause.clone())
    }
}

fn ids_of(subjects: &[(Subject, Cause)], kind: SubjectKind) -> Vec<String> {
    let of_kind = subjects.iter().filter(|(subject, _)| subject.kind == kind);
    of_kind.map(|(subject, _)| subject.id.clone()).collect()
}

/// Brings what is kept of a subject's published ratings up to the increments, for whoever writes
/// increments beside the steps.
pub fn refresh_tally(tx: &mut Tx<'_>, subject: &Subject) -> Result<()> {
    crate::ratings::tally::keep_figures(tx, subject.kind, std::slice::from_ref(&subject.id))?;
    tx.changed(subject.kind.into(), &subject.id);
    Ok(())
}

/// The counts of many subjects of one kind, when the window of months moves: dated now, which is
/// how the clock knows that it has moved them.
pub(crate) fn refresh_tallies(tx: &mut Tx<'_>, kind: SubjectKind, ids: &[String]) -> Result<()> {
    let city = city::city(tx.conn)?;
    tally::refresh(tx, kind, ids, city)?;
    for id in ids {
        tx.changed(kind.into(), id);
    }
    Ok(())
}
