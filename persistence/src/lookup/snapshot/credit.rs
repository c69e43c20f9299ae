//! What the lines of firms, projects and managers say of their credit and ratings.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::card::{ProjectCounts, RecordCounts};
use xinwu_domain::copy::{
    BothLanguages, CopiedConsequence, CopiedCredit, CopiedListing, CopiedPendingGrade, CopiedService,
};
use xinwu_domain::credit::Consequence;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::project::Area;
use xinwu_domain::rating::Figures;
use xinwu_domain::scheme::ListKind;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result};

use super::by_id;
use crate::ratings::tally::sums_of;
use crate::registers::place::from_json;
use crate::schema::{current_grade, list_entry, tally};

/// What is kept of some subjects, by id.
pub(super) struct CreditFacts {
    credits: HashMap<String, Vec<CopiedCredit>>,
    lists: HashMap<String, Vec<CopiedListing>>,
    tallies: HashMap<String, TallyRow>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = current_grade)]
struct GradeRow {
    subject_id: String,
    scheme: String,
    is_primary: bool,
    scheme_version: i32,
    outcome: Col<Outcome>,
    outcome_reason: Option<String>,
    score_thousandths: Option<i64>,
    grade: Option<String>,
    consequences: String,
    effective_from: NaiveDateTime,
    pending_score_thousandths: Option<i64>,
    pending_grade: Option<String>,
    pending_from: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = list_entry)]
struct ListRow {
    subject_id: String,
    list: Col<ListKind>,
    scheme: String,
    listed_at: NaiveDateTime,
    ends_on: Option<Col<NaiveDate>>,
    reason_zh: String,
    reason_en: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tally)]
struct TallyRow {
    subject_id: String,
    rewards: i32,
    penalties: i32,
    projects: i32,
    area_dm2: i64,
    sums: Option<String>,
}

impl CreditFacts {
    pub fn load(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<CreditFacts> {
        let grades: Vec<GradeRow> = current_grade::table
            .filter(current_grade::subject_kind.eq(Col(kind)))
            .filter(current_grade::subject_id.eq_any(ids))
            .order((current_grade::subject_id, current_grade::scheme))
            .select(GradeRow::as_select())
            .load(conn)?;
        let mut credits = Vec::with_capacity(grades.len());
        for row in grades {
            credits.push((row.subject_id.clone(), credit(row)?));
        }
        let lists: Vec<ListRow> = list_entry::table
            .filter(list_entry::list.eq_any([Col(ListKind::Red), Col(ListKind::Black)]))
            .filter(list_entry::subject_kind.eq(Col(kind)))
            .filter(list_entry::subject_id.eq_any(ids))
            .order((list_entry::subject_id, list_entry::list, list_entry::scheme))
            .select(ListRow::as_select())
            .load(conn)?;
        let tallies: Vec<TallyRow> = tally::table
            .filter(tally::subject_kind.eq(Col(kind)))
            .filter(tally::subject_id.eq_any(ids))
            .select(TallyRow::as_select())
            .load(conn)?;
        Ok(CreditFacts {
            credits: by_id(credits),
            lists: by_id(lists.into_iter().map(|row| (row.subject_id.clone(), listing(row)))),
            tallies: tallies.into_iter().map(|row| (row.subject_id.clone(), row)).collect(),
        })
    }

    pub fn take_credits(&mut self, id: &str) -> Vec<CopiedCredit> {
        self.credits.remove(id).unwrap_or_default()
    }

    pub fn take_lists(&mut self, id: &str) -> Vec<CopiedListing> {
        self.lists.remove(id).unwrap_or_default()
    }

    pub fn service(&self, id: &str) -> Option<CopiedService> {
        let (until_month, sums) = sums_of(self.tallies.get(id)?.sums.as_deref())?;
        Some(CopiedService { until_month, figures: Figures::of(&sums) })
    }

    /// Of a firm.
    pub fn counts(&self, id: &str) -> (RecordCounts, ProjectCounts) {
        self.tallies.get(id).map_or_else(Default::default, |row| {
            (
                RecordCounts { rewards: row.rewards, penalties: row.penalties },
                ProjectCounts { count: row.projects.into(), area_m2: Area::from_hundredths(row.area_dm2) },
            )
        })
    }
}

/// When a subject's entry or its credit by the primary scheme last changed, as its card says.
pub(super) fn updated_at(entry: NaiveDateTime, credits: &[CopiedCredit]) -> DateTime<Utc> {
    let graded = credits.iter().filter(|credit| credit.primary).map(|credit| credit.effective_from).max();
    graded.map_or(entry.and_utc(), |graded| graded.max(entry.and_utc()))
}

fn credit(row: GradeRow) -> Result<CopiedCredit> {
    let consequences: Vec<Consequence> = from_json(&row.consequences)?;
    let pending = row.pending_grade.zip(row.pending_from).map(|(grade, from)| CopiedPendingGrade {
        grade,
        score: row.pending_score_thousandths.map(|score| Decimal::new(score, 3)),
        effective_from: from.and_utc(),
    });
    Ok(CopiedCredit {
        scheme: row.scheme,
        scheme_version: row.scheme_version,
        primary: row.is_primary,
        outcome: row.outcome.0,
        score: row.score_thousandths.map(|score| Decimal::new(score, 3)),
        grade: row.grade,
        effective_from: row.effective_from.and_utc(),
        reason: row.outcome_reason.map(|reason| reason_of(&reason)),
        pending,
        consequences: consequences.into_iter().map(consequence).collect(),
    })
}

/// A reason is kept as a text in both languages; an older one may be plain.
fn reason_of(stored: &str) -> BothLanguages {
    let plain = || BothLanguages { zh: stored.to_owned(), en: stored.to_owned() };
    serde_json::from_str::<Text>(stored).map_or_else(|_| plain(), BothLanguages::from)
}

fn consequence(each: Consequence) -> CopiedConsequence {
    let Consequence { code, text, effect, amount, unit, up_to_months } = each;
    CopiedConsequence { code, text: text.into(), effect, amount, unit, up_to_months }
}

fn listing(row: ListRow) -> CopiedListing {
    CopiedListing {
        list: row.list.0,
        scheme: row.scheme,
        listed_at: row.listed_at.and_utc(),
        until: row.ends_on.map(|day| day.0),
        reason: BothLanguages { zh: row.reason_zh, en: row.reason_en },
    }
}
