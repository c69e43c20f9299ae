//! The firms of a place by grade.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::comparison::{FirmFigures, GradeCount};
use xinwu_domain::context::RequestContext;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::scheme::Scheme;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use super::super::firms_of;
use super::super::past::{self, End};
use crate::credit::scheme::Rulebook;
use crate::schema::current_grade;

/// The grades of all firms on a day.
pub(super) struct Grades {
    graded: Vec<Graded>,
    /// The scheme by which they are ordered: the primary one of the day.
    scheme: Option<Arc<Scheme>>,
}

/// A firm, what its evaluation came to, and its grade.
struct Graded {
    uscc: String,
    outcome: Outcome,
    grade: Option<String>,
}

impl Grades {
    /// Those in effect at an end, by the scheme that was the primary one on its day as far as it
    /// was announced by then; else today's.
    pub(super) fn load(
        conn: &mut Conn,
        rulebook: &Rulebook,
        end: Option<End>,
        context: &RequestContext,
    ) -> Result<Grades> {
        let day = end.map_or(context.today(), |end| end.day);
        let graded = match end {
            Some(end) => past(conn, rulebook, end)?,
            None => current(conn)?,
        };
        Ok(Grades { graded, scheme: rulebook.primary(SubjectKind::Firm, day).cloned() })
    }

    /// Those of a place's firms.
    pub(super) fn figures(
        &self,
        conn: &mut Conn,
        place: &str,
        end: Option<End>,
        day: NaiveDate,
    ) -> Result<FirmFigures> {
        let members = match end {
            Some(end) => past::firms(conn, place, end)?,
            None => firms_of(conn, place, day)?,
        };
        let mut figures =
            FirmFigures { total: i64::try_from(members.len()).unwrap_or(i64::MAX), ..FirmFigures::default() };
        let mut grades: BTreeMap<(usize, &str), i64> = BTreeMap::new();
        for graded in self.graded.iter().filter(|graded| members.contains(&graded.uscc)) {
            match (graded.outcome, &graded.grade) {
                (Outcome::Evaluated | Outcome::Suspended, Some(grade)) => {
                    figures.suspended += i64::from(graded.outcome == Outcome::Suspended);
                    *grades.entry((self.rank(grade), grade)).or_default() += 1;
                }
                (Outcome::Missing, _) => figures.missing += 1,
                _ => {}
            }
        }
        // A firm that no scheme has looked at yet is not evaluated either.
        figures.not_evaluated = figures.total - grades.values().sum::<i64>() - figures.missing;
        let count = |((_, grade), count): ((usize, &str), i64)| GradeCount { grade: grade.to_owned(), count };
        figures.by_grade = grades.into_iter().map(count).collect();
        Ok(figures)
    }

    /// Where a grade stands, the best first.
    fn rank(&self, grade: &str) -> usize {
        self.scheme.as_ref().and_then(|scheme| scheme.rank(grade)).unwrap_or(usize::MAX)
    }
}

fn current(conn: &mut Conn) -> Result<Vec<Graded>> {
    let rows: Vec<(String, Col<Outcome>, Option<String>)> = current_grade::table
        .filter(current_grade::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(current_grade::is_primary.eq(true))
        .select((current_grade::subject_id, current_grade::outcome, current_grade::grade))
        .load(conn)?;
    Ok(rows.into_iter().map(|(uscc, Col(outcome), grade)| Graded { uscc, outcome, grade }).collect())
}

fn past(conn: &mut Conn, rulebook: &Rulebook, end: End) -> Result<Vec<Graded>> {
    let Some(scheme) = rulebook.known_at(end.at).primary(SubjectKind::Firm, end.day) else {
        return Ok(Vec::new());
    };
    let rows = past::in_effect(conn, &scheme.id, end)?.into_iter();
    Ok(rows.map(|(uscc, then)| Graded { uscc, outcome: then.outcome, grade: then.grade }).collect())
}
