//! Ratings, comments and flags are written again in the order of their pseudonyms: the places of
//! rows on their pages, and on PostgreSQL their transactions, would else tell in which order they
//! were written, and beside what.

use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::Text;
use xinwu_domain::calendar::Month;
use xinwu_store::{Col, Conn, Db, Purpose, Result, Url};

use super::{Comment, Row, clear_deleted};
use crate::schema::{rating, rating_comment, review_flag};

/// Rows that are written again at once.
#[derive(Debug, Clone)]
enum Part {
    /// The ratings of a project.
    Ratings(String),
    /// The comments of a month and project.
    Comments(Col<Month>, String),
    /// The flags of a review.
    Flags(String),
}

/// All of them, written again in many small writes.
#[derive(Debug, Default)]
pub struct Shuffle(Mutex<Vec<Part>>);

impl Shuffle {
    /// Writes some again; gives whether there are more.
    ///
    /// # Errors
    /// The same rows are tried the next time.
    pub async fn some(&self, db: &Db) -> Result<bool> {
        let next = self.left().last().cloned();
        if let Some(part) = next {
            db.write(move |tx| again(tx.conn, &part)).await?;
            self.left().pop();
        } else {
            let all = db.read(parts).await?;
            *self.left() = all;
        }
        if !self.left().is_empty() {
            return Ok(true);
        }
        // The log, or what is not vacuumed, has the rows as they lay. And a key that somebody's
        // transaction could still see when it was forgotten goes now.
        clear_deleted(db).await?;
        Ok(false)
    }

    fn left(&self) -> MutexGuard<'_, Vec<Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same at once, before a copy is made.
pub fn shuffle_at(url: &Url) -> Result<()> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    let all = parts(&mut conn)?;
    all.iter().try_for_each(|part| conn.transaction(|conn| again(conn, part)))
}

fn parts(conn: &mut Conn) -> Result<Vec<Part>> {
    let ratings: Vec<String> =
        rating::table.select(rating::project_id).distinct().order(rating::project_id).load(conn)?;
    let comments: Vec<(Col<Month>, String)> = rating_comment::table
        .select((rating_comment::month, rating_comment::project_id))
        .distinct()
        .order((rating_comment::month, rating_comment::project_id))
        .load(conn)?;
    let flags: Vec<String> = review_flag::table
        .select(review_flag::review_id)
        .distinct()
        .order(review_flag::review_id)
        .load(conn)?;
    let ratings = ratings.into_iter().map(Part::Ratings);
    let comments = comments.into_iter().map(|(month, project)| Part::Comments(month, project));
    Ok(ratings.chain(comments).chain(flags.into_iter().map(Part::Flags)).collect())
}

fn again(conn: &mut Conn, part: &Part) -> Result<()> {
    match part {
        Part::Ratings(project) => {
            // There each row would be a statement of its own.
            if let Conn::Pg(_) = conn {
                let moved = "WITH moved AS (DELETE FROM rating WHERE project_id = $1 RETURNING *) \
                    INSERT INTO rating SELECT * FROM moved ORDER BY dwelling";
                diesel::sql_query(moved).bind::<Text, _>(project).execute(conn)?;
                return Ok(());
            }
            let of = || rating::table.filter(rating::project_id.eq(project));
            let rows: Vec<Row> = of().order(rating::dwelling).select(Row::as_select()).load(conn)?;
            diesel::delete(of()).execute(conn)?;
            rows.iter().try_for_each(|row| row.insert(conn))
        }
        Part::Comments(month, project) => {
            let of = || {
                rating_comment::table
                    .filter(rating_comment::month.eq(month))
                    .filter(rating_comment::project_id.eq(project))
            };
            let rows: Vec<Comment> =
                of().order(rating_comment::writer).select(Comment::as_select()).load(conn)?;
            diesel::delete(of()).execute(conn)?;
            rows.iter().try_for_each(|row| {
                diesel::insert_into(rating_comment::table).values(row).execute(conn)?;
                Ok(())
            })
        }
        Part::Flags(review) => {
            let of = || review_flag::table.filter(review_flag::review_id.eq(review));
            let rows: Vec<(String, Vec<u8>, String, bool)> = of().order(review_flag::flagger).load(conn)?;
            diesel::delete(of()).execute(conn)?;
            rows.into_iter().try_for_each(|(review, flagger, reason, settled)| {
                let row = (
                    review_flag::review_id.eq(review),
                    review_flag::flagger.eq(flagger),
                    review_flag::reason.eq(reason),
                    review_flag::settled.eq(settled),
                );
                diesel::insert_into(review_flag::table).values(row).execute(conn)?;
                Ok(())
            })
        }
    }
}
