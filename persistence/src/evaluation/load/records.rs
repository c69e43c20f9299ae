//! Records of a file, with what happened to them after their confirmation.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::Deserialize;
use xinwu_domain::catalogue::{Level, RecordKind, Severity, Word};
use xinwu_domain::credit::is_public_on;
use xinwu_domain::evaluation::{Dispute, Record};
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::record::repair::RepairStatus;
use xinwu_domain::scheme::Through;

use super::{IDS_A_QUERY, Loaded, day, unreadable, utc};
use crate::place::from_json;
use crate::schema::{objection, record, record_revision, repair};
use crate::{Conn, Result};

/// What decides whether a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Publicity {
    kind: RecordKind,
    in_force: bool,
    known_from: DateTime<Utc>,
    known_until: Option<DateTime<Utc>>,
    pub public_until: Option<NaiveDate>,
}

impl Publicity {
    /// Whether the record may be shown at an instant, which lies on `day` in the city.
    pub fn is_public(&self, at: DateTime<Utc>, day: NaiveDate) -> bool {
        self.in_force
            && self.known_from <= at
            && self.known_until.is_none_or(|until| at < until)
            && is_public_on(day, self.kind, self.public_until)
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
pub(super) struct RecordRow {
    pub id: String,
    kind: String,
    category: String,
    pub uscc: String,
    pub project_id: Option<String>,
    pub manager_id: Option<String>,
    level: String,
    severity: String,
    pub decided_on: String,
    counts_until: Option<String>,
    public_until: Option<String>,
    points: String,
    state: String,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record_revision)]
struct FormerRow {
    record_id: String,
    category: String,
    level: String,
    severity: String,
    decided_on: String,
    counts_until: Option<String>,
    points: String,
    known_from: NaiveDateTime,
    known_until: NaiveDateTime,
}

/// The officer's points of a record under one scheme.
#[derive(Deserialize)]
struct ActualPoints {
    scheme: String,
    actual: Decimal,
}

/// What happened to records since they were confirmed.
#[derive(Default)]
pub(super) struct Since {
    former: HashMap<String, Vec<FormerRow>>,
    disputes: HashMap<String, Vec<Dispute>>,
    repaired_at: HashMap<String, DateTime<Utc>>,
}

impl Since {
    pub fn load(conn: &mut Conn, rows: &[RecordRow]) -> Result<Since> {
        let mut since = Since::default();
        for part in rows.chunks(IDS_A_QUERY) {
            let ids: Vec<&str> = part.iter().map(|row| row.id.as_str()).collect();
            let former: Vec<FormerRow> = record_revision::table
                .filter(record_revision::record_id.eq_any(&ids))
                .select(FormerRow::as_select())
                .load(conn)?;
            for row in former {
                since.former.entry(row.record_id.clone()).or_default().push(row);
            }
            let disputes: Vec<(String, NaiveDateTime, Option<NaiveDateTime>)> = objection::table
                .filter(objection::object_kind.eq(ObjectKind::Record.as_str()))
                .filter(objection::object_id.eq_any(&ids))
                .order(objection::id)
                .select((objection::object_id, objection::filed_at, objection::closed_at))
                .load(conn)?;
            for (id, filed_at, closed_at) in disputes {
                let dispute = Dispute { opened_at: filed_at.and_utc(), closed_at: utc(closed_at) };
                since.disputes.entry(id).or_default().push(dispute);
            }
            let repaired: Vec<(String, Option<NaiveDateTime>)> = repair::table
                .filter(repair::record_id.eq_any(&ids))
                .filter(repair::state.eq(RepairStatus::Granted.as_str()))
                .select((repair::record_id, repair::decided_at))
                .load(conn)?;
            since.repaired_at.extend(repaired.into_iter().filter_map(|(id, at)| Some((id, at?.and_utc()))));
        }
        Ok(since)
    }
}

/// Puts a record into a file in each of its revisions.
pub(super) fn add(loaded: &mut Loaded, row: &RecordRow, through: Through, since: &Since) -> Result<()> {
    let known_from = utc(row.known_from).ok_or_else(|| unreadable("known_from", &row.id))?;
    let kind = RecordKind::parse(&row.kind).ok_or_else(|| unreadable("kind", &row.id))?;
    let public_until = row.public_until.as_deref().map(day).transpose()?;
    let known_until = utc(row.known_until);
    let in_force = row.state == "in_force";
    loaded
        .publicity
        .insert(row.id.clone(), Publicity { kind, in_force, known_from, known_until, public_until });
    let current = Record {
        id: row.id.clone(),
        category: row.category.clone(),
        kind,
        severity: Severity::parse(&row.severity).ok_or_else(|| unreadable("severity", &row.id))?,
        level: Level::parse(&row.level),
        project: row.project_id.clone(),
        through,
        counts_from: day(&row.decided_on)?,
        counts_until: row.counts_until.as_deref().map(day).transpose()?,
        points: actual_points(&row.points)?,
        disputed: false,
        disputes: since.disputes.get(&row.id).cloned().unwrap_or_default(),
        repaired_at: since.repaired_at.get(&row.id).copied(),
        known_from,
        known_until,
    };
    for former in since.former.get(&row.id).into_iter().flatten() {
        loaded.file.records.push(Record {
            category: former.category.clone(),
            severity: Severity::parse(&former.severity).ok_or_else(|| unreadable("severity", &row.id))?,
            level: Level::parse(&former.level),
            counts_from: day(&former.decided_on)?,
            counts_until: former.counts_until.as_deref().map(day).transpose()?,
            points: actual_points(&former.points)?,
            known_from: former.known_from.and_utc(),
            known_until: Some(former.known_until.and_utc()),
            ..current.clone()
        });
    }
    loaded.file.records.push(current);
    Ok(())
}

fn actual_points(text: &str) -> Result<BTreeMap<String, Decimal>> {
    let points: Vec<ActualPoints> = from_json(text)?;
    Ok(points.into_iter().map(|each| (each.scheme, each.actual)).collect())
}
