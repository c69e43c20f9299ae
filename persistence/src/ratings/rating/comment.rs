//! Comments that wait with their stars, under a pseudonym of their own.

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{CommentState, Screened};
use xinwu_domain::review::{HidingRule, TextState, Withheld};
use xinwu_domain::screen::HeldReason;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::Row;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::ratings::review as reviews;
use crate::schema::{rating_comment, review};

/// A comment as it waits.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = rating_comment, primary_key(writer), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct Comment {
    pub writer: Pseudonym,
    pub project_id: String,
    pub month: Col<Month>,
    pub comment: String,
    pub held_reason: Option<Col<HeldReason>>,
}

/// What its writer reads of a comment.
#[derive(Debug)]
pub(super) struct OwnComment {
    pub text: String,
    pub state: CommentState,
    /// Why it is not shown.
    pub withheld: Option<Withheld>,
}

pub(super) fn put(
    tx: &mut Tx<'_>,
    writer: Pseudonym,
    of: (&str, Month),
    comment: &Screened,
) -> Result<OwnComment> {
    let (project, month) = of;
    let row = Comment {
        writer,
        project_id: project.to_owned(),
        month: Col(month),
        comment: comment.text.clone(),
        held_reason: comment.held_reason.map(Col),
    };
    store(tx, &row)?;
    Ok(told(row))
}

pub(super) fn store(tx: &mut Tx<'_>, row: &Comment) -> Result<()> {
    let upsert = diesel::insert_into(rating_comment::table)
        .values(row)
        .on_conflict(rating_comment::writer)
        .do_update()
        .set(row);
    on_each!(tx.conn, |conn| upsert.execute(conn))?;
    Ok(())
}

pub(super) fn waiting(conn: &mut Conn, writer: &Pseudonym) -> Result<Option<Comment>> {
    let row = rating_comment::table.find(writer).select(Comment::as_select()).get_result(conn);
    Ok(row.optional()?)
}

/// The comment of a writer, waiting or out.
pub(super) fn of_writer(conn: &mut Conn, writer: &Pseudonym) -> Result<Option<OwnComment>> {
    if let Some(row) = waiting(conn, writer)? {
        return Ok(Some(told(row)));
    }
    type Found = (String, Col<TextState>, Option<Col<HeldReason>>, Option<Col<HidingRule>>, Option<String>);
    let found: Option<Found> = review::table
        .filter(review::writer.eq(writer))
        .select((
            review::comment,
            review::state,
            review::held_reason,
            review::hidden_rule,
            review::decision_reason,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(text, Col(state), held, rule, reason)| OwnComment {
        text,
        state: state.into(),
        withheld: Withheld::of(state, held.map(|held| held.0), rule.map(|rule| rule.0), reason),
    }))
}

fn told(row: Comment) -> OwnComment {
    let state = if row.held_reason.is_some() { CommentState::Held } else { CommentState::Waiting };
    let withheld = row.held_reason.map(|reason| Withheld::Held(reason.0));
    OwnComment { text: row.comment, state, withheld }
}

/// Takes back a comment that waits; gives whether there was one. Nobody but its writer knew of it.
pub(super) fn drop_waiting(tx: &mut Tx<'_>, writer: &Pseudonym) -> Result<bool> {
    Ok(diesel::delete(rating_comment::table.find(writer)).execute(tx.conn)? > 0)
}

/// Drops the comments that wait with rows whose stars are counted. Where the key is gone whose is
/// whose is not known any more, and all of their project and month are dropped.
pub(crate) fn drop_comments(tx: &mut Tx<'_>, keys: &MonthKeys, rows: &[Row]) -> Result<()> {
    for row in rows {
        if let Some(key) = keys.of(tx.conn, row.month.0)? {
            drop_waiting(tx, &key.writer(&row.project_id, &row.dwelling))?;
            continue;
        }
        let all = rating_comment::table
            .filter(rating_comment::month.eq(&row.month))
            .filter(rating_comment::project_id.eq(&row.project_id));
        diesel::delete(all).execute(tx.conn)?;
    }
    Ok(())
}

/// "A comment can be taken back while its key lives; the figure stays."
pub(super) fn delete(tx: &mut Tx<'_>, writer: &Pseudonym) -> Result<bool> {
    Ok(drop_waiting(tx, writer)? || reviews::delete_of(tx, writer)?)
}
