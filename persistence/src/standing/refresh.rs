//! Standings, lists, the history of grades and what is due next, made anew from the engine's answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::catalogue::Word;
use xinwu_domain::credit::{ListPlace, consequences_of, lists_of};
use xinwu_domain::evaluation::{Evaluation, evaluate};
use xinwu_domain::scheme::{ListKind, Scheme};
use xinwu_domain::subject::{Subject, SubjectKind};

use super::{Cause, entity, tally};
use crate::dialect::on_each;
use crate::due::EVALUATE;
use crate::evaluation::load::{self, Loaded};
use crate::evaluation::shown;
use crate::place::to_json;
use crate::schema::{due, estate, evaluation, list_entry, place_ancestor, project, standing};
use crate::scheme::{Rulebook, number};
use crate::setting::{self, City};
use crate::{Conn, Result, StoreError, Tx};

/// Subjects whose files are held in memory at once.
const BATCH: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = standing, primary_key(subject_kind, subject_id, scheme), treat_none_as_null = true)]
struct StandingRow {
    subject_kind: String,
    subject_id: String,
    scheme: String,
    is_primary: bool,
    scheme_version: i32,
    outcome: String,
    outcome_reason: Option<String>,
    score_thousandths: Option<i64>,
    grade: Option<String>,
    consequences: String,
    lists: String,
    effective_from: NaiveDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = list_entry)]
struct ListRow {
    list: String,
    subject_kind: String,
    subject_id: String,
    scheme: String,
    listed_at: NaiveDateTime,
    ends_on: Option<String>,
    reason_zh: String,
    reason_en: String,
}

/// What is kept of some subjects before they are evaluated again.
struct Before {
    standings: HashMap<String, Vec<StandingRow>>,
    lists: HashMap<String, Vec<ListRow>>,
    made_at: HashMap<String, DateTime<Utc>>,
}

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
        let places = self.places(tx.conn, ids, tx.now)?;
        for loaded in &files {
            self.subject(tx, loaded, &before, places.get(&loaded.file.id))?;
            tx.changed(entity(self.kind), &loaded.file.id);
        }
        tally::refresh(tx, self.kind, ids, self.city, tally::Standing::Anew)
    }

    /// The places in which subjects are, with all above: where their current projects stand. Nothing where only the city has rules.
    fn places(
        &self,
        conn: &mut Conn,
        ids: &[String],
        now: DateTime<Utc>,
    ) -> Result<HashMap<String, BTreeSet<String>>> {
        let mut places: HashMap<String, BTreeSet<String>> = HashMap::new();
        if !self.rulebook.has_local_schemes() {
            return Ok(places);
        }
        let today = day_of(now, self.city.zone).to_string();
        let current = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(project::starts_on.le(&today))
            .filter(project::ends_on.is_null().or(project::ends_on.ge(&today)));
        let ancestor = place_ancestor::ancestor;
        let rows: Vec<(Option<String>, String)> = match self.kind {
            SubjectKind::Firm => {
                current.filter(project::uscc.eq_any(ids)).select((project::uscc, ancestor)).load(conn)?
            }
            SubjectKind::Project => current
                .filter(project::id.eq_any(ids))
                .select((project::id.nullable(), ancestor))
                .load(conn)?,
            SubjectKind::Manager => current
                .filter(project::manager_id.eq_any(ids))
                .select((project::manager_id, ancestor))
                .load(conn)?,
        };
        for (id, place) in rows {
            places.entry(id.unwrap_or_default()).or_default().insert(place);
        }
        Ok(places)
    }

    fn subject(
        &self,
        tx: &mut Tx<'_>,
        loaded: &Loaded,
        before: &Before,
        places: Option<&BTreeSet<String>>,
    ) -> Result<()> {
        let id = loaded.file.id.as_str();
        // The clock may catch up on an instant before the subject's last change: a standing never goes back in time.
        let at = before.made_at.get(id).map_or(tx.now, |made| tx.now.max(*made));
        let day = day_of(at, self.city.zone);
        let primary = self.rulebook.primary(self.kind, day).map(|scheme| scheme.id.as_str());
        let standings = before.standings.get(id).map_or(&[][..], Vec::as_slice);
        let mut next = self.next_boundary(loaded, at);
        let mut lists = Vec::new();
        let mut in_force = Vec::new();
        for scheme in self.rulebook.in_force(self.kind, day, places) {
            let answer = evaluate(scheme, &loaded.file, at, at);
            next = next.into_iter().chain(answer.next_change_on).min();
            let public = shown(&answer, loaded, at);
            let last = standings.iter().find(|standing| standing.scheme == scheme.id);
            self.keep(tx, id, scheme, &public, primary == Some(scheme.id.as_str()), last, at)?;
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

    #[expect(clippy::too_many_arguments, reason = "one standing's whole context")]
    fn keep(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        scheme: &Scheme,
        answer: &Evaluation,
        is_primary: bool,
        last: Option<&StandingRow>,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let mut row = StandingRow {
            subject_kind: self.kind.as_str().to_owned(),
            subject_id: id.to_owned(),
            scheme: scheme.id.clone(),
            is_primary,
            scheme_version: number(scheme.version)?,
            outcome: answer.outcome.as_str().to_owned(),
            outcome_reason: answer.reason.as_ref().map(to_json).transpose()?,
            score_thousandths: answer.score.map(thousandths).transpose()?,
            grade: answer.grade.clone(),
            consequences: to_json(&consequences_of(answer))?,
            lists: to_json(&lists_of(answer))?,
            effective_from: at.naive_utc(),
        };
        match last {
            Some(last) if row.is_graded_as(last) => row.effective_from = last.effective_from,
            _ => self.note(tx, &row, last)?,
        }
        if last == Some(&row) {
            return Ok(());
        }
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(standing::table)
            .values(&row)
            .on_conflict((standing::subject_kind, standing::subject_id, standing::scheme))
            .do_update()
            .set(&row)
            .execute(conn))?;
        Ok(())
    }

    /// The next row of the history.
    fn note(&self, tx: &mut Tx<'_>, row: &StandingRow, last: Option<&StandingRow>) -> Result<()> {
        let sequence: Option<i32> = evaluation::table
            .filter(evaluation::subject_kind.eq(&row.subject_kind))
            .filter(evaluation::subject_id.eq(&row.subject_id))
            .filter(evaluation::scheme.eq(&row.scheme))
            .order(evaluation::sequence.desc())
            .select(evaluation::sequence)
            .first(tx.conn)
            .optional()?;
        diesel::insert_into(evaluation::table)
            .values((
                evaluation::id.eq(tx.random.id()),
                evaluation::subject_kind.eq(&row.subject_kind),
                evaluation::subject_id.eq(&row.subject_id),
                evaluation::scheme.eq(&row.scheme),
                evaluation::scheme_version.eq(row.scheme_version),
                evaluation::sequence.eq(sequence.unwrap_or_default() + 1),
                evaluation::as_of.eq(row.effective_from),
                evaluation::outcome.eq(&row.outcome),
                evaluation::score_thousandths.eq(row.score_thousandths),
                evaluation::grade.eq(&row.grade),
                evaluation::previous_outcome.eq(last.map(|last| &last.outcome)),
                evaluation::previous_score_thousandths.eq(last.and_then(|last| last.score_thousandths)),
                evaluation::previous_grade.eq(last.and_then(|last| last.grade.as_ref())),
                evaluation::cause_kind.eq(self.cause.kind),
                evaluation::cause_id.eq(&self.cause.id),
                evaluation::effective_from.eq(row.effective_from),
            ))
            .execute(tx.conn)?;
        Ok(())
    }

    /// Replaces a subject's places on the lists; one that stays keeps the time since which it stands.
    fn keep_lists(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        lists: &[(&str, ListPlace)],
        listed: &[ListRow],
        at: DateTime<Utc>,
    ) -> Result<()> {
        let row = |(scheme, place): &(&str, ListPlace)| {
            let list = word(place.list);
            let known = listed.iter().find(|known| known.list == list && known.scheme == *scheme);
            ListRow {
                list: list.to_owned(),
                subject_kind: self.kind.as_str().to_owned(),
                subject_id: id.to_owned(),
                scheme: (*scheme).to_owned(),
                listed_at: known.map_or_else(|| at.naive_utc(), |known| known.listed_at),
                ends_on: place.until.map(|day| day.to_string()),
                reason_zh: place.reason.zh.to_string(),
                reason_en: place.reason.en.to_string(),
            }
        };
        let rows: Vec<ListRow> = lists.iter().map(row).collect();
        let same = rows.len() == listed.len() && rows.iter().all(|row| listed.contains(row));
        if same {
            return Ok(());
        }
        let own = list_entry::table
            .filter(list_entry::subject_kind.eq(self.kind.as_str()))
            .filter(list_entry::subject_id.eq(id));
        diesel::delete(own).execute(tx.conn)?;
        for row in &rows {
            diesel::insert_into(list_entry::table).values(row).execute(tx.conn)?;
        }
        Ok(())
    }
}

impl StandingRow {
    fn is_graded_as(&self, other: &StandingRow) -> bool {
        (&self.outcome, self.score_thousandths, &self.grade)
            == (&other.outcome, other.score_thousandths, &other.grade)
    }
}

impl Before {
    fn load(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<Before> {
        let mut before = Before {
            standings: HashMap::new(),
            lists: HashMap::new(),
            made_at: tally::made_at(conn, kind, ids)?,
        };
        let rows: Vec<StandingRow> = standing::table
            .filter(standing::subject_kind.eq(kind.as_str()))
            .filter(standing::subject_id.eq_any(ids))
            .select(StandingRow::as_select())
            .load(conn)?;
        for row in rows {
            before.standings.entry(row.subject_id.clone()).or_default().push(row);
        }
        let rows: Vec<ListRow> = list_entry::table
            .filter(list_entry::list.eq_any([word(ListKind::Red), word(ListKind::Black)]))
            .filter(list_entry::subject_kind.eq(kind.as_str()))
            .filter(list_entry::subject_id.eq_any(ids))
            .select(ListRow::as_select())
            .load(conn)?;
        for row in rows {
            before.lists.entry(row.subject_id.clone()).or_default().push(row);
        }
        Ok(before)
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

fn word(list: ListKind) -> &'static str {
    ListKind::WORDS.iter().find(|(_, known)| *known == list).map_or("", |(word, _)| word)
}

/// A score of at most 3 decimals, as columns hold it.
fn thousandths(score: Decimal) -> Result<i64> {
    let scaled = score.checked_mul(Decimal::from(1000)).and_then(|scaled| scaled.round().to_i64());
    scaled.ok_or_else(|| StoreError::internal(format!("the score {score} is too large")))
}
