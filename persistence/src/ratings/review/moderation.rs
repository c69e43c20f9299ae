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
        if let Some(state) = query.state {
            rows = rows.filter(review::state.eq(Col(state)));
        }
        if query.flagged {
            let flags = review_flag::table
                .filter(review_flag::review_id.eq(review::id))
                .filter(review_flag::settled.eq(false));
            rows = rows.filter(review::state.eq(Col(ReviewState::Published))).filter(exists(flags));
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
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.month.0.to_string(), &row.id])
    });
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
/// [`Refusal::NotFound`] outside the official's place, [`Refusal::Stale`].
pub fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: &Expected,
    decision: Decision,
    reason: &str,
) -> Result<(ModeratedReview, i64)> {
    let row = find_in_reach(tx.conn, actor, id)?;
    version.check(row.version)?;
    let (operation, state) = match decision {
        // What has never been out comes out with the next step: now it would come out alone.
        Decision::Publish if row.held_reason.is_some() => ("publish_review", ReviewState::Cleared),
        Decision::Publish => ("publish_review", ReviewState::Published),
        Decision::Hide => ("hide_review", ReviewState::Hidden),
    };
    diesel::update(review::table.find(id))
        .set((
            review::state.eq(Col(state)),
            review::decided_at.eq(tx.now_utc()),
            review::decided_by.eq(&actor.account_id),
            review::decision_reason.eq(reason),
            review::version.eq(review::version + 1),
        ))
        .execute(tx.conn)?;
    diesel::update(review_flag::table.filter(review_flag::review_id.eq(id)))
        .set(review_flag::settled.eq(true))
        .execute(tx.conn)?;
    let is_out = state == ReviewState::Published || row.state.0 == ReviewState::Published;
    changed(tx, &row.id, &row.project_id, row.uscc.as_deref(), is_out);
    tx.audit(actor, operation, "review", id, &serde_json::json!({"reason": reason}))?;
    get_moderated(tx.conn, actor, id)
}

fn find_in_reach(conn: &mut Conn, actor: &Actor, id: &str) -> Result<Row> {
    let row: Row = review::table
        .find(id)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or(Refusal::NotFound { what: "review" })?;
    let place: String = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select(estate::place)
        .first(conn)?;
    place::require_visible(conn, actor, &place, "review")?;
    Ok(row)
}

fn moderated(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<ModeratedReview>> {
    let estates = estates_of(conn, &rows)?;
    let mut replies = replies_to(conn, &rows)?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    // By their words: they have no time.
    let flags: Vec<(String, String)> = review_flag::table
        .filter(review_flag::review_id.eq_any(ids))
        .filter(review_flag::settled.eq(false))
        .order((review_flag::reason, review_flag::flagger))
        .select((review_flag::review_id, review_flag::reason))
        .load(conn)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let unsettled = flags.iter().filter(|(id, _)| *id == row.id).map(|(_, reason)| reason.clone());
        views.push(ModeratedReview {
            flags: unsettled.collect(),
            estate: estate_of(&estates, &row),
            reply: replies.remove(&row.id),
            state: row.state.0,
            month: row.month.0,
            id: row.id,
            project: row.project_id,
            comment: row.comment,
            // Kept until the review comes out: what has never been out is not published at once.
            held_reason: row
                .held_reason
                .filter(|_| row.state.0 == ReviewState::Held)
                .map(|reason| reason.0.to_string()),
            decision_reason: row.decision_reason,
        });
    }
    Ok(views)
}
