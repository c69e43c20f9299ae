//! Figures as everyone reads them, and as the firm's own dossier has them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::assessment::counts_from;
use xinwu_domain::calendar::Period;
use xinwu_domain::metric::{
    FormerValue, Metric, MetricCatalogue, MetricState, MetricSubject, MetricSubjectKind, MetricView,
    PublicMetric, SurveyMethod,
};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result};

use super::{Row, subject};
use crate::schema::{metric, project};

/// Metrics in one firm's own dossier at the most: the latest.
const LONGEST_DOSSIER: i64 = 2_000;

/// Values that a figure had before, at the most: the latest.
const MOST_FORMER: usize = 100;

/// Which figures everyone asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicQuery {
    /// Only of this metric.
    pub key: Option<String>,
    /// Only of periods that end on this day or later.
    pub from: Option<NaiveDate>,
    /// Only of periods that end by this day.
    pub to: Option<NaiveDate>,
}

/// The public figures of a subject that are in force, those of the latest period first, each with
/// the values that it had before.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject, [`Refusal::BadParameter`] for a key that is none
/// of the catalogue's.
pub fn list_public(
    conn: &mut Conn,
    subject: &MetricSubject,
    query: &PublicQuery,
    window: &Window,
) -> Result<Listed<PublicMetric>> {
    subject::require_public(conn, subject)?;
    let catalogue = MetricCatalogue::shipped();
    if let Some(key) = query.key.as_deref().filter(|key| catalogue.get(key).is_none()) {
        return Err(Refusal::bad_parameter("key", "unknown_metric", catalogue.unknown(key)).into());
    }
    let mut places = positions(conn, subject, query)?;
    let total = window.count.then(|| i64::try_from(places.len()).unwrap_or(i64::MAX));
    if let Some(after) = &window.after {
        let after = [0, 1, 2].map(|at| after.get(at));
        places.retain(|place| place.words() > after.map(str::to_owned));
    }
    let most = usize::try_from(window.limit).unwrap_or(1) + 1;
    places.truncate(most);
    let page =
        Listed::from_rows(places, window, |place| Keys::of(place.words().each_ref().map(String::as_str)));
    let items = public(conn, subject, page.items.into_iter().map(|place| place.id).collect())?;
    Ok(Listed { items, next: page.next, total })
}

/// The latest public figure of each metric of a subject, in the order of the catalogue's keys.
///
/// # Errors
/// Of the database.
pub fn latest_public(conn: &mut Conn, subject: &MetricSubject) -> Result<Vec<PublicMetric>> {
    let mut places = positions(conn, subject, &PublicQuery::default())?;
    places.sort_by(|one, other| (&one.key, one.order()).cmp(&(&other.key, other.order())));
    places.dedup_by(|one, other| one.key == other.key);
    public(conn, subject, places.into_iter().map(|place| place.id).collect())
}

/// Where a figure stands among those of its subject.
struct Place {
    id: String,
    key: String,
    period: Period,
}

impl Place {
    /// The latest last day first, then the longest, then by key.
    fn order(&self) -> (Reverse<NaiveDate>, NaiveDate, &str) {
        (Reverse(self.period.last_day()), self.period.first_day(), &self.key)
    }

    /// The same in words that sort so.
    fn words(&self) -> [String; 3] {
        // Days until the end of all: the later, the fewer.
        let left = NaiveDate::MAX.signed_duration_since(self.period.last_day()).num_days();
        [format!("{left:010}"), self.period.first_day().to_string(), self.key.clone()]
    }
}

/// All public figures of a subject that a query asks for, in order. Periods have no order in their
/// words, so that all are read, and little of each.
fn positions(conn: &mut Conn, subject: &MetricSubject, query: &PublicQuery) -> Result<Vec<Place>> {
    let all = MetricCatalogue::shipped().iter();
    let public = all.filter(|each| each.public && each.subjects.contains(&subject.kind));
    let public: Vec<&String> = public.map(|each| &each.key).collect();
    let mut rows = metric::table
        .filter(metric::subject_kind.eq(Col(subject.kind)))
        .filter(metric::subject_id.eq(&subject.id))
        .filter(metric::state.eq(Col(MetricState::InForce)))
        .filter(metric::metric_key.eq_any(public))
        .select((metric::id, metric::metric_key, metric::period))
        .into_boxed();
    if let Some(key) = &query.key {
        rows = rows.filter(metric::metric_key.eq(key));
    }
    let rows: Vec<(String, String, Col<Period>)> = rows.load(conn)?;
    let mut places: Vec<Place> =
        rows.into_iter().map(|(id, key, period)| Place { id, key, period: period.0 }).collect();
    places.retain(|place| {
        let last = place.period.last_day();
        query.from.is_none_or(|from| from <= last) && query.to.is_none_or(|to| last <= to)
    });
    places.sort_by(|one, other| one.order().cmp(&other.order()));
    Ok(places)
}

/// What everyone reads of figures in force, in the order of their ids.
fn public(conn: &mut Conn, subject: &MetricSubject, ids: Vec<String>) -> Result<Vec<PublicMetric>> {
    let mut rows: HashMap<String, Row> = HashMap::new();
    for part in ids.chunks(500) {
        let part: Vec<Row> =
            metric::table.filter(metric::id.eq_any(part)).select(Row::as_select()).load(conn)?;
        rows.extend(part.into_iter().map(|row| (row.id.clone(), row)));
    }
    let mut former = former(conn, subject, &rows)?;
    let mut views = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(row) = rows.remove(&id) else { continue };
        let of = (row.metric_key.clone(), row.period.0);
        let (Some(metric), Some(known_from)) =
            (MetricCatalogue::shipped().get(&row.metric_key), row.known_from)
        else {
            continue;
        };
        let Metric { name, unit, .. } = metric.clone();
        views.push(PublicMetric {
            method: row.method()?.as_ref().map(SurveyMethod::view),
            subject_kind: row.subject_kind.0,
            subject: row.subject_id,
            key: row.metric_key,
            name,
            unit,
            period: row.period.0,
            value: Thousandths::from_stored(row.value_thousandths),
            source: row.source,
            reporter: row.reporter.0,
            counts_from: counts_from(row.period.0),
            known_from: known_from.and_utc(),
            former: former.remove(&of).unwrap_or_default(),
        });
    }
    Ok(views)
}

type Former = HashMap<(String, Period), Vec<FormerValue>>;

/// What these replaced, the latest first: it was public, and is not forgotten.
fn former(conn: &mut Conn, subject: &MetricSubject, rows: &HashMap<String, Row>) -> Result<Former> {
    let keys: BTreeSet<&String> = rows.values().map(|row| &row.metric_key).collect();
    let ended: Vec<Row> = metric::table
        .filter(metric::subject_kind.eq(Col(subject.kind)))
        .filter(metric::subject_id.eq(&subject.id))
        .filter(metric::metric_key.eq_any(keys))
        .filter(metric::state.eq_any([MetricState::Superseded, MetricState::Revoked].map(Col)))
        .order(metric::id.desc())
        .select(Row::as_select())
        .load(conn)?;
    let mut former = Former::new();
    for row in ended {
        if let (Some(from), Some(until)) = (row.known_from, row.known_until) {
            former.entry((row.metric_key, row.period.0)).or_default().push(FormerValue {
                value: Thousandths::from_stored(row.value_thousandths),
                source: row.source,
                known_from: from.and_utc(),
                known_until: until.and_utc(),
            });
        }
    }
    for values in former.values_mut() {
        values.sort_by_key(|value| Reverse((value.known_until, value.known_from)));
        values.truncate(MOST_FORMER);
    }
    Ok(former)
}

/// The metrics in force of a firm and of its projects, the latest period first.
pub fn own_dossier(conn: &mut Conn, uscc: &str) -> Result<Vec<MetricView>> {
    let projects: Vec<String> = project::table
        .filter(project::uscc.eq(uscc))
        .filter(project::retired_on.is_null())
        .select(project::id)
        .load(conn)?;
    let mut rows: Vec<Row> = in_force_of(conn, MetricSubjectKind::Firm, &[uscc.to_owned()])?;
    for part in projects.chunks(500) {
        rows.extend(in_force_of(conn, MetricSubjectKind::Project, part)?);
    }
    rows.sort_by_cached_key(|row| {
        let period = row.period.0;
        let last = Reverse((period.last_day(), Reverse(period.first_day())));
        (last, row.metric_key.clone(), row.subject_kind.0.into_str(), row.subject_id.clone())
    });
    rows.truncate(usize::try_from(LONGEST_DOSSIER).unwrap_or(usize::MAX));
    rows.into_iter().map(view).collect()
}

fn in_force_of(conn: &mut Conn, kind: MetricSubjectKind, ids: &[String]) -> Result<Vec<Row>> {
    Ok(metric::table
        .filter(metric::subject_kind.eq(Col(kind)))
        .filter(metric::subject_id.eq_any(ids))
        .filter(metric::state.eq(Col(MetricState::InForce)))
        .order((metric::period.desc(), metric::id))
        .limit(LONGEST_DOSSIER)
        .select(Row::as_select())
        .load(conn)?)
}

fn view(row: Row) -> Result<MetricView> {
    Ok(MetricView {
        method: row.method()?.as_ref().map(SurveyMethod::view),
        subject_kind: row.subject_kind.0,
        subject: row.subject_id,
        key: row.metric_key,
        period: row.period.0,
        value: Thousandths::from_stored(row.value_thousandths),
        source: row.source,
        counts_from: counts_from(row.period.0),
        known_from: row.known_from.map(|at| at.and_utc()),
    })
}
