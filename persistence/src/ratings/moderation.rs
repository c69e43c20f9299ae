//! What officials do with texts that are shown: comments, of which they never see who wrote them,
//! and firms' replies. One queue, one decision, one kind of flag for all.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::account::ExportedFlag;
use xinwu_domain::calendar::Month;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::record::RecordState;
use xinwu_domain::record::publicity::is_public;
use xinwu_domain::review::{HideText, HidingRule, ModeratedText, TextKind, TextState};
use xinwu_domain::screen::HeldReason;
use xinwu_domain::text::Reason;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::people::person;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::ratings::rating::month_without_key;
use crate::ratings::{reply as replies, review as reviews};
use crate::registers::authorized::{Authorized, Owner, Resource};
use crate::schema::{estate, place_ancestor, project, record, reply, review, review_flag};

/// Which texts an official looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextQuery {
    /// Only these.
    pub kind: Option<TextKind>,
    /// Only these.
    pub state: Option<TextState>,
    /// Only published ones that residents have flagged since they were last decided on.
    pub flagged: bool,
}

/// What an official decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Everyone may read it; flags so far are settled.
    Publish,
    /// Nobody may, by this rule.
    Hide(HidingRule),
}

/// A text that is shown, of any kind.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The id.
    pub id: String,
    kind: TextKind,
    answers: Option<String>,
    uscc: Option<String>,
    project: Option<String>,
    month: Month,
    text: String,
    state: TextState,
    held_reason: Option<HeldReason>,
    hidden_rule: Option<HidingRule>,
    decision_reason: Option<String>,
    is_out: bool,
    version: i64,
}

impl Shown {
    fn comment(row: reviews::Row) -> Shown {
        Shown {
            id: row.id,
            kind: TextKind::Comment,
            answers: None,
            uscc: row.uscc,
            project: Some(row.project_id),
            month: row.month.0,
            text: row.comment,
            state: row.state.0,
            held_reason: row.held_reason.map(|reason| reason.0),
            hidden_rule: row.hidden_rule.map(|rule| rule.0),
            decision_reason: row.decision_reason,
            is_out: row.is_out,
            version: row.version,
        }
    }

    fn reply((row, project): (replies::Row, Option<String>)) -> Shown {
        let is_of_review = row.review_id.is_some();
        Shown {
            id: row.id,
            kind: if is_of_review { TextKind::ReviewReply } else { TextKind::RecordReply },
            answers: row.review_id.or(row.record_id),
            uscc: row.uscc,
            project,
            month: row.month.0,
            text: row.text,
            state: row.state.0,
            held_reason: row.held_reason.map(|reason| reason.0),
            hidden_rule: row.hidden_rule.map(|rule| rule.0),
            decision_reason: row.decision_reason,
            // A firm's reply is no rating: it waits for no step.
            is_out: true,
            version: row.version,
        }
    }

    fn answered(&self) -> Option<replies::Answered> {
        let id = self.answers.clone()?;
        match self.kind {
            TextKind::Comment => None,
            TextKind::ReviewReply => Some(replies::Answered::Review(id)),
            TextKind::RecordReply => Some(replies::Answered::Record(id)),
        }
    }

    /// The latest month first.
    fn order(&self) -> (Reverse<Month>, &str) {
        (Reverse(self.month), &self.id)
    }

    /// It looks different now: to everyone only if it was out.
    fn changed(&self, tx: &mut Tx<'_>) {
        match self.answered() {
            Some(answered) => replies::changed(tx, &answered),
            None => {
                let project = self.project.as_deref().unwrap_or_default();
                reviews::changed(tx, &self.id, project, self.uscc.as_deref(), self.is_out);
            }
        }
    }
}

/// Texts in the official's own place, the latest month first.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account without a place.
pub fn list_moderated(
    conn: &mut Conn,
    warrant: &Warrant,
    query: TextQuery,
    window: &Window,
) -> Result<Listed<ModeratedText>> {
    let place = warrant.own_place()?;
    let after = window.after.as_ref().map(|after| (after.get(0), after.get(1)));
    let (mut found, mut total) = (Vec::new(), 0);
    for kind in [TextKind::Comment, TextKind::ReviewReply, TextKind::RecordReply] {
        if query.kind.is_some_and(|wanted| wanted != kind) {
            continue;
        }
        let part = Part { place, query, after, limit: window.limit + 1, count: window.count };
        let (rows, count) = match kind {
            TextKind::Comment => part.comments(conn)?,
            TextKind::ReviewReply => part.review_replies(conn)?,
            TextKind::RecordReply => part.record_replies(conn)?,
        };
        found.extend(rows);
        total += count;
    }
    // Each kind came in this order, and no more of each than the page takes.
    found.sort_by(|a, b| a.order().cmp(&b.order()));
    found.truncate(usize::try_from(window.limit + 1).unwrap_or_default());
    let page = Listed::from_rows(found, window, |text: &Shown| Keys::of([&text.month.to_string(), &text.id]));
    let items = views(conn, page.items)?;
    Ok(Listed { items, next: page.next, total: window.count.then_some(total) })
}

/// Which part of a kind's texts is read.
#[derive(Clone, Copy)]
struct Part<'a> {
    place: &'a str,
    query: TextQuery,
    /// The month and the id before.
    after: Option<(&'a str, &'a str)>,
    limit: i64,
    count: bool,
}

/// Filters, counts and reads one kind of text: `$rows` are joined to the places above its own.
macro_rules! read_part {
    ($part:expr, $conn:expr, $table:ident, $rows:expr, $select:expr) => {{
        let part = $part;
        let wanted = || {
            let mut rows = $rows.filter(place_ancestor::ancestor.eq(part.place)).into_boxed();
            if let Some(state) = part.query.state {
                rows = rows.filter($table::state.eq(Col(state)));
            }
            if part.query.flagged {
                let flags = review_flag::table
                    .filter(review_flag::review_id.eq($table::id))
                    .filter(review_flag::settled.eq(false));
                rows = rows.filter(exists(flags));
            }
            rows
        };
        let mut rows = wanted().select($select).order(($table::month.desc(), $table::id)).limit(part.limit);
        if let Some((month, id)) = part.after {
            rows = rows.filter($table::month.lt(month).or($table::month.eq(month).and($table::id.gt(id))));
        }
        let count: i64 = if part.count { wanted().count().get_result($conn)? } else { 0 };
        (rows.load($conn)?, count)
    }};
}

impl Part<'_> {
    fn comments(self, conn: &mut Conn) -> Result<(Vec<Shown>, i64)> {
        let (rows, count) = read_part!(
            self,
            conn,
            review,
            review::table
                .inner_join(project::table.on(project::id.eq(review::project_id)))
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place))),
            reviews::Row::as_select()
        );
        Ok((rows.into_iter().map(Shown::comment).collect(), count))
    }

    fn review_replies(self, conn: &mut Conn) -> Result<(Vec<Shown>, i64)> {
        let (rows, count) = read_part!(
            self,
            conn,
            reply,
            reply::table
                .inner_join(review::table.on(reply::review_id.eq(review::id.nullable())))
                .inner_join(project::table.on(project::id.eq(review::project_id)))
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place))),
            (replies::Row::as_select(), project::id.nullable())
        );
        Ok((rows.into_iter().map(Shown::reply).collect(), count))
    }

    fn record_replies(self, conn: &mut Conn) -> Result<(Vec<Shown>, i64)> {
        let (rows, count) = read_part!(
            self,
            conn,
            reply,
            reply::table
                .inner_join(record::table.on(reply::record_id.eq(record::id.nullable())))
                .inner_join(place_ancestor::table.on(place_ancestor::place.eq(record::place))),
            (replies::Row::as_select(), record::project_id)
        );
        Ok((rows.into_iter().map(Shown::reply).collect(), count))
    }
}

/// One text.
///
/// # Errors
/// [`Refusal::NotFound`], also when its writer took it back.
pub fn get_moderated(conn: &mut Conn, id: &str) -> Result<(ModeratedText, i64)> {
    let text = Shown::require(conn, id)?;
    let version = text.version;
    let view = views(conn, vec![text])?.pop().ok_or(Kind::Text.not_found())?;
    Ok((view, version))
}

/// Publishes a text, with a reason.
///
/// # Errors
/// Of the database.
pub fn publish(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    text: &Authorized<Shown>,
    Reason { reason }: &Reason,
    _: RequestContext,
) -> Result<(ModeratedText, i64)> {
    decide(tx, warrant, text, (Decision::Publish, reason))
}

/// Hides a text by a rule, with a reason.
///
/// # Errors
/// Of the database.
pub fn hide(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    text: &Authorized<Shown>,
    HideText { rule, reason }: &HideText,
    _: RequestContext,
) -> Result<(ModeratedText, i64)> {
    decide(tx, warrant, text, (Decision::Hide(*rule), reason))
}

fn decide(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    text: &Shown,
    (decision, reason): (Decision, &str),
) -> Result<(ModeratedText, i64)> {
    let id = text.id.as_str();
    let (state, rule) = match decision {
        // What has never been out comes out with the next step: now it would come out alone.
        Decision::Publish if !text.is_out => (TextState::Cleared, None),
        Decision::Publish => (TextState::Published, None),
        Decision::Hide(rule) => (TextState::Hidden, Some(Col(rule))),
    };
    let next = text.version + 1;
    let (now, by) = (tx.now_utc(), warrant.account_id());
    match text.kind {
        TextKind::Comment => diesel::update(review::table.find(id))
            .set((
                review::state.eq(Col(state)),
                review::held_reason.eq(None::<String>),
                review::hidden_rule.eq(rule),
                review::decided_at.eq(now),
                review::decided_by.eq(by),
                review::decision_reason.eq(reason),
                review::version.eq(next),
            ))
            .execute(tx.conn)?,
        TextKind::ReviewReply | TextKind::RecordReply => diesel::update(reply::table.find(id))
            .set((
                reply::state.eq(Col(state)),
                reply::held_reason.eq(None::<String>),
                reply::hidden_rule.eq(rule),
                reply::decided_at.eq(now),
                reply::decided_by.eq(by),
                reply::decision_reason.eq(reason),
                reply::version.eq(next),
            ))
            .execute(tx.conn)?,
    };
    diesel::update(review_flag::table.filter(review_flag::review_id.eq(id)))
        .set(review_flag::settled.eq(true))
        .execute(tx.conn)?;
    text.changed(tx);
    let kind = if text.kind == TextKind::Comment { Kind::Review } else { Kind::Reply };
    tx.audit(warrant, kind, id, &serde_json::json!({"reason": reason, "rule": rule}))?;
    get_moderated(tx.conn, id)
}

/// Says that a text breaks the rules: once a person.
///
/// # Errors
/// [`Refusal::NotFound`] unless everyone can read it, [`Refusal::Conflict`] the second time.
pub fn flag(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    text: &Authorized<Shown>,
    reason: &str,
    context: RequestContext,
) -> Result<()> {
    let (context, id) = (context.at(tx.now), text.id.as_str());
    if !is_shown(tx.conn, text, context.today())? {
        return Err(Kind::Text.not_found().into());
    }
    let person = person::of_account(tx.conn, warrant.account_id())?;
    // Where the month has no key any more nobody can be known again, and one person could flag
    // without end.
    let key = keys.make(tx, context.month())?.ok_or_else(month_without_key)?;
    let flagger = key.flagger(id, &person.ok_or(Kind::Text.not_found())?);
    diesel::insert_into(review_flag::table)
        .values((
            review_flag::review_id.eq(id),
            review_flag::flagger.eq(flagger),
            review_flag::reason.eq(reason),
            review_flag::settled.eq(false),
        ))
        .execute(tx.conn)?;
    // To nobody but the officials it looks different: the change feed would tell when it was.
    Ok(())
}

/// The flags of a person, who can be known by them as long as the month's key lives in which they
/// flagged.
pub(crate) fn flags_of(conn: &mut Conn, keys: &MonthKeys, person: &str) -> Result<Vec<ExportedFlag>> {
    let live = keys.live(conn)?;
    let rows: Vec<(String, Pseudonym, String)> = review_flag::table
        .order((review_flag::review_id, review_flag::flagger))
        .select((review_flag::review_id, review_flag::flagger, review_flag::reason))
        .load(conn)?;
    let is_own =
        |text: &str, flagger: &Pseudonym| live.iter().any(|key| key.flagger(text, person) == *flagger);
    Ok(rows
        .into_iter()
        .filter(|(text, flagger, _)| is_own(text, flagger))
        .map(|(text, _, reason)| ExportedFlag { text, reason })
        .collect())
}

/// Whether everyone can read a text: a reply with what it answers.
fn is_shown(conn: &mut Conn, text: &Shown, today: NaiveDate) -> Result<bool> {
    if text.state != TextState::Published {
        return Ok(false);
    }
    match text.answered() {
        None => Ok(true),
        Some(replies::Answered::Review(id)) => Ok(reviews::Published::find(conn, &id)?.is_some()),
        Some(replies::Answered::Record(id)) => {
            let (kind, state, until): (Col<RecordKind>, Col<RecordState>, Option<Col<NaiveDate>>) =
                record::table
                    .find(id)
                    .select((record::kind, record::state, record::public_until))
                    .first(conn)?;
            Ok(state.0 == RecordState::InForce && is_public(kind.0, until.map(|day| day.0), today))
        }
    }
}

impl Resource for Shown {
    const KIND: Kind = Kind::Text;

    /// A comment or a reply.
    fn find(conn: &mut Conn, id: &str) -> Result<Option<Shown>> {
        let comment: Option<reviews::Row> =
            review::table.find(id).select(reviews::Row::as_select()).first(conn).optional()?;
        if let Some(row) = comment {
            return Ok(Some(Shown::comment(row)));
        }
        let row: Option<replies::Row> =
            reply::table.find(id).select(replies::Row::as_select()).first(conn).optional()?;
        let Some(row) = row else { return Ok(None) };
        let project = match (&row.review_id, &row.record_id) {
            (Some(review), _) => Some(review::table.find(review).select(review::project_id).first(conn)?),
            (None, Some(record)) => record::table.find(record).select(record::project_id).first(conn)?,
            (None, None) => None,
        };
        Ok(Some(Shown::reply((row, project))))
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let place: String = match (self.answered(), &self.project) {
            (Some(replies::Answered::Record(record)), _) => {
                record::table.find(record).select(record::place).first(conn)?
            }
            (_, project) => project::table
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .filter(project::id.nullable().eq(project))
                .select(estate::place)
                .first(conn)?,
        };
        Ok(Owner::place(place))
    }
}

fn views(conn: &mut Conn, texts: Vec<Shown>) -> Result<Vec<ModeratedText>> {
    let projects: Vec<&str> = texts.iter().filter_map(|text| text.project.as_deref()).collect();
    let estates = reviews::estates_of(conn, projects)?;
    let ids: Vec<&String> = texts.iter().map(|text| &text.id).collect();
    // By their words: they have no time.
    let flags: Vec<(String, String)> = review_flag::table
        .filter(review_flag::review_id.eq_any(ids))
        .filter(review_flag::settled.eq(false))
        .order((review_flag::reason, review_flag::flagger))
        .select((review_flag::review_id, review_flag::reason))
        .load(conn)?;
    let mut by_text: HashMap<String, Vec<String>> = HashMap::new();
    for (id, reason) in flags {
        by_text.entry(id).or_default().push(reason);
    }
    let view = |text: Shown| ModeratedText {
        flags: by_text.remove(&text.id).unwrap_or_default(),
        estate: text.project.as_ref().and_then(|project| estates.get(project).cloned()),
        id: text.id,
        kind: text.kind,
        answers: text.answers,
        uscc: text.uscc,
        project: text.project,
        month: text.month,
        text: text.text,
        state: text.state,
        held_reason: text.held_reason,
        // What is put in the place of a hidden reply keeps the rule until it is decided on.
        hidden_rule: text.hidden_rule,
        decision_reason: text.decision_reason,
    };
    Ok(texts.into_iter().map(view).collect())
}
