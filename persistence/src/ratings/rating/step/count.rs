//! What waits of a project is counted: one increment, and the comments that come out with it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use xinwu_domain::calendar::Month;
use xinwu_domain::copy::ratings_id;
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::{Answers, Cell, Dimension, Tally, take};
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::ratings::rating::increment::Of;
use crate::ratings::rating::{Comment, Increment, Row};
use crate::ratings::review as reviews;
use crate::schema::{rating, rating_comment, rating_increment};

/// Rows of which something waits, held or not.
pub(super) const WAITS: &str = r#"((stars IS NOT NULL AND published IS NULL) OR (cleaning IS NOT NULL AND ("out" & 1) = 0)
    OR (security IS NOT NULL AND ("out" & 2) = 0) OR (greening IS NOT NULL AND ("out" & 4) = 0)
    OR (maintenance IS NOT NULL AND ("out" & 8) = 0) OR (attitude IS NOT NULL AND ("out" & 16) = 0))"#;
/// Rows that no burst holds. Those that one held and that are out keep its name.
pub(super) const IS_FREE: &str = "(burst IS NULL OR published IS NOT NULL)";

/// A project's rows of the months up to one of which something waits and is not held.
pub(crate) fn waiting_rows(conn: &mut Conn, project: &str, until: Month) -> Result<Vec<Row>> {
    let waits = diesel::dsl::sql::<diesel::sql_types::Bool>(&format!("{IS_FREE} AND {WAITS}"));
    Ok(rating::table
        .filter(rating::project_id.eq(project))
        .filter(rating::month.le(Col(until)))
        .filter(waits)
        .select(Row::as_select())
        .load(conn)?)
}

/// Which rows an increment takes.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    /// The rows of the months up to one that are not held.
    Step(Month),
    /// A burst's rows.
    Burst(&'a str),
}

/// Makes the increment of these rows, and lets their comments come out; gives whether anything came
/// out.
pub(super) fn count(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    of: Of<'_>,
    rows: &[Row],
    which: Which<'_>,
) -> Result<bool> {
    let mut answers: Vec<Answers> = rows.iter().map(Row::answers).collect::<Result<_>>()?;
    let had_stars: Vec<bool> = answers.iter().map(|answers| answers.waiting(Cell::Stars).is_some()).collect();
    let tally = take(&mut answers.iter_mut().collect::<Vec<_>>(), of.need);
    if tally == Tally::default() {
        return Ok(false);
    }
    let (project, month) = (of.project.to_owned(), of.month);
    let increment = Increment::new(of, &tally);
    diesel::insert_into(rating_increment::table).values(&increment).execute(tx.conn)?;
    tx.changed(Entity::Ratings, &ratings_id(&project, month));
    mark_out(tx, &project, month, &tally, which)?;
    if tally.count() > 0 {
        let mut out: Vec<&Row> =
            rows.iter().zip(had_stars).filter(|(_, had)| *had).map(|(row, _)| row).collect();
        out.sort_by_key(|row| row.month);
        for part in out.chunk_by(|a, b| a.month == b.month) {
            let comments = take_comments(tx, keys, &project, part)?;
            reviews::publish(tx, &project, month, comments)?;
        }
    }
    Ok(true)
}

/// One statement for all rows of a project: every waiting answer of a cell that comes out is in the
/// increment, so no list of them is needed.
fn mark_out(tx: &mut Tx<'_>, project: &str, month: Month, tally: &Tally, which: Which<'_>) -> Result<()> {
    let mut sets = Vec::new();
    if tally.count() > 0 {
        sets.push(
            "published = CASE WHEN stars IS NOT NULL AND published IS NULL THEN $1 ELSE published END"
                .to_owned(),
        );
    }
    let bits: Vec<String> = Dimension::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, dimension)| tally.dimension(*dimension).count > 0)
        .map(|(bit, dimension)| {
            format!(" | CASE WHEN {} IS NOT NULL THEN {} ELSE 0 END", dimension.into_str(), 1 << bit)
        })
        .collect();
    if !bits.is_empty() {
        sets.push(format!("\"out\" = \"out\"{}", bits.concat()));
    }
    let sets = sets.join(", ");
    // `$1` stands in each statement, whether the stars come out or not.
    let sql = match which {
        Which::Step(_) => {
            format!(
                "UPDATE rating SET {sets} WHERE $1 <> '' AND project_id = $2 AND month <= $3 AND {IS_FREE}"
            )
        }
        Which::Burst(_) => {
            format!("UPDATE rating SET {sets} WHERE $1 <> '' AND project_id = $2 AND burst = $3")
        }
    };
    let last = match which {
        Which::Step(until) => until.to_string(),
        Which::Burst(burst) => burst.to_owned(),
    };
    diesel::sql_query(sql)
        .bind::<Text, _>(Col(month))
        .bind::<Text, _>(project)
        .bind::<Text, _>(last)
        .execute(tx.conn)?;
    Ok(())
}

/// The comments of rows of one month whose stars come out; they wait no more.
fn take_comments(tx: &mut Tx<'_>, keys: &MonthKeys, project: &str, rows: &[&Row]) -> Result<Vec<Comment>> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let all: Vec<Comment> = rating_comment::table
        .filter(rating_comment::month.eq(first.month))
        .filter(rating_comment::project_id.eq(project))
        .select(Comment::as_select())
        .load(tx.conn)?;
    if all.is_empty() {
        return Ok(all);
    }
    let comments = match keys.of(tx.conn, first.month.0)? {
        Some(key) => {
            let writers: BTreeSet<Pseudonym> =
                rows.iter().map(|row| key.writer(project, &row.dwelling)).collect();
            all.into_iter().filter(|comment| writers.contains(&comment.writer)).collect()
        }
        // Whose is whose is not known any more. All come out with all stars, unless some are held.
        None => {
            let held: i64 = rating::table
                .filter(rating::project_id.eq(project))
                .filter(rating::month.eq(first.month))
                .filter(rating::burst.is_not_null())
                .count()
                .get_result(tx.conn)?;
            if held > 0 { Vec::new() } else { all }
        }
    };
    for part in comments.chunks(500) {
        let writers = part.iter().map(|comment| &comment.writer);
        diesel::delete(rating_comment::table.filter(rating_comment::writer.eq_any(writers)))
            .execute(tx.conn)?;
    }
    Ok(comments)
}
