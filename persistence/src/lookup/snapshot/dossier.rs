//! The lines of what is recorded, assessed, rated and said, and of the rules. Of these some are not
//! for everyone, or no longer.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::assessment::{AssessmentScores, RevisionState};
use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::catalogue::{Level, RecordKind, Severity};
use xinwu_domain::context::RequestContext;
use xinwu_domain::copy::{
    CopiedAssessment, CopiedRatings, CopiedRecord, CopiedReply, CopiedReview, CopiedScheme,
    CopiedSchemeVersion, CopyKind, CopyLine, ratings_id,
};
use xinwu_domain::rating::{Figures, Tally};
use xinwu_domain::record::publicity::is_public;
use xinwu_domain::record::repair::possible_from;
use xinwu_domain::record::{RecordState, RecordStep};
use xinwu_domain::review::{HidingRule, Reply};
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Language;
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Conn, Result};

use super::{AT_ONCE, Found, by_id};
use crate::credit::{assessment as assessments_of, repair};
use crate::ratings::rating::Increment;
use crate::ratings::reply;
use crate::schema::{
    assessment, rating_increment, record, record_revision, record_step, review, scheme_version,
};

/// Projects whose months are listed at once.
const PROJECTS: i64 = 40;

/// The next ids of a kind after one, in their order: of what may have a line.
pub(super) fn ids(conn: &mut Conn, kind: CopyKind, after: &str) -> Result<Vec<String>> {
    Ok(match kind {
        CopyKind::Scheme => scheme_version::table
            .filter(scheme_version::scheme.gt(after))
            .order(scheme_version::scheme)
            .limit(AT_ONCE)
            .select(scheme_version::scheme)
            .distinct()
            .load(conn)?,
        CopyKind::Record => record::table
            .filter(record::id.gt(after))
            .filter(record::state.eq(Col(RecordState::InForce)))
            .order(record::id)
            .limit(AT_ONCE)
            .select(record::id)
            .load(conn)?,
        CopyKind::Assessment => assessment::table
            .filter(assessment::id.gt(after))
            .filter(assessment::state.eq(Col(RevisionState::InForce)))
            .order(assessment::id)
            .limit(AT_ONCE)
            .select(assessment::id)
            .load(conn)?,
        CopyKind::Review => review::table
            .filter(review::id.gt(after))
            .filter(review::is_out.eq(true))
            .order(review::id)
            .limit(AT_ONCE)
            .select(review::id)
            .load(conn)?,
        CopyKind::Ratings => rated_months(conn, after.split('/').next().unwrap_or_default())?,
        _ => Vec::new(),
    })
}

/// Every month of some projects after one in which something is published.
fn rated_months(conn: &mut Conn, after: &str) -> Result<Vec<String>> {
    let projects: Vec<String> = rating_increment::table
        .filter(rating_increment::project_id.gt(after))
        .order(rating_increment::project_id)
        .limit(PROJECTS)
        .select(rating_increment::project_id)
        .distinct()
        .load(conn)?;
    let months: Vec<(String, Col<Month>)> = rating_increment::table
        .filter(rating_increment::project_id.eq_any(projects))
        .order((rating_increment::project_id, rating_increment::month))
        .select((rating_increment::project_id, rating_increment::month))
        .distinct()
        .load(conn)?;
    Ok(months.into_iter().map(|(project, month)| ratings_id(&project, month.0)).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct RecordRow {
    id: String,
    kind: Col<RecordKind>,
    category: String,
    uscc: Option<String>,
    project_id: Option<String>,
    manager_id: Option<String>,
    level: Col<Level>,
    severity: Col<Severity>,
    severity_reason: Option<String>,
    title: String,
    detail: Option<String>,
    document_number: String,
    authority: String,
    decided_on: Col<NaiveDate>,
    counts_until: Option<Col<NaiveDate>>,
    public_until: Option<Col<NaiveDate>>,
    state: Col<RecordState>,
    known_from: Option<NaiveDateTime>,
    disputed: bool,
    revision: i32,
    demo: bool,
}

impl RecordRow {
    fn is_shown(&self, today: NaiveDate) -> bool {
        self.state.0 == RecordState::InForce && is_public(self.kind.0, self.last_day(), today)
    }

    fn last_day(&self) -> Option<NaiveDate> {
        self.public_until.map(|day| day.0)
    }
}

/// Records that were confirmed: what is shown, and that which was.
pub(super) fn records(conn: &mut Conn, ids: &[String], context: RequestContext) -> Result<Found> {
    let confirmed = [RecordState::InForce, RecordState::Revoked, RecordState::Repaired].map(Col);
    let rows: Vec<RecordRow> = record::table
        .filter(record::id.eq_any(ids))
        .filter(record::state.eq_any(confirmed))
        .select(RecordRow::as_select())
        .load(conn)?;
    let (shown, ended): (Vec<RecordRow>, Vec<RecordRow>) =
        rows.into_iter().partition(|row| row.is_shown(context.today()));
    let mut found: Found = were_shown(conn, &ended, context)?.into_iter().map(|id| (id, None)).collect();
    let ids: Vec<&str> = shown.iter().map(|row| row.id.as_str()).collect();
    let mut replies = reply::of_records(conn, &ids, false, Language::Chinese)?;
    let mut replies_of_managers = reply::of_records(conn, &ids, true, Language::Chinese)?;
    let mut repairs = repair::of_records(conn, &ids, context)?;
    for row in shown {
        let id = row.id.clone();
        let repairs = repairs.remove(&id).unwrap_or_default();
        let (kind, severity, decided_on) = (row.kind.0, row.severity.0, row.decided_on.0);
        let can_be_repaired = kind == RecordKind::Penalty && row.uscc.is_some();
        let value = Some(Box::new(CopiedRecord {
            public_until: row.last_day(),
            counts_until: row.counts_until.map(|day| day.0),
            known_from: row.known_from.map(|at| at.and_utc()),
            reply: replies.remove(&id).map(copied),
            manager_reply: replies_of_managers.remove(&id).map(copied),
            repair_possible_from: can_be_repaired
                .then(|| possible_from(severity, decided_on, repairs.refused_on)),
            commitment: repairs.commitment,
            level: row.level.0,
            kind,
            severity,
            decided_on,
            id: row.id,
            category: row.category,
            firm: row.uscc,
            project: row.project_id,
            manager: row.manager_id,
            severity_reason: row.severity_reason,
            title: row.title,
            detail: row.detail,
            document_number: row.document_number,
            authority: row.authority,
            disputed: row.disputed,
            revision: row.revision,
            demo: row.demo,
        }));
        found.insert(id.clone(), Some(CopyLine::Record { id, value }));
    }
    Ok(found)
}

/// Which of some records everyone saw once: on the day of their confirmation, or on that of an
/// amendment. A penalty that was never for everyone leaves no trace.
fn were_shown(conn: &mut Conn, rows: &[RecordRow], context: RequestContext) -> Result<Vec<String>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&String> = rows.iter().map(|row| &row.id).collect();
    let confirmed: Vec<(String, NaiveDateTime)> = record_step::table
        .filter(record_step::record_id.eq_any(&ids))
        .filter(record_step::step.eq(Col(RecordStep::Confirmed)))
        .select((record_step::record_id, record_step::at))
        .load(conn)?;
    let confirmed: HashMap<String, NaiveDateTime> = confirmed.into_iter().collect();
    type Former = (String, (Option<Col<NaiveDate>>, NaiveDateTime));
    let former: Vec<Former> = record_revision::table
        .filter(record_revision::record_id.eq_any(&ids))
        .select((record_revision::record_id, (record_revision::public_until, record_revision::known_from)))
        .load(conn)?;
    let former = by_id(former);
    let was_shown = |row: &&RecordRow| {
        let confirmed = confirmed.get(&row.id).copied();
        let on = |last: Option<NaiveDate>, known: Option<NaiveDateTime>| {
            let first = known.max(confirmed).map(|at| context.day_of(at.and_utc()));
            first.is_some_and(|first| is_public(row.kind.0, last, first))
        };
        let mut revisions = former.get(&row.id).into_iter().flatten();
        on(row.last_day(), row.known_from)
            || revisions.any(|(last, known)| on(last.map(|day| day.0), Some(*known)))
    };
    Ok(rows.iter().filter(was_shown).map(|row| row.id.clone()).collect())
}

fn copied(reply: Reply) -> CopiedReply {
    CopiedReply {
        id: reply.id,
        text: reply.text,
        hidden_rule: reply.hidden.map(|hidden| hidden.rule),
        updated_at: reply.updated_at,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = assessment)]
struct AssessmentRow {
    id: String,
    project_id: String,
    period: Col<Period>,
    assessor: Col<Assessor>,
    service_thousandths: i64,
    party_thousandths: i64,
    note: Option<String>,
    state: Col<RevisionState>,
    revision: i32,
    correction_reason: Option<String>,
    known_from: Option<NaiveDateTime>,
}

/// Assessments that are or were in force. What waits for its confirmation is nobody's to know of.
pub(super) fn assessments(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let states = [RevisionState::InForce, RevisionState::Superseded, RevisionState::Revoked].map(Col);
    let rows: Vec<AssessmentRow> = assessment::table
        .filter(assessment::id.eq_any(ids))
        .filter(assessment::state.eq_any(states))
        .select(AssessmentRow::as_select())
        .load(conn)?;
    let mut projects: Vec<&str> = rows.iter().map(|row| row.project_id.as_str()).collect();
    projects.sort_unstable();
    projects.dedup();
    let disputed: HashSet<_> = assessments_of::disputed(conn, &projects)?
        .into_iter()
        .map(|(project, period, assessor)| (project, period.0, assessor.0.to_string()))
        .collect();
    let mut found = Found::new();
    for row in rows {
        let id = row.id.clone();
        if row.state.0 != RevisionState::InForce {
            found.insert(id, None);
            continue;
        }
        let known_as = (row.project_id.clone(), row.period.0, row.assessor.0.to_string());
        let value = Some(CopiedAssessment {
            id: row.id,
            project: row.project_id,
            period: row.period.0,
            assessor: row.assessor.0,
            scores: AssessmentScores {
                service: Thousandths::from_stored(row.service_thousandths),
                party: Thousandths::from_stored(row.party_thousandths),
            },
            note: row.note,
            known_from: row.known_from.map(|at| at.and_utc()),
            revision: row.revision,
            correction_reason: row.correction_reason,
            disputed: disputed.contains(&known_as),
        });
        found.insert(id.clone(), Some(CopyLine::Assessment { id, value }));
    }
    Ok(found)
}

/// The sums of whole increments, by project and month.
pub(super) fn ratings(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let projects: HashSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    let increments: Vec<Increment> = rating_increment::table
        .filter(rating_increment::project_id.eq_any(projects))
        .select(Increment::as_select())
        .load(conn)?;
    let wanted: HashSet<&String> = ids.iter().collect();
    let mut sums: HashMap<String, (String, Month, Tally)> = HashMap::new();
    for increment in increments {
        let (tally, month) = (increment.tally(), increment.month.0);
        let id = ratings_id(&increment.project_id, month);
        if wanted.contains(&id) {
            let sum = sums.entry(id).or_insert_with(|| (increment.project_id, month, Tally::default()));
            sum.2.merge(&tally);
        }
    }
    let line = |(id, (project, month, tally)): (String, (String, Month, Tally))| {
        let value = Some(Box::new(CopiedRatings { project, month, figures: Figures::of(&tally) }));
        (id.clone(), Some(CopyLine::Ratings { id, value }))
    };
    Ok(sums.into_iter().map(line).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = review)]
struct ReviewRow {
    id: String,
    project_id: String,
    uscc: Option<String>,
    month: Col<Month>,
    comment: String,
    hidden_rule: Option<Col<HidingRule>>,
    is_out: bool,
}

/// Comments that are out. The feed tells of no others, so that one which is not there any more was
/// out, and its writer took it back.
pub(super) fn reviews(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<ReviewRow> =
        review::table.filter(review::id.eq_any(ids)).select(ReviewRow::as_select()).load(conn)?;
    let texts: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut replies = reply::of_reviews(conn, &texts, Language::Chinese)?;
    let mut found: Found = ids.iter().map(|id| (id.clone(), None)).collect();
    for row in rows {
        let id = row.id.clone();
        if !row.is_out {
            found.remove(&id);
            continue;
        }
        let hidden_rule = row.hidden_rule.map(|rule| rule.0);
        let value = Some(CopiedReview {
            month: row.month.0,
            comment: hidden_rule.is_none().then_some(row.comment),
            // It may repeat what was hidden.
            reply: replies.remove(&id).filter(|_| hidden_rule.is_none()).map(copied),
            hidden_rule,
            id: row.id,
            project: row.project_id,
            firm: row.uscc,
        });
        found.insert(id.clone(), Some(CopyLine::Review { id, value }));
    }
    Ok(found)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = scheme_version)]
struct SchemeRow {
    scheme: String,
    version: i32,
    text: String,
    effective_from: Col<NaiveDate>,
    place: String,
    announced_at: NaiveDateTime,
}

/// Schemes of which a version was announced.
pub(super) fn schemes(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let rows: Vec<SchemeRow> = scheme_version::table
        .filter(scheme_version::scheme.eq_any(ids))
        .order((scheme_version::scheme, scheme_version::version))
        .select(SchemeRow::as_select())
        .load(conn)?;
    let version = |row: SchemeRow| {
        let version = CopiedSchemeVersion {
            version: row.version,
            place: row.place,
            effective_from: row.effective_from.0,
            announced_at: row.announced_at.and_utc(),
            text: row.text,
        };
        (row.scheme, version)
    };
    let line = |(id, versions): (String, Vec<CopiedSchemeVersion>)| {
        let value = Some(CopiedScheme { id: id.clone(), versions });
        (id.clone(), Some(CopyLine::Scheme { id, value }))
    };
    Ok(by_id(rows.into_iter().map(version)).into_iter().map(line).collect())
}
