//! The inbox: what waits for who asks to decide it. Each kind of thing is asked for what waits of
//! it, in one order, and the answers are merged: nothing of it is written down.
//!
//! What its reader may not decide is left out: what the same person drafted or had a hand in, what
//! the procedure in force has officials of other levels do, what needs a power that the account
//! lacks. So an empty inbox means that nothing waits.

mod assessments;
mod cases;
mod files;
mod homes;
mod metrics;
mod names;
mod part;
mod petitions;
mod projects;
mod proposals;
mod records;
mod texts;

use strum::VariantArray;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::inbox::{InboxItem, InboxKind, InboxQuery};
use xinwu_domain::page::{Listed, Window};
use xinwu_domain::place::NamedPlace;
use xinwu_store::{Conn, Result};

use part::{Found, Part, Position, Waiting};

use crate::people::account::names::names_of;
use crate::registers::place;
use crate::registers::second_person::{accounts_of_the_person, is_numbered};

/// A page of the inbox: what is due first stands first, then what waits longest.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for an official without a
/// place.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &InboxQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<InboxItem>> {
    let part = Part {
        warrant,
        person: accounts_of_the_person(conn, warrant.account_id())?,
        is_numbered: is_numbered(conn, warrant.account_id())?,
        scope: scope(conn, warrant, query)?,
        query,
        after: window.after.as_ref().map(Position::read),
        limit: window.limit + 1,
        count: window.count,
        context,
    };
    let (mut waiting, mut total) = (Vec::new(), 0);
    for kind in InboxKind::VARIANTS.iter().copied().filter(|kind| part.concerns(*kind)) {
        let found: Found = match kind {
            InboxKind::Assessments => assessments::batches(conn, &part)?,
            InboxKind::AssignedCase => cases::of_assignee(conn, &part)?,
            InboxKind::Burst => homes::bursts(conn, &part)?,
            InboxKind::Case => cases::of_desk(conn, &part)?,
            InboxKind::Draft => records::drafted(conn, &part)?,
            InboxKind::Household => homes::households(conn, &part)?,
            InboxKind::Import => files::imports(conn, &part)?,
            InboxKind::Metric => metrics::metrics(conn, &part)?,
            InboxKind::Objection => petitions::objections(conn, &part)?,
            InboxKind::Project => projects::projects(conn, &part)?,
            InboxKind::Proposal => proposals::proposals(conn, &part)?,
            InboxKind::Record => records::records(conn, &part)?,
            InboxKind::Repair => petitions::repairs(conn, &part)?,
            InboxKind::Residence => homes::residences(conn, &part)?,
            InboxKind::Returned => records::returned(conn, &part)?,
            InboxKind::Review => texts::texts(conn, &part)?,
            InboxKind::Scheme => files::schemes(conn, &part)?,
        };
        waiting.extend(found.waiting);
        total += found.count;
    }
    // Each kind came in this order, and no more of each than the page takes.
    waiting.sort_by(|one, other| one.position.cmp(&other.position));
    waiting.truncate(usize::try_from(part.limit).unwrap_or_default());
    let page = Listed::from_rows(waiting, window, |each: &Waiting| each.position.keys());
    let items = views(conn, page.items, &part)?;
    Ok(Listed { items, next: page.next, total: window.count.then_some(total) })
}

/// The place at and below which is looked: the own one, or one below it that was asked for. `None`
/// where the two have nothing in common, and for administrators, who have none.
fn scope(conn: &mut Conn, warrant: &Warrant, query: &InboxQuery) -> Result<Option<String>> {
    if warrant.role() == Role::Admin {
        return Ok(None);
    }
    let own = warrant.own_place()?;
    let Some(wanted) = query.place.as_deref() else { return Ok(Some(own.to_owned())) };
    if place::is_within(conn, wanted, own)? {
        return Ok(Some(wanted.to_owned()));
    }
    Ok(if place::is_within(conn, own, wanted)? { Some(own.to_owned()) } else { None })
}

fn views(conn: &mut Conn, waiting: Vec<Waiting>, part: &Part<'_>) -> Result<Vec<InboxItem>> {
    let places = waiting.iter().filter_map(|each| each.place.clone()).collect();
    let places = place::names_of(conn, places)?;
    let authors = names_of(conn, waiting.iter().filter_map(|each| each.by.as_deref()))?;
    let view = |each: Waiting| {
        let Position { kind, id, due_at, since } = each.position;
        let is_allowed = |operation: &&Operation| part.may(**operation) && !each.cannot.contains(*operation);
        InboxItem {
            kind,
            href: kind.path_of(&id),
            id,
            name: each.name,
            place: each
                .place
                .map(|code| NamedPlace { name: places.get(&code).cloned().unwrap_or_default(), code }),
            due_at,
            since,
            by: each.by.map(|id| authors.named(&id)),
            may: kind.operations().iter().filter(is_allowed).map(|each| each.id().to_owned()).collect(),
        }
    };
    Ok(waiting.into_iter().map(view).collect())
}
