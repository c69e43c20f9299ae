//! Reviews: residents' comments, raters unnamed. A comment follows its rating; officials decide on what is held or flagged; the firm replies.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::estate::EstateName;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::rating::{Line, Screened, Shown, Span, Stars, Verdict};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::review::{ModeratedReview, Review, ReviewReply, ReviewState};
use xinwu_domain::text::Text;

use crate::dialect::{OneOf, comes_before, hot};
use crate::rating::{RatedProject, Scope, ledger_of_voices, month_of, stored_stars};
use crate::schema::{estate, firm, place_ancestor, project, rating, review, review_flag, review_reply};
use crate::{Conn, Entity, Result, StoreError, Tx, place};

mod moderation;

pub use moderation::{Decision, ReviewQuery, decide, get_moderated, list_moderated};
pub(crate) use moderation::{hide_burst, hold_burst, release_burst};

/// What a comment is held for when officials hid it and its rater has rewritten it since.
const REWRITTEN: &str = "rewritten";

#[derive(Queryable, Selectable)]
#[diesel(table_name = review)]
struct Row {
    id: String,
    rating_id: String,
    project_id: String,
    uscc: Option<String>,
    month: String,
    overall: i32,
    comment: String,
    state: String,
    held_reason: Option<String>,
    decided_at: Option<NaiveDateTime>,
    decision_reason: Option<String>,
    version: i64,
}

/// The rating that a comment follows.
pub(crate) struct Rated<'a> {
    pub id: &'a str,
    pub month: &'a str,
    pub overall: Stars,
    pub state: &'a str,
}

/// Makes the review what its rating's comment now says.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    project: &RatedProject,
    rated: &Rated<'_>,
    comment: Option<&Screened>,
) -> Result<()> {
    let Some(comment) = comment else { return withdraw_with(tx, rated.id) };
    let existing = of_rating(tx.conn, rated.id)?;
    let overall = i32::from(rated.overall.get());
    let Some(existing) = existing else {
        let (state, held_reason) = screened(comment, rated);
        let id = tx.random.timeless_id();
        let row = diesel::insert_into(review::table).values((
            review::id.eq(&id),
            review::rating_id.eq(rated.id),
            review::project_id.eq(&project.id),
            review::uscc.eq(&project.uscc),
            review::month.eq(rated.month),
            review::overall.eq(overall),
            review::comment.eq(&comment.text),
            review::state.eq(state.as_str()),
            review::held_reason.eq(held_reason),
            review::version.eq(1_i64),
        ));
        hot!(&mut *tx.conn, row => execute)?;
        changed(tx, &id, &project.id, project.uscc.as_deref());
        return Ok(());
    };
    let stands = existing.state != ReviewState::Withdrawn.as_str() && existing.comment == comment.text;
    let was_hidden = existing.state == ReviewState::Hidden.as_str();
    let (state, held_reason) = if stands {
        (state_of(&existing)?, existing.held_reason.clone())
    } else if was_hidden || existing.held_reason.as_deref() == Some(REWRITTEN) {
        // Officials took the comment down: what stands in its place goes past them first.
        (ReviewState::Held, Some(REWRITTEN.to_owned()))
    } else {
        let (state, reason) = screened(comment, rated);
        (state, reason.map(str::to_owned))
    };
    diesel::update(review::table.find(&existing.id))
        .set((
            review::overall.eq(overall),
            review::comment.eq(&comment.text),
            review::state.eq(state.as_str()),
            review::held_reason.eq(held_reason),
            review::version.eq(existing.version + 1),
        ))
        .execute(tx.conn)?;
    changed(tx, &existing.id, &existing.project_id, existing.uscc.as_deref());
    Ok(())
}

/// A rating stops to speak, or loses its comment: the review goes too. One that officials hid stays hidden.
pub(crate) fn withdraw_with(tx: &mut Tx<'_>, rating_id: &str) -> Result<()> {
    let Some(existing) = of_rating(tx.conn, rating_id)? else { return Ok(()) };
    if !matches!(state_of(&existing)?, ReviewState::Published | ReviewState::Held) {
        return Ok(());
    }
    let withdrawn =
        (review::state.eq(ReviewState::Withdrawn.as_str()), review::version.eq(review::version + 1));
    diesel::update(review::table.find(&existing.id)).set(withdrawn).execute(tx.conn)?;
    changed(tx, &existing.id, &existing.project_id, existing.uscc.as_deref());
    Ok(())
}

/// Published reviews of a firm or a project, the latest month first and, since their ids are random, in random order within it.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn list(
    conn: &mut Conn,
    line: Line<'_>,
    scope: &Scope,
    window: &Window,
    current: Month,
    k: u32,
) -> Result<Listed<Review>> {
    if let Scope::Firm(uscc) = scope {
        let known: i64 = hot!(&mut *conn, firm::table.find(uscc).count() => get_result)?;
        if known == 0 {
            return Err(Refusal::NotFound { what: "firm" }.into());
        }
    }
    let wanted = || {
        let rows = review::table.filter(review::state.eq(ReviewState::Published.as_str())).into_boxed();
        match (line, scope) {
            (Line::Project(id), _) => rows.filter(review::project_id.eq(id.to_owned())),
            (Line::All, Scope::Firm(uscc)) => rows.filter(review::uscc.eq(uscc.clone())),
            (Line::All, Scope::Project(id)) => rows.filter(review::project_id.eq(id.clone())),
        }
    };
    let mut rows = wanted()
        .select(Row::as_select())
        .order((review::month.desc(), review::id.desc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(comes_before(after.get(0), after.get(1)));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.month, &row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    let items = views(conn, scope, page.items, current, k)?;
    Ok(Listed { items, next: page.next, total })
}

fn views(conn: &mut Conn, scope: &Scope, rows: Vec<Row>, current: Month, k: u32) -> Result<Vec<Review>> {
    let (Some(latest), Some(earliest)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let span = Span { first: month_of(&earliest.month)?, last: month_of(&latest.month)? };
    let ledger = ledger_of_voices(conn, scope, span, current, k)?;
    let estates = estates_of(conn, &rows)?;
    let mut replies = replies_to(conn, &rows)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let month = month_of(&row.month)?;
        let is_shown = ledger.shows_month(Line::Project(&row.project_id), month);
        views.push(Review {
            overall: if is_shown { Some(stored_stars(row.overall)?) } else { None },
            reason: if is_shown { None } else { Shown::TooFew.reason() },
            estate: estate_of(&estates, &row),
            reply: replies.remove(&row.id),
            id: row.id,
            project: row.project_id,
            month,
            comment: row.comment,
        });
    }
    Ok(views)
}

/// Says that a comment breaks the rules: once a person.
///
/// # Errors
/// [`Refusal::NotFound`] unless it is published, [`Refusal::Conflict`] the second time.
pub fn flag(tx: &mut Tx<'_>, actor: &Actor, id: &str, reason: &str) -> Result<()> {
    require_published(tx.conn, id)?;
    diesel::insert_into(review_flag::table)
        .values((
            review_flag::review_id.eq(id),
            review_flag::account_id.eq(&actor.account_id),
            review_flag::reason.eq(reason),
            review_flag::created_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Review, id);
    Ok(())
}

/// The firm's reply: makes it, or puts another in its place. Gives its version and whether it is new.
///
/// # Errors
/// [`Refusal::NotFound`] unless the review is published, [`Refusal::Forbidden`] for another firm, [`Refusal::Stale`].
pub fn put_reply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    text: &str,
) -> Result<(ReviewReply, i64, bool)> {
    let row = require_published(tx.conn, id)?;
    let own = actor.own_firm()?;
    if row.uscc.as_deref() != Some(own) {
        return Err(Refusal::out_of_reach().into());
    }
    let stands: Option<i64> =
        review_reply::table.find(id).select(review_reply::version).first(tx.conn).optional()?;
    if version.is_some() && version != stands {
        return Err(Refusal::Stale.into());
    }
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

fn screened(comment: &Screened, rated: &Rated<'_>) -> (ReviewState, Option<&'static str>) {
    match comment.verdict {
        Verdict::Held(reason) => (ReviewState::Held, Some(reason.as_str())),
        // A comment in a burst is not published before the burst is decided on.
        Verdict::Publish if rated.state != "counted" => (ReviewState::Held, Some("burst")),
        Verdict::Publish => (ReviewState::Published, None),
    }
}

fn of_rating(conn: &mut Conn, rating_id: &str) -> Result<Option<Row>> {
    let found = hot!(conn, review::table
        .filter(review::rating_id.eq(rating_id))
        .select(Row::as_select()) => get_result);
    Ok(found.optional()?)
}

fn require_published(conn: &mut Conn, id: &str) -> Result<Row> {
    review::table
        .find(id)
        .filter(review::state.eq(ReviewState::Published.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| Refusal::NotFound { what: "review" }.into())
}

/// A review is published, or no longer: its project and its firm have one more, or fewer.
fn changed(tx: &mut Tx<'_>, id: &str, project: &str, uscc: Option<&str>) {
    tx.changed(Entity::Review, id);
    tx.changed(Entity::Project, project);
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, uscc);
    }
}

fn state_of(row: &Row) -> Result<ReviewState> {
    ReviewState::parse(&row.state)
        .ok_or_else(|| StoreError::internal(format!("review {} has state {}", row.id, row.state)))
}

fn estates_of(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, EstateName>> {
    let mut projects: Vec<&str> = rows.iter().map(|row| row.project_id.as_str()).collect();
    projects.sort_unstable();
    projects.dedup();
    let found: Vec<(String, String, String)> = hot!(conn, project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(OneOf::new(project::id, &projects))
        .select((project::id, estate::code, estate::name)) => load)?;
    Ok(found.into_iter().map(|(id, code, name)| (id, EstateName { code, name })).collect())
}

fn estate_of(estates: &HashMap<String, EstateName>, row: &Row) -> EstateName {
    let unknown = || EstateName { code: String::new(), name: String::new() };
    estates.get(&row.project_id).cloned().unwrap_or_else(unknown)
}

fn replies_to(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, ReviewReply>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let found: Vec<(String, String)> = hot!(conn, review_reply::table
        .filter(OneOf::new(review_reply::review_id, &ids))
        .select((review_reply::review_id, review_reply::text)) => load)?;
    Ok(found.into_iter().map(|(id, text)| (id, ReviewReply { text })).collect())
}
