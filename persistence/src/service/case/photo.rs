//! Photos of cases: what is known of each. The files lie in a folder that knows no cases
//! (`xinwu_api::photos`): one is put there before its row is written, and removed when no row names
//! it any more.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::case::{PartyRole, PhotoType, PhotoView, check_photo_count, require_side};
use xinwu_domain::kind::Kind;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::party::{By, sides};
use super::row::households;
use crate::registers::authorized::{Authorized, note};
use crate::schema::case_photo;

/// A photo's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_photo)]
pub struct Row {
    case_id: String,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    /// What it is.
    pub media_type: Col<PhotoType>,
    bytes: i32,
    width: i32,
    height: i32,
    by_role: Col<PartyRole>,
    by_account: Option<String>,
    at: NaiveDateTime,
}

/// A photo that was written anew and put into the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhoto {
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    /// What it is.
    pub media_type: PhotoType,
    /// Its length.
    pub bytes: usize,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// A photo, and what its file should be like.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Named {
    /// The case.
    pub case_id: String,
    /// The file.
    pub sha256: String,
    /// Its length.
    pub bytes: i32,
}

impl Row {
    /// As somebody of a role sees it.
    fn view(self, role: Role) -> PhotoView {
        PhotoView {
            href: href(role, &self.case_id, &self.sha256),
            sha256: self.sha256,
            media_type: self.media_type.0,
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            by: self.by_role.0,
            at: self.at.and_utc(),
        }
    }

    /// Residents see their own, and those of who handles the case: what another household sent may
    /// show how it lives.
    fn is_shown_to(&self, warrant: &Warrant) -> bool {
        warrant.role() != Role::Resident
            || self.by_role.0 != PartyRole::Resident
            || self.by_account.as_deref() == Some(warrant.account_id())
    }
}

/// Where somebody of a role reads a photo.
fn href(role: Role, case: &str, sha256: &str) -> String {
    let own = if role == Role::Resident { "/me" } else { "" };
    format!("/v1{own}/cases/{case}/photos/{sha256}")
}

/// Whether who asks may add one more photo to a case: asked before one is read.
///
/// # Errors
/// As [`require_side`]; 409 `wrong_state` of a case that has ended, `too_many_photos` of one that
/// has its share.
pub fn require_may_add(conn: &mut Conn, warrant: &Warrant, case: &Authorized<super::Row>) -> Result<()> {
    let households = households(conn, &case.id)?;
    require_side(warrant.operation(), &sides(conn, warrant, case, &households)?)?;
    case.require_open()?;
    let photos: i64 = case_photo::table.filter(case_photo::case_id.eq(&case.id)).count().get_result(conn)?;
    Ok(check_photo_count(photos)?)
}

/// Names a photo that lies in the folder as one of a case. One that the case has already is not
/// another.
///
/// # Errors
/// As [`require_may_add`].
pub fn add(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    case: &Authorized<super::Row>,
    new: &NewPhoto,
) -> Result<PhotoView> {
    if let Some(row) = row_of(tx.conn, &case.id, &new.sha256)?.filter(|row| row.is_shown_to(warrant)) {
        return Ok(row.view(warrant.role()));
    }
    require_may_add(tx.conn, warrant, case)?;
    let by = By::of(warrant);
    let number = |number: u32| i32::try_from(number).map_err(|error| StoreError::internal(error.to_string()));
    let bytes = u32::try_from(new.bytes).map_err(|error| StoreError::internal(error.to_string()))?;
    let row = Row {
        case_id: case.id.clone(),
        sha256: new.sha256.clone(),
        media_type: Col(new.media_type),
        bytes: number(bytes)?,
        width: number(new.width)?,
        height: number(new.height)?,
        by_role: Col(by.role.ok_or_else(|| StoreError::internal("a photo by who has no part in cases"))?),
        by_account: by.account,
        at: tx.now_utc(),
    };
    diesel::insert_into(case_photo::table).values(&row).execute(tx.conn)?;
    // Of a resident's the row itself says who sent it, for as long as there is an account.
    if warrant.role() != Role::Resident {
        note::<super::Row>(tx, warrant, &case.id, &json!({"photo": new.sha256}))?;
    }
    Ok(row.view(warrant.role()))
}

fn row_of(conn: &mut Conn, case: &str, sha256: &str) -> Result<Option<Row>> {
    Ok(case_photo::table.find((case, sha256)).select(Row::as_select()).first(conn).optional()?)
}

/// One photo of a case.
///
/// # Errors
/// 404 where there is none, and where
/// it is not shown to who asks.
pub fn find(conn: &mut Conn, warrant: &Warrant, case: &Authorized<super::Row>, sha256: &str) -> Result<Row> {
    let row = row_of(conn, &case.id, sha256)?.filter(|row| row.is_shown_to(warrant));
    row.ok_or_else(|| Kind::Photo.not_found().into())
}

/// The photos of a case that are shown to who asks, in the order in which they came.
///
/// # Errors
/// Of the database.
pub(crate) fn shown(conn: &mut Conn, warrant: &Warrant, case: &str) -> Result<Vec<PhotoView>> {
    let rows = rows_of(conn, case)?.into_iter().filter(|row| row.is_shown_to(warrant));
    Ok(rows.map(|row| row.view(warrant.role())).collect())
}

/// The photos of a case that a resident sent, for the export of the account.
///
/// # Errors
/// Of the database.
pub(crate) fn sent(conn: &mut Conn, case: &str, account: &str) -> Result<Vec<PhotoView>> {
    let rows = rows_of(conn, case)?.into_iter().filter(|row| row.by_account.as_deref() == Some(account));
    Ok(rows.map(|row| row.view(Role::Resident)).collect())
}

/// In the order in which they came.
fn rows_of(conn: &mut Conn, case: &str) -> Result<Vec<Row>> {
    Ok(case_photo::table
        .filter(case_photo::case_id.eq(case))
        .order((case_photo::at, case_photo::sha256))
        .select(Row::as_select())
        .load(conn)?)
}

/// Drops the photos that a resident sent, whose account is deleted: they show how somebody lives.
/// The files follow within a day.
///
/// # Errors
/// Of the database.
pub(crate) fn delete_of_account(tx: &mut Tx<'_>, account: &str) -> Result<()> {
    diesel::delete(case_photo::table.filter(case_photo::by_account.eq(account))).execute(tx.conn)?;
    Ok(())
}

/// Drops the photos of cases that are not kept any longer. The files follow within a day.
///
/// # Errors
/// Of the database.
pub(crate) fn delete_of_cases(tx: &mut Tx<'_>, cases: &[String]) -> Result<()> {
    diesel::delete(case_photo::table.filter(case_photo::case_id.eq_any(cases))).execute(tx.conn)?;
    Ok(())
}

/// Those of some files that no row names.
///
/// # Errors
/// Of the database.
pub fn unnamed(conn: &mut Conn, files: Vec<String>) -> Result<Vec<String>> {
    let named: HashSet<String> = case_photo::table
        .filter(case_photo::sha256.eq_any(&files))
        .select(case_photo::sha256)
        .load(conn)?
        .into_iter()
        .collect();
    Ok(files.into_iter().filter(|file| !named.contains(file)).collect())
}

/// The first photos behind one, in the order of their cases and hashes; for `verify`.
///
/// # Errors
/// Of the database.
pub fn named_after(conn: &mut Conn, after: Option<&Named>, limit: i64) -> Result<Vec<Named>> {
    let (case, sha256) = after.map_or(("", ""), |named| (&named.case_id, &named.sha256));
    let is_later = case_photo::case_id.gt(case);
    let is_of_the_same = case_photo::case_id.eq(case).and(case_photo::sha256.gt(sha256));
    Ok(case_photo::table
        .filter(is_later.or(is_of_the_same))
        .order((case_photo::case_id, case_photo::sha256))
        .select((case_photo::case_id, case_photo::sha256, case_photo::bytes))
        .limit(limit)
        .load(conn)?)
}
