//! Everything of one's own, to take away.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::account::{Export, ExportedDevice, ExportedResidence, ExportedSession};
use xinwu_domain::calendar::Month;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_store::{Col, Conn, Result};

use crate::people::account::own::{self, Own};
use crate::people::{device, follow, notice, person};
use crate::ratings::moderation;
use crate::ratings::rating::{self, Reader};
use crate::schema::{account, residence, session};
use crate::service::case::person as cases;

/// Everything that is stored about a resident and can still be told to be theirs.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn export(conn: &mut Conn, reader: &Reader, id: &str) -> Result<Own<Export>> {
    let own = own::get(conn, id)?;
    let flags = match person::of_account(conn, id)? {
        Some(person) => moderation::flags_of(conn, &reader.keys, &person)?,
        None => Vec::new(),
    };
    let view = Export {
        exported_at: reader.context.now,
        account: own.view,
        sessions: sessions(conn, id)?,
        devices: devices(conn, id)?,
        residences: residences(conn, id)?,
        notices: notice::all(conn, id, reader.context)?,
        follows: follow::all(conn, id)?,
        ratings: rating::all(conn, reader, id)?,
        flags,
        cases: cases::export(conn, id)?,
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

fn devices(conn: &mut Conn, id: &str) -> Result<Vec<ExportedDevice>> {
    let phone: Option<String> = account::table.find(id).select(account::phone_hash).first(conn)?;
    phone.map_or_else(|| Ok(Vec::new()), |phone| device::of_phone(conn, &phone))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = residence)]
struct ResidenceRow {
    id: String,
    estate: String,
    building: String,
    unit: String,
    room: String,
    status: Col<ResidenceStatus>,
    requested_at: NaiveDateTime,
    decided_at: Option<NaiveDateTime>,
    reason: Option<String>,
    rates_from: Option<Col<Month>>,
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
            status: row.status.0,
            requested_at: row.requested_at.and_utc(),
            decided_at: row.decided_at.map(|at| at.and_utc()),
            reason: row.reason,
            rates_from: row.rates_from.map(|from| from.0),
        })
        .collect())
}
