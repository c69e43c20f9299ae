//! Firms' replies, to reviews and to records, and managers' to records: screened as comments are,
//! shown at once unless they are held.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::{Party, Warrant};
use xinwu_domain::calendar::Month;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::review::{Hidden, HidingRule, OwnReply, Reply, TextState, Withheld};
use xinwu_domain::screen::{self, HeldReason};
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::schema::reply;

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answered {
    /// A review, by its id.
    Review(String),
    /// A record, by its id.
    Record(String),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = reply)]
pub(super) struct Row {
    pub id: String,
    pub review_id: Option<String>,
    pub record_id: Option<String>,
    pub uscc: Option<String>,
    pub month: Col<Month>,
    pub text: String,
    updated_at: NaiveDateTime,
    pub state: Col<TextState>,
    pub held_reason: Option<Col<HeldReason>>,
    pub hidden_rule: Option<Col<HidingRule>>,
    pub decision_reason: Option<String>,
    pub version: i64,
}

impl Row {
    /// Whether everyone reads it, or that it was hidden.
    fn is_shown(&self) -> bool {
        self.state.0 == TextState::Published || self.hidden_rule.is_some()
    }

    fn own(self, language: Language) -> (OwnReply, i64) {
        let withheld = Withheld::of(
            self.state.0,
            self.held_reason.map(|reason| reason.0),
            self.hidden_rule.map(|rule| rule.0),
            self.decision_reason,
        );
        let view = OwnReply {
            id: self.id,
            text: self.text,
            state: self.state.0,
            reason: withheld.map(|withheld| withheld.text(language)),
            updated_at: self.updated_at.and_utc(),
        };
        (view, self.version)
    }
}

/// Puts a firm's reply, or another in its place. `version` is the one that the change was made
/// from, where the request names it. Whether the firm may is the caller's to check. Gives it with
/// its version and whether it is new.
///
/// # Errors
/// [`Refusal::Stale`]
pub(crate) fn put(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    answered: &Answered,
    version: Option<&Expected>,
    text: &str,
    context: RequestContext,
) -> Result<(OwnReply, i64, bool)> {
    let by = warrant.own_party()?;
    let before = find(tx.conn, answered, &by)?;
    let stands = before.as_ref().map(|row| row.version);
    Expected::check_any(version, stands)?;
    let was_hidden = before.as_ref().is_some_and(|row| row.hidden_rule.is_some());
    let held = screen::find(text).or_else(|| was_hidden.then_some(HeldReason::Rewritten));
    let state = if held.is_some() { TextState::Held } else { TextState::Published };
    let content = (
        reply::month.eq(Col(context.at(tx.now).month())),
        reply::text.eq(text),
        reply::updated_at.eq(tx.now_utc()),
        reply::state.eq(Col(state)),
        reply::held_reason.eq(held.map(Col)),
        reply::version.eq(stands.unwrap_or_default() + 1),
    );
    match &before {
        // Whose the project is may have been corrected since.
        Some(row) => diesel::update(reply::table.find(&row.id))
            .set((content, reply::uscc.eq(by.firm())))
            .execute(tx.conn)?,
        None => {
            let (review, record) = match answered {
                Answered::Review(id) => (Some(id), None),
                Answered::Record(id) => (None, Some(id)),
            };
            let id = tx.random.timeless_id();
            let owner = (
                reply::id.eq(id),
                reply::review_id.eq(review),
                reply::record_id.eq(record),
                reply::uscc.eq(by.firm()),
                reply::manager_id.eq(by.manager()),
            );
            diesel::insert_into(reply::table).values((owner, content)).execute(tx.conn)?
        }
    };
    // One that is held changes what is shown only in the place of one that was.
    if held.is_none() || before.as_ref().is_some_and(Row::is_shown) {
        changed(tx, answered);
    }
    let (view, version) = own(tx.conn, answered, &by, context.language)?;
    Ok((view, version, before.is_none()))
}

/// A reply of a firm or a manager as they read it, with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub(crate) fn own(
    conn: &mut Conn,
    answered: &Answered,
    by: &Party,
    language: Language,
) -> Result<(OwnReply, i64)> {
    let row = find(conn, answered, by)?.ok_or(Kind::Reply.not_found())?;
    Ok(row.own(language))
}

/// What a reply belongs to looks different.
pub(super) fn changed(tx: &mut Tx<'_>, answered: &Answered) {
    match answered {
        Answered::Review(id) => tx.changed(Entity::Review, id),
        Answered::Record(id) => tx.changed(Entity::Record, id),
    }
}

/// The reply to a review.
pub(super) fn of_review(conn: &mut Conn, id: &str) -> Result<Option<Row>> {
    Ok(reply::table.filter(reply::review_id.eq(id)).select(Row::as_select()).first(conn).optional()?)
}

/// Of a firm's replies there is one, whichever firm wrote it: whose a project is can be corrected.
fn find(conn: &mut Conn, answered: &Answered, by: &Party) -> Result<Option<Row>> {
    let rows = reply::table.into_boxed();
    let rows = match by {
        Party::Firm(_) => rows.filter(reply::manager_id.is_null()),
        Party::Manager(id) => rows.filter(reply::manager_id.eq(id)),
    };
    let rows = match answered {
        Answered::Review(id) => rows.filter(reply::review_id.eq(id)),
        Answered::Record(id) => rows.filter(reply::record_id.eq(id)),
    };
    Ok(rows.select(Row::as_select()).first(conn).optional()?)
}

type Shown = (Option<String>, String, String, NaiveDateTime, Col<TextState>, Option<Col<HidingRule>>);

/// The replies to reviews as everyone reads them, by the review.
pub(crate) fn of_reviews(
    conn: &mut Conn,
    ids: &[&str],
    language: Language,
) -> Result<HashMap<String, Reply>> {
    let found: Vec<Shown> = reply::table
        .filter(reply::review_id.eq_any(ids))
        .select((
            reply::review_id,
            reply::id,
            reply::text,
            reply::updated_at,
            reply::state,
            reply::hidden_rule,
        ))
        .load(conn)?;
    Ok(shown(found, language))
}

/// The replies to records as everyone reads them, by the record: the firms', or the managers'.
pub(crate) fn of_records(
    conn: &mut Conn,
    ids: &[&str],
    of_managers: bool,
    language: Language,
) -> Result<HashMap<String, Reply>> {
    let found: Vec<Shown> = reply::table
        .filter(reply::record_id.eq_any(ids))
        .filter(reply::manager_id.is_not_null().eq(of_managers))
        .select((
            reply::record_id,
            reply::id,
            reply::text,
            reply::updated_at,
            reply::state,
            reply::hidden_rule,
        ))
        .load(conn)?;
    Ok(shown(found, language))
}

/// "What is hidden leaves a tombstone with the rule", also while what the firm put in its place is
/// held. What else is held leaves nothing.
fn shown(found: Vec<Shown>, language: Language) -> HashMap<String, Reply> {
    let mut replies = HashMap::with_capacity(found.len());
    for (answered, id, text, updated_at, state, rule) in found {
        let (text, hidden) = match (state.0, rule) {
            (TextState::Published, _) => (Some(text), None),
            (_, Some(rule)) => (None, Some(Hidden::new(rule.0, language))),
            _ => continue,
        };
        if let Some(answered) = answered {
            replies.insert(answered, Reply { id, text, hidden, updated_at: updated_at.and_utc() });
        }
    }
    replies
}
