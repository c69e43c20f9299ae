//! Answers that were given under an `Idempotency-Key`, kept in the transaction of the write itself:
//! a request that comes twice has one effect and one answer.

use chrono::Duration;
use diesel::prelude::*;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Result, Tx};

use crate::schema::idempotency;

/// How long an answer is kept.
const KEPT_FOR: Duration = Duration::hours(24);

/// An answer to a POST.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = idempotency)]
pub struct Answer {
    /// The HTTP status, as the API gave it.
    pub status: i32,
    /// The body.
    pub body: String,
    /// Where the new object is.
    pub location: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
}

/// A request that may come twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub account_id: String,
    /// The client's key, 1 to 200 characters.
    pub key: String,
    /// The operation and path.
    pub operation: String,
    /// A hash of the body.
    pub fingerprint: String,
}

/// The answer that was given before, if any.
///
/// # Errors
/// [`Refusal::Conflict`] when the key was used for another request.
pub fn find(tx: &mut Tx<'_>, request: &Request) -> Result<Option<Answer>> {
    let oldest = (tx.now - KEPT_FOR).naive_utc();
    diesel::delete(idempotency::table.filter(idempotency::created_at.lt(oldest))).execute(tx.conn)?;
    let found: Option<(String, String, Answer)> = idempotency::table
        .find((&request.account_id, &request.key))
        .select((idempotency::operation, idempotency::request_hash, Answer::as_select()))
        .first(tx.conn)
        .optional()?;
    match found {
        None => Ok(None),
        Some((operation, hash, answer)) if operation == request.operation && hash == request.fingerprint => {
            Ok(Some(answer))
        }
        Some(_) => Err(Refusal::conflict(
            "idempotency_key_reused",
            Text::new("这个幂等键已用于另一个请求", "This Idempotency-Key was used for another request"),
        )
        .into()),
    }
}

/// Keeps an answer.
pub fn keep(tx: &mut Tx<'_>, request: &Request, answer: &Answer) -> Result<()> {
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::user_id.eq(&request.account_id),
            idempotency::idempotency_key.eq(&request.key),
            idempotency::operation.eq(&request.operation),
            idempotency::request_hash.eq(&request.fingerprint),
            idempotency::status.eq(answer.status),
            idempotency::body.eq(&answer.body),
            idempotency::location.eq(&answer.location),
            idempotency::etag.eq(&answer.etag),
            idempotency::created_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
