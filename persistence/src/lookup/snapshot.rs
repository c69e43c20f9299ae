//! An exact copy for others: everything public as lines ([`write`]), and the lines that changed
//! ([`changes`]). Both are made by [`lines`], so a copy that follows has what a new snapshot has.
//!
//! A line is made of the rows of its own thing, for which `tx.changed` names it. Only whether a
//! record is public depends on the day, and its end is told by the clock
//! ([`publicity_end`](crate::credit::record::publicity_end)).

mod cases;
mod credit;
mod dossier;
mod metrics;
mod registers;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use strum::VariantArray;
use xinwu_domain::context::RequestContext;
use xinwu_domain::copy::{CopyKind, CopyLine};
use xinwu_domain::entity::Entity;
use xinwu_store::change_feed::Position;
use xinwu_store::{Conn, Result};

/// Lines made at once: so many are in memory, whatever the city's size.
const AT_ONCE: i64 = 500;

/// What is found of some things of a kind: by id, `None` for what was public and is no longer. What
/// never was public is missing.
type Found = HashMap<String, Option<CopyLine>>;

/// The lines of things of one kind, in their order. One that is no longer public has no value; one
/// that never was has no line, so that nobody learns of it.
pub fn lines(
    conn: &mut Conn,
    kind: CopyKind,
    ids: &[String],
    context: RequestContext,
) -> Result<Vec<CopyLine>> {
    let mut found = match kind {
        CopyKind::Place => registers::places(conn, ids)?,
        CopyKind::Scheme => dossier::schemes(conn, ids)?,
        CopyKind::Firm => registers::firms(conn, ids)?,
        CopyKind::Estate => registers::estates(conn, ids)?,
        CopyKind::Manager => registers::managers(conn, ids)?,
        CopyKind::Project => registers::projects(conn, ids)?,
        CopyKind::Record => dossier::records(conn, ids, context)?,
        CopyKind::Assessment => dossier::assessments(conn, ids)?,
        CopyKind::Metric => metrics::metrics(conn, ids)?,
        CopyKind::Ratings => dossier::ratings(conn, ids)?,
        CopyKind::Cases => cases::cases(conn, ids)?,
        CopyKind::Review => dossier::reviews(conn, ids)?,
    };
    let line =
        |id: &String| found.remove(id).map(|line| line.unwrap_or_else(|| CopyLine::gone(kind, id.clone())));
    Ok(ids.iter().filter_map(line).collect())
}

/// Gives every line of everything public to `out`, some hundreds in memory at a time.
///
/// # Errors
/// Whatever `out` ends it with.
pub fn write(
    conn: &mut Conn,
    context: RequestContext,
    out: &mut dyn FnMut(&CopyLine) -> Result<()>,
) -> Result<()> {
    for kind in CopyKind::VARIANTS {
        let mut after = String::new();
        loop {
            let ids = match kind {
                CopyKind::Ratings
                | CopyKind::Record
                | CopyKind::Review
                | CopyKind::Assessment
                | CopyKind::Scheme => dossier::ids(conn, *kind, &after)?,
                CopyKind::Cases => cases::ids(conn, &after)?,
                CopyKind::Metric => metrics::ids(conn, &after)?,
                _ => registers::ids(conn, *kind, &after)?,
            };
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            for line in lines(conn, *kind, &ids, context)?.iter().filter(|line| !line.is_gone()) {
                out(line)?;
            }
        }
    }
    Ok(())
}

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// Each thing once, as it is now, by its kind and id.
    pub lines: Vec<CopyLine>,
    /// Where the next ones begin.
    pub next: Position,
    /// Whether there is more just now.
    pub has_more: bool,
}

/// The lines of what changed after a position, of at most `limit` changes. `None` if it is not
/// known any more what did.
pub fn changes(
    conn: &mut Conn,
    after: &Position,
    limit: i64,
    context: RequestContext,
) -> Result<Option<Changes>> {
    changes_of(conn, CopyKind::VARIANTS, after, limit, context)
}

/// Whether something is no longer for everyone that was at a position. Where much has changed since
/// it is taken for granted.
pub fn withdrawn_since(conn: &mut Conn, position: &Position, context: RequestContext) -> Result<bool> {
    const KINDS: &[CopyKind] = &[CopyKind::Record, CopyKind::Assessment, CopyKind::Metric, CopyKind::Review];
    let changes = changes_of(conn, KINDS, position, AT_ONCE, context)?;
    Ok(changes.is_none_or(|changes| changes.has_more || changes.lines.iter().any(CopyLine::withdraws)))
}

fn changes_of(
    conn: &mut Conn,
    kinds: &[CopyKind],
    after: &Position,
    limit: i64,
    context: RequestContext,
) -> Result<Option<Changes>> {
    let entities: Vec<Entity> = kinds.iter().map(|kind| kind.entity()).collect();
    let Some(part) = conn.feed_after(after, &entities, limit)? else { return Ok(None) };
    // Each once, and in no order of time.
    let mut ids: BTreeMap<CopyKind, BTreeSet<String>> = BTreeMap::new();
    for change in part.changes {
        if let Some(kind) = CopyKind::of(change.entity) {
            ids.entry(kind).or_default().insert(change.id);
        }
    }
    let mut all = Vec::new();
    for (kind, ids) in ids {
        let ids = Vec::from_iter(ids);
        for some in ids.chunks(usize::try_from(AT_ONCE).unwrap_or(1)) {
            all.extend(lines(conn, kind, some, context)?);
        }
    }
    Ok(Some(Changes { lines: all, next: part.next, has_more: part.has_more }))
}

/// Rows by their id.
fn by_id<T>(rows: impl IntoIterator<Item = (String, T)>) -> HashMap<String, Vec<T>> {
    let mut by_id: HashMap<String, Vec<T>> = HashMap::new();
    for (id, row) in rows {
        by_id.entry(id).or_default().push(row);
    }
    by_id
}
