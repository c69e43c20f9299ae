//! Ratings: one household, one voice; one person, one voice; the last edit wins and earlier ones are kept.
//!
//! An account has at most one row for a project and month, whatever happens to it: withdrawn and given again it is the same row with the day on
//! which it was first given, so that nobody leaves a burst by taking the voice back for a moment.

use chrono_tz::Tz;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::{Month, MonthFault, day_of, rateable};
use xinwu_domain::estate::EstateName;
use xinwu_domain::rating::{Dimensions, OwnRating, Screened, Stars};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Subject, SubjectKind};

use crate::dialect::hot;
use crate::residence::{Home, may_rate};
use crate::schema::{account, estate, project, residence, staff, tally as kept};
use crate::standing::tally;
use crate::{Conn, Entity, Result, StoreError, Tx, burst, month_close, review as reviews, setting, standing};

mod close;
mod figures;
mod leave;
mod month;
mod own;
mod row;

pub use close::close_month;
pub use figures::{
    Scope, ledger, of_firm, of_project, scope_of_project, service_of_firm, service_of_project,
};
pub(crate) use figures::{ledger_of_voices, month_of};
pub(crate) use leave::leave;
pub(crate) use month::{Delta, MonthRow, Voice, Weight};
pub(crate) use own::stored_stars;
pub use own::{get, list};
pub(crate) use row::Row;
use row::{insert, keep_edit, own_row, rewrite, silence, voices_of};

/// What a resident says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRating {
    /// Stars overall.
    pub overall: Stars,
    /// Stars by dimension.
    pub dimensions: Dimensions,
    /// A comment that was screened.
    pub comment: Option<Screened>,
}

/// What became of a PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The rating as it stands now.
    pub rating: OwnRating,
    /// Its version.
    pub version: i64,
    /// Whether there was none before.
    pub is_new: bool,
}

/// What a rating needs to know of its project.
#[derive(Debug, Clone)]
pub(crate) struct RatedProject {
    pub id: String,
    pub uscc: Option<String>,
    pub estate: String,
    estate_name: String,
    pub starts_on: String,
    pub ends_on: Option<String>,
    /// What is kept of its firm's voices, as it stands before the write changes any.
    firm_tally: Option<tally::Kept>,
    /// The city's, and which month was shut last.
    settings: setting::Kept,
}

impl RatedProject {
    fn estate_name(&self) -> EstateName {
        EstateName { code: self.estate.clone(), name: self.estate_name.clone() }
    }
}

/// Gives or changes the actor's voice on a project's month. `version` is the one that the change was made from, where the request names it.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown project; [`Refusal::Forbidden`] for who is no verified resident of its estate or works for its firm;
/// [`Refusal::Invalid`] for a month that cannot be rated; [`Refusal::Stale`].
pub fn put(
    tx: &mut Tx<'_>,
    actor: &Actor,
    zone: Tz,
    project_id: &str,
    month: Month,
    version: Option<i64>,
    new: &NewRating,
) -> Result<Put> {
    let (project, rater) = rated_by(tx.conn, project_id, &actor.account_id)?;
    let homes = may_rate(rater.homes, &project.estate, month, rater.is_staff)?;
    let shut = month_close::is_shut_by(&project.settings, month)?;
    require_rateable(tx, zone, &project, month, shut)?;
    let (own, others) = voices_of(tx.conn, &actor.account_id, project_id, month, &homes)?;
    require_version(own.as_ref().filter(|own| own.state != "withdrawn"), version)?;
    let household = choose_household(&homes, own.as_ref(), &others);

    let mut delta = Delta::default();
    for other in others.iter().filter(|other| other.household_id == household) {
        delta.remove(&other.voice(), other.weight());
        silence(tx, other, "replaced")?;
    }
    let is_new = own.as_ref().is_none_or(|own| own.state == "withdrawn");
    let had_row = own.is_some();
    let (row, fires) = match own {
        Some(own) => {
            delta.remove(&own.voice(), own.weight());
            let state = match own.weight() {
                Weight::Silent => burst::state_on(tx.conn, project_id, &own.day)?,
                _ => own.state.clone(),
            };
            keep_edit(tx, &own, "changed")?;
            (rewrite(tx, own, &household, state, new)?, None)
        }
        None => {
            let day = day_of(tx.now, zone);
            let voices = burst::count_voice(tx.conn, &project.id, &day.to_string())?;
            let (state, fires) = burst::judge(tx, &project, day, voices)?;
            let row = Row::new(tx, (project_id, month), household, state, day, new);
            insert(tx, actor, &row)?;
            (row, fires)
        }
    };
    delta.add(&row.voice(), row.weight());
    delta.apply(tx, project_id, &row.month)?;
    if had_row || row.comment.is_some() {
        let rated =
            reviews::Rated { id: &row.id, month: &row.month, overall: new.overall, state: &row.state };
        reviews::follow(tx, &project, &rated, new.comment.as_ref())?;
    }
    let Some(day) = fires else {
        shift(tx, &project, &delta)?;
        let version = row.version;
        return Ok(Put { rating: own::view(tx.conn, row, project.estate_name())?, version, is_new });
    };
    // The burst holds this voice too.
    burst::fire(tx, &project, day)?;
    refresh(tx, &project)?;
    let (rating, version) = get(tx.conn, &actor.account_id, project_id, month)?;
    Ok(Put { rating, version, is_new })
}

/// Takes the actor's voice back.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, [`Refusal::Invalid`] for a closed month, [`Refusal::Stale`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    actor: &Actor,
    zone: Tz,
    project_id: &str,
    month: Month,
    version: Option<i64>,
) -> Result<()> {
    let project = rated_project(tx.conn, project_id)?;
    let own = own_row(tx.conn, &actor.account_id, project_id, month)?
        .filter(|own| own.state != "withdrawn")
        .ok_or_else(not_found)?;
    require_version(Some(&own), version)?;
    if is_closed(tx, zone, month)? {
        return Err(month_fault(MonthFault::Closed).into());
    }
    let mut delta = Delta::default();
    delta.remove(&own.voice(), own.weight());
    delta.apply(tx, project_id, &own.month)?;
    silence(tx, &own, "withdrawn")?;
    shift(tx, &project, &delta)
}

/// # Errors
/// [`Refusal::NotFound`]
pub(crate) fn rated_project(conn: &mut Conn, id: &str) -> Result<RatedProject> {
    Ok(rated_by(conn, id, "")?.0)
}

/// What a rating needs to know of its rater.
struct Rater {
    /// Whether they work for the project's firm.
    is_staff: bool,
    /// Their residences and claims, the longest known first.
    homes: Vec<Home>,
}

/// The project, and who rates it.
fn rated_by(conn: &mut Conn, id: &str, account_id: &str) -> Result<(RatedProject, Rater)> {
    type Columns = (String, Option<String>, String, String, String, Option<String>);
    type Found = (Columns, Option<tally::Kept>, bool, setting::Kept, Option<Home>);
    let of_firm =
        kept::subject_kind.eq(SubjectKind::Firm.as_str()).and(kept::subject_id.nullable().eq(project::uscc));
    let works_there = staff::table
        .inner_join(account::table.on(account::phone_hash.eq(staff::phone_hash.nullable())))
        .filter(account::id.eq(account_id))
        .filter(staff::uscc.nullable().eq(project::uscc));
    let found = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .left_join(kept::table.on(of_firm))
        .left_join(residence::table.on(residence::account_id.eq(account_id)))
        .filter(project::id.eq(id))
        .order(residence::id);
    let columns =
        (project::id, project::uscc, project::estate, estate::name, project::starts_on, project::ends_on);
    let rows: Vec<Found> = hot!(conn, found.select((
        columns,
        Option::<tally::Kept>::as_select(),
        exists(works_there),
        month_close::columns(),
        Option::<Home>::as_select(),
    )) => load)?;
    // A row for each of the rater's homes, or one without.
    let mut rows = rows.into_iter();
    let (columns, firm_tally, is_staff, settings, home) =
        rows.next().ok_or(Refusal::NotFound { what: "project" })?;
    let homes = std::iter::once(home).chain(rows.map(|(.., home)| home)).flatten().collect();
    let (id, uscc, estate, estate_name, starts_on, ends_on) = columns;
    let project = RatedProject { id, uscc, estate, estate_name, starts_on, ends_on, firm_tally, settings };
    Ok((project, Rater { is_staff, homes }))
}

/// What a change of an open month's voices changes of cards.
fn shift(tx: &mut Tx<'_>, project: &RatedProject, delta: &Delta) -> Result<()> {
    tx.voices_changed(Entity::Project, &project.id);
    match &project.uscc {
        Some(uscc) => {
            let city = project.settings.city();
            standing::shift_firm(tx, uscc, project.firm_tally.as_ref(), city, delta)
        }
        None => Ok(()),
    }
}

/// [`shift`] where voices of many days or months changed: all is counted anew.
pub(crate) fn refresh(tx: &mut Tx<'_>, project: &RatedProject) -> Result<()> {
    standing::refresh_tally(tx, &Subject::project(&project.id))?;
    if let Some(uscc) = &project.uscc {
        standing::refresh_tally(tx, &Subject::firm(uscc))?;
    }
    Ok(())
}

fn not_found() -> StoreError {
    Refusal::NotFound { what: "rating" }.into()
}

fn require_rateable(tx: &Tx<'_>, zone: Tz, project: &RatedProject, month: Month, shut: bool) -> Result<()> {
    let starts_on = stored_day(&project.starts_on)?;
    let ends_on = project.ends_on.as_deref().map(stored_day).transpose()?;
    rateable(month, tx.now, zone, starts_on, ends_on).map_err(month_fault)?;
    if shut || month.is_closed(tx.now, zone) {
        return Err(month_fault(MonthFault::Closed).into());
    }
    Ok(())
}

/// Whether the voices of a month stand for good: its time is over, or its close has begun.
pub(crate) fn is_closed(tx: &mut Tx<'_>, zone: Tz, month: Month) -> Result<bool> {
    Ok(month.is_closed(tx.now, zone) || month_close::is_shut(tx.conn, month)?)
}

fn month_fault(fault: MonthFault) -> Refusal {
    Refusal::invalid("month", fault.code(), fault.text())
}

pub(crate) fn stored_day(text: &str) -> Result<chrono::NaiveDate> {
    text.parse().map_err(|_| StoreError::internal(format!("a stored day is {text}")))
}

fn require_version(own: Option<&Row>, version: Option<i64>) -> Result<()> {
    let stands = own.map(|own| own.version);
    if version.is_some() && version != stands {
        return Err(Refusal::Stale.into());
    }
    Ok(())
}

/// One person has one voice, whatever homes: it stays with the household that it was given for; else a home where nobody else speaks; else the
/// first, where it replaces the other's.
fn choose_household(homes: &[String], own: Option<&Row>, others: &[Row]) -> String {
    let given_for = own.map(|own| &own.household_id).filter(|household| homes.contains(household));
    let is_free = |home: &&String| !others.iter().any(|other| other.household_id == **home);
    given_for.or_else(|| homes.iter().find(is_free)).or_else(|| homes.first()).cloned().unwrap_or_default()
}
