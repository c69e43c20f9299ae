//! What one person does not do alone to a project's entry.

use serde_json::Value;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::day_of;
use xinwu_domain::kind::Kind;
use xinwu_domain::project::{NewProject, Project, ProjectEdit};
use xinwu_domain::proposal::{AREA_REASON, Change, SecondPerson};
use xinwu_store::{Result, Tx};

use super::{Row, get};
use crate::city;
use crate::registers::authorized::Resource;
use crate::registers::estate;
use crate::registers::second_person::{self, Asked};

/// What a proposal of a new project is told apart by, before its estate's code.
pub(crate) const IN_ESTATE: &str = "project_in/";

/// What the second person of a new project is shown.
const OF_A_NEW_ONE: &[&str] =
    &["estate", "operator", "firm", "manager", "starts_on", "ends_on", "area_m2", "households", "fee_fen"];

/// What a second person confirms: by these a project weighs in a grade.
const SECONDED: &[&str] =
    &["firm", "manager", "starts_on", "ends_on", "area_m2", "households", "fee_fen", "successor"];

/// Whether the firm's word is enough. It is not of a size that is unusual, nor of days that are
/// over, for which the project would be assessed and weighed at once: whom that would serve is not
/// the one to confirm it.
fn is_the_firms_to_say(tx: &mut Tx<'_>, new: &NewProject) -> Result<bool> {
    let declared = estate::Row::require(tx.conn, &new.estate)?.households;
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    Ok(new.area_reason.is_none() && new.households <= declared && new.starts_on >= today)
}

/// Asks the firm of a new project, or its district; its district alone where its own word is not
/// enough; and an official about a project that is no firm's.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(super) fn require_of_new(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewProject, id: &str) -> Result<()> {
    if warrant.is_seconded() {
        return Ok(());
    }
    let asks = match is_the_firms_to_say(tx, new)? {
        true => SecondPerson::FirmOrDistrict,
        false => SecondPerson::District,
    };
    let key = format!("{IN_ESTATE}{}", new.estate);
    let asked = Asked::of_new(Kind::Project, key, new.reason.as_deref(), &new.evidence);
    let asked = Asked { beside: beside(new.area_reason.as_deref()), ..asked.of_firm(asks, new.uscc.clone()) };
    let (after, _) = get(tx.conn, id)?;
    second_person::require(warrant, asked, (None, &after), OF_A_NEW_ONE)
}

/// Asks about an edit that changes what a project weighs, or whose it is.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(super) fn require_of_edit(
    warrant: &Warrant,
    (row, edit, hidden_changes): (&Row, &ProjectEdit, Vec<Change>),
    (before, after): (&Project, &Project),
) -> Result<()> {
    let asked = Asked::of(Kind::Project, &row.id, row.version, edit.reason.as_deref(), &edit.evidence);
    let asked = Asked { beside: beside(edit.area_reason.as_deref()), hidden_changes, ..asked };
    second_person::require(warrant, asked, (Some(before), after), SECONDED)
}

/// Why an area is unusual.
fn beside(area_reason: Option<&str>) -> Option<Change> {
    let why = Value::from(area_reason?);
    Some(Change { field: AREA_REASON.to_owned(), before: Value::Null, after: why })
}
