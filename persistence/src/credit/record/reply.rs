//! The firm's and the manager's reply to a record.

use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::review::OwnReply;
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use super::{find, own_in_force};
use crate::ratings::reply::{self, Answered};

/// Puts a reply under a record in force of one's own firm, or about oneself. Gives it with its
/// version, 1 for a new one.
///
/// # Errors
/// [`Refusal::NotFound`] for a record that is another's, not in force or archived,
/// [`Refusal::Stale`] when `version` is no longer the reply's.
pub fn put_reply(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    version: Option<&Expected>,
    text: &str,
    context: RequestContext,
) -> Result<(OwnReply, i64)> {
    own_in_force(tx.conn, &warrant.own_party()?, id, context.at(tx.now).today())?;
    let (view, version, _) =
        reply::put(tx, warrant, &Answered::Record(id.to_owned()), version, text, context)?;
    Ok((view, version))
}

/// One's own reply to a record, shown or not, with its version.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, and for another's record.
pub fn own_reply(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    language: Language,
) -> Result<(OwnReply, i64)> {
    let by = warrant.own_party()?;
    if !find(conn, id)?.is_of(&by) {
        return Err(Kind::Record.not_found().into());
    }
    reply::own(conn, &Answered::Record(id.to_owned()), &by, language)
}
