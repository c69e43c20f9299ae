//! Reviews: residents' comments, raters unnamed. They come out with the increment of their stars;
//! officials decide on what is held or flagged; the firm replies.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstateName;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::rating::HeldReason;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::review::{ModeratedReview, Review, ReviewReply, ReviewState};
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::ratings::rating::{Comment, month_without_key};
use crate::registers::place;
use crate::schema::{account, estate, firm, place_ancestor, project, review, review_flag, review_reply};

mod moderation;

pub use moderation::{Decision, ReviewQuery, decide, get_moderated, list_moderated};

#[derive(Queryable, Selectable)]
#[diesel(table_name = review)]
struct Row {
    id: String,
    project_id: String,
    uscc: Option<String>,
    month: Col<Month>,
    comment: String,
    state: Col<ReviewState>,
    held_reason: Option<Col<HeldReason>>,
    decision_reason: Option<String>,
    version: i64,
}

/// Whose reviews are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// All projects of a firm, by its uscc.
    Firm(String),
    /// One project, by its id.
    Project(String),
}

/// The comments of ratings whose stars come out: "text and month, random id and order". What the
/// screen holds waits for officials.
pub(crate) fn publish(tx: &mut Tx<'_>, project: &str, month: Month, comments: Vec<Comment>) -> Result<()> {
    if comments.is_empty() {
        return Ok(());
    }
    let uscc: Option<String> = project::table.find(project).select(project::uscc).first(tx.conn)?;
    let mut rows: Vec<(String, Comment)> =
        comments.into_iter().map(|comment| (tx.random.timeless_id(), comment)).collect();
    // In the order of their ids, so that none tells of that in which they were found.
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (id, comment) in rows {
        let state = if comment.held_reason.is_some() { ReviewState::Held } else { ReviewState::Published };
        let row = (
            review::id.eq(&id),
            review::project_id.eq(project),
            review::uscc.eq(&uscc),
            review::month.eq(Col(month)),
            review::comment.eq(&comment.comment),
            review::state.eq(Col(state)),
            review::held_reason.eq(comment.held_reason),
            review::version.eq(1_i64),
            review::writer.eq(&comment.writer),
            review::writer_month.eq(comment.month),
        );
        diesel::insert_into(review::table).values(row).execute(tx.conn)?;
        changed(tx, &id, project, uscc.as_deref(), state == ReviewState::Published);
    }
    Ok(())
}

/// What officials let pass comes out with a step: "what the screen holds … comes out with a later
/// one".
pub(crate) fn publish_cleared(tx: &mut Tx<'_>, project: &str) -> Result<()> {
    let cleared = review::project_id.eq(project).and(review::state.eq(Col(ReviewState::Cleared)));
    let found: Vec<(String, Option<String>)> =
        review::table.filter(cleared).order(review::id).select((review::id, review::uscc)).load(tx.conn)?;
    if found.is_empty() {
        return Ok(());
    }
    diesel::update(review::table.filter(cleared))
        .set((
            review::state.eq(Col(ReviewState::Published)),
            review::held_reason.eq(None::<String>),
            review::version.eq(review::version + 1),
        ))
        .execute(tx.conn)?;
    for (id, uscc) in found {
        changed(tx, &id, project, uscc.as_deref(), true);
    }
    Ok(())
}

/// The projects with reviews that come out with the next step.
pub(crate) fn projects_with_cleared(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(review::table
        .filter(review::state.eq(Col(ReviewState::Cleared)))
        .select(review::project_id)
        .distinct()
        .load(conn)?)
}

/// The writer takes the review back; gives whether there was one.
pub(crate) fn delete_of(tx: &mut Tx<'_>, writer: &Pseudonym) -> Result<bool> {
    let found: Option<(String, String, Option<String>, Col<ReviewState>)> = review::table
        .filter(review::writer.eq(writer))
        .select((review::id, review::project_id, review::uscc, review::state))
        .first(tx.conn)
        .optional()?;
    let Some((id, project, uscc, state)) = found else { return Ok(false) };
    // With its flags and the firm's reply.
    diesel::delete(review::table.find(&id)).execute(tx.conn)?;
    changed(tx, &id, &project, uscc.as_deref(), state.0 == ReviewState::Published);
    Ok(true)
}

/// Published reviews of a firm or a project, the latest month first and, since their ids are
/// random, in random order within it.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn list(conn: &mut Conn, of: &Of, window: &Window) -> Result<Listed<Review>> {
    let (what, known): (_, i64) = match of {
        Of::Firm(uscc) => ("firm", firm::table.find(uscc).count().get_result(conn)?),
        Of::Project(id) => ("project", project::table.find(id).count().get_result(conn)?),
    };
    if known == 0 {
        return Err(Refusal::NotFound { what }.into());
    }
    let wanted = || {
        let rows = review::table.filter(review::state.eq(Col(ReviewState::Published))).into_boxed();
        match of {
            Of::Project(id) => rows.filter(review::project_id.eq(id.clone())),
            Of::Firm(uscc) => rows.filter(review::uscc.eq(uscc.clone())),
        }
    };
    let mut rows = wanted()
        .select(Row::as_select())
        .order((review::month.desc(), review::id.desc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(comes_before(after.get(0), after.get(1)));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.month.0.to_string(), &row.id])
    });
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    let items = views(conn, page.items)?;
    Ok(Listed { items, next: page.next, total })
}

fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Review>> {
    let estates = estates_of(conn, &rows)?;
    let mut replies = replies_to(conn, &rows)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        views.push(Review {
            month: row.month.0,
            estate: estate_of(&estates, &row),
            reply: replies.remove(&row.id),
            id: row.id,
            project: row.project_id,
            comment: row.comment,
        });
    }
    Ok(views)
}

/// Says that a comment breaks the rules: once a person.
///
/// # Errors
/// [`Refusal::NotFound`] unless it is published, [`Refusal::Conflict`] the second time.
pub fn flag(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    actor: &Actor,
    id: &str,
    reason: &str,
    context: RequestContext,
) -> Result<()> {
    require_published(tx.conn, id)?;
    let phone_hash: Option<String> =
        account::table.find(&actor.account_id).select(account::phone_hash).first(tx.conn)?;
    // Where the month has no key any more nobody can be known again, and one person could flag
    // without end.
    let key = keys.make(tx, context.at(tx.now).month())?.ok_or_else(month_without_key)?;
    let flagger = key.flagger(id, &phone_hash.ok_or(Refusal::NotFound { what: "review" })?);
    diesel::insert_into(review_flag::table)
        .values((
            review_flag::review_id.eq(id),
            review_flag::flagger.eq(flagger),
            review_flag::reason.eq(reason),
            review_flag::settled.eq(false),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Review, id);
    Ok(())
}

/// The firm's reply: makes it, or puts another in its place. Gives its version and whether it is
/// new.
///
/// # Errors
/// [`Refusal::NotFound`] unless the review is published, [`Refusal::Forbidden`] for another firm,
/// [`Refusal::Stale`].
pub fn put_reply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<&Expected>,
    text: &str,
) -> Result<(ReviewReply, i64, bool)> {
    let row = require_published(tx.conn, id)?;
    let own = actor.own_firm()?;
    if row.uscc.as_deref() != Some(own) {
        return Err(Refusal::out_of_reach().into());
    }
    let stands: Option<i64> =
        review_reply::table.find(id).select(review_reply::version).first(tx.conn).optional()?;
    Expected::check_any(version, stands)?;
    let next = stands.unwrap_or_default() + 1;
    match stands {
        Some(_) => diesel::update(review_reply::table.find(id))
            .set((
                review_reply::text.eq(text),
                review_reply::updated_at.eq(tx.now_utc()),
                review_reply::version.eq(next),
            ))
            .execute(tx.conn)?,
        None => diesel::insert_into(review_reply::table)
            .values((
                review_reply::review_id.eq(id),
                review_reply::uscc.eq(own),
                review_reply::text.eq(text),
                review_reply::updated_at.eq(tx.now_utc()),
                review_reply::version.eq(next),
            ))
            .execute(tx.conn)?,
    };
    tx.changed(Entity::Review, id);
    Ok((ReviewReply { text: text.to_owned() }, next, stands.is_none()))
}

fn require_published(conn: &mut Conn, id: &str) -> Result<Row> {
    review::table
        .find(id)
        .filter(review::state.eq(Col(ReviewState::Published)))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| Refusal::NotFound { what: "review" }.into())
}

/// A review is published, or no longer: its project and its firm have one more, or fewer. What
/// never was out moves nothing that is: nobody learns that it was looked at, or taken back.
fn changed(tx: &mut Tx<'_>, id: &str, project: &str, uscc: Option<&str>, is_out: bool) {
    tx.changed(Entity::Review, id);
    if !is_out {
        return;
    }
    tx.changed(Entity::Project, project);
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, uscc);
    }
}

fn estates_of(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, EstateName>> {
    let mut projects: Vec<&str> = rows.iter().map(|row| row.project_id.as_str()).collect();
    projects.sort_unstable();
    projects.dedup();
    let found: Vec<(String, String, String)> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq_any(&projects))
        .select((project::id, estate::code, estate::name))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, code, name)| (id, EstateName { code, name })).collect())
}

fn estate_of(estates: &HashMap<String, EstateName>, row: &Row) -> EstateName {
    let unknown = || EstateName { code: String::new(), name: String::new() };
    estates.get(&row.project_id).cloned().unwrap_or_else(unknown)
}

fn replies_to(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, ReviewReply>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let found: Vec<(String, String)> = review_reply::table
        .filter(review_reply::review_id.eq_any(&ids))
        .select((review_reply::review_id, review_reply::text))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, text)| (id, ReviewReply { text })).collect())
}

/// The reviews before one, by month and id: as one comparison of both, so that the index is entered
/// at that place. With `or` it is read from its end.
fn comes_before(
    month: &str,
    id: &str,
) -> Box<dyn BoxableExpression<review::table, <Conn as Connection>::Backend, SqlType = diesel::sql_types::Bool>>
{
    let both = diesel::dsl::sql::<diesel::sql_types::Bool>("(month, id) < (");
    Box::new(
        both.bind::<diesel::sql_types::Text, _>(month.to_owned())
            .sql(", ")
            .bind::<diesel::sql_types::Text, _>(id.to_owned())
            .sql(")"),
    )
}
