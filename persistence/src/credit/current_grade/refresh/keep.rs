//! What becomes of the engine's answer: it takes effect at once, is announced, or stays announced;
//! and the lists that follow from it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::credit::{HistoryEvent, ListPlace, Step, consequences_of, lists_of, step};
use xinwu_domain::evaluation::{Evaluation, Outcome};
use xinwu_domain::scheme::Scheme;
use xinwu_store::{Col, Result, StoreError, Tx, on_each};

use super::Evaluated;
use super::row::{CurrentGradeRow, ListRow};
use crate::credit::current_grade::history::{self, Change};
use crate::credit::scheme::number;
use crate::registers::place::to_json;
use crate::schema::{current_grade, list_entry};
use crate::working_days::working_days;

impl Evaluated<'_> {
    /// Keeps what the engine answered: at once, or as an announcement where the scheme announces
    /// grades. Gives the instant at which an announced grade takes effect.
    pub(super) fn keep(
        &self,
        tx: &mut Tx<'_>,
        scheme: &Scheme,
        answer: &Evaluation,
        is_primary: bool,
        last: Option<&CurrentGradeRow>,
    ) -> Result<Option<DateTime<Utc>>> {
        let at = self.at;
        let new = CurrentGradeRow {
            subject_kind: Col(self.kind),
            subject_id: self.id.to_owned(),
            scheme: scheme.id.clone(),
            is_primary,
            scheme_version: number(scheme.version)?,
            outcome: Col(answer.outcome),
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
            Some(last) => Some(take_effect(tx, last, at)?),
            None => None,
        };
        // A result that was suspended without a grade hid the one that was graded before: what
        // comes now is no change to announce.
        let compared =
            in_effect.as_ref().filter(|row| row.outcome.0 != Outcome::Suspended || row.grade.is_some());
        let what = step(
            compared.map(|row| row.grade.as_deref()),
            in_effect.as_ref().and_then(|row| row.pending_grade.as_deref()),
            new.grade.as_deref(),
            day_of(at, self.city.zone),
            scheme.announce_working_days,
            working_days()?,
        );
        let row = match (what, in_effect) {
            (Step::AtOnce, in_effect) | (_, in_effect @ None) => self.replace(tx, new, in_effect)?,
            (Step::StaysAnnounced, Some(old)) => old.with_announced(&new),
            (Step::Announce(day), Some(old)) => {
                self.announce(tx, &new, old, start_of_day(day, self.city.zone))?
            }
        };
        if last != Some(&row) {
            on_each!(&mut *tx.conn, |conn| diesel::insert_into(current_grade::table)
                .values(&row)
                .on_conflict((current_grade::subject_kind, current_grade::subject_id, current_grade::scheme))
                .do_update()
                .set(&row)
                .execute(conn))?;
        }
        Ok(row.pending_from.map(|from| from.and_utc()))
    }

    /// The new result takes effect; an announcement that it contradicts is withdrawn.
    fn replace(
        &self,
        tx: &mut Tx<'_>,
        mut new: CurrentGradeRow,
        old: Option<CurrentGradeRow>,
    ) -> Result<CurrentGradeRow> {
        if let Some(old) = &old
            && let Some(pending) = &old.pending_id
        {
            history::end(tx, pending, new.effective_from)?;
            // Where the result is another too, that is told by the entry below.
            let stays = CurrentGradeRow { effective_from: new.effective_from, ..old.clone() };
            let change = Change::new(&stays, HistoryEvent::Withdrawn, self.cause);
            let announced = old.announced();
            history::note(tx, &change.after(Some(&announced)))?;
        }
        match &old {
            Some(old) if new.is_graded_as(old) => new.effective_from = old.effective_from,
            _ => {
                let change = Change::new(&new, HistoryEvent::Effective, self.cause);
                history::note(tx, &change.after(old.as_ref()))?;
            }
        }
        Ok(new)
    }

    /// The new grade is announced in the place of any that was; the old one stays in effect.
    fn announce(
        &self,
        tx: &mut Tx<'_>,
        new: &CurrentGradeRow,
        old: CurrentGradeRow,
        takes_effect_at: DateTime<Utc>,
    ) -> Result<CurrentGradeRow> {
        if let Some(pending) = &old.pending_id {
            history::end(tx, pending, new.effective_from)?;
        }
        let change = Change::new(new, HistoryEvent::Announced, self.cause);
        let change = change.after(Some(&old)).taking_effect_at(takes_effect_at.naive_utc());
        let pending_id = Some(history::note(tx, &change)?);
        Ok(CurrentGradeRow {
            pending_id,
            pending_from: Some(takes_effect_at.naive_utc()),
            ..old.with_announced(new)
        })
    }

    /// Replaces a subject's places on the lists; one that stays keeps the time since which it
    /// stands.
    pub(super) fn keep_lists(
        &self,
        tx: &mut Tx<'_>,
        lists: &[(&String, ListPlace)],
        listed: &[ListRow],
    ) -> Result<()> {
        let row = |(scheme, place): &(&String, ListPlace)| {
            let list = Col(place.list);
            let known = listed.iter().find(|known| known.list == list && known.scheme == **scheme);
            ListRow {
                list,
                subject_kind: Col(self.kind),
                subject_id: self.id.to_owned(),
                scheme: (*scheme).clone(),
                listed_at: known.map_or_else(|| self.at.naive_utc(), |known| known.listed_at),
                ends_on: place.until.map(Col),
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
            .filter(list_entry::subject_kind.eq(Col(self.kind)))
            .filter(list_entry::subject_id.eq(self.id));
        diesel::delete(own).execute(tx.conn)?;
        for row in &rows {
            diesel::insert_into(list_entry::table).values(row).execute(tx.conn)?;
        }
        Ok(())
    }
}

/// The current grade with its announced grade in effect, where the day has come: dated by that day,
/// however late the clock is.
fn take_effect(tx: &mut Tx<'_>, last: &CurrentGradeRow, at: DateTime<Utc>) -> Result<CurrentGradeRow> {
    let (Some(from), Some(pending)) = (last.pending_from, &last.pending_id) else { return Ok(last.clone()) };
    if from > at.naive_utc() {
        return Ok(last.clone());
    }
    let row = CurrentGradeRow { effective_from: from, ..last.announced() };
    // For the same reason as it was announced.
    let cause = history::cause_of(tx.conn, pending)?;
    let change = Change::new(&row, HistoryEvent::Effective, &cause);
    history::note(tx, &change.after(Some(last)))?;
    Ok(row)
}

/// A score of at most 3 decimals, as columns hold it.
fn thousandths(score: Decimal) -> Result<i64> {
    let scaled = score.checked_mul(Decimal::from(1000)).and_then(|scaled| scaled.round().to_i64());
    scaled.ok_or_else(|| StoreError::internal(format!("the score {score} is too large")))
}
