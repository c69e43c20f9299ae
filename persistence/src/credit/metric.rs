//! Metrics: reported figures.
//!
//! [`put`] and [`put_own`] are for one that an official or a firm enters by itself, which another
//! official confirms ([`confirm`]) or sends back ([`give_back`]); [`stage`], [`confirm_batch`] and
//! [`return_batch`] for those of a file; [`put_by_system`] for what the service computes. What each
//! can be, the catalogue says ([`MetricCatalogue`]).

mod batch;
mod decide;
mod entry;
mod list;
mod read;
mod subject;
mod system;
mod undo;
mod views;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::Reach;
use xinwu_domain::calendar::Period;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::{
    MetricCatalogue, MetricKey, MetricState, MetricSubject, MetricSubjectKind, NewMetric, Reporter,
    SurveyMethod,
};
use xinwu_domain::subject::{Cause, CauseKind};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::authorized::{Owner, Resource, by_key};
use crate::registers::place::{from_json, to_json};
use crate::schema::metric;

pub use batch::{confirm_batch, return_batch, stage};
pub(crate) use batch::{undo_batch, withdraw_batch};
pub use decide::{confirm, give_back};
pub use entry::{OwnKey, Put, get, get_own, put, put_own};
pub use list::{MetricQuery, list, list_own};
pub use read::{PublicQuery, latest_public, list_public, own_dossier};
pub(crate) use subject::{called, in_place};
pub use system::put_by_system;
pub(crate) use undo::revoke_batch;
pub use views::by_id;

/// A figure's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = metric)]
// Several go into one statement.
#[diesel(treat_none_as_default_value = false)]
pub struct Row {
    /// The id.
    pub id: String,
    subject_kind: Col<MetricSubjectKind>,
    subject_id: String,
    metric_key: String,
    period: Col<Period>,
    value_thousandths: i64,
    source: String,
    state: Col<MetricState>,
    by_account: String,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
    import_id: Option<String>,
    version: i64,
    reporter: Col<Reporter>,
    method: Option<String>,
    submitted_at: Option<NaiveDateTime>,
    decided_by: Option<String>,
    reason: Option<String>,
}

impl Resource for Row {
    const KIND: Kind = Kind::Metric;

    by_key!(metric);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        Ok(Owner { place: subject::place_of(conn, &self.subject())?, ..Owner::default() })
    }

    /// Those who reach what it is of: a manager may have no firm.
    fn is_within(&self, conn: &mut Conn, _: &Owner, place: &str, how: (Reach, NaiveDate)) -> Result<bool> {
        subject::is_within(conn, &self.subject(), place, how)
    }
}

impl Row {
    /// A figure that waits, as somebody gave it now.
    fn submitted(
        tx: &mut Tx<'_>,
        new: &NewMetric,
        (reporter, by_account): (Reporter, &str),
        version: i64,
    ) -> Result<Row> {
        Ok(Row {
            id: tx.random.id(),
            subject_kind: Col(new.subject.kind),
            subject_id: new.subject.id.clone(),
            metric_key: new.key.clone(),
            period: Col(new.period),
            value_thousandths: new.value.stored(),
            source: new.source.clone(),
            state: Col(MetricState::Submitted),
            by_account: by_account.to_owned(),
            known_from: new.known_from.map(|at| at.naive_utc()),
            known_until: None,
            import_id: None,
            version,
            reporter: Col(reporter),
            method: new.method.as_ref().map(to_json).transpose()?,
            submitted_at: Some(tx.now_utc()),
            decided_by: None,
            reason: None,
        })
    }

    fn subject(&self) -> MetricSubject {
        MetricSubject::new(self.subject_kind.0, &self.subject_id)
    }

    fn key(&self) -> MetricKey {
        MetricKey { subject: self.subject(), key: self.metric_key.clone(), period: self.period.0 }
    }

    fn method(&self) -> Result<Option<SurveyMethod>> {
        self.method.as_deref().map(from_json).transpose()
    }

    /// Whether two say the same of the same.
    fn says_as(&self, other: &Row) -> bool {
        let said = |row: &Row| (row.value_thousandths, row.source.clone(), row.method.clone());
        said(self) == said(other)
    }
}

/// The row of a key in `state`: there is at most one that is in force, or that waits.
fn find_in(conn: &mut Conn, key: &MetricKey, state: MetricState) -> Result<Option<Row>> {
    Ok(metric::table
        .filter(metric::subject_kind.eq(Col(key.subject.kind)))
        .filter(metric::subject_id.eq(&key.subject.id))
        .filter(metric::metric_key.eq(&key.key))
        .filter(metric::period.eq(Col(key.period)))
        .filter(metric::state.eq(Col(state)))
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}

/// Above the version of every other row of the key: no entity tag comes twice.
fn next_version(conn: &mut Conn, key: &MetricKey) -> Result<i64> {
    let last: Option<i64> = metric::table
        .filter(metric::subject_kind.eq(Col(key.subject.kind)))
        .filter(metric::subject_id.eq(&key.subject.id))
        .filter(metric::metric_key.eq(&key.key))
        .filter(metric::period.eq(Col(key.period)))
        .select(diesel::dsl::max(metric::version))
        .first(conn)?;
    Ok(last.unwrap_or_default() + 1)
}

/// Ends what is in force of a key: another takes its place.
fn supersede(tx: &mut Tx<'_>, key: &MetricKey) -> Result<Option<Row>> {
    let current = find_in(tx.conn, key, MetricState::InForce)?;
    if let Some(current) = &current {
        diesel::update(metric::table.find(&current.id))
            .set((
                metric::state.eq(Col(MetricState::Superseded)),
                metric::known_until.eq(tx.now_utc()),
                metric::version.eq(current.version + 1),
            ))
            .execute(tx.conn)?;
        note_public(tx, &current.metric_key, &current.id);
    }
    Ok(current)
}

/// Says that a figure came into force or fell: pages and grades of its subject change.
fn changed(tx: &mut Tx<'_>, subject: &MetricSubject, (key, id): (&str, &str)) {
    note_public(tx, key, id);
    if let Some(graded) = subject.graded() {
        tx.changed(graded.kind.into(), &graded.id);
        tx.facts_changed(graded, Cause::of(CauseKind::Metric, id));
    }
}

/// The copy and the pages of places and estates have what everyone reads.
fn note_public(tx: &mut Tx<'_>, key: &str, id: &str) {
    if is_public(key) {
        tx.changed(Entity::Metric, id);
    }
}

/// Whether everyone reads a metric; one that has left the catalogue nobody does.
fn is_public(key: &str) -> bool {
    MetricCatalogue::shipped().get(key).is_some_and(|metric| metric.public)
}
