//! The firm's reply to a record.

use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::review::OwnReply;
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use super::{find, own_in_force};
use crate::ratings::reply::{self, Answered};

/// Puts the firm's reply under a record of its own that is in force. Gives it with its version, 1
/// for a new one.
///
/// # Errors
/// [`Refusal::NotFound`] for a record that is another firm's, not in force or archived,
/// [`Refusal::Stale`] when `version` is no longer the reply's.
pub fn put_reply(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    version: Option<&Expected>,
    text: &str,
    context: RequestContext,
) -> Result<(OwnReply, i64)> {
    own_in_force(tx.conn, warrant, id, context.at(tx.now).today())?;
    let (view, version, _) =
        reply::put(tx, warrant, &Answered::Record(id.to_owned()), version, text, context)?;
    Ok((view, version))
}

/// The firm's own reply to a record, shown or not, with its version.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, and for another firm's record.
pub fn own_reply(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    language: Language,
) -> Result<(OwnReply, i64)> {
    if find(conn, id)?.uscc.as_deref() != Some(warrant.own_firm()?) {
        return Err(Kind::Record.not_found().into());
    }
    reply::own(conn, &Answered::Record(id.to_owned()), language)
}
