//! One's own account: reading it, changing it, taking everything away, leaving.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::account::{Export, ExportedFlag, ExportedResidence, ExportedSession, Me};
use xinwu_domain::refusal::Refusal;

use super::revoke_access;
use super::user::{Names, role_of};
use crate::rating::Reader;
use crate::schema::{account, residence, review_flag, session};
use crate::{MonthKeys, notice, rating};
use xinwu_domain::entity::Entity;
use xinwu_store::{Conn, Result, Tx};

pub use super::farewell::delete;

/// What changes in one's own account; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnEdit {
    /// Another name to show, or none.
    pub display_name: Option<Option<String>>,
    /// The hash of a new password: all sessions end.
    pub password_hash: Option<String>,
}

/// An account as its owner sees it. The phone is still encrypted, and `account.phone` empty: only the API has the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own<T> {
    /// What is shown.
    pub view: T,
    /// The phone, encrypted for this account.
    pub phone_encrypted: Option<Vec<u8>>,
    /// The account's version.
    pub version: i64,
}

/// One's own account, a program's included.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str) -> Result<Own<Me>> {
    let row: super::user::Row = account::table
        .find(id)
        .filter(account::status.ne("deleted"))
        .select(super::user::Row::as_select())
        .first(conn)
        .optional()?
        .ok_or(Refusal::NotFound { what: "account" })?;
    let rows = [row];
    let names = Names::of(conn, &rows)?;
    let [row] = rows;
    let view = Me {
        role: role_of(&row)?,
        id: row.id,
        username: row.username,
        display_name: row.display_name,
        phone: None,
        place: names.place(row.place),
        firm: names.firm(row.uscc),
        can_confirm: row.can_confirm,
        scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
        demo: row.demo,
        created_at: row.created_at.and_utc(),
    };
    Ok(Own { view, phone_encrypted: row.phone_encrypted, version: row.version })
}

/// The username and password hash that a change of password is checked against; none for accounts without a password.
///
/// # Errors
/// Those of the database.
pub fn password(conn: &mut Conn, id: &str) -> Result<Option<(String, String)>> {
    let (username, hash): (Option<String>, Option<String>) =
        account::table.find(id).select((account::username, account::password_hash)).first(conn)?;
    Ok(username.zip(hash))
}

/// Changes one's own account.
///
/// # Errors
/// [`Refusal::Stale`]
pub fn edit(tx: &mut Tx<'_>, id: &str, version: Option<i64>, edit: &OwnEdit) -> Result<Own<Me>> {
    let own = get(tx.conn, id)?;
    if version.is_some_and(|version| version != own.version) {
        return Err(Refusal::Stale.into());
    }
    let display_name = edit.display_name.as_ref().unwrap_or(&own.view.display_name);
    diesel::update(account::table.find(id))
        .set((account::display_name.eq(display_name), account::version.eq(own.version + 1)))
        .execute(tx.conn)?;
    if let Some(hash) = &edit.password_hash {
        diesel::update(account::table.find(id)).set(account::password_hash.eq(hash)).execute(tx.conn)?;
        revoke_access(tx, id, "password_changed")?;
    }
    tx.changed(Entity::Account, id);
    get(tx.conn, id)
}

/// Everything that is stored about a resident and can still be told to be theirs.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn export(conn: &mut Conn, reader: &Reader, id: &str) -> Result<Own<Export>> {
    let own = get(conn, id)?;
    let view = Export {
        exported_at: reader.now,
        account: own.view,
        sessions: sessions(conn, id)?,
        residences: residences(conn, id)?,
        notices: notice::all(conn, id)?,
        ratings: rating::all(conn, reader, id)?,
        flags: flags(conn, &reader.keys, id)?,
    };
    Ok(Own { view, phone_encrypted: own.phone_encrypted, version: own.version })
}

fn sessions(conn: &mut Conn, id: &str) -> Result<Vec<ExportedSession>> {
    type Row = (NaiveDateTime, NaiveDateTime, Option<NaiveDateTime>, Option<String>);
    let rows: Vec<Row> = session::table
        .filter(session::account_id.eq(id))
        .order((session::created_at, session::id))
        .select((session::created_at, session::expires_at, session::ended_at, session::end_reason))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(created_at, expires_at, ended_at, end_reason)| ExportedSession {
            created_at: created_at.and_utc(),
            expires_at: expires_at.and_utc(),
            ended_at: ended_at.map(|at| at.and_utc()),
            end_reason,
        })
        .collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = residence)]
struct ResidenceRow {
    id: String,
    estate: String,
    building: String,
    unit: String,
    room: String,
    status: String,
    requested_at: NaiveDateTime,
    decided_at: Option<NaiveDateTime>,
    reason: Option<String>,
    rates_from: Option<String>,
}

fn residences(conn: &mut Conn, id: &str) -> Result<Vec<ExportedResidence>> {
    let rows: Vec<ResidenceRow> = residence::table
        .filter(residence::account_id.eq(id))
        .order(residence::id)
        .select(ResidenceRow::as_select())
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| ExportedResidence {
            id: row.id,
            estate: row.estate,
            building: row.building,
            unit: row.unit,
            room: row.room,
            status: row.status,
            requested_at: row.requested_at.and_utc(),
            decided_at: row.decided_at.map(|at| at.and_utc()),
            reason: row.reason,
            rates_from: row.rates_from,
        })
        .collect())
}

/// Those that the account can still be known by: as long as the month's key lives in which it flagged.
fn flags(conn: &mut Conn, keys: &MonthKeys, id: &str) -> Result<Vec<ExportedFlag>> {
    let phone_hash: Option<String> = account::table.find(id).select(account::phone_hash).first(conn)?;
    let Some(phone_hash) = phone_hash else { return Ok(Vec::new()) };
    let live = keys.live(conn)?;
    let rows: Vec<(String, Vec<u8>, String)> = review_flag::table
        .order((review_flag::review_id, review_flag::flagger))
        .select((review_flag::review_id, review_flag::flagger, review_flag::reason))
        .load(conn)?;
    let is_own =
        |review: &str, flagger: &[u8]| live.iter().any(|key| key.flagger(review, &phone_hash) == flagger);
    Ok(rows
        .into_iter()
        .filter(|(review, flagger, _)| is_own(review, flagger))
        .map(|(review, _, reason)| ExportedFlag { review, reason })
        .collect())
}
