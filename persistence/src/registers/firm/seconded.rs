//! What one person does not do alone to a firm's entry.

use xinwu_domain::access::Warrant;
use xinwu_domain::firm::{Firm, FirmEdit, NewFirm, Parent};
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{Change, SecondPerson};
use xinwu_domain::refusal::Faults;
use xinwu_domain::retirement::Retirement;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx};

use super::{Facts, Row, get, successor};
use crate::registers::retirement::Entry;
use crate::registers::second_person::{self, Asked};

/// What the second person of a new branch is shown.
const OF_A_NEW_BRANCH: &[&str] = &["uscc", "name", "registered_place", "parent"];

/// What the second person of a new firm is shown that is not graded as others that are new.
const OF_AN_UNUSUAL_ONE: &[&str] =
    &["uscc", "name", "registered_place", "status", "participates", "residential", "licensed_on"];

/// What a second person confirms: by these a firm is graded, or another answers for it.
const SECONDED: &[&str] =
    &["status", "registered_place", "participates", "residential", "licensed_on", "successors", "parent"];

/// Asks the parent of a new branch, or its district; an official about a new firm that is not
/// graded as any other (`is_usual`). No firm is both: see [`refuse_with_the_parent`].
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(super) fn require_of_new(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &NewFirm,
    (uscc, parent, is_usual): (&str, Option<Parent>, bool),
) -> Result<()> {
    if warrant.is_seconded() || (parent.is_none() && is_usual) {
        return Ok(());
    }
    let fields = if parent.is_some() { OF_A_NEW_BRANCH } else { OF_AN_UNUSUAL_ONE };
    // Of the author's place: who proposes it elsewhere blocks nobody who may not even know.
    let key = format!("{}/{uscc}/{}", Kind::Firm, warrant.place().unwrap_or_default());
    let asked = Asked::of_new(Kind::Firm, key, new.reason.as_deref(), &[]);
    let asked = asked.of_firm(SecondPerson::FirmOrDistrict, parent.map(|parent| parent.uscc));
    let (after, _) = get(tx.conn, uscc)?;
    second_person::require(warrant, asked, (None, &after), fields)
}

/// Asks about an edit that changes what moves a grade, whose it is, or a name without a trace. What
/// a branch did counts in its parent's dossier: the parent agrees, or its district; where there was
/// a parent before, neither of the two is the one to say so.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::SecondNeeded`]
pub(super) fn require_of_edit(
    warrant: &Warrant,
    (row, edit, hidden_changes): (&Row, &FirmEdit, Vec<Change>),
    (before, after): (&Firm, &Firm),
) -> Result<()> {
    let asked = Asked::of(Kind::Firm, &row.uscc, row.version, edit.reason.as_deref(), &edit.evidence);
    let joined = after.parent.as_ref().filter(|_| before.parent.is_none());
    let firm = joined.map(|parent| parent.uscc.clone());
    let name = edit.correction.then_some("name");
    let fields: Vec<&str> = name.into_iter().chain(SECONDED.iter().copied()).collect();
    let asked = Asked { hidden_changes, ..asked.of_firm(SecondPerson::FirmOrDistrict, firm) };
    second_person::require(warrant, asked, (Some(before), after), &fields)
}

/// Whether an edit changes what another than the parent confirms.
pub(super) fn changes_more_than_the_parent(
    conn: &mut Conn,
    row: &Row,
    edit: &FirmEdit,
    retirement: &Retirement,
) -> Result<bool> {
    let before = Facts::of(row);
    let moves = edit.registered_place.as_ref().is_some_and(|place| *place != row.registered_place);
    let is_corrected = edit.correction && edit.name.as_ref().is_some_and(|name| *name != row.name);
    let successors_change = match &edit.successors {
        Some(wanted) => successor::changes(conn, &row.uscc, wanted)?,
        None => false,
    };
    let is_retired_anew = !retirement.changes(row.retired_on()).is_empty();
    Ok(before != before.edited(edit) || moves || is_corrected || successors_change || is_retired_anew)
}

/// The parent agrees to no more than concerns it.
pub(super) fn refuse_with_the_parent(faults: &mut Faults) {
    let text = Text::new("更改所属企业须单独提出", "the parent changes by itself: ask for the rest apart");
    faults.add("/parent", "not_applicable", text);
}
