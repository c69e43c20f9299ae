//! The keys that sign access tokens. Private halves are encrypted before they come here.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_store::{Conn, Result, Tx};

use crate::schema::signing_key;

/// One key pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in token headers.
    pub kid: String,
    /// The private half, PKCS #8, encrypted.
    pub private_encrypted: Vec<u8>,
    /// The public half: the `x` of its JWK.
    pub public_key: String,
    /// From when on it signs.
    pub signs_from: DateTime<Utc>,
    /// Until when its signatures are believed; `None` while it is not retired.
    pub verifies_until: Option<DateTime<Utc>>,
}

/// Every key that may still verify at `now`, the newest signer first.
pub fn list(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<SigningKey>> {
    type Row = (String, Vec<u8>, String, NaiveDateTime, Option<NaiveDateTime>);
    let rows: Vec<Row> = signing_key::table
        .filter(signing_key::verifies_until.is_null().or(signing_key::verifies_until.gt(now.naive_utc())))
        .order((signing_key::signs_from.desc(), signing_key::kid))
        .select((
            signing_key::kid,
            signing_key::private_encrypted,
            signing_key::public_key,
            signing_key::signs_from,
            signing_key::verifies_until,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(kid, private_encrypted, public_key, signs_from, verifies_until)| SigningKey {
            kid,
            private_encrypted,
            public_key,
            signs_from: signs_from.and_utc(),
            verifies_until: verifies_until.map(|at| at.and_utc()),
        })
        .collect())
}

/// [`add`] by the operator, who has it in the audit.
pub fn rotate(tx: &mut Tx<'_>, key: &SigningKey, others_verify_until: DateTime<Utc>) -> Result<()> {
    add(tx, key, others_verify_until)?;
    let detail = json!({"signs_from": key.signs_from, "others_verify_until": others_verify_until});
    tx.audit_as(&Warrant::operator(Operation::GetKeys), "rotate_key", (Kind::Key, &key.kid), &detail)
}

/// Adds a key, and lets the ones before it verify only until `others_verify_until`.
pub fn add(tx: &mut Tx<'_>, key: &SigningKey, others_verify_until: DateTime<Utc>) -> Result<()> {
    diesel::update(signing_key::table.filter(signing_key::verifies_until.is_null()))
        .set(signing_key::verifies_until.eq(others_verify_until.naive_utc()))
        .execute(tx.conn)?;
    diesel::insert_into(signing_key::table)
        .values((
            signing_key::kid.eq(&key.kid),
            signing_key::algorithm.eq("EdDSA"),
            signing_key::private_encrypted.eq(&key.private_encrypted),
            signing_key::public_key.eq(&key.public_key),
            signing_key::created_at.eq(tx.now_utc()),
            signing_key::signs_from.eq(key.signs_from.naive_utc()),
            signing_key::verifies_until.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Key, &key.kid);
    Ok(())
}
