//! What cards show of credit, read from the standings.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::credit::{Credit, ListPlace};
use xinwu_domain::subject::SubjectKind;

use crate::evaluation::graded;
use crate::place::from_json;
use crate::schema::standing;
use crate::{Conn, Result};

/// A subject's credit by all schemes in force for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Credits {
    /// By the primary scheme.
    pub primary: Option<Credit>,
    /// By the others, in the order of their ids.
    pub others: Vec<Credit>,
    /// The lists it is on, each with the scheme whose rule put it there.
    pub lists: Vec<(String, ListPlace)>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = standing)]
struct Row {
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

/// The credits of subjects of one kind, by id. One that was never evaluated is not among them.
///
/// # Errors
/// Those of the database.
pub fn credits(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<HashMap<String, Credits>> {
    let mut all: HashMap<String, Credits> = HashMap::new();
    for part in ids.chunks(500) {
        let rows: Vec<Row> = standing::table
            .filter(standing::subject_kind.eq(kind.as_str()))
            .filter(standing::subject_id.eq_any(part))
            .order((standing::subject_id, standing::scheme))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            let credits = all.entry(row.subject_id.clone()).or_default();
            let lists: Vec<ListPlace> = from_json(&row.lists)?;
            credits.lists.extend(lists.into_iter().map(|place| (row.scheme.clone(), place)));
            let is_primary = row.is_primary;
            let credit = credit(row)?;
            if is_primary {
                credits.primary = Some(credit);
            } else {
                credits.others.push(credit);
            }
        }
    }
    Ok(all)
}

fn credit(row: Row) -> Result<Credit> {
    let graded = graded(&row.outcome, row.score_thousandths, row.grade)?;
    Ok(Credit {
        outcome: graded.outcome,
        reason: row.outcome_reason.as_deref().map(from_json).transpose()?,
        scheme: row.scheme,
        scheme_version: u32::try_from(row.scheme_version).unwrap_or_default(),
        score: graded.score,
        grade: graded.grade,
        effective_from: row.effective_from.and_utc(),
        pending: None,
        consequences: from_json(&row.consequences)?,
    })
}
