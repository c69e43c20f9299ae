//! What cards show of subjects: credit, ratings, counts and lists, read from the kept sums and
//! never recomputed.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::card::{Credit, ListMembership, PendingGrade, RecordCounts, ServiceSummary};
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::Consequence;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::scheme::ListKind;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::{Language, Text};
use xinwu_store::{Col, Conn, Result, hot_among};

use crate::credit::scheme::Rulebook;
use crate::schema::{current_grade, list_entry, tally};

/// The grades of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Credits {
    /// By the primary scheme.
    pub primary: Credit,
    /// By other schemes in force, by scheme.
    pub others: Vec<Credit>,
}

impl Default for Credits {
    fn default() -> Credits {
        Credits { primary: Credit::unknown(), others: Vec::new() }
    }
}

/// One grade of a subject.
#[derive(Queryable, Selectable)]
#[diesel(table_name = current_grade)]
pub(crate) struct CurrentGradeRow {
    subject_id: String,
    pub(crate) scheme: String,
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

/// The grades of subjects of one kind, by id; one that no scheme has looked at is missing.
pub fn credits(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    language: Language,
) -> Result<HashMap<String, Credits>> {
    let rows: Vec<CurrentGradeRow> = hot_among!(conn, ids => [these = current_grade::subject_id], current_grade::table
        .filter(current_grade::subject_kind.eq(Col(kind)))
        .filter(these)
        .order((current_grade::subject_id, current_grade::scheme))
        .select(CurrentGradeRow::as_select()) => load)?;
    let mut credits: HashMap<String, Credits> = HashMap::new();
    for row in rows {
        credits.entry(row.subject_id.clone()).or_default().add(row, language)?;
    }
    Ok(credits)
}

impl Credits {
    /// Of a subject that no scheme has looked at: because there is none, or because it is still to
    /// be evaluated.
    pub(crate) fn without_current_grade(conn: &mut Conn, kind: SubjectKind) -> Result<Credits> {
        let mut credits = Credits::default();
        if !Rulebook::load(conn)?.has_primary(kind) {
            credits.primary.outcome = Outcome::NoScheme;
        }
        Ok(credits)
    }

    /// Adds one, in the order of the schemes.
    pub(crate) fn add(&mut self, row: CurrentGradeRow, language: Language) -> Result<()> {
        let is_primary = row.is_primary;
        let credit = credit(row, language)?;
        if is_primary {
            self.primary = credit;
        } else {
            self.others.push(credit);
        }
        Ok(())
    }
}

/// The grades of one subject.
pub fn credits_of(conn: &mut Conn, kind: SubjectKind, id: &str, language: Language) -> Result<Credits> {
    match credits(conn, kind, &[id.to_owned()], language)?.remove(id) {
        Some(credits) => Ok(credits),
        None => Credits::without_current_grade(conn, kind),
    }
}

fn credit(row: CurrentGradeRow, language: Language) -> Result<Credit> {
    // Rows of an earlier program lack what consequences have come to say since: reading them gives
    // it as null.
    let consequences: Vec<Consequence> = crate::registers::place::from_json(&row.consequences)?;
    let consequences = consequences.into_iter().map(|each| each.told(language)).collect();
    let pending = row.pending_grade.zip(row.pending_from).map(|(grade, from)| PendingGrade {
        grade,
        score: row.pending_score_thousandths.map(|score| Decimal::new(score, 3)),
        effective_from: from.and_utc(),
    });
    Ok(Credit {
        outcome: row.outcome.0,
        scheme: Some(row.scheme),
        scheme_version: Some(row.scheme_version),
        score: row.score_thousandths.map(|score| Decimal::new(score, 3)),
        grade: row.grade,
        effective_from: Some(row.effective_from.and_utc()),
        reason: row.outcome_reason.map(|reason| reason_in(&reason, language)),
        pending,
        consequences,
    })
}

/// A reason is kept as a text in both languages; an older one may be plain.
fn reason_in(stored: &str, language: Language) -> String {
    serde_json::from_str::<Text>(stored)
        .map_or_else(|_| stored.to_owned(), |text| text.in_language(language).to_owned())
}

/// What the tally keeps of one firm, as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// Their published ratings.
    pub service: ServiceSummary,
    /// Rewards and penalties now public.
    pub records: RecordCounts,
}

/// The columns of a tally that cards show.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tally)]
pub(crate) struct KeptCounts {
    ratings: i32,
    stars: i32,
    rewards: i32,
    penalties: i32,
    pub(crate) sums: Option<String>,
}

impl Counts {
    /// What is kept of a firm; nothing may be kept yet.
    pub(crate) fn of(kept: Option<&KeptCounts>) -> Counts {
        let Some(KeptCounts { ratings, stars, rewards, penalties, .. }) = kept else {
            return Counts { service: ServiceSummary::of(0, 0), records: RecordCounts::default() };
        };
        Counts {
            service: ServiceSummary::of(natural(*ratings), u64::from(natural(*stars))),
            records: RecordCounts { rewards: *rewards, penalties: *penalties },
        }
    }
}

/// The lists that subjects of one kind are on today, by id.
pub fn lists(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    context: &RequestContext,
) -> Result<HashMap<String, Vec<ListMembership>>> {
    type Row = (String, Col<ListKind>, String, NaiveDateTime, Option<String>, String, String);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = hot_among!(conn, ids => [these = list_entry::subject_id], list_entry::table
        .filter(list_entry::subject_kind.eq(Col(kind)))
        .filter(these)
        .filter(list_entry::ends_on.is_null().or(list_entry::ends_on.ge(Col(context.today()))))
        .order((list_entry::list, list_entry::scheme))
        .select((
            list_entry::subject_id,
            list_entry::list,
            list_entry::scheme,
            list_entry::listed_at,
            list_entry::ends_on,
            list_entry::reason_zh,
            list_entry::reason_en,
        )) => load)?;
    let mut lists: HashMap<String, Vec<ListMembership>> = HashMap::new();
    for (id, Col(list), scheme, listed_at, until, zh, en) in rows {
        let reason = match context.language {
            Language::Chinese => zh,
            Language::English => en,
        };
        let membership = ListMembership { list, scheme, listed_at: listed_at.and_utc(), until, reason };
        lists.entry(id).or_default().push(membership);
    }
    Ok(lists)
}

/// A count of a column, which is never negative.
fn natural(count: i32) -> u32 {
    u32::try_from(count).unwrap_or_default()
}
