//! Sessions: one sign-in and its family of refresh tokens, each of which is used once, or again
//! within seconds.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Role;
use xinwu_domain::account::AccountStatus;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::people::account::{self, end_session};
use crate::schema::{account as accounts, refresh_token, session};

/// How long a refresh token is good.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::days(30);
/// How long after its first use a refresh token still gives another of its session: a client whose
/// answer was lost asks again, and so do several tabs at once.
const REPEATABLE_FOR: Duration = Duration::seconds(30);
/// Tokens of a session that may wait for their first use: so many are given for one.
const MOST_UNUSED: i64 = 10;

/// Whom an access token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The account.
    pub account_id: String,
    /// The session.
    pub session_id: String,
    /// The account's token epoch.
    pub epoch: i64,
    /// The scopes of an integrator; the role's name for everyone else, and for a program that acts
    /// as an official.
    pub scope: String,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// It was good, and the new one is in its place.
    Renewed(Signed),
    /// It is not known, has expired, was repeated too often, or its session has ended.
    Refused,
    /// It was used too long ago: someone has a copy, so the whole family of this account is ended.
    Replayed(String),
}

/// Opens a session with its first refresh token; without one (a program's) the session lives until
/// `expires_at`.
pub fn open(
    tx: &mut Tx<'_>,
    account_id: &str,
    session_id: &str,
    refresh_hash: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<Signed> {
    diesel::delete(session::table)
        .filter(session::account_id.eq(account_id))
        .filter(session::expires_at.le(tx.now_utc()))
        .execute(tx.conn)?;
    account::open_session(tx, account_id, session_id, expires_at)?;
    if let Some(hash) = refresh_hash {
        add_token(tx, hash, session_id, expires_at)?;
    }
    signed(tx, account_id, session_id)
}

/// Whether a refresh token is of a session that has not ended, used or not: asked before the write,
/// so that who makes tokens up has none done.
pub fn is_open(conn: &mut Conn, hash: &str) -> Result<bool> {
    let open = refresh_token::table
        .inner_join(session::table.on(session::id.eq(refresh_token::session_id)))
        .filter(refresh_token::token_hash.eq(hash))
        .filter(session::ended_at.is_null());
    Ok(diesel::select(exists(open)).get_result(conn)?)
}

/// Uses a refresh token and gives another of its session. It must be committed whatever it says:
/// the end of a family is a write.
///
/// A session has one line of tokens. Those that repetitions gave are as good as each other until
/// one of them is used; by that all are. So a copy is found out when either holder comes the next
/// time, and does not go on beside the original for ever.
pub fn refresh(tx: &mut Tx<'_>, hash: &str, new_hash: &str) -> Result<Refreshed> {
    type Row = (String, String, NaiveDateTime, Option<NaiveDateTime>);
    let found: Option<Row> = refresh_token::table
        .inner_join(session::table.on(session::id.eq(refresh_token::session_id)))
        .inner_join(accounts::table.on(accounts::id.eq(session::account_id)))
        .filter(refresh_token::token_hash.eq(hash))
        .filter(session::ended_at.is_null())
        .filter(accounts::status.eq(Col(AccountStatus::Active)))
        .select((session::id, session::account_id, refresh_token::expires_at, refresh_token::used_at))
        .first(tx.conn)
        .optional()?;
    let Some((session_id, account_id, expires_at, used_at)) = found else { return Ok(Refreshed::Refused) };
    if used_at.is_some_and(|used_at| tx.now_utc() - used_at > REPEATABLE_FOR) {
        end_session(tx, &account_id, &session_id, "refresh_token_replayed")?;
        return Ok(Refreshed::Replayed(account_id));
    }
    if expires_at <= tx.now_utc() {
        return Ok(Refreshed::Refused);
    }
    diesel::delete(refresh_token::table.filter(refresh_token::expires_at.le(tx.now_utc())))
        .execute(tx.conn)?;
    let unused = || {
        let of_session = refresh_token::table.filter(refresh_token::session_id.eq(session_id.clone()));
        of_session.filter(refresh_token::used_at.is_null())
    };
    match used_at {
        None => {
            diesel::update(unused()).set(refresh_token::used_at.eq(tx.now_utc())).execute(tx.conn)?;
        }
        // Since the first use: one that is repeated again and again must not live on.
        Some(_) => {
            let waiting: i64 = unused().count().get_result(tx.conn)?;
            if waiting >= MOST_UNUSED {
                return Ok(Refreshed::Refused);
            }
        }
    }
    let until = tx.now + REFRESH_TOKEN_LIFE;
    add_token(tx, new_hash, &session_id, until)?;
    diesel::update(session::table.find(&session_id))
        .set(session::expires_at.eq(until.naive_utc()))
        .execute(tx.conn)?;
    Ok(Refreshed::Renewed(signed(tx, &account_id, &session_id)?))
}

/// Ends the session of a refresh token, used or not, and gives the account; an unknown token ends
/// nothing.
pub fn end_by_token(tx: &mut Tx<'_>, hash: &str, reason: &str) -> Result<Option<String>> {
    let found: Option<(String, String)> = refresh_token::table
        .inner_join(session::table.on(session::id.eq(refresh_token::session_id)))
        .filter(refresh_token::token_hash.eq(hash))
        .filter(session::ended_at.is_null())
        .select((session::account_id, session::id))
        .first(tx.conn)
        .optional()?;
    let Some((account_id, session_id)) = found else { return Ok(None) };
    end_session(tx, &account_id, &session_id, reason)?;
    Ok(Some(account_id))
}

fn add_token(tx: &mut Tx<'_>, hash: &str, session_id: &str, expires_at: DateTime<Utc>) -> Result<()> {
    diesel::insert_into(refresh_token::table)
        .values((
            refresh_token::token_hash.eq(hash),
            refresh_token::session_id.eq(session_id),
            refresh_token::issued_at.eq(tx.now_utc()),
            refresh_token::expires_at.eq(expires_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn signed(tx: &mut Tx<'_>, account_id: &str, session_id: &str) -> Result<Signed> {
    type Row = (Col<Role>, String, i64, Option<String>);
    let (Col(role), scopes, epoch, on_behalf_of): Row = accounts::table
        .find(account_id)
        .select((accounts::role, accounts::scopes, accounts::token_epoch, accounts::on_behalf_of))
        .first(tx.conn)?;
    let official = match on_behalf_of {
        Some(official) => account::bindable(tx.conn, &official)?,
        None => None,
    };
    let scope = match official {
        Some(official) => official.role.to_string(),
        None if role == Role::Integrator => scopes,
        None => role.to_string(),
    };
    Ok(Signed { account_id: account_id.to_owned(), session_id: session_id.to_owned(), epoch, scope })
}
