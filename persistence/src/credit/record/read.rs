//! Reads of records: what everyone and the firm see; below it what officials do.

use chrono::NaiveDate;
use diesel::prelude::*;
use strum::VariantArray;
use xinwu_domain::access::{Party, Warrant};
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::record::{RecordState, RecordStatus, RecordView};
use xinwu_domain::subject::Subject;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::{Publicity, Row, find, prepare};
use crate::credit::evaluation;
use crate::registers::authorized::Resource;
use crate::registers::place::is_within;
use crate::schema::record;

mod admin;
mod view;

pub use admin::{RecordQuery, get_admin, list_admin};
pub(super) use view::one_view as shown;
use view::views;

/// Records in one firm's own dossier at the most: far above what any firm has.
const LONGEST_DOSSIER: i64 = 2_000;

type Boxed = record::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

/// Whose records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOwner {
    /// A firm's, by uscc.
    Firm(String),
    /// A project's, by id.
    Project(String),
    /// A manager's, by id.
    Manager(String),
}

/// Which public records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicQuery {
    /// Whose.
    pub owner: RecordOwner,
    /// Only rewards or only penalties.
    pub kind: Option<RecordKind>,
    /// Only those that still count by their own term, or only those that no longer do.
    pub status: Option<RecordStatus>,
}

/// The records of a firm, a project or a manager that everyone may see now, the latest decision
/// first.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm, project or manager.
pub fn list_public(
    conn: &mut Conn,
    query: &PublicQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<RecordView>> {
    require_owner(conn, &query.owner)?;
    let filtered = || public_rows(query, context);
    let mut rows = filtered()
        .select(Row::as_select())
        .order((record::decided_on.desc(), record::id.desc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (day, id) = (after.get(0).to_owned(), after.get(1).to_owned());
        rows = rows
            .filter(record::decided_on.lt(day.clone()).or(record::decided_on.eq(day).and(record::id.lt(id))));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.decided_on.0.to_string(), &row.id])
    });
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let views = views(conn, &page.items, context)?;
    Ok(Listed { items: views.into_iter().map(RecordView::for_everyone).collect(), next: page.next, total })
}

fn public_rows(query: &PublicQuery, context: RequestContext) -> Boxed {
    let today = Col(context.today());
    let mut rows: Boxed = record::table.filter(record::state.eq(Col(RecordState::InForce))).into_boxed();
    rows = match &query.owner {
        RecordOwner::Firm(uscc) => rows.filter(record::uscc.eq(uscc.clone())),
        RecordOwner::Project(id) => rows.filter(record::project_id.eq(id.clone())),
        RecordOwner::Manager(id) => rows.filter(record::manager_id.eq(id.clone())),
    };
    // As `publicity::is_public`: without a last day a reward is shown and a penalty is not.
    let still_shown = record::public_until.ge(today);
    rows = rows.filter(
        record::public_until
            .is_null()
            .and(record::kind.eq("reward"))
            .or(record::public_until.is_not_null().and(still_shown.assume_not_null())),
    );
    if let Some(kind) = query.kind {
        rows = rows.filter(record::kind.eq(Col(kind)));
    }
    match query.status {
        None => rows,
        Some(RecordStatus::InForce) => {
            rows.filter(record::counts_until.is_null().or(record::counts_until.ge(today)))
        }
        Some(RecordStatus::Expired) => rows.filter(record::counts_until.lt(today)),
        // None of these is shown to everyone.
        Some(RecordStatus::Revoked | RecordStatus::Repaired | RecordStatus::Archived) => {
            rows.filter(record::state.ne(Col(RecordState::InForce)))
        }
    }
}

/// One record with its version, as this asker may see it: everyone while it is public; its firm,
/// its manager and the officials who reach it, once it was confirmed.
///
/// # Errors
/// [`Refusal::NotFound`] for all others.
pub fn get(
    conn: &mut Conn,
    asker: Option<&Warrant>,
    id: &str,
    context: RequestContext,
) -> Result<(RecordView, i64)> {
    let row = find(conn, id)?;
    let version = row.version;
    let insider = match asker {
        Some(asker) if row.state.0.is_confirmed() => is_insider(conn, asker, &row, context.today())?,
        _ => false,
    };
    let view = shown(conn, row, context)?;
    if insider {
        let view = match asker.and_then(|asker| asker.own_party().ok()) {
            Some(party) => view.for_party(&party),
            None => view,
        };
        Ok((view, version))
    } else if view.public {
        Ok((view.for_everyone(), version))
    } else {
        Err(Kind::Record.not_found().into())
    }
}

/// Whether an official reads a record now: with everyone, as one who reaches it, or as one of a
/// place that answers for it.
pub(super) fn is_read_by(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row, today: NaiveDate) -> Result<bool> {
    let known = (row.known_from, row.known_until);
    let publicity = Publicity::read(row.kind, row.state, known, row.public_until);
    if publicity.is_public(tx.now, today)
        || (row.state.0.is_confirmed() && is_insider(tx.conn, warrant, row, today)?)
    {
        return Ok(true);
    }
    // As the office that answers for it: not one of a batch that is not all there.
    let Some(row) = Row::find(tx.conn, &row.id)? else { return Ok(false) };
    match warrant.place() {
        Some(own) => is_within(tx.conn, &row.place, own),
        None => Ok(warrant.is_operator()),
    }
}

/// The firm itself and the manager until the record is archived, and officials whose place contains
/// the record's, the firm's seat or the project.
fn is_insider(conn: &mut Conn, asker: &Warrant, row: &Row, today: NaiveDate) -> Result<bool> {
    if let Ok(own) = asker.own_party() {
        return Ok(row.is_of(&own) && !row.is_archived(today));
    }
    let Some(own) = asker.place() else { return Ok(false) };
    if is_within(conn, &row.place, own)? {
        return Ok(true);
    }
    match reached_from(conn, asker, row, today) {
        Ok(()) => Ok(true),
        Err(StoreError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the asker could have drafted the record.
fn reached_from(conn: &mut Conn, asker: &Warrant, row: &Row, today: NaiveDate) -> Result<()> {
    let (uscc, project) = (row.uscc.as_deref(), row.project_id.as_deref());
    prepare::drafting_place(conn, asker, uscc, project, today).map(|_| ())
}

/// Every record of a firm, or about a manager, that was confirmed and is not archived, shown or
/// not, the latest decision first.
pub fn own_dossier(conn: &mut Conn, party: &Party, context: RequestContext) -> Result<Vec<RecordView>> {
    let rows: Boxed = match party.clone() {
        Party::Firm(uscc) => record::table.filter(record::uscc.eq(uscc)).into_boxed(),
        Party::Manager(id) => record::table.filter(record::manager_id.eq(id)).into_boxed(),
    };
    let rows: Vec<Row> = rows
        .filter(record::state.eq_any(confirmed()))
        .filter(record::retain_until.is_null().or(record::retain_until.ge(Col(context.today()))))
        .order((record::decided_on.desc(), record::id.desc()))
        .limit(LONGEST_DOSSIER)
        .select(Row::as_select())
        .load(conn)?;
    let views = views(conn, &rows, context)?;
    Ok(views.into_iter().map(|view| view.for_party(party)).collect())
}

/// The words of [`RecordState::is_confirmed`].
fn confirmed() -> impl Iterator<Item = Col<RecordState>> {
    RecordState::VARIANTS.iter().copied().filter(|state| state.is_confirmed()).map(Col)
}

fn require_owner(conn: &mut Conn, owner: &RecordOwner) -> Result<()> {
    evaluation::require(
        conn,
        &match owner {
            RecordOwner::Firm(uscc) => Subject::firm(uscc),
            RecordOwner::Project(id) => Subject::project(id),
            RecordOwner::Manager(id) => Subject::manager(id),
        },
    )
}
