//! A figure that is entered by itself: an official's, or a firm's own.

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::require_begun;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::{
    MetricCatalogue, MetricKey, MetricReport, MetricState, MetricSubject, MetricSubjectKind, NewMetric,
    NewMetricReport, Reporter,
};
use xinwu_domain::refusal::{Faults, Refusal, Situation};
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, find_in, next_version, subject, views};
use crate::registers::authorized::note;
use crate::schema::{account, metric};

/// What became of a PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is the first, with its version.
    Created(Box<MetricReport>, i64),
    /// It is to take another's place, or says the same; with its version.
    Replaced(Box<MetricReport>, i64),
    /// One is there already, and the version to replace was not named. Nothing was stored.
    NeedsVersion,
}

/// Enters a figure of what lies in the official's place. It waits until another official has
/// confirmed it, and may be replaced by its own side until then.
///
/// # Errors
/// [`Refusal::NotFound`] for a subject that is not there or retired, [`Refusal::Forbidden`] outside
/// the official's place, [`Refusal::Invalid`] for what the catalogue does not allow and for a
/// period that has not begun, [`Refusal::Stale`], [`Refusal::Conflict`] where another side's waits.
pub fn put(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    key: &MetricKey,
    new: &NewMetricReport,
    expected: Option<&Expected>,
    context: RequestContext,
) -> Result<Put> {
    enter(tx, warrant, (key, Reporter::Official), new, expected, context)
}

/// Enters a figure of the account's own firm or of one of its projects: `id` is the one's code or
/// the other's id. It waits until an official of the district has confirmed it.
///
/// # Errors
/// As [`put`]; [`Refusal::NotFound`] for what is not the firm's own.
pub fn put_own(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    key: &OwnKey,
    new: &NewMetricReport,
    expected: Option<&Expected>,
    context: RequestContext,
) -> Result<Put> {
    let key = key.of(warrant)?;
    Ok(match enter(tx, warrant, (&key, Reporter::Firm), new, expected, context)? {
        Put::Created(view, version) => Put::Created(Box::new(view.for_its_firm()), version),
        Put::Replaced(view, version) => Put::Replaced(Box::new(view.for_its_firm()), version),
        Put::NeedsVersion => Put::NeedsVersion,
    })
}

/// Which figure of a firm's own: what it is of is told by its id alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKey {
    /// The firm's unified social credit code, or a project's id.
    pub subject: String,
    /// Which metric.
    pub key: String,
    /// For which period.
    pub period: xinwu_domain::calendar::Period,
}

impl OwnKey {
    fn of(&self, warrant: &Warrant) -> Result<MetricKey> {
        let own = warrant.own_firm()?;
        let is_firm = self.subject.eq_ignore_ascii_case(own);
        let subject = match is_firm {
            true => MetricSubject::new(MetricSubjectKind::Firm, own),
            false => MetricSubject::new(MetricSubjectKind::Project, &self.subject),
        };
        Ok(MetricKey { subject, key: self.key.clone(), period: self.period })
    }
}

/// What an official's side entered last and waits, or else the figure in force.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, and as [`put`] outside of reach.
pub fn get(
    conn: &mut Conn,
    warrant: &Warrant,
    key: &MetricKey,
    context: RequestContext,
) -> Result<(MetricReport, i64)> {
    shown(conn, warrant, (key, Reporter::Official), context)
}

/// What the firm entered last and waits, or else the figure in force.
///
/// # Errors
/// As [`get`].
pub fn get_own(
    conn: &mut Conn,
    warrant: &Warrant,
    key: &OwnKey,
    context: RequestContext,
) -> Result<(MetricReport, i64)> {
    let key = key.of(warrant)?;
    let (view, version) = shown(conn, warrant, (&key, Reporter::Firm), context)?;
    Ok((view.for_its_firm(), version))
}

fn shown(
    conn: &mut Conn,
    warrant: &Warrant,
    (key, reporter): (&MetricKey, Reporter),
    context: RequestContext,
) -> Result<(MetricReport, i64)> {
    subject::require(conn, warrant, (&key.subject, key.period), context.today())?;
    let there = There::load(conn, warrant, (key, reporter))?;
    let row = there.shown().cloned().ok_or_else(|| Kind::Metric.not_found())?;
    let version = row.version;
    Ok((views::one(conn, row)?, version))
}

/// What there is of one key.
struct There {
    /// What waits, and whether it is the reporter's own side's, given by hand.
    waiting: Option<(Row, bool)>,
    in_force: Option<Row>,
}

impl There {
    fn load(conn: &mut Conn, warrant: &Warrant, (key, reporter): (&MetricKey, Reporter)) -> Result<There> {
        let waiting = match find_in(conn, key, MetricState::Submitted)? {
            Some(row) => {
                let is_own = is_own_side(conn, warrant, &row, reporter)?;
                Some((row, is_own))
            }
            None => None,
        };
        Ok(There { waiting, in_force: find_in(conn, key, MetricState::InForce)? })
    }

    /// What this side reads, and replaces.
    fn shown(&self) -> Option<&Row> {
        let own = self.waiting.as_ref().filter(|(_, is_own)| *is_own).map(|(row, _)| row);
        own.or(self.in_force.as_ref())
    }

    /// What the other side gave, or a file brought, is confirmed or sent back first.
    fn require_replaceable(&self) -> Result<()> {
        match &self.waiting {
            Some((row, false)) => Err(already_submitted(row).into()),
            _ => Ok(()),
        }
    }
}

/// Whether what waits was given by hand, by officials as the reporter is one, or by the very firm
/// whose account reports: a project may have been another's when that reported.
fn is_own_side(conn: &mut Conn, warrant: &Warrant, row: &Row, reporter: Reporter) -> Result<bool> {
    if row.import_id.is_some() || row.reporter.0 != reporter {
        return Ok(false);
    }
    if reporter != Reporter::Firm {
        return Ok(true);
    }
    let of: Option<Option<String>> =
        account::table.find(&row.by_account).select(account::uscc).first(conn).optional()?;
    Ok(of.flatten().as_deref() == warrant.firm())
}

pub(super) fn already_submitted(row: &Row) -> Refusal {
    let text = Text::new(
        "该主体该周期的这一指标已有待确认的数值",
        "Another figure of this subject and period waits for its confirmation",
    );
    let refusal = Refusal::conflict("already_submitted", text);
    match row.import_id {
        Some(_) => {
            let allows = Situation::from(xinwu_domain::import::ImportState::Submitted).allows;
            refusal.of_state(Situation { allows, ..Situation::from(row.state.0) })
        }
        None => refusal.of_state(row.state.0),
    }
}

fn enter(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (key, reporter): (&MetricKey, Reporter),
    new: &NewMetricReport,
    expected: Option<&Expected>,
    context: RequestContext,
) -> Result<Put> {
    let new = new.clone().of(key.clone());
    let mut faults = Faults::default();
    let today = context.at(tx.now).today();
    faults.keep(subject::require(tx.conn, warrant, (&key.subject, key.period), today))?;
    faults.keep(check(tx, &new, reporter, context))?;
    faults.refuse_if_any()?;
    let there = There::load(tx.conn, warrant, (key, reporter))?;
    there.require_replaceable()?;
    let shown = there.shown();
    // Unsaid, it is believed to be the first.
    if shown.is_some() && expected.is_none() {
        return Ok(Put::NeedsVersion);
    }
    Expected::check_any(expected, shown.map(|shown| shown.version))?;
    let version = next_version(tx.conn, key)?;
    let row = Row::submitted(tx, &new, (reporter, warrant.account_id()), version)?;
    if let Some(shown) = shown.filter(|shown| shown.says_as(&row)) {
        let version = shown.version;
        return Ok(Put::Replaced(Box::new(views::one(tx.conn, shown.clone())?), version));
    }
    let is_first = shown.is_none();
    if let Some((waiting, _)) = &there.waiting {
        // Whoever gave it is no second person for what takes its place.
        diesel::update(metric::table.find(&waiting.id))
            .set((metric::state.eq(Col(MetricState::Withdrawn)), metric::version.eq(waiting.version + 1)))
            .execute(tx.conn)?;
    }
    diesel::insert_into(metric::table).values(&row).execute(tx.conn)?;
    let before = shown.map(|row| xinwu_domain::thousandths::Thousandths::from_stored(row.value_thousandths));
    let detail = json!({
        "subject_kind": key.subject.kind, "subject": key.subject.id, "key": key.key, "period": key.period,
        "value": new.value, "before": before, "source": new.source
    });
    note::<Row>(tx, warrant, &row.id, &detail)?;
    let view = Box::new(views::one(tx.conn, row)?);
    Ok(if is_first { Put::Created(view, version) } else { Put::Replaced(view, version) })
}

/// Every rule that does not depend on what is there already.
pub(super) fn check(
    tx: &mut Tx<'_>,
    new: &NewMetric,
    reporter: Reporter,
    context: RequestContext,
) -> Result<()> {
    let mut faults = Faults::default();
    faults.keep(MetricCatalogue::shipped().check(new.figure(reporter)))?;
    faults.keep(require_begun(new.period, tx.now, context.zone()))?;
    // Both are shown with it.
    faults.keep(require_showable("/source", &*new.source))?;
    if let Some(method) = &new.method {
        faults.keep(method.require_over(context.at(tx.now).today()))?;
        faults.keep(require_showable("/method/excluded_why", method.excluded_why.as_deref()))?;
    }
    Ok(faults.refuse_if_any()?)
}
