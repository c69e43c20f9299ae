//! What one person does not do alone to an estate's entry.

use xinwu_domain::access::Warrant;
use xinwu_domain::estate::{Estate, EstateEdit, NewEstate};
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::Change;
use xinwu_store::{Conn, Result};

use super::{Row, get};
use crate::registers::second_person::{self, Asked};

/// What a proposal of a new estate is told apart by, before its community's code and a `/`.
pub(crate) const IN_COMMUNITY: &str = "estate_in/";

/// What the second person of a new estate is shown. A code that nobody gave is the next free one by
/// the day of the confirmation.
const OF_A_NEW_ONE: &[&str] = &["name", "aliases", "kind", "place", "address", "households"];

/// What a second person confirms: by these schemes choose, and dwellings are counted.
const SECONDED: &[&str] = &["kind", "place", "households", "successor"];

/// Asks about a new estate: by it a project comes to households that weigh in a grade, and rosters
/// to residents who rate from their first day.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(super) fn require_of_new(conn: &mut Conn, warrant: &Warrant, new: &NewEstate, code: &str) -> Result<()> {
    if warrant.is_seconded() {
        return Ok(());
    }
    let (after, _) = get(conn, code)?;
    let given = new.code.as_ref().map(|_| "code");
    let fields: Vec<&str> = given.into_iter().chain(OF_A_NEW_ONE.iter().copied()).collect();
    let name = if given.is_some() { &after.code } else { &after.name };
    let key = format!("{IN_COMMUNITY}{}/{name}", after.place.code);
    let asked = Asked::of_new(Kind::Estate, key, new.reason.as_deref(), &new.evidence);
    second_person::require(warrant, asked, (None, &after), &fields)
}

/// Asks about an edit that changes what schemes choose by, or a name without a trace.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(super) fn require_of_edit(
    warrant: &Warrant,
    (row, edit, hidden_changes): (&Row, &EstateEdit, Vec<Change>),
    (before, after): (&Estate, &Estate),
) -> Result<()> {
    let asked = Asked::of(Kind::Estate, &row.code, row.version, edit.reason.as_deref(), &edit.evidence);
    let aliases = (before.aliases.as_slice(), after.aliases.as_slice());
    let fields = second_person::and_names(SECONDED, edit.correction, aliases);
    second_person::require(warrant, Asked { hidden_changes, ..asked }, (Some(before), after), &fields)
}
