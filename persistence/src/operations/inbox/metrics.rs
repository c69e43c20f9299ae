//! Figures that an official or a firm reported by itself: those of a file wait with it.

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::calendar::Period;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::metric::{MetricCatalogue, MetricState, MetricSubject, MetricSubjectKind};
use xinwu_domain::text::Language;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, waiting};
use crate::credit::metric::{called, in_place};
use crate::schema::metric;

/// What somebody else reported, and nobody of the same person before that.
pub(super) fn metrics(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let wanted = || {
        let earlier = diesel::alias!(metric as earlier);
        let is_earlier = (earlier.field(metric::subject_kind).eq(metric::subject_kind))
            .and(earlier.field(metric::subject_id).eq(metric::subject_id))
            .and(earlier.field(metric::metric_key).eq(metric::metric_key))
            .and(earlier.field(metric::period).eq(metric::period))
            .and(earlier.field(metric::state).eq(Col(MetricState::Withdrawn)))
            .and(earlier.field(metric::import_id).is_null())
            .and(earlier.field(metric::by_account).eq_any(part.person.clone()));
        let mut rows = metric::table
            .filter(metric::state.eq(Col(MetricState::Submitted)))
            .filter(metric::import_id.is_null())
            .filter(metric::by_account.ne_all(part.person.clone()))
            .filter(not(exists(earlier.filter(is_earlier))))
            .filter(in_place!(part.scope()))
            .into_boxed();
        if let Some(drafter) = &part.query.drafter {
            rows = rows.filter(metric::by_account.eq(drafter.clone()));
        }
        rows
    };
    type Row = (String, Option<NaiveDateTime>, Col<MetricSubjectKind>, String, String, Col<Period>, String);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Metric,
        wanted,
        undated,
        since metric::submitted_at.assume_not_null(),
        metric::id,
        (
            metric::id,
            metric::submitted_at,
            metric::subject_kind,
            metric::subject_id,
            metric::metric_key,
            metric::period,
            metric::by_account,
        )
    );
    let subjects: Vec<MetricSubject> =
        rows.iter().map(|(_, _, kind, id, ..)| MetricSubject::new(kind.0, id)).collect();
    let called = called(conn, &subjects)?;
    let waiting = |((id, since, .., key, period, by), subject): (Row, MetricSubject)| {
        let called = called.get(&subject).cloned().unwrap_or_default();
        let metric = MetricCatalogue::shipped().get(&key);
        let metric = metric.map_or(&*key, |metric| metric.name.in_language(Language::Chinese));
        Waiting {
            position: Position {
                kind: InboxKind::Metric,
                id,
                due_at: None,
                since: since.map(|at| at.and_utc()),
            },
            name: format!("{} {metric} {}", called.name, period.0),
            place: called.place,
            by: Some(by),
            cannot: &[],
        }
    };
    Ok(Found { waiting: rows.into_iter().zip(subjects).map(waiting).collect(), count })
}
