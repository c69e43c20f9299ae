//! Subjects evaluated anew, and when they must be again though nothing happens.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::credit::lists_of;
use xinwu_domain::evaluation::evaluate;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::{Subject, SubjectKind};

use super::{Cause, entity, tally};
use crate::dialect::on_each;
use crate::due::EVALUATE;
use crate::evaluation::load::{self, Loaded};
use crate::evaluation::places::Places;
use crate::evaluation::shown;
use crate::schema::{due, standing};
use crate::scheme::Rulebook;
use crate::setting::{self, City};
use crate::{Result, Tx};

mod keep;
mod row;

use row::Before;
pub(super) use row::{ListRow, StandingRow};

/// Subjects whose files are held in memory at once.
const BATCH: usize = 100;

pub(super) fn run(tx: &mut Tx<'_>, subjects: &[Subject], cause: &Cause) -> Result<()> {
    let mut kinds: BTreeMap<SubjectKind, BTreeSet<&String>> = BTreeMap::new();
    for subject in subjects {
        kinds.entry(subject.kind).or_default().insert(&subject.id);
    }
    let city = setting::city(tx.conn)?;
    let rulebook = Rulebook::load(tx.conn)?;
    for (kind, ids) in kinds {
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        for part in ids.chunks(BATCH) {
            Refresh { kind, rulebook: &rulebook, city, cause }.batch(tx, part)?;
        }
    }
    Ok(())
}

struct Refresh<'a> {
    kind: SubjectKind,
    rulebook: &'a Rulebook,
    city: City,
    cause: &'a Cause,
}

impl Refresh<'_> {
    fn batch(&self, tx: &mut Tx<'_>, ids: &[String]) -> Result<()> {
        let files = load::load(tx.conn, self.kind, ids, self.city.zone)?;
        let before = Before::load(tx.conn, self.kind, ids)?;
        let today = day_of(tx.now, self.city.zone);
        let schemes: Vec<&Scheme> =
            self.rulebook.versions.iter().map(|version| version.scheme.as_ref()).collect();
        let places = Places::load(tx.conn, self.kind, ids, today, &schemes)?;
        for loaded in &files {
            self.subject(tx, loaded, &before, &places)?;
            tx.changed(entity(self.kind), &loaded.file.id);
        }
        tally::refresh(tx, self.kind, ids, self.city, tally::Standing::Anew)
    }

    fn subject(&self, tx: &mut Tx<'_>, loaded: &Loaded, before: &Before, places: &Places) -> Result<()> {
        let id = loaded.file.id.as_str();
        // The clock may catch up on an instant before the subject's last change: a standing never goes back in time.
        let at = before.made_at.get(id).map_or(tx.now, |made| tx.now.max(*made));
        let day = day_of(at, self.city.zone);
        let primary = self.rulebook.primary(self.kind, day).map(|scheme| scheme.id.as_str());
        let standings = before.standings.get(id).map_or(&[][..], Vec::as_slice);
        let mut next = self.next_boundary(loaded, at).into_iter().chain(loaded.file.next_learnt(at)).min();
        let mut lists = Vec::new();
        let mut in_force = Vec::new();
        let schemes = self.rulebook.in_force(self.kind, day).into_iter();
        for scheme in schemes.filter(|scheme| places.apply(scheme, id)) {
            let answer = evaluate(scheme, &loaded.file, at, at);
            next = next.into_iter().chain(answer.next_change_on).min();
            let public = shown(&answer, loaded, at);
            let last = standings.iter().find(|standing| standing.scheme == scheme.id);
            let pending =
                self.keep(tx, id, scheme, &public, primary == Some(scheme.id.as_str()), last, at)?;
            next = next.into_iter().chain(pending).min();
            lists.extend(lists_of(&public).into_iter().map(|place| (scheme.id.as_str(), place)));
            in_force.push(scheme.id.as_str());
        }
        for gone in standings.iter().filter(|standing| !in_force.contains(&standing.scheme.as_str())) {
            diesel::delete(standing::table.find((self.kind.as_str(), id, gone.scheme.as_str())))
                .execute(tx.conn)?;
        }
        let listed = before.lists.get(id).map_or(&[][..], Vec::as_slice);
        self.keep_lists(tx, id, &lists, listed, at)?;
        schedule(tx, self.kind, id, next)
    }

    /// The next day with whose beginning a record is no longer shown, or a project begins or has ended.
    fn next_boundary(&self, loaded: &Loaded, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let records = loaded.publicity.values().filter_map(|publicity| publicity.public_until?.succ_opt());
        let terms = loaded
            .file
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

/// Notes when the subject must be evaluated again though nothing happens.
pub(crate) fn schedule(
    tx: &mut Tx<'_>,
    kind: SubjectKind,
    id: &str,
    next: Option<DateTime<Utc>>,
) -> Result<()> {
    let Some(next) = next else {
        diesel::delete(due::table.find((EVALUATE, kind.as_str(), id))).execute(tx.conn)?;
        return Ok(());
    };
    let row = (
        due::kind.eq(EVALUATE),
        due::subject_kind.eq(kind.as_str()),
        due::subject_id.eq(id),
        due::due_at.eq(next.naive_utc()),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(due::table)
        .values(row)
        .on_conflict((due::kind, due::subject_kind, due::subject_id))
        .do_update()
        .set(due::due_at.eq(next.naive_utc()))
        .execute(conn))?;
    Ok(())
}
