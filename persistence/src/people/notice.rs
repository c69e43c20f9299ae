//! Notices: written for the account that each is to, read by that account alone.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use xinwu_domain::access::Party;
use xinwu_domain::account::AccountStatus;
use xinwu_domain::context::RequestContext;
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::{About, Notice, NoticeKind};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::record::RecordState;
use xinwu_domain::text::Language;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use crate::owed_notice::acts_for_a_firm;
use crate::schema::{account, notice, record};

/// Which kinds go out by SMS too, separated by spaces: a setting of the service.
const SMS_KINDS: &str = "notice_sms";
/// Days for which a notice is kept, read or not.
const KEPT_DAYS: i64 = 365;
/// Notices that one write drops.
const DROPPED_AT_ONCE: i64 = 2_000;
/// Messages that one write takes.
const SENT_AT_ONCE: i64 = 100;
/// Hours after which a message that waits is no longer sent: the notice tells it.
const LATEST_SMS_HOURS: i64 = 24;

#[derive(Queryable, Selectable)]
#[diesel(table_name = notice)]
struct Row {
    id: String,
    kind: Col<NoticeKind>,
    about_id: String,
    name: String,
    detail: Option<String>,
    reason: Option<String>,
    created_at: NaiveDateTime,
    read_at: Option<NaiveDateTime>,
}

/// What is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewNotice<'a> {
    pub kind: NoticeKind,
    /// Which thing it is about, of the kind's own table.
    pub about: &'a str,
    /// What that is called; empty where the sentence does not name it.
    pub name: &'a str,
    /// What was decided of it, where the kind alone does not say it.
    pub detail: Option<&'a str>,
    pub reason: Option<&'a str>,
}

impl<'a> NewNotice<'a> {
    pub fn new(kind: NoticeKind, about: &'a str) -> NewNotice<'a> {
        NewNotice { kind, about, name: "", detail: None, reason: None }
    }

    pub fn named(self, name: &'a str) -> NewNotice<'a> {
        NewNotice { name, ..self }
    }

    pub fn because(self, reason: &'a str) -> NewNotice<'a> {
        NewNotice { reason: Some(reason), ..self }
    }
}

/// Tells an account. Nobody reads what is told to one that is gone, or that never was: the clock's,
/// and the operator's.
pub(crate) fn tell(tx: &mut Tx<'_>, account_id: &str, told: &NewNotice<'_>) -> Result<()> {
    let there = account::table.find(account_id).filter(account::status.ne("deleted"));
    let there: Option<String> = there.select(account::id).first(tx.conn).optional()?;
    let now = tx.now_utc();
    tell_all(tx, there.as_slice(), told, now)
}

/// Tells the accounts that act for a firm.
pub(crate) fn tell_firm(tx: &mut Tx<'_>, uscc: &str, told: &NewNotice<'_>) -> Result<()> {
    let accounts = accounts_of(tx.conn, uscc)?;
    let now = tx.now_utc();
    tell_all(tx, &accounts, told, now)
}

/// Tells the accounts that act for a firm, or those of a manager.
pub(crate) fn tell_party(tx: &mut Tx<'_>, party: &Party, told: &NewNotice<'_>) -> Result<()> {
    let accounts = match party {
        Party::Firm(uscc) => accounts_of(tx.conn, uscc)?,
        Party::Manager(id) => accounts_of_manager(tx.conn, id)?,
    };
    let now = tx.now_utc();
    tell_all(tx, &accounts, told, now)
}

/// The accounts that act for a firm.
pub(crate) fn accounts_of(conn: &mut Conn, uscc: &str) -> Result<Vec<String>> {
    let acting = account::table.filter(account::uscc.eq(uscc)).filter(acts_for_a_firm!());
    Ok(acting.order(account::id).select(account::id).load(conn)?)
}

/// The accounts of a manager.
pub(crate) fn accounts_of_manager(conn: &mut Conn, id: &str) -> Result<Vec<String>> {
    Ok(account::table
        .filter(account::manager_id.eq(id))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .order(account::id)
        .select(account::id)
        .load(conn)?)
}

/// Tells accounts that there are, some hundreds at the most, what happened at an instant. What they
/// have not read yet and it makes pointless goes.
pub(crate) fn tell_all(
    tx: &mut Tx<'_>,
    accounts: &[String],
    told: &NewNotice<'_>,
    at: NaiveDateTime,
) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let superseded: Vec<Col<NoticeKind>> = told.kind.supersedes().iter().copied().map(Col).collect();
    if !superseded.is_empty() {
        let unread = notice::table.filter(notice::account_id.eq_any(accounts));
        let unread = unread.filter(notice::read_at.is_null()).filter(notice::about_id.eq(told.about));
        diesel::delete(unread.filter(notice::kind.eq_any(superseded))).execute(tx.conn)?;
    }
    let sms_waits = told.kind.may_be_sms() && sms_kinds(tx.conn)?.contains(&told.kind);
    let rows: Vec<_> = accounts
        .iter()
        .map(|account| {
            (
                notice::id.eq(tx.random.id()),
                notice::account_id.eq(account),
                notice::kind.eq(Col(told.kind)),
                notice::about_id.eq(told.about),
                notice::name.eq(told.name),
                notice::detail.eq(told.detail),
                notice::reason.eq(told.reason),
                notice::created_at.eq(at),
                notice::sms_waits.eq(sms_waits),
            )
        })
        .collect();
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(notice::table).values(&rows).execute(conn))?;
    Ok(())
}

/// What a dwelling is called in a notice: `示范小区 3-2-501`.
pub(crate) fn dwelling_name(estate: &str, dwelling: &Dwelling) -> String {
    format!("{estate} {}", address(dwelling))
}

/// Where a dwelling is within its estate: `3-2-501`.
pub(crate) fn address(dwelling: &Dwelling) -> String {
    let Dwelling { building, unit, room } = dwelling;
    let parts: Vec<&str> =
        [building, unit, room].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

type Boxed = notice::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

/// An account's notices that are there to be read: that a penalty was published is told only as
/// long as that is public, as `credit::record::read` decides it. A macro, since the type of the
/// query has no short name.
macro_rules! own {
    ($account_id:expr, $context:expr) => {{
        let shown = record::table
            .filter(record::id.eq(notice::about_id))
            .filter(record::state.eq(Col(RecordState::InForce)))
            .filter(record::public_until.ge(Col($context.today())));
        notice::table
            .filter(notice::account_id.eq($account_id.to_owned()))
            .filter(notice::kind.ne(Col(NoticeKind::FollowedPenalty)).or(exists(shown)))
    }};
}

fn own(account_id: &str, context: RequestContext) -> Boxed {
    own!(account_id, context).into_boxed()
}

/// The latest notices that an account has not read, so many at the most, and how many there are.
pub(crate) fn unread(
    conn: &mut Conn,
    account_id: &str,
    most: i64,
    context: RequestContext,
) -> Result<(i64, Vec<Notice>)> {
    let rows: Vec<(Row, i64)> = own!(account_id, context)
        .filter(notice::read_at.is_null())
        .order(notice::id.desc())
        .limit(most)
        .select((Row::as_select(), sql::<BigInt>("count(*) OVER ()")))
        .load(conn)?;
    let count = rows.first().map_or(0, |(_, count)| *count);
    Ok((count, rows.into_iter().map(|(row, _)| view(row, context.language)).collect()))
}

/// An account's notices, or only those that it has not read, the latest first.
pub fn list(
    conn: &mut Conn,
    account_id: &str,
    only_unread: bool,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<Notice>> {
    let wanted = || {
        let own = own(account_id, context);
        if only_unread { own.filter(notice::read_at.is_null()) } else { own }
    };
    let mut rows = wanted().select(Row::as_select()).order(notice::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(notice::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    Ok(Listed { total, ..page.map(|row| view(row, context.language)) })
}

/// All of an account's notices, the earliest first.
pub(crate) fn all(conn: &mut Conn, account_id: &str, context: RequestContext) -> Result<Vec<Notice>> {
    let rows: Vec<Row> = own(account_id, context).order(notice::id).select(Row::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| view(row, context.language)).collect())
}

/// Says that a notice has been read; the first time stays. Gives it with its version.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not the account's.
pub fn read(tx: &mut Tx<'_>, account_id: &str, id: &str, context: RequestContext) -> Result<(Notice, i64)> {
    let context = context.at(tx.now);
    let row = own(account_id, context).filter(notice::id.eq(id.to_owned()));
    let row: Option<Row> = row.select(Row::as_select()).first(tx.conn).optional()?;
    let mut row = row.ok_or(Kind::Notice.not_found())?;
    if row.read_at.is_none() {
        row.read_at = Some(tx.now_utc());
        diesel::update(notice::table.find(id)).set(notice::read_at.eq(row.read_at)).execute(tx.conn)?;
    }
    Ok((view(row, context.language), 1))
}

fn view(row: Row, language: Language) -> Notice {
    let Row { id, kind: Col(kind), about_id, name, detail, reason, created_at, read_at } = row;
    Notice {
        text: kind.sentence(language, &name, detail.as_deref()),
        about: About { kind: kind.about(), id: about_id },
        id,
        kind,
        reason,
        created_at: created_at.and_utc(),
        read_at: read_at.map(|at| at.and_utc()),
    }
}

/// Drops some notices of more than a year ago, the oldest first; gives how many.
pub fn drop_old(tx: &mut Tx<'_>) -> Result<usize> {
    let limit = tx.now_utc() - TimeDelta::days(KEPT_DAYS);
    // Identifiers are in the order of time: nothing but these is looked at.
    let oldest: Vec<(String, NaiveDateTime)> = notice::table
        .order(notice::id)
        .limit(DROPPED_AT_ONCE)
        .select((notice::id, notice::created_at))
        .load(tx.conn)?;
    let old: Vec<String> = oldest.into_iter().filter(|(_, at)| *at < limit).map(|(id, _)| id).collect();
    for part in old.chunks(500) {
        diesel::delete(notice::table.filter(notice::id.eq_any(part))).execute(tx.conn)?;
    }
    Ok(old.len())
}

/// Keeps which kinds go out by SMS too: whatever writes a notice from now on, through another
/// process too, goes by it.
pub fn keep_sms_kinds(tx: &mut Tx<'_>, kinds: &[NoticeKind]) -> Result<()> {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.into_str()).collect();
    xinwu_store::setting::put(tx, SMS_KINDS, &words.join(" "))
}

fn sms_kinds(conn: &mut Conn) -> Result<Vec<NoticeKind>> {
    let kept = xinwu_store::setting::get(conn, SMS_KINDS)?.unwrap_or_default();
    // A newer program may know more.
    Ok(kept.split(' ').filter_map(|word| word.parse().ok()).collect())
}

/// A notice on its way to a phone, which is still encrypted for its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMessage {
    /// The notice's id: the gateway knows by it what it has sent already.
    pub id: String,
    /// Whose phone it is.
    pub account_id: String,
    /// The phone, encrypted.
    pub phone_encrypted: Vec<u8>,
    /// The sentence, in Chinese.
    pub text: String,
    /// When it no longer makes sense to send it.
    pub expires_at: DateTime<Utc>,
}

/// Whether any message waits.
pub fn has_messages(conn: &mut Conn) -> Result<bool> {
    Ok(diesel::select(exists(notice::table.filter(notice::sms_waits))).get_result(conn)?)
}

/// Takes some of the messages that wait, the oldest first: each is given once, whatever becomes of
/// it. One to an account that is disabled or has no phone, or that has waited for too long, is
/// dropped.
pub fn take_messages(tx: &mut Tx<'_>) -> Result<Vec<SealedMessage>> {
    type To = (String, bool, Option<Vec<u8>>);
    type Found = (String, Col<NoticeKind>, String, Option<String>, NaiveDateTime, To);
    let found: Vec<Found> = notice::table
        .inner_join(account::table.on(account::id.eq(notice::account_id)))
        .filter(notice::sms_waits)
        .order(notice::id)
        .limit(SENT_AT_ONCE)
        .select((
            notice::id,
            notice::kind,
            notice::name,
            notice::detail,
            notice::created_at,
            (account::id, account::status.eq(Col(AccountStatus::Active)), account::phone_encrypted),
        ))
        .load(tx.conn)?;
    let ids: Vec<&String> = found.iter().map(|(id, ..)| id).collect();
    let taken = notice::table.filter(notice::id.eq_any(ids));
    diesel::update(taken).set(notice::sms_waits.eq(false)).execute(tx.conn)?;
    let now = tx.now;
    let messages = found.into_iter().filter_map(|(id, kind, name, detail, at, to)| {
        let (account_id, is_active, phone) = to;
        let phone = phone.filter(|_| is_active);
        Some(SealedMessage {
            id,
            account_id,
            phone_encrypted: phone?,
            text: kind.0.sentence(Language::Chinese, &name, detail.as_deref()),
            expires_at: at.and_utc() + TimeDelta::hours(LATEST_SMS_HOURS),
        })
    });
    Ok(messages.filter(|message| now < message.expires_at).collect())
}
