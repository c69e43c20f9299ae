//! Subjects evaluated again, and when they must be once more though nothing happens.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::credit::lists_of;
use xinwu_domain::evaluation::evaluate;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::{Cause, Subject, SubjectKind};
use xinwu_domain::word::Word;
use xinwu_store::{Col, Result, StoreError, Tx};

use super::{owed, tally};
use crate::city::{self, CitySettings};
use crate::credit::evaluation::load::{self, Loaded};
use crate::credit::evaluation::places::Places;
use crate::credit::evaluation::shown;
use crate::credit::scheme::Rulebook;
use crate::schema::current_grade;

mod keep;
mod row;

use row::PreviousRows;
pub(super) use row::{CurrentGradeRow, ListRow};

/// Evaluates the subjects together, as a part of the write. Where one cannot be, because something
/// stored cannot be read, each is evaluated by itself, and those that cannot be are given back.
pub(super) fn run(tx: &mut Tx<'_>, subjects: &[(Subject, Cause)]) -> Result<Vec<(Subject, Cause)>> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    match tx.attempt(|tx| without_panic(tx, subjects)) {
        Err(error) if error.is_unreadable() => {}
        done => return done.map(|()| Vec::new()),
    }
    let mut failed = Vec::new();
    for one in subjects {
        match tx.attempt(|tx| without_panic(tx, std::slice::from_ref(one))) {
            Err(error) if error.is_unreadable() => {
                let Subject { kind, id } = &one.0;
                tracing::error!(kind = kind.into_str(), id, %error, "a subject cannot be evaluated");
                failed.push(one.clone());
            }
            done => done?,
        }
    }
    Ok(failed)
}

/// A bug that one subject's dossier brings to light stops neither the clock nor a write about
/// others.
fn without_panic(tx: &mut Tx<'_>, subjects: &[(Subject, Cause)]) -> Result<()> {
    catch_unwind(AssertUnwindSafe(|| together(tx, subjects)))
        .unwrap_or_else(|_| Err(StoreError::internal("an evaluation panicked")))
}

/// Evaluates the subjects, at most some dozens: their dossiers are in memory together.
pub(super) fn together(tx: &mut Tx<'_>, subjects: &[(Subject, Cause)]) -> Result<()> {
    let mut kinds: BTreeMap<SubjectKind, BTreeMap<String, &Cause>> = BTreeMap::new();
    for (subject, cause) in subjects {
        kinds.entry(subject.kind).or_default().insert(subject.id.clone(), cause);
    }
    let city = city::city(tx.conn)?;
    let rulebook = Rulebook::load(tx.conn)?;
    for (kind, causes) in kinds {
        Refresh { kind, rulebook: &rulebook, city, causes }.all(tx)?;
    }
    Ok(())
}

/// The subjects of one kind.
struct Refresh<'a> {
    kind: SubjectKind,
    rulebook: &'a Rulebook,
    city: CitySettings,
    /// By the subjects' ids.
    causes: BTreeMap<String, &'a Cause>,
}

/// One subject, at the instant of its evaluation.
struct Evaluated<'a> {
    kind: SubjectKind,
    id: &'a str,
    city: CitySettings,
    cause: &'a Cause,
    at: DateTime<Utc>,
}

impl Refresh<'_> {
    fn all(&self, tx: &mut Tx<'_>) -> Result<()> {
        let ids: Vec<String> = self.causes.keys().cloned().collect();
        let dossiers = load::load(tx.conn, self.kind, &ids, &self.city)?;
        let previous = PreviousRows::load(tx.conn, self.kind, &ids)?;
        let today = day_of(tx.now, self.city.zone);
        let schemes: Vec<&Scheme> =
            self.rulebook.versions.iter().map(|version| version.scheme.as_ref()).collect();
        let places = Places::load(tx.conn, self.kind, &ids, today, &schemes)?;
        for (loaded, cause) in
            dossiers.iter().filter_map(|loaded| Some((loaded, *self.causes.get(&loaded.dossier.id)?)))
        {
            self.subject(tx, loaded, cause, &previous, &places)?;
            tx.changed(self.kind.into(), &loaded.dossier.id);
        }
        tally::refresh(tx, self.kind, &ids, self.city)
    }

    fn subject(
        &self,
        tx: &mut Tx<'_>,
        loaded: &Loaded,
        cause: &Cause,
        previous: &PreviousRows,
        places: &Places,
    ) -> Result<()> {
        let id = &loaded.dossier.id;
        // The clock may catch up on an instant before the subject's last change: a current grade
        // never goes back in time.
        let at = previous.made_at.get(id).map_or(tx.now, |made| tx.now.max(*made));
        let evaluated = Evaluated { kind: self.kind, id, city: self.city, cause, at };
        let day = day_of(at, self.city.zone);
        let primary = self.rulebook.primary(self.kind, day).map(|scheme| &scheme.id);
        let current_grades = previous.current_grades.get(id).map_or(&[][..], Vec::as_slice);
        let mut next = self.next_boundary(loaded, at).into_iter().chain(loaded.dossier.next_learnt(at)).min();
        let mut lists = Vec::new();
        let mut in_force = Vec::new();
        let schemes = self.rulebook.in_force(self.kind, day).into_iter();
        for scheme in schemes.filter(|scheme| places.apply(scheme, id)) {
            let answer = evaluate(scheme, &loaded.dossier, at, at);
            next = next.into_iter().chain(answer.next_change_on).min();
            let public = shown(&answer, loaded, at);
            let last = current_grades.iter().find(|current_grade| current_grade.scheme == scheme.id);
            let is_primary = primary == Some(&scheme.id);
            let pending = evaluated.keep(tx, scheme, &public, is_primary, last)?;
            next = next.into_iter().chain(pending).min();
            lists.extend(lists_of(&public).into_iter().map(|place| (&scheme.id, place)));
            in_force.push(&scheme.id);
        }
        for gone in current_grades.iter().filter(|current_grade| !in_force.contains(&&current_grade.scheme)) {
            diesel::delete(current_grade::table.find((Col(self.kind), id, &gone.scheme))).execute(tx.conn)?;
        }
        let listed = previous.lists.get(id).map_or(&[][..], Vec::as_slice);
        evaluated.keep_lists(tx, &lists, listed)?;
        owed::schedule(tx, &Subject { kind: self.kind, id: id.clone() }, next)
    }

    /// The next day with whose beginning a record is no longer shown, or a project begins or has
    /// ended.
    fn next_boundary(&self, loaded: &Loaded, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let records = loaded.publicity.values().filter_map(|publicity| publicity.public_until?.succ_opt());
        let terms = loaded
            .dossier
            .projects
            .iter()
            .flat_map(|project| [Some(project.starts_on), project.ends_on.and_then(|day| day.succ_opt())])
            .flatten();
        records
            .chain(terms)
            .map(|day| start_of_day(day, self.city.zone))
            .filter(|instant| *instant > at)
            .min()
    }
}
