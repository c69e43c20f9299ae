//! Standings, lists, the history of grades and what is due next, made anew from the engine's answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::catalogue::Word;
use xinwu_domain::credit::{HistoryEvent, ListPlace, Step, consequences_of, lists_of, step};
use xinwu_domain::evaluation::{Evaluation, Outcome, evaluate};
use xinwu_domain::scheme::{ListKind, Scheme};
use xinwu_domain::subject::{Subject, SubjectKind};

use super::history::{self, Change};
use super::{Cause, entity, tally};
use crate::dialect::on_each;
use crate::due::EVALUATE;
use crate::evaluation::load::{self, Loaded};
use crate::evaluation::places::Places;
use crate::evaluation::shown;
use crate::place::to_json;
use crate::schema::{due, list_entry, standing};
use crate::scheme::{Rulebook, number};
use crate::setting::{self, City};
use crate::working_days::working_days;
use crate::{Conn, Result, StoreError, Tx};

/// Subjects whose files are held in memory at once.
const BATCH: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = standing, primary_key(subject_kind, subject_id, scheme), treat_none_as_null = true)]
pub(super) struct StandingRow {
    pub subject_kind: String,
    pub subject_id: String,
    pub scheme: String,
    is_primary: bool,
    pub scheme_version: i32,
    pub outcome: String,
    outcome_reason: Option<String>,
    pub score_thousandths: Option<i64>,
    pub grade: Option<String>,
    consequences: String,
    lists: String,
    pub effective_from: NaiveDateTime,
    pending_id: Option<String>,
    pending_scheme_version: Option<i32>,
    pending_score_thousandths: Option<i64>,
    pending_grade: Option<String>,
    pending_from: Option<NaiveDateTime>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = list_entry)]
pub(super) struct ListRow {
    pub list: String,
    subject_kind: String,
    pub subject_id: String,
    pub scheme: String,
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

    /// Keeps what the engine answered: at once, or as an announcement where the scheme announces grades. Gives the instant at which an announced grade
    /// takes effect.
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
    ) -> Result<Option<DateTime<Utc>>> {
        let new = StandingRow {
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
            pending_id: None,
            pending_scheme_version: None,
            pending_score_thousandths: None,
            pending_grade: None,
            pending_from: None,
        };
        let in_effect = match last {
            Some(last) if scheme.announce_working_days > 0 => {
                let last = take_effect(tx, last, at)?;
                Some(self.resumed(tx, last, &new)?)
            }
            Some(last) => Some(take_effect(tx, last, at)?),
            None => None,
        };
        let what = step(
            in_effect.as_ref().map(|row| row.grade.as_deref()),
            in_effect.as_ref().and_then(|row| row.pending_grade.as_deref()),
            new.grade.as_deref(),
            day_of(at, self.city.zone),
            scheme.announce_working_days,
            working_days()?,
        );
        let row = match (what, in_effect) {
            (Step::AtOnce, in_effect) | (_, in_effect @ None) => self.at_once(tx, new, in_effect)?,
            (Step::StaysAnnounced, Some(old)) => old.with_announced(&new),
            (Step::Announce(day), Some(old)) => {
                self.announce(tx, &new, old, start_of_day(day, self.city.zone))?
            }
        };
        if last != Some(&row) {
            on_each!(&mut *tx.conn, |conn| diesel::insert_into(standing::table)
                .values(&row)
                .on_conflict((standing::subject_kind, standing::subject_id, standing::scheme))
                .do_update()
                .set(&row)
                .execute(conn))?;
        }
        Ok(row.pending_from.map(|from| from.and_utc()))
    }

    /// The standing after a suspension has ended: the grade that was in effect before is in effect again, which is not news to be announced. Where the new
    /// result is another, it is announced while that one is in effect.
    fn resumed(&self, tx: &mut Tx<'_>, last: StandingRow, new: &StandingRow) -> Result<StandingRow> {
        if last.outcome != Outcome::Suspended.as_str() || new.grade.is_none() {
            return Ok(last);
        }
        let Some((score_thousandths, grade)) = history::before_suspension(tx, &last)? else {
            return Ok(last);
        };
        let resumed = StandingRow {
            outcome: Outcome::Evaluated.as_str().to_owned(),
            outcome_reason: None,
            score_thousandths: if new.grade.as_ref() == Some(&grade) {
                new.score_thousandths
            } else {
                score_thousandths
            },
            grade: Some(grade),
            effective_from: new.effective_from,
            ..last.clone()
        };
        let change = Change::new(&resumed, HistoryEvent::Effective, (self.cause.kind, self.cause.id.clone()));
        history::note(tx, &change.after(Some(&last)))?;
        Ok(resumed)
    }

    /// The new result takes effect; an announcement that it contradicts is withdrawn.
    fn at_once(
        &self,
        tx: &mut Tx<'_>,
        mut new: StandingRow,
        old: Option<StandingRow>,
    ) -> Result<StandingRow> {
        let cause = (self.cause.kind, self.cause.id.clone());
        if let Some(old) = &old
            && let Some(pending) = &old.pending_id
        {
            history::end(tx, pending, new.effective_from)?;
            // Where the result is another too, that is told by the entry below.
            let stays = StandingRow { effective_from: new.effective_from, ..old.clone() };
            let change = Change::new(&stays, HistoryEvent::Withdrawn, cause.clone());
            let announced = old.announced();
            history::note(tx, &change.after(Some(&announced)))?;
        }
        match &old {
            Some(old) if new.is_graded_as(old) => new.effective_from = old.effective_from,
            _ => {
                let change = Change::new(&new, HistoryEvent::Effective, cause);
                history::note(tx, &change.after(old.as_ref()))?;
            }
        }
        Ok(new)
    }

    /// The new grade is announced in the place of any that was; the old one stays in effect.
    fn announce(
        &self,
        tx: &mut Tx<'_>,
        new: &StandingRow,
        old: StandingRow,
        takes_effect_at: DateTime<Utc>,
    ) -> Result<StandingRow> {
        if let Some(pending) = &old.pending_id {
            history::end(tx, pending, new.effective_from)?;
        }
        let change = Change::new(new, HistoryEvent::Announced, (self.cause.kind, self.cause.id.clone()));
        let change = change.after(Some(&old)).taking_effect_at(takes_effect_at.naive_utc());
        let pending_id = Some(history::note(tx, &change)?);
        Ok(StandingRow {
            pending_id,
            pending_from: Some(takes_effect_at.naive_utc()),
            ..old.with_announced(new)
        })
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

/// The standing with its announced grade in effect, where the day has come: dated by that day, however late the clock is.
fn take_effect(tx: &mut Tx<'_>, last: &StandingRow, at: DateTime<Utc>) -> Result<StandingRow> {
    let (Some(from), Some(pending)) = (last.pending_from, &last.pending_id) else { return Ok(last.clone()) };
    if from > at.naive_utc() {
        return Ok(last.clone());
    }
    let row = StandingRow { effective_from: from, ..last.announced() };
    // For the same reason as it was announced.
    let cause = history::cause_of(tx, pending)?;
    let change = Change::new(&row, HistoryEvent::Effective, (&cause.0, cause.1.clone()));
    history::note(tx, &change.after(Some(last)))?;
    Ok(row)
}

impl StandingRow {
    /// The announced result as if it were in effect.
    fn announced(&self) -> StandingRow {
        StandingRow {
            scheme_version: self.pending_scheme_version.unwrap_or(self.scheme_version),
            outcome: Outcome::Evaluated.as_str().to_owned(),
            outcome_reason: None,
            score_thousandths: self.pending_score_thousandths,
            grade: self.pending_grade.clone(),
            pending_id: None,
            pending_scheme_version: None,
            pending_score_thousandths: None,
            pending_grade: None,
            pending_from: None,
            ..self.clone()
        }
    }

    /// This result stays in effect while `new` is announced. Lists and consequences follow the facts at once.
    fn with_announced(self, new: &StandingRow) -> StandingRow {
        StandingRow {
            is_primary: new.is_primary,
            consequences: new.consequences.clone(),
            lists: new.lists.clone(),
            pending_scheme_version: Some(new.scheme_version),
            pending_score_thousandths: new.score_thousandths,
            pending_grade: new.grade.clone(),
            ..self
        }
    }

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
