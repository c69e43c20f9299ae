//! The data key as it is kept. It is sealed before it comes here.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::kind::Kind;
use xinwu_store::{Conn, Result, Tx, on_each};

use super::key::{self, SigningKey};
use crate::schema::{account, data_key};

/// The one row.
const ROOT: &str = "root";

/// What a database says of its data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredKey {
    /// It has one.
    Sealed(Vec<u8>),
    /// It holds what the keys of a master secret sealed and hashed, as before there were data keys;
    /// with the newest of its signing keys, by which it can be told whose.
    Older(Option<SigningKey>),
    /// Nothing in it was made by a key yet.
    None,
}

/// What is stored.
pub fn stored(conn: &mut Conn, now: DateTime<Utc>) -> Result<StoredKey> {
    if let Some(sealed) = sealed(conn)? {
        return Ok(StoredKey::Sealed(sealed));
    }
    let newest = key::list(conn, now)?.into_iter().next();
    let with_phone = account::table.filter(account::phone_hash.is_not_null());
    let has_hashes: bool = diesel::select(exists(with_phone)).get_result(conn)?;
    Ok(if newest.is_some() || has_hashes { StoredKey::Older(newest) } else { StoredKey::None })
}

fn sealed(conn: &mut Conn) -> Result<Option<Vec<u8>>> {
    Ok(data_key::table.find(ROOT).select(data_key::sealed).first(conn).optional()?)
}

/// Keeps one where there is none; gives what is kept then: another process may have been first.
pub fn put_if_none(tx: &mut Tx<'_>, new: &[u8]) -> Result<Option<Vec<u8>>> {
    let row = (data_key::id.eq(ROOT), data_key::sealed.eq(new.to_vec()), data_key::made_at.eq(tx.now_utc()));
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(data_key::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    sealed(tx.conn)
}

/// Puts it, sealed anew by the operator, who has it in the audit, into the place of what it was;
/// gives whether that still stood.
pub fn replace(tx: &mut Tx<'_>, before: &[u8], new: &[u8]) -> Result<bool> {
    let changed = diesel::update(data_key::table.find(ROOT))
        .filter(data_key::sealed.eq(before.to_vec()))
        .set(data_key::sealed.eq(new.to_vec()))
        .execute(tx.conn)?;
    if changed == 0 {
        return Ok(false);
    }
    let operator = Warrant::operator(Operation::GetKeys);
    tx.audit_as(&operator, "rotate_secret", (Kind::Secret, ROOT), &json!({}))?;
    Ok(true)
}
