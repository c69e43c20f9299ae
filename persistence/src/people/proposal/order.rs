//! Who may propose next: one proposal about an object is open at a time, and nobody keeps it
//! open for ever by proposing again.

use chrono::Duration;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{OPEN_DAYS, ProposalState, Seconding};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result, Tx};

use super::Row;
use crate::registers::second_person::accounts_of_the_person;
use crate::schema::proposal;

/// What becomes of an account others propose: its own proposal would keep them from it.
///
/// # Errors
/// [`Refusal::Forbidden`]
pub(super) fn require_anothers(warrant: &Warrant, needed: &Seconding) -> Result<()> {
    if needed.kind == Kind::User && needed.id.as_deref() == Some(warrant.account_id()) {
        let text = Text::new(
            "本人账号的变更须由另一名管理员提出",
            "Another administrator proposes what becomes of it",
        );
        return Err(Refusal::forbidden("own_account", text).into());
    }
    Ok(())
}

/// Whether an open proposal gives way to one of another person about the same object: whose last
/// one was sent back, and who proposed again, has been heard.
pub(super) fn gives_way(tx: &mut Tx<'_>, open: &Row, warrant: &Warrant) -> Result<bool> {
    let authors = accounts_of_the_person(tx.conn, &open.proposed_by)?;
    if authors.iter().any(|id| id == warrant.account_id()) {
        return Ok(false);
    }
    let returned = proposal::table
        .filter(proposal::object_key.eq(&open.object_key))
        .filter(proposal::proposed_by.eq_any(authors))
        .filter(proposal::state.eq(Col(ProposalState::Returned)))
        .filter(proposal::ended_at.ge(tx.now_utc() - Duration::days(OPEN_DAYS)));
    Ok(diesel::select(exists(returned)).get_result(tx.conn)?)
}
