//! Reads of records: what everyone, the firm and its officials see.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::{Actor, Role};
use xinwu_domain::catalogue::{RecordKind, Word};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::record::publicity::is_public;
use xinwu_domain::record::{
    AdminRecord, Lens, RecordCategory, RecordFirm, RecordManager, RecordProject, RecordReply, RecordState,
    RecordStatus, RecordView, StepView,
};
use xinwu_domain::refusal::Refusal;

use super::{
    Row, clock, find, find_for_step, from_json, kind_of, life, prepare, state_of, stored_day, stored_day_if,
    word,
};
use crate::import::record_is_visible;
use crate::place::is_within;
use crate::procedure::Clocks;
use crate::schema::{
    estate, firm, manager, place_ancestor, project, record, record_clock, record_reply, record_step,
};
use crate::working_days::working_days;
use crate::{Conn, Result, StoreError, scheme};

/// Records in one firm's own file at the most: far above what any firm has.
const LONGEST_FILE: i64 = 2_000;

type Boxed = record::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

/// Whose records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOwner {
    /// A firm's, by uscc.
    Firm(String),
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

/// Which records, for officials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Only in this state.
    pub state: Option<RecordState>,
    /// Only of this firm.
    pub uscc: Option<String>,
    /// Only rewards or only penalties.
    pub kind: Option<RecordKind>,
    /// Only those submitted whose confirmation is due by this day, those due first before the others.
    pub due_by: Option<NaiveDate>,
}

/// The records of a firm or a manager that everyone may see now, the latest decision first.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm or manager.
pub fn list_public(
    conn: &mut Conn,
    query: &PublicQuery,
    window: &Window,
    lens: Lens,
) -> Result<Listed<RecordView>> {
    require_owner(conn, &query.owner)?;
    let filtered = || public_rows(query, lens);
    let mut rows = filtered()
        .select(Row::as_select())
        .order((record::decided_on.desc(), record::id.desc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (day, id) = (after.get(0).to_owned(), after.get(1).to_owned());
        rows = rows
            .filter(record::decided_on.lt(day.clone()).or(record::decided_on.eq(day).and(record::id.lt(id))));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.decided_on, &row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let views = views(conn, &page.items, lens)?;
    Ok(Listed { items: views.into_iter().map(RecordView::for_everyone).collect(), next: page.next, total })
}

fn public_rows(query: &PublicQuery, lens: Lens) -> Boxed {
    let today = lens.today.to_string();
    let mut rows: Boxed = record::table.filter(record::state.eq("in_force")).into_boxed();
    rows = match &query.owner {
        RecordOwner::Firm(uscc) => rows.filter(record::uscc.eq(uscc.clone())),
        RecordOwner::Manager(id) => rows.filter(record::manager_id.eq(id.clone())),
    };
    // As `publicity::is_public`: without a last day a reward is shown and a penalty is not.
    let still_shown = record::public_until.ge(today.clone());
    rows = rows.filter(
        record::public_until
            .is_null()
            .and(record::kind.eq("reward"))
            .or(record::public_until.is_not_null().and(still_shown.assume_not_null())),
    );
    if let Some(kind) = query.kind {
        rows = rows.filter(record::kind.eq(kind.as_str()));
    }
    match query.status {
        None => rows,
        Some(RecordStatus::InForce) => {
            rows.filter(record::counts_until.is_null().or(record::counts_until.ge(today)))
        }
        Some(RecordStatus::Expired) => rows.filter(record::counts_until.lt(today)),
        // None of these is shown to everyone.
        Some(RecordStatus::Revoked | RecordStatus::Repaired | RecordStatus::Archived) => {
            rows.filter(record::state.ne("in_force"))
        }
    }
}

/// One record with its version, as this asker may see it: everyone while it is public; its firm and the officials who reach it, once it was confirmed.
///
/// # Errors
/// [`Refusal::NotFound`] for all others.
pub fn get(conn: &mut Conn, asker: Option<&Actor>, id: &str, lens: Lens) -> Result<(RecordView, i64)> {
    let row = find(conn, id)?;
    let version = row.version;
    let insider = match asker {
        Some(asker) if state_of(&row)?.is_confirmed() => is_insider(conn, asker, &row, lens)?,
        _ => false,
    };
    let view = one_view(conn, row, lens)?;
    if insider {
        Ok((view, version))
    } else if view.public {
        Ok((view.for_everyone(), version))
    } else {
        Err(Refusal::NotFound { what: "record" }.into())
    }
}

/// The firm itself until the record is archived, and officials whose place contains the record's, the firm's seat or the project.
fn is_insider(conn: &mut Conn, asker: &Actor, row: &Row, lens: Lens) -> Result<bool> {
    if asker.role == Role::Firm {
        let archived = stored_day_if(row.retain_until.as_deref())?.is_some_and(|last| last < lens.today);
        return Ok(asker.uscc.as_deref() == Some(row.uscc.as_str()) && !archived);
    }
    let (true, Some(own)) = (asker.role.is_official(), &asker.place) else { return Ok(false) };
    if is_within(conn, &row.place, own)? {
        return Ok(true);
    }
    match reached_from(conn, asker, row, lens) {
        Ok(()) => Ok(true),
        Err(StoreError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the asker could have drafted the record.
fn reached_from(conn: &mut Conn, asker: &Actor, row: &Row, lens: Lens) -> Result<()> {
    let firm_place = prepare::firm_place(conn, &row.uscc)?;
    let project_place =
        row.project_id.as_deref().map(|id| prepare::project_place(conn, id, &row.uscc)).transpose()?;
    prepare::drafting_place(conn, asker, &row.uscc, &firm_place, project_place.as_deref(), lens.today)?;
    Ok(())
}

/// One record with its version and steps, for the officials whose place contains its own.
///
/// # Errors
/// [`Refusal::NotFound`] for all others.
pub fn get_admin(conn: &mut Conn, actor: &Actor, id: &str, lens: Lens) -> Result<(AdminRecord, i64)> {
    let row = find_for_step(conn, actor, id)?;
    let version = row.version;
    let (steps, former) = (steps(conn, id)?, life::former(conn, id)?);
    let view = admin_views(conn, vec![row], lens)?.pop();
    let view = view.ok_or_else(|| StoreError::internal(format!("record {id} has no view")))?;
    Ok((AdminRecord { steps, former, ..view }, version))
}

/// The records for which the actor's place and those below it answer, the latest draft first; those that are due by a day by their day.
///
/// # Errors
/// Those of the database.
pub fn list_admin(
    conn: &mut Conn,
    actor: &Actor,
    query: &RecordQuery,
    window: &Window,
    lens: Lens,
) -> Result<Listed<AdminRecord>> {
    let own = actor.own_place()?.to_owned();
    if let Some(day) = query.due_by {
        let page = due_by(conn, (&own, query), &day.to_string(), window)?;
        let items = admin_views(conn, page.items, lens)?;
        return Ok(Listed { items, next: page.next, total: page.total });
    }
    let filtered = || -> Boxed {
        let below = place_ancestor::table
            .filter(place_ancestor::ancestor.eq(own.clone()))
            .select(place_ancestor::place);
        let mut rows: Boxed =
            record::table.filter(record::place.eq_any(below)).filter(record_is_visible!()).into_boxed();
        if let Some(state) = query.state {
            rows = rows.filter(record::state.eq(state.as_str()));
        }
        if let Some(uscc) = &query.uscc {
            rows = rows.filter(record::uscc.eq(uscc.clone()));
        }
        if let Some(kind) = query.kind {
            rows = rows.filter(record::kind.eq(kind.as_str()));
        }
        rows
    };
    let mut rows = filtered().select(Row::as_select()).order(record::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(record::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(Listed { items: admin_views(conn, page.items, lens)?, next: page.next, total })
}

/// Of the submitted records for which a place answers, those whose confirmation is due by a day, those due first before the others.
fn due_by(
    conn: &mut Conn,
    (own, query): (&str, &RecordQuery),
    day: &str,
    window: &Window,
) -> Result<Listed<Row>> {
    let due = || {
        let below = place_ancestor::table
            .filter(place_ancestor::ancestor.eq(own.to_owned()))
            .select(place_ancestor::place);
        let mut rows = record::table
            .inner_join(record_clock::table.on(record_clock::record_id.eq(record::id)))
            .filter(record::place.eq_any(below))
            .filter(record_is_visible!())
            .filter(record::state.eq(RecordState::Submitted.as_str()))
            .filter(record_clock::confirm_due_on.le(day.to_owned()))
            .into_boxed::<<Conn as diesel::Connection>::Backend>();
        if let Some(state) = query.state {
            rows = rows.filter(record::state.eq(state.as_str()));
        }
        if let Some(uscc) = &query.uscc {
            rows = rows.filter(record::uscc.eq(uscc.clone()));
        }
        if let Some(kind) = query.kind {
            rows = rows.filter(record::kind.eq(kind.as_str()));
        }
        rows
    };
    let mut rows = due()
        .order((record_clock::confirm_due_on.asc(), record::id.asc()))
        .limit(window.limit + 1)
        .select((record_clock::confirm_due_on.assume_not_null(), Row::as_select()));
    if let Some(after) = &window.after {
        let (day, id) = (after.get(0).to_owned(), after.get(1).to_owned());
        let same_day = record_clock::confirm_due_on.eq(day.clone()).and(record::id.gt(id));
        rows = rows.filter(record_clock::confirm_due_on.gt(day).or(same_day));
    }
    let rows: Vec<(String, Row)> = rows.load(conn)?;
    let page = Listed::from_rows(rows, window, |(day, row): &(String, Row)| Keys::of([day, &row.id]));
    let total = if window.count { Some(due().count().get_result(conn)?) } else { None };
    Ok(Listed { items: page.items.into_iter().map(|(_, row)| row).collect(), next: page.next, total })
}

fn admin_views(conn: &mut Conn, rows: Vec<Row>, lens: Lens) -> Result<Vec<AdminRecord>> {
    let views = views(conn, &rows, lens)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let clocks = clock::of(conn, &ids)?;
    let clocks: Vec<Clocks> =
        rows.iter().map(|row| clocks.get(&row.id).copied().unwrap_or_default()).collect();
    rows.into_iter()
        .zip(views)
        .zip(clocks)
        .map(|((row, view), clocks)| admin_view(row, view, clocks, lens.today))
        .collect()
}

/// Every record of a firm that was confirmed and is not archived, shown or not, the latest decision first.
///
/// # Errors
/// Those of the database.
pub fn own_file(conn: &mut Conn, uscc: &str, lens: Lens) -> Result<Vec<RecordView>> {
    let rows: Vec<Row> = record::table
        .filter(record::uscc.eq(uscc))
        .filter(record::state.eq_any(confirmed()))
        .filter(record::retain_until.is_null().or(record::retain_until.ge(lens.today.to_string())))
        .order((record::decided_on.desc(), record::id.desc()))
        .limit(LONGEST_FILE)
        .select(Row::as_select())
        .load(conn)?;
    views(conn, &rows, lens)
}

/// The words of [`RecordState::is_confirmed`].
fn confirmed() -> Vec<&'static str> {
    let words = RecordState::WORDS.iter().filter(|(_, state)| state.is_confirmed());
    words.map(|(word, _)| *word).collect()
}

fn require_owner(conn: &mut Conn, owner: &RecordOwner) -> Result<()> {
    let (found, what) = match owner {
        RecordOwner::Firm(uscc) => (firm::table.find(uscc).count().get_result::<i64>(conn)?, "firm"),
        RecordOwner::Manager(id) => (manager::table.find(id).count().get_result::<i64>(conn)?, "manager"),
    };
    if found > 0 { Ok(()) } else { Err(Refusal::NotFound { what }.into()) }
}

fn steps(conn: &mut Conn, id: &str) -> Result<Vec<StepView>> {
    let rows: Vec<(String, String, NaiveDateTime, Option<String>)> = record_step::table
        .filter(record_step::record_id.eq(id))
        .order(record_step::id)
        .select((record_step::step, record_step::by_account, record_step::at, record_step::reason))
        .load(conn)?;
    rows.into_iter()
        .map(|(step, by, at, reason)| Ok(StepView { step: word(id, &step)?, by, at: at.and_utc(), reason }))
        .collect()
}

fn one_view(conn: &mut Conn, row: Row, lens: Lens) -> Result<RecordView> {
    let id = row.id.clone();
    views(conn, std::slice::from_ref(&row), lens)?
        .pop()
        .ok_or_else(|| StoreError::internal(format!("record {id} has no view")))
}

/// The names that records show, by id.
struct Names {
    firms: HashMap<String, String>,
    projects: HashMap<String, (String, String)>,
    managers: HashMap<String, String>,
    replies: HashMap<String, RecordReply>,
}

impl Names {
    fn of(conn: &mut Conn, rows: &[Row]) -> Result<Names> {
        let mut uscc: Vec<&str> = rows.iter().map(|row| row.uscc.as_str()).collect();
        uscc.sort_unstable();
        uscc.dedup();
        let firms: Vec<(String, String)> =
            firm::table.filter(firm::uscc.eq_any(uscc)).select((firm::uscc, firm::name)).load(conn)?;
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.project_id.as_deref()).collect();
        let projects: Vec<(String, String, String)> = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::id.eq_any(ids))
            .select((project::id, estate::code, estate::name))
            .load(conn)?;
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.manager_id.as_deref()).collect();
        let managers: Vec<(String, String)> =
            manager::table.filter(manager::id.eq_any(ids)).select((manager::id, manager::name)).load(conn)?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let replies: Vec<(String, String, NaiveDateTime)> = record_reply::table
            .filter(record_reply::record_id.eq_any(ids))
            .select((record_reply::record_id, record_reply::text, record_reply::updated_at))
            .load(conn)?;
        Ok(Names {
            firms: firms.into_iter().collect(),
            projects: projects.into_iter().map(|(id, estate, name)| (id, (estate, name))).collect(),
            managers: managers.into_iter().collect(),
            replies: replies
                .into_iter()
                .map(|(id, text, at)| (id, RecordReply { text, updated_at: at.and_utc() }))
                .collect(),
        })
    }
}

fn views(conn: &mut Conn, rows: &[Row], lens: Lens) -> Result<Vec<RecordView>> {
    let names = Names::of(conn, rows)?;
    rows.iter().map(|row| view(row, &names, lens)).collect()
}

fn view(row: &Row, names: &Names, lens: Lens) -> Result<RecordView> {
    let kind = kind_of(row)?;
    let category = scheme::catalogue()?.get(&row.category);
    let text = |text: &xinwu_domain::text::Text| text.in_language(lens.language).to_owned();
    let decided_on = stored_day(&row.decided_on)?;
    let counts_until = stored_day_if(row.counts_until.as_deref())?;
    let public_until = stored_day_if(row.public_until.as_deref())?;
    let project = row.project_id.clone().map(|id| {
        let (estate, name) = names.projects.get(&id).cloned().unwrap_or_default();
        RecordProject { id, estate, name }
    });
    let manager = row.manager_id.clone().map(|id| {
        let name = names.managers.get(&id).cloned().unwrap_or_default();
        RecordManager { id, name }
    });
    let state = state_of(row)?;
    let retain_until = stored_day_if(row.retain_until.as_deref())?;
    let status = RecordStatus::of(state, counts_until, retain_until, lens.today);
    Ok(RecordView {
        id: row.id.clone(),
        kind,
        category: RecordCategory {
            code: row.category.clone(),
            name: category.map(|category| text(&category.name)).unwrap_or_default(),
            basis: category.map(|category| text(&category.basis)).unwrap_or_default(),
        },
        firm: RecordFirm {
            uscc: row.uscc.clone(),
            name: names.firms.get(&row.uscc).cloned().unwrap_or_default(),
        },
        project,
        manager,
        level: word(&row.id, &row.level)?,
        severity: word(&row.id, &row.severity)?,
        title: row.title.clone(),
        detail: row.detail.clone(),
        document_number: row.document_number.clone(),
        authority: row.authority.clone(),
        decided_on,
        counts_from: decided_on,
        counts_until,
        public_until,
        public: state == RecordState::InForce && is_public(kind, public_until, lens.today),
        status,
        disputed: row.disputed,
        known_from: row.known_from.map(|at| at.and_utc()),
        revision: row.revision,
        reply: names.replies.get(&row.id).cloned(),
        demo: row.demo,
        evidence: Some(from_json(&row.evidence)?),
        points: Some(from_json(&row.points)?),
        retain_until,
    })
}

fn admin_view(row: Row, record: RecordView, clocks: Clocks, today: NaiveDate) -> Result<AdminRecord> {
    let state = state_of(&row)?;
    let due_on = clocks.confirm_due_on.filter(|_| state == RecordState::Submitted);
    let calendar = working_days()?;
    Ok(AdminRecord {
        record,
        state,
        confirm_due_on: due_on,
        confirm_working_days_left: due_on.map(|due_on| calendar.working_days_between(today, due_on)),
        confirm_overdue: due_on.is_some_and(|due_on| due_on < today),
        recorded_late: clocks.recorded_late,
        place: row.place,
        drafted_by: row.drafted_by,
        drafted_at: row.drafted_at.and_utc(),
        confirmed_by: row.confirmed_by,
        import_id: row.import_id,
        former: Vec::new(),
        steps: Vec::new(),
    })
}
