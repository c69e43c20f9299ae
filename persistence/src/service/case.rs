//! Cases (事项): opened, dispatched, done and verified, by steps that are never rewritten. What the
//! rows say of a case follows from its steps ([`whole`]). Whoever takes one is asked in one place
//! ([`step`]), and what the clock does by itself stands in [`alone`].

pub(crate) mod alone;
mod assign;
mod desk;
pub(crate) mod draft;
pub mod figures;
mod found;
mod handled;
pub(crate) mod kept;
mod list;
mod open;
mod party;
pub(crate) mod person;
pub mod photo;
mod resident;
pub(crate) mod row;
mod step;
mod told;
mod view;
pub(crate) mod whole;

use xinwu_domain::access::Warrant;
use xinwu_domain::case::CaseView;
use xinwu_domain::context::RequestContext;
use xinwu_store::{Conn, Result};

use crate::registers::authorized::Authorized;

pub use desk::{close, dispatch, escalate, join_cases, reclassify, supervise};
pub use handled::{accept, extend, finish, give_back, pause, resume};
pub use list::{list_admin, list_firm, list_own};
pub use open::{open_desk, open_firm, open_own};
pub use resident::{Joinable, answer, join, reopen, verify, withdraw};
pub use row::Row;

use whole::Whole;

/// One case as who asks sees it, with its version.
///
/// # Errors
/// Of the database.
pub fn get(
    conn: &mut Conn,
    warrant: &Warrant,
    row: &Authorized<Row>,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let whole = Whole::load(conn, Row::clone(row))?;
    let version = whole.row.version;
    Ok((view::of(conn, warrant, whole, context)?, version))
}
