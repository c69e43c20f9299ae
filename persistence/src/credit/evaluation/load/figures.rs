//! What is measured of projects and their firms: assessments, increments of ratings, metrics.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::{AssumeNotNull, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use rust_decimal::Decimal;
use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::evaluation::{Assessment, Closing, Dispute, MetricValue, RatedIncrement};
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::dialect::{Instant, OneOf};
use xinwu_store::{Col, Conn, Result, hot, hot_among};

use super::{Dossiers, IDS_A_QUERY, utc};
use crate::schema::{assessment, metric, objection, rating_increment, rating_step};

#[derive(Queryable, Selectable)]
#[diesel(table_name = assessment)]
struct AssessmentRow {
    id: String,
    project_id: String,
    period: Col<Period>,
    assessor: Col<Assessor>,
    service_thousandths: i64,
    party_thousandths: i64,
    #[diesel(select_expression = assessment::known_from.assume_not_null())]
    #[diesel(select_expression_type = AssumeNotNull<assessment::known_from>)]
    known_from: Instant,
    known_until: Option<Instant>,
    /// To most there is none: only of those with one are they read.
    #[diesel(select_expression = sql("EXISTS (SELECT 1 FROM objection WHERE object_kind = 'assessment' AND object_id = assessment.id)"))]
    #[diesel(select_expression_type = SqlLiteral<Bool>)]
    has_objections: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rating_increment)]
struct IncrementRow {
    project_id: String,
    month: Col<Month>,
    one: i32,
    two: i32,
    three: i32,
    four: i32,
    five: i32,
    published_at: Instant,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = metric)]
struct MetricRow {
    subject_id: String,
    metric_key: String,
    period: Col<Period>,
    value_thousandths: i64,
    #[diesel(select_expression = metric::known_from.assume_not_null())]
    #[diesel(select_expression_type = AssumeNotNull<metric::known_from>)]
    known_from: Instant,
    known_until: Option<Instant>,
}

impl Dossiers<'_> {
    pub(super) fn facts_of_projects(&mut self, conn: &mut Conn) -> Result<()> {
        let projects: Vec<String> = self.of_project.keys().cloned().collect();
        for part in projects.chunks(IDS_A_QUERY) {
            let rows: Vec<AssessmentRow> = hot_among!(&mut *conn, part => [these = assessment::project_id], assessment::table
                .filter(these)
                .filter(assessment::state.ne("submitted"))
                .filter(assessment::known_from.le(self.known_by))
                .select(AssessmentRow::as_select()) => load)?;
            let disputes = disputes(conn, &rows)?;
            for row in rows {
                let disputes = disputes.get(&key(&row)).cloned().unwrap_or_default();
                let fact = Assessment { disputes, ..assessment_fact(row) };
                self.put(fact, |fact| &fact.project, |dossier| &mut dossier.assessments);
            }
            let rows: Vec<IncrementRow> = hot_among!(&mut *conn, part => [these = rating_increment::project_id], rating_increment::table
                .filter(these)
                .filter(rating_increment::published_at.le(self.known_by))
                .select(IncrementRow::as_select()) => load)?;
            for row in rows {
                let number = |number: i32| u32::try_from(number).unwrap_or_default();
                let fact = RatedIncrement {
                    project: row.project_id,
                    month: row.month.0,
                    count: number(row.one + row.two + row.three + row.four + row.five),
                    stars: number(row.one + 2 * row.two + 3 * row.three + 4 * row.four + 5 * row.five),
                    known_from: row.published_at.and_utc(),
                };
                self.put(fact, |fact| &fact.project, |dossier| &mut dossier.increments);
            }
        }
        Ok(())
    }

    /// The months that are closed, in every dossier: a step closes them for the whole city.
    pub(super) fn closings(&mut self, conn: &mut Conn) -> Result<()> {
        let rows: Vec<(Col<Month>, Instant)> = hot!(conn, rating_step::table
            .filter(rating_step::closes.is_not_null())
            .filter(rating_step::done_at.le(self.known_by))
            .order(rating_step::closes)
            .select((rating_step::closes.assume_not_null(), rating_step::done_at.assume_not_null())) => load)?;
        let closing =
            |(Col(month), done_at): (Col<Month>, Instant)| Closing { month, closed_at: done_at.and_utc() };
        let closings: Vec<Closing> = rows.into_iter().map(closing).collect();
        for loaded in &mut self.loaded {
            loaded.dossier.closings.clone_from(&closings);
        }
        Ok(())
    }

    pub(super) fn metrics_of_projects(&mut self, conn: &mut Conn, projects: &[String]) -> Result<()> {
        for part in projects.chunks(IDS_A_QUERY) {
            for row in metrics(conn, SubjectKind::Project, part, self.known_by)? {
                let project = row.subject_id.clone();
                let fact = metric_fact(row, Some(project));
                self.put(
                    fact,
                    |fact| fact.project.as_deref().unwrap_or_default(),
                    |dossier| &mut dossier.metrics,
                );
            }
        }
        Ok(())
    }

    pub(super) fn own_metrics(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            for row in metrics(conn, self.kind, part, self.known_by)? {
                let id = row.subject_id.clone();
                let fact = metric_fact(row, None);
                if let Some(loaded) = self.of(&id) {
                    loaded.dossier.metrics.push(fact);
                }
            }
        }
        Ok(())
    }
}

fn metrics(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    known_by: NaiveDateTime,
) -> Result<Vec<MetricRow>> {
    Ok(hot_among!(conn, ids => [these = metric::subject_id], metric::table
        .filter(metric::subject_kind.eq(Col(kind)))
        .filter(these)
        .filter(metric::state.ne("submitted"))
        .filter(metric::known_from.le(known_by))
        .select(MetricRow::as_select()) => load)?)
}

/// An assessment's project, period and assessor: what its revisions share.
type Key = (String, Period, Assessor);

fn key(row: &AssessmentRow) -> Key {
    (row.project_id.clone(), row.period.0, row.assessor.0)
}

/// When objections against assessments were open. One against any revision is one against the
/// assessment.
fn disputes(conn: &mut Conn, rows: &[AssessmentRow]) -> Result<HashMap<Key, Vec<Dispute>>> {
    let keys: HashMap<&str, Key> =
        rows.iter().filter(|row| row.has_objections).map(|row| (row.id.as_str(), key(row))).collect();
    let ids: Vec<&str> = keys.keys().copied().collect();
    let mut disputes: HashMap<Key, Vec<Dispute>> = HashMap::new();
    for part in ids.chunks(IDS_A_QUERY) {
        let found: Vec<(String, Instant, Option<Instant>)> = hot!(&mut *conn, objection::table
            .filter(objection::object_kind.eq(Col(ObjectKind::Assessment)))
            .filter(OneOf::new(objection::object_id, part))
            .order(objection::id)
            .select((objection::object_id, objection::filed_at, objection::closed_at)) => load)?;
        for (id, filed_at, closed_at) in found {
            let Some(key) = keys.get(id.as_str()) else { continue };
            let dispute = Dispute { opened_at: filed_at.and_utc(), closed_at: utc(closed_at) };
            disputes.entry(key.clone()).or_default().push(dispute);
        }
    }
    for each in disputes.values_mut() {
        each.sort_by_key(|dispute| (dispute.opened_at, dispute.closed_at));
    }
    Ok(disputes)
}

fn assessment_fact(row: AssessmentRow) -> Assessment {
    Assessment {
        known_from: row.known_from.and_utc(),
        assessor: row.assessor.0,
        period: row.period.0,
        id: row.id,
        project: row.project_id,
        service: Some(Decimal::new(row.service_thousandths, 3)),
        party: Some(Decimal::new(row.party_thousandths, 3)),
        disputes: Vec::new(),
        known_until: utc(row.known_until),
    }
}

fn metric_fact(row: MetricRow, project: Option<String>) -> MetricValue {
    MetricValue {
        project,
        starts_on: Some(row.period.0.first_day()),
        ends_on: row.period.0.last_day(),
        known_from: row.known_from.and_utc(),
        key: row.metric_key,
        value: Decimal::new(row.value_thousandths, 3),
        known_until: utc(row.known_until),
    }
}
