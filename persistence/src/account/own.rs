//! One's own account: reading it, changing it, taking everything away, leaving.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::account::{
    Export, ExportedFlag, ExportedRating, ExportedRatingEdit, ExportedResidence, ExportedSession, Me,
};
use xinwu_domain::refusal::Refusal;

use super::revoke_access;
use super::user::{Names, role_of};
use crate::schema::{account, rating, rating_edit, residence, review_flag, session};
use crate::{Conn, Entity, Result, Tx, notice};

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

/// Everything that is stored about a resident.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn export(conn: &mut Conn, id: &str, now: chrono::DateTime<chrono::Utc>) -> Result<Own<Export>> {
    let own = get(conn, id)?;
    let view = Export {
        exported_at: now,
        account: own.view,
        sessions: sessions(conn, id)?,
        residences: residences(conn, id)?,
        notices: notice::all(conn, id)?,
        ratings: ratings(conn, id)?,
        flags: flags(conn, id)?,
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

#[derive(Queryable, Selectable)]
#[diesel(table_name = rating)]
struct RatingRow {
    id: String,
    project_id: String,
    month: String,
    overall: i32,
    cleaning: Option<i32>,
    security: Option<i32>,
    greening: Option<i32>,
    maintenance: Option<i32>,
    attitude: Option<i32>,
    comment: Option<String>,
    state: String,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

fn ratings(conn: &mut Conn, id: &str) -> Result<Vec<ExportedRating>> {
    type Edit = (String, String, i32, Option<String>, NaiveDateTime);
    let rows: Vec<RatingRow> = rating::table
        .filter(rating::account_id.eq(id))
        .order((rating::month, rating::project_id, rating::id))
        .select(RatingRow::as_select())
        .load(conn)?;
    let edits: Vec<Edit> = rating_edit::table
        .inner_join(rating::table.on(rating::id.eq(rating_edit::rating_id)))
        .filter(rating::account_id.eq(id))
        .order(rating_edit::id)
        .select((
            rating_edit::rating_id,
            rating_edit::action,
            rating_edit::overall,
            rating_edit::comment,
            rating_edit::at,
        ))
        .load(conn)?;
    let mut by_rating: std::collections::HashMap<String, Vec<ExportedRatingEdit>> = Default::default();
    for (rating_id, action, overall, comment, at) in edits {
        let edit = ExportedRatingEdit { action, overall, comment, at: at.and_utc() };
        by_rating.entry(rating_id).or_default().push(edit);
    }
    Ok(rows
        .into_iter()
        .map(|row| ExportedRating {
            edits: by_rating.remove(&row.id).unwrap_or_default(),
            project: row.project_id,
            month: row.month,
            overall: row.overall,
            cleaning: row.cleaning,
            security: row.security,
            greening: row.greening,
            maintenance: row.maintenance,
            attitude: row.attitude,
            comment: row.comment,
            state: row.state,
            created_at: row.created_at.and_utc(),
            updated_at: row.updated_at.and_utc(),
        })
        .collect())
}

fn flags(conn: &mut Conn, id: &str) -> Result<Vec<ExportedFlag>> {
    let rows: Vec<(String, String, NaiveDateTime)> = review_flag::table
        .filter(review_flag::account_id.eq(id))
        .order((review_flag::created_at, review_flag::review_id))
        .select((review_flag::review_id, review_flag::reason, review_flag::created_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(review, reason, created_at)| ExportedFlag { review, reason, created_at: created_at.and_utc() })
        .collect())
}
