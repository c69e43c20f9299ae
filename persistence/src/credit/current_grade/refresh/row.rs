//! The rows that are kept of a subject's current grades and lists, and what each says of the other.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::scheme::ListKind;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use crate::credit::current_grade::tally;
use crate::schema::{current_grade, list_entry};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = current_grade, primary_key(subject_kind, subject_id, scheme), treat_none_as_null = true)]
pub(in crate::credit::current_grade) struct CurrentGradeRow {
    pub subject_kind: Col<SubjectKind>,
    pub subject_id: String,
    pub scheme: String,
    pub is_primary: bool,
    pub scheme_version: i32,
    pub outcome: Col<Outcome>,
    pub(super) outcome_reason: Option<String>,
    pub score_thousandths: Option<i64>,
    pub grade: Option<String>,
    pub(super) consequences: String,
    pub(super) lists: String,
    pub effective_from: NaiveDateTime,
    pub(super) pending_id: Option<String>,
    pub(super) pending_scheme_version: Option<i32>,
    pub(super) pending_score_thousandths: Option<i64>,
    pub(super) pending_grade: Option<String>,
    pub(super) pending_from: Option<NaiveDateTime>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = list_entry)]
pub(in crate::credit::current_grade) struct ListRow {
    pub list: Col<ListKind>,
    pub(super) subject_kind: Col<SubjectKind>,
    pub subject_id: String,
    pub scheme: String,
    pub(super) listed_at: NaiveDateTime,
    pub(super) ends_on: Option<Col<NaiveDate>>,
    pub(super) reason_zh: String,
    pub(super) reason_en: String,
}

/// What is kept of some subjects before they are evaluated again.
pub(super) struct PreviousRows {
    pub(super) current_grades: HashMap<String, Vec<CurrentGradeRow>>,
    pub(super) lists: HashMap<String, Vec<ListRow>>,
    pub(super) made_at: HashMap<String, DateTime<Utc>>,
}

impl CurrentGradeRow {
    /// The announced result as if it were in effect.
    pub(super) fn announced(&self) -> CurrentGradeRow {
        CurrentGradeRow {
            scheme_version: self.pending_scheme_version.unwrap_or(self.scheme_version),
            outcome: Col(Outcome::Evaluated),
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

    /// This result stays in effect while `new` is announced. Lists and consequences follow the
    /// facts at once.
    pub(super) fn with_announced(self, new: &CurrentGradeRow) -> CurrentGradeRow {
        // Whether the grade in effect is contested is told of it, whatever is announced.
        let (outcome, outcome_reason) = match &self.grade {
            Some(_) => (new.outcome, new.outcome_reason.clone()),
            None => (self.outcome, self.outcome_reason.clone()),
        };
        CurrentGradeRow {
            outcome,
            outcome_reason,
            is_primary: new.is_primary,
            consequences: new.consequences.clone(),
            lists: new.lists.clone(),
            pending_scheme_version: Some(new.scheme_version),
            pending_score_thousandths: new.score_thousandths,
            pending_grade: new.grade.clone(),
            ..self
        }
    }

    /// Whether it is the same result: that it is contested does not make it another.
    pub(super) fn is_graded_as(&self, other: &CurrentGradeRow) -> bool {
        let same_result = (self.score_thousandths, &self.grade) == (other.score_thousandths, &other.grade);
        same_result && (self.grade.is_some() || self.outcome == other.outcome)
    }
}

impl PreviousRows {
    pub(super) fn load(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<PreviousRows> {
        let mut previous = PreviousRows {
            current_grades: HashMap::new(),
            lists: HashMap::new(),
            made_at: tally::made_at(conn, kind, ids)?,
        };
        let rows: Vec<CurrentGradeRow> = current_grade::table
            .filter(current_grade::subject_kind.eq(Col(kind)))
            .filter(current_grade::subject_id.eq_any(ids))
            .select(CurrentGradeRow::as_select())
            .load(conn)?;
        for row in rows {
            previous.current_grades.entry(row.subject_id.clone()).or_default().push(row);
        }
        let rows: Vec<ListRow> = list_entry::table
            .filter(list_entry::list.eq_any([Col(ListKind::Red), Col(ListKind::Black)]))
            .filter(list_entry::subject_kind.eq(Col(kind)))
            .filter(list_entry::subject_id.eq_any(ids))
            .select(ListRow::as_select())
            .load(conn)?;
        for row in rows {
            previous.lists.entry(row.subject_id.clone()).or_default().push(row);
        }
        Ok(previous)
    }
}
