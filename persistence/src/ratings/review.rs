//! Reviews: residents' comments, raters unnamed. They come out with the increment of their stars,
//! or, if they were held, with a later step.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::review::{Hidden, HidingRule, OwnReply, PutReviewReply, Review, TextState};
use xinwu_domain::screen::HeldReason;
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::ratings::pseudonym::Pseudonym;
use crate::ratings::rating::Comment;
use crate::ratings::reply::{self, Answered};
use crate::registers;
use crate::registers::authorized::{Authorized, Owner, Resource, by_key};
use crate::schema::{estate, project, review, review_flag};

/// A comment's row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = review)]
pub struct Row {
    /// The id.
    pub id: String,
    pub(super) project_id: String,
    pub(super) uscc: Option<String>,
    pub(super) month: Col<Month>,
    pub(super) comment: String,
    pub(super) state: Col<TextState>,
    pub(super) held_reason: Option<Col<HeldReason>>,
    pub(super) hidden_rule: Option<Col<HidingRule>>,
    pub(super) decision_reason: Option<String>,
    /// Whether everyone sees it, or that it was hidden.
    pub(super) is_out: bool,
    pub(super) version: i64,
}

/// What was never out nobody knows of.
impl Resource for Row {
    const KIND: Kind = Kind::Review;

    by_key!(review, review::is_out.eq(true));

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner { firm: self.uscc.clone(), ..Owner::default() })
    }
}

/// A review that everyone reads, which its firm may answer.
pub struct Published(Row);

impl Resource for Published {
    const KIND: Kind = Kind::Review;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<Self>> {
        let row = Row::find(conn, id)?.filter(|row| row.state.0 == TextState::Published);
        Ok(row.map(Published))
    }

    fn version(&self) -> i64 {
        self.0.version()
    }

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        self.0.owner(conn)
    }
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
        let is_out = comment.held_reason.is_none();
        let state = if is_out { TextState::Published } else { TextState::Held };
        let row = (
            review::id.eq(&id),
            review::project_id.eq(project),
            review::uscc.eq(&uscc),
            review::month.eq(Col(month)),
            review::comment.eq(&comment.comment),
            review::state.eq(Col(state)),
            review::held_reason.eq(comment.held_reason),
            review::is_out.eq(is_out),
            review::version.eq(1_i64),
            review::writer.eq(&comment.writer),
            review::writer_month.eq(comment.month),
        );
        diesel::insert_into(review::table).values(row).execute(tx.conn)?;
        changed(tx, &id, project, uscc.as_deref(), is_out);
    }
    Ok(())
}

/// Decisions that wait for a step: "what the screen holds … comes out with a later one", or that it
/// was hidden does.
const DECIDED: [Col<TextState>; 2] = [Col(TextState::Cleared), Col(TextState::Hidden)];

/// What officials decided on comments that were not out comes out with a step.
pub(crate) fn publish_decided(tx: &mut Tx<'_>, project: &str) -> Result<()> {
    let decided =
        || review::project_id.eq(project).and(review::is_out.eq(false)).and(review::state.eq_any(DECIDED));
    let found: Vec<(String, Option<String>)> =
        review::table.filter(decided()).order(review::id).select((review::id, review::uscc)).load(tx.conn)?;
    if found.is_empty() {
        return Ok(());
    }
    let out = (review::is_out.eq(true), review::version.eq(review::version + 1));
    diesel::update(review::table.filter(decided())).set(out).execute(tx.conn)?;
    let cleared = review::project_id.eq(project).and(review::state.eq(Col(TextState::Cleared)));
    diesel::update(review::table.filter(cleared))
        .set(review::state.eq(Col(TextState::Published)))
        .execute(tx.conn)?;
    for (id, uscc) in found {
        changed(tx, &id, project, uscc.as_deref(), true);
    }
    Ok(())
}

/// The projects with comments whose decision comes out with the next step.
pub(crate) fn projects_with_decided(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(review::table
        .filter(review::state.eq_any(DECIDED))
        .filter(review::is_out.eq(false))
        .select(review::project_id)
        .distinct()
        .load(conn)?)
}

/// The writer takes the review back; gives whether there was one.
pub(crate) fn delete_of(tx: &mut Tx<'_>, writer: &Pseudonym) -> Result<bool> {
    let found: Option<(String, String, Option<String>, bool)> = review::table
        .filter(review::writer.eq(writer))
        .select((review::id, review::project_id, review::uscc, review::is_out))
        .first(tx.conn)
        .optional()?;
    let Some((id, project, uscc, is_out)) = found else { return Ok(false) };
    // With the firm's reply, and the flags of both.
    let reply = reply::of_review(tx.conn, &id)?.map(|reply| reply.id);
    let texts: Vec<&String> = std::iter::once(&id).chain(&reply).collect();
    diesel::delete(review_flag::table.filter(review_flag::review_id.eq_any(texts))).execute(tx.conn)?;
    diesel::delete(review::table.find(&id)).execute(tx.conn)?;
    changed(tx, &id, &project, uscc.as_deref(), is_out);
    Ok(true)
}

/// Reviews of a firm or a project that are out, hidden ones by the rule alone: the latest month
/// first and, since their ids are random, in random order within it.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn list(conn: &mut Conn, of: &Of, window: &Window, language: Language) -> Result<Listed<Review>> {
    match of {
        Of::Firm(uscc) => registers::firm::Row::require(conn, uscc).map(drop)?,
        Of::Project(id) => registers::project::Row::require(conn, id).map(drop)?,
    }
    let wanted = || {
        let rows = review::table.filter(review::is_out.eq(true)).into_boxed();
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
    let items = views(conn, page.items, language)?;
    Ok(Listed { items, next: page.next, total })
}

fn views(conn: &mut Conn, rows: Vec<Row>, language: Language) -> Result<Vec<Review>> {
    let estates = estates_of(conn, rows.iter().map(|row| row.project_id.as_str()).collect())?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut replies = reply::of_reviews(conn, &ids, language)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let hidden = row.hidden_rule.map(|rule| Hidden::new(rule.0, language));
        let is_shown = hidden.is_none();
        views.push(Review {
            month: row.month.0,
            estate: estate_of(&estates, &row),
            // It may repeat what was hidden.
            reply: replies.remove(&row.id).filter(|_| is_shown),
            id: row.id,
            project: row.project_id,
            comment: is_shown.then_some(row.comment),
            hidden,
        });
    }
    Ok(views)
}

/// The firm's reply: makes it, or puts another in its place. Gives its version and whether it is
/// new.
///
/// # Errors
/// [`Refusal::Stale`](xinwu_domain::refusal::Refusal::Stale)
pub fn put_reply(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    review: &Authorized<Published>,
    version: Option<&Expected>,
    PutReviewReply { text }: &PutReviewReply,
    context: RequestContext,
) -> Result<(OwnReply, i64, bool)> {
    reply::put(tx, warrant, &Answered::Review(review.0.id.clone()), version, text, context)
}

/// The firm's own reply to a review, shown or not, with its version.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound) where there is none.
pub fn own_reply(
    conn: &mut Conn,
    warrant: &Warrant,
    review: &Authorized<Row>,
    language: Language,
) -> Result<(OwnReply, i64)> {
    reply::own(conn, &Answered::Review(review.id.clone()), &warrant.own_party()?, language)
}

/// A review is published, or no longer: its project and its firm have one more, or fewer. What
/// never was out moves nothing that is: nobody learns that it was looked at, or taken back.
pub(super) fn changed(tx: &mut Tx<'_>, id: &str, project: &str, uscc: Option<&str>, is_out: bool) {
    if !is_out {
        return;
    }
    tx.changed(Entity::Review, id);
    tx.changed(Entity::Project, project);
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, uscc);
    }
}

/// The estates of projects, by the project.
pub(super) fn estates_of(conn: &mut Conn, mut projects: Vec<&str>) -> Result<HashMap<String, NamedEstate>> {
    projects.sort_unstable();
    projects.dedup();
    let found: Vec<(String, String, String)> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq_any(&projects))
        .select((project::id, estate::code, estate::name))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, code, name)| (id, NamedEstate { code, name })).collect())
}

fn estate_of(estates: &HashMap<String, NamedEstate>, row: &Row) -> NamedEstate {
    let unknown = || NamedEstate { code: String::new(), name: String::new() };
    estates.get(&row.project_id).cloned().unwrap_or_else(unknown)
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
