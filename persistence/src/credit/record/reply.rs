//! The firm's and the manager's reply to a record.

use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::review::{OwnReply, PutRecordReply};
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use super::{InForce, Row};
use crate::ratings::reply::{self, Answered};
use crate::registers::authorized::Authorized;

/// Puts a reply under a record in force of one's own firm, or about oneself. Gives it with its
/// version, 1 for a new one.
///
/// # Errors
/// [`Refusal::Stale`](xinwu_domain::refusal::Refusal::Stale) when `version` is no longer the
/// reply's.
pub fn put_reply(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    record: &Authorized<InForce>,
    version: Option<&Expected>,
    PutRecordReply { text }: &PutRecordReply,
    context: RequestContext,
) -> Result<(OwnReply, i64)> {
    let answered = Answered::Record(record.id().to_owned());
    let (view, version, _) = reply::put(tx, warrant, &answered, version, text, context)?;
    Ok((view, version))
}

/// One's own reply to a record, shown or not, with its version.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound) where there is none.
pub fn own_reply(
    conn: &mut Conn,
    warrant: &Warrant,
    record: &Authorized<Row>,
    language: Language,
) -> Result<(OwnReply, i64)> {
    reply::own(conn, &Answered::Record(record.id.clone()), &warrant.own_party()?, language)
}
