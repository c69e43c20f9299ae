//! What officials do with reviews: they see comments, never who wrote them.

use super::*;

/// Which reviews an official looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReviewQuery {
    /// Only these.
    pub state: Option<ReviewState>,
    /// Only published ones that residents have flagged since they were last decided on.
    pub flagged: bool,
}

/// What an official decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Everyone may read it; flags so far are settled.
    Publish,
    /// Nobody may.
    Hide,
}

/// Reviews in the official's own place, the latest month first.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account without a place.
pub fn list_moderated(
    conn: &mut Conn,
    actor: &Actor,
    query: ReviewQuery,
    window: &Window,
) -> Result<Listed<ModeratedReview>> {
    let own_place = actor.own_place()?.to_owned();
    let wanted = || {
        let mut rows = review::table
            .inner_join(project::table.on(project::id.eq(review::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq(own_place.clone()))
            .into_boxed();
        rows = match query.state {
            Some(state) => rows.filter(review::state.eq(state.as_str())),
            None => rows.filter(review::state.ne(ReviewState::Withdrawn.as_str())),
        };
        if query.flagged {
            let unsettled =
                review::decided_at.is_null().or(review_flag::created_at.nullable().gt(review::decided_at));
            let flags = review_flag::table.filter(review_flag::review_id.eq(review::id)).filter(unsettled);
            rows = rows.filter(review::state.eq(ReviewState::Published.as_str())).filter(exists(flags));
        }
        rows
    };
    let mut rows =
        wanted().select(Row::as_select()).order((review::month.desc(), review::id)).limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (month, id) = (after.get(0).to_owned(), after.get(1).to_owned());
        rows =
            rows.filter(review::month.lt(month.clone()).or(review::month.eq(month).and(review::id.gt(id))));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.month, &row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    let items = moderated(conn, page.items)?;
    Ok(Listed { items, next: page.next, total })
}

/// One review of the official's own place.
///
/// # Errors
/// [`Refusal::NotFound`], also outside the official's place and when its rater took it back.
pub fn get_moderated(conn: &mut Conn, actor: &Actor, id: &str) -> Result<(ModeratedReview, i64)> {
    let row = find_in_reach(conn, actor, id)?;
    let version = row.version;
    let view = moderated(conn, vec![row])?.pop().ok_or(Refusal::NotFound { what: "review" })?;
    Ok((view, version))
}

/// Publishes or hides a review, with a reason.
///
/// # Errors
/// [`Refusal::NotFound`] outside the official's place, [`Refusal::Stale`], [`Refusal::Conflict`] while its rating is part of a burst that does not
/// count.
pub fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    decision: Decision,
    reason: &str,
) -> Result<(ModeratedReview, i64)> {
    let row = find_in_reach(tx.conn, actor, id)?;
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    let (operation, state) = match decision {
        Decision::Publish => ("publish_review", ReviewState::Published),
        Decision::Hide => ("hide_review", ReviewState::Hidden),
    };
    let voice: String = rating::table.find(&row.rating_id).select(rating::state).first(tx.conn)?;
    if decision == Decision::Publish && voice != "counted" {
        let text = Text::new(
            "该评价属于一批待处理或未采纳的集中评价",
            "Its rating is part of a burst that is not decided on or does not count",
        );
        return Err(Refusal::conflict("voice_not_counted", text).into());
    }
    settle(tx, &[(row.id, row.project_id, row.uscc)], state, Some(&actor.account_id), reason)?;
    tx.audit(actor, operation, "review", id, &serde_json::json!({"reason": reason}))?;
    get_moderated(tx.conn, actor, id)
}

/// A burst is held: what was published of it is held too.
pub(crate) fn hold_burst(tx: &mut Tx<'_>, ratings: &[String]) -> Result<()> {
    for part in ratings.chunks(500) {
        let published =
            review::rating_id.eq_any(part.to_vec()).and(review::state.eq(ReviewState::Published.as_str()));
        let reviews: Vec<Of> = review::table
            .filter(published.clone())
            .select((review::id, review::project_id, review::uscc))
            .load(tx.conn)?;
        diesel::update(review::table.filter(published))
            .set((
                review::state.eq(ReviewState::Held.as_str()),
                review::held_reason.eq("burst"),
                review::version.eq(review::version + 1),
            ))
            .execute(tx.conn)?;
        tell(tx, &reviews);
    }
    Ok(())
}

/// A burst is released: what was held for nothing else is published.
pub(crate) fn release_burst(tx: &mut Tx<'_>, ratings: &[String]) -> Result<()> {
    for part in ratings.chunks(500) {
        let reviews = held_for_burst(tx.conn, part)?;
        diesel::update(review::table.filter(review::id.eq_any(ids_of(&reviews))))
            .set((
                review::state.eq(ReviewState::Published.as_str()),
                review::held_reason.eq(None::<String>),
                review::version.eq(review::version + 1),
            ))
            .execute(tx.conn)?;
        tell(tx, &reviews);
    }
    Ok(())
}

/// A burst is rejected: its comments are hidden with it.
pub(crate) fn hide_burst(tx: &mut Tx<'_>, actor: &Actor, ratings: &[String], reason: &str) -> Result<()> {
    for part in ratings.chunks(500) {
        let reviews = held_for_burst(tx.conn, part)?;
        settle(tx, &reviews, ReviewState::Hidden, Some(&actor.account_id), reason)?;
    }
    Ok(())
}

/// A review's id, and the project and the firm that it is of.
type Of = (String, String, Option<String>);

fn ids_of(reviews: &[Of]) -> Vec<&str> {
    reviews.iter().map(|(id, ..)| id.as_str()).collect()
}

fn tell(tx: &mut Tx<'_>, reviews: &[Of]) {
    for (id, project, uscc) in reviews {
        changed(tx, id, project, uscc.as_deref());
    }
}

fn held_for_burst(conn: &mut Conn, ratings: &[String]) -> Result<Vec<Of>> {
    Ok(review::table
        .filter(review::rating_id.eq_any(ratings.to_vec()))
        .filter(review::state.eq(ReviewState::Held.as_str()))
        .filter(review::held_reason.eq("burst"))
        .select((review::id, review::project_id, review::uscc))
        .load(conn)?)
}

fn settle(tx: &mut Tx<'_>, reviews: &[Of], state: ReviewState, by: Option<&str>, reason: &str) -> Result<()> {
    diesel::update(review::table.filter(review::id.eq_any(ids_of(reviews))))
        .set((
            review::state.eq(state.as_str()),
            review::held_reason.eq(None::<String>),
            review::decided_at.eq(tx.now_utc()),
            review::decided_by.eq(by),
            review::decision_reason.eq(reason),
            review::version.eq(review::version + 1),
        ))
        .execute(tx.conn)?;
    tell(tx, reviews);
    Ok(())
}

fn find_in_reach(conn: &mut Conn, actor: &Actor, id: &str) -> Result<Row> {
    let row: Row = review::table
        .find(id)
        .filter(review::state.ne(ReviewState::Withdrawn.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or(Refusal::NotFound { what: "review" })?;
    let place: String = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select(estate::place)
        .first(conn)?;
    place::require_sight(conn, actor, &place, "review")?;
    Ok(row)
}

fn moderated(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<ModeratedReview>> {
    let estates = estates_of(conn, &rows)?;
    let mut replies = replies_to(conn, &rows)?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    // By their words, not by their time.
    let flags: Vec<(String, String, NaiveDateTime)> = review_flag::table
        .filter(review_flag::review_id.eq_any(ids))
        .order((review_flag::reason, review_flag::account_id))
        .select((review_flag::review_id, review_flag::reason, review_flag::created_at))
        .load(conn)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let unsettled = flags
            .iter()
            .filter(|(id, _, at)| *id == row.id && row.decided_at.is_none_or(|decided| *at > decided))
            .map(|(_, reason, _)| reason.clone());
        views.push(ModeratedReview {
            flags: unsettled.collect(),
            estate: estate_of(&estates, &row),
            reply: replies.remove(&row.id),
            state: state_of(&row)?,
            month: month_of(&row.month)?,
            id: row.id,
            project: row.project_id,
            comment: row.comment,
            held_reason: row.held_reason,
            decision_reason: row.decision_reason,
        });
    }
    Ok(views)
}
