//! Drafts of schemes, and their announcement: written by one official, proposed, and confirmed by
//! another. Nothing in force changes by a draft, however bad it is; what is announced stands among
//! the versions, and the clock applies it on its first day.

mod rules;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::account::People;
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::{AddSchemeDraft, DraftState, SchemeDraft, SchemeDraftSummary};
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::MetricCatalogue;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::proposal::own_work;
use xinwu_domain::record::{NewWithdrawal, reason_needed};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::scheme::{Fault, Scheme};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use self::rules::{require_announceable, require_place, require_state};
pub(super) use self::rules::{require_new, require_only_primary};
use super::{catalogue, number};
use crate::people::account::names::{name_people, with_people};
use crate::people::notice::{NewNotice, tell};
use crate::registers::authorized::{Authorized, Owner, Resource, note};
use crate::registers::authors;
use crate::registers::place;
use crate::registers::second_person::{accounts_of_the_person, require_other_person};
use crate::schema::{scheme_draft, scheme_version};

/// A draft's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scheme_draft, primary_key(scheme, version), treat_none_as_null = true)]
pub struct Row {
    scheme: String,
    version: i32,
    text: String,
    effective_from: Col<NaiveDate>,
    place: String,
    state: Col<DraftState>,
    drafted_by: String,
    drafted_at: NaiveDateTime,
    proposed_by: Option<String>,
    proposed_at: Option<NaiveDateTime>,
    decided_by: Option<String>,
    decided_at: Option<NaiveDateTime>,
    row_version: i64,
}

impl Row {
    /// The scheme, a slash and the version: as the audit and notices know it.
    fn id(&self) -> String {
        format!("{}/{}", self.scheme, self.version)
    }
}

/// Reads a scheme's text that a person sent.
///
/// # Errors
/// [`Refusal::Invalid`] with every fault of the text, each with its line and column, at the pointer
/// `/text`.
pub fn read_text(text: &str) -> Result<Scheme> {
    let fault = |fault: Fault| {
        let place = format!("{}:{}", fault.line, fault.column);
        let place = if fault.path.is_empty() { place } else { format!("{place}: {}", fault.path) };
        let detail =
            Text::new(format!("{place}: {}", fault.reason.zh), format!("{place}: {}", fault.reason.en));
        FieldFault::new("/text", "scheme_fault", detail)
    };
    Scheme::read_new(text, "text", catalogue()?, MetricCatalogue::shipped())
        .map_err(|faults| Refusal::Invalid(faults.into_iter().map(fault).collect()).into())
}

/// Keeps a text as the draft of the version that it names. A draft of that version that is not
/// announced yet is replaced, and one's own proposal to announce it falls: what was proposed was
/// another text.
///
/// # Errors
/// [`Refusal::Invalid`] for a text with faults or of an unknown place, [`Refusal::Forbidden`] for
/// another place's rules, [`Refusal::Conflict`] for a version that is announced already or that is
/// not newer than those, and for one that another person has proposed to announce.
pub fn add(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    AddSchemeDraft { text }: &AddSchemeDraft,
) -> Result<(SchemeDraft, i64)> {
    let scheme = read_text(text)?;
    require_place(tx.conn, warrant, &scheme)?;
    require_new(tx.conn, &scheme)?;
    let before = find(tx.conn, &scheme.id, scheme.version)?;
    if let Some(before) = &before {
        if is_proposed_by_another(tx.conn, warrant, before)? {
            return Err(proposal_open(before).into());
        }
        for author in [Some(&before.drafted_by), before.proposed_by.as_ref()].into_iter().flatten() {
            authors::note_earlier(tx, Kind::Scheme, &before.id(), author)?;
        }
    }
    let row = Row {
        scheme: scheme.id.clone(),
        version: number(scheme.version)?,
        text: text.clone(),
        effective_from: Col(scheme.effective_from),
        place: scheme.place.clone(),
        state: Col(DraftState::Draft),
        drafted_by: warrant.account_id().to_owned(),
        drafted_at: tx.now_utc(),
        proposed_by: None,
        proposed_at: None,
        decided_by: None,
        decided_at: None,
        row_version: before.map_or(1, |before| before.row_version + 1),
    };
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(scheme_draft::table)
        .values(&row)
        .on_conflict((scheme_draft::scheme, scheme_draft::version))
        .do_update()
        .set(&row)
        .execute(conn))?;
    noted(tx, warrant, &row)?;
    Ok((view(tx.conn, &row)?, row.row_version))
}

/// Proposes to announce a draft. Another official confirms it.
///
/// # Errors
/// [`Refusal::Conflict`] in another state, for a first
/// day that has passed, and where it would be a second primary scheme.
pub fn propose(tx: &mut Tx<'_>, warrant: &Warrant, row: &Authorized<Row>) -> Result<(SchemeDraft, i64)> {
    let row = Row::clone(row);
    require_state(&row, &[DraftState::Draft])?;
    require_announceable(tx, &row)?;
    let row = Row {
        state: Col(DraftState::Proposed),
        proposed_by: Some(warrant.account_id().to_owned()),
        proposed_at: Some(tx.now_utc()),
        ..row
    };
    step(tx, warrant, row)
}

/// Confirms what another official proposed: from now on the version is public, and it is applied on
/// its first day.
///
/// # Errors
/// [`Refusal::Forbidden`] for whoever ever drafted or proposed it, and as [`propose`].
pub fn confirm(tx: &mut Tx<'_>, warrant: &Warrant, row: &Authorized<Row>) -> Result<(SchemeDraft, i64)> {
    let row = Row::clone(row);
    require_state(&row, &[DraftState::Proposed])?;
    let mut authors = authors::earlier(tx.conn, Kind::Scheme, &row.id())?;
    authors.push(row.drafted_by.clone());
    authors.extend(row.proposed_by.clone());
    require_other_person(tx.conn, warrant, &authors, own_work)?;
    require_announceable(tx, &row)?;
    diesel::insert_into(scheme_version::table)
        .values((
            scheme_version::scheme.eq(&row.scheme),
            scheme_version::version.eq(row.version),
            scheme_version::text.eq(&row.text),
            scheme_version::effective_from.eq(row.effective_from),
            scheme_version::place.eq(&row.place),
            scheme_version::announced_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Scheme, &row.scheme);
    let row = decided(tx, warrant, row, DraftState::Announced);
    step(tx, warrant, row)
}

/// Gives up a draft that is not announced. What another person has proposed is given up by who
/// could confirm it, with a reason: so it is sent back. Who drafted and who proposed it are told.
///
/// # Errors
/// [`Refusal::Conflict`] in another state, and for what another person has proposed without the
/// power to confirm; [`Refusal::Invalid`] without a reason where one is needed.
pub fn withdraw(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    NewWithdrawal { reason }: &NewWithdrawal,
    _: RequestContext,
) -> Result<(SchemeDraft, i64)> {
    let row = Row::clone(row);
    require_state(&row, &[DraftState::Draft, DraftState::Proposed])?;
    if is_proposed_by_another(tx.conn, warrant, &row)? {
        if !warrant.can_confirm() {
            return Err(proposal_open(&row).into());
        }
        if reason.is_none() {
            return Err(reason_needed().into());
        }
    }
    tell_authors(tx, warrant, &row, reason.as_deref())?;
    let row = decided(tx, warrant, row, DraftState::Withdrawn);
    step(tx, warrant, row)
}

/// Tells who drafted and who proposed it that somebody else has given it up.
fn tell_authors(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row, reason: Option<&str>) -> Result<()> {
    let (id, version) = (row.id(), row.version.to_string());
    let told = NewNotice { reason, ..NewNotice::new(NoticeKind::SchemeWithdrawn, &id).named(&row.scheme) };
    let authors: BTreeSet<&String> = row.proposed_by.iter().chain([&row.drafted_by]).collect();
    let others = authors.into_iter().filter(|author| *author != warrant.account_id());
    others.into_iter().try_for_each(|author| tell(tx, author, &NewNotice { detail: Some(&version), ..told }))
}

/// Whether a proposal to announce it is open, and not the actor's own.
fn is_proposed_by_another(conn: &mut Conn, warrant: &Warrant, row: &Row) -> Result<bool> {
    match &row.proposed_by {
        Some(proposer) if row.state.0 == DraftState::Proposed => {
            let accounts = accounts_of_the_person(conn, proposer)?;
            Ok(!accounts.iter().any(|account| account == warrant.account_id()))
        }
        _ => Ok(false),
    }
}

fn proposal_open(row: &Row) -> Refusal {
    let id = row.id();
    let text = Text::new(
        format!("已有人提请公布 {id}，确认或撤回前不能由他人更改或撤回"),
        format!("Another official has proposed to announce {id}: it is confirmed or withdrawn first"),
    );
    Refusal::conflict("proposal_open", text).of_state(row.state.0)
}

fn decided(tx: &Tx<'_>, warrant: &Warrant, row: Row, state: DraftState) -> Row {
    Row {
        state: Col(state),
        decided_by: Some(warrant.account_id().to_owned()),
        decided_at: Some(tx.now_utc()),
        ..row
    }
}

fn step(tx: &mut Tx<'_>, warrant: &Warrant, row: Row) -> Result<(SchemeDraft, i64)> {
    let row = Row { row_version: row.row_version + 1, ..row };
    diesel::update(scheme_draft::table.find((&row.scheme, row.version))).set(&row).execute(tx.conn)?;
    noted(tx, warrant, &row)?;
    Ok((view(tx.conn, &row)?, row.row_version))
}

fn noted(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row) -> Result<()> {
    let detail = json!({"state": row.state, "effective_from": row.effective_from, "bytes": row.text.len()});
    note::<Row>(tx, warrant, &row.id(), &detail)
}

/// The drafts of the actor's place and of those below it, by scheme, the newest version first.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    state: Option<DraftState>,
    window: &Window,
) -> Result<Listed<SchemeDraftSummary>> {
    let own = warrant.own_place()?.to_owned();
    let filtered = || {
        let rows = scheme_draft::table.filter(scheme_draft::place.eq_any(place::at_or_below(own.clone())));
        let rows = rows.into_boxed();
        match state {
            Some(state) => rows.filter(scheme_draft::state.eq(Col(state))),
            None => rows,
        }
    };
    let mut rows = filtered()
        .select(Row::as_select())
        .order((scheme_draft::scheme, scheme_draft::version.desc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (scheme, version) = (after.get(0).to_owned(), after.get(1).parse::<i32>().unwrap_or(0));
        rows = rows.filter(
            scheme_draft::scheme
                .gt(scheme.clone())
                .or(scheme_draft::scheme.eq(scheme).and(scheme_draft::version.lt(version))),
        );
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.scheme, &row.version.to_string()])
    });
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let mut items = Vec::with_capacity(page.items.len());
    for row in &page.items {
        items.push(summary(row)?);
    }
    name_people(conn, &mut items)?;
    Ok(Listed { items, next: page.next, total })
}

/// One draft with its version.
///
/// # Errors
/// When its text cannot be read.
pub fn get(conn: &mut Conn, row: &Row) -> Result<(SchemeDraft, i64)> {
    Ok((view(conn, row)?, row.row_version))
}

fn find(conn: &mut Conn, id: &str, version: u32) -> Result<Option<Row>> {
    // A number that no column can hold is no draft's.
    let Ok(version) = number(version) else { return Ok(None) };
    Ok(scheme_draft::table.find((id, version)).select(Row::as_select()).first(conn).optional()?)
}

/// Its id is the scheme, a slash and the version, as in the audit.
impl Resource for Row {
    const KIND: Kind = Kind::Scheme;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<Row>> {
        let Some((scheme, version)) = id.rsplit_once('/') else { return Ok(None) };
        let Ok(version) = version.parse() else { return Ok(None) };
        find(conn, scheme, version)
    }

    fn version(&self) -> i64 {
        self.row_version
    }

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner::place(&self.place))
    }
}

fn view(conn: &mut Conn, row: &Row) -> Result<SchemeDraft> {
    Ok(SchemeDraft { summary: with_people(conn, summary(row)?)?, text: row.text.clone() })
}

fn summary(row: &Row) -> Result<SchemeDraftSummary> {
    // A text that was right when it was kept may name a category that has left the catalogue since:
    // it is shown all the same.
    let scheme = Scheme::read(&row.text, "text", catalogue()?).ok();
    let utc = |at: NaiveDateTime| -> DateTime<Utc> { at.and_utc() };
    Ok(SchemeDraftSummary {
        scheme: row.scheme.clone(),
        version: u32::try_from(row.version).unwrap_or_default(),
        state: row.state.0,
        title: scheme
            .as_ref()
            .map_or_else(|| Text::new(row.scheme.clone(), row.scheme.clone()), |s| s.title.clone()),
        effective_from: row.effective_from.0,
        place: row.place.clone(),
        subjects: scheme.as_ref().map(|scheme| scheme.subjects.clone()).unwrap_or_default(),
        primary_for: scheme.map(|scheme| scheme.primary_for).unwrap_or_default(),
        drafted_by: row.drafted_by.clone(),
        drafted_at: utc(row.drafted_at),
        proposed_by: row.proposed_by.clone(),
        proposed_at: row.proposed_at.map(utc),
        decided_by: row.decided_by.clone(),
        decided_at: row.decided_at.map(utc),
        people: People::default(),
    })
}
