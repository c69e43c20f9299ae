//! The firm's answer to a record.

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::record::RecordReply;
use xinwu_domain::version::Expected;
use xinwu_store::{Result, Tx};

use super::own_in_force;
use crate::schema::record_reply;

/// Puts the firm's answer under a record of its own that is in force. Gives it with its version, 1
/// for a new one.
///
/// # Errors
/// [`Refusal::NotFound`] for a record that is another firm's, not in force or archived,
/// [`Refusal::Stale`] when `version` is no longer the answer's.
pub fn put_reply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<&Expected>,
    text: &str,
    context: RequestContext,
) -> Result<(RecordReply, i64)> {
    let own = actor.own_firm()?;
    own_in_force(tx.conn, actor, id, context.at(tx.now).today())?;
    let before: Option<i64> =
        record_reply::table.find(id).select(record_reply::version).first(tx.conn).optional()?;
    Expected::check_any(version, before)?;
    let next = before.unwrap_or(0) + 1;
    let content = (
        record_reply::text.eq(text),
        record_reply::updated_at.eq(tx.now_utc()),
        record_reply::version.eq(next),
    );
    if before.is_some() {
        diesel::update(record_reply::table.find(id)).set(content).execute(tx.conn)?;
    } else {
        diesel::insert_into(record_reply::table)
            .values((record_reply::record_id.eq(id), record_reply::uscc.eq(own), content))
            .execute(tx.conn)?;
    }
    tx.changed(Entity::Record, id);
    Ok((RecordReply { text: text.to_owned(), updated_at: tx.now }, next))
}
