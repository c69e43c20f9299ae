//! What a record shows, with the names of those whom it names.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::context::RequestContext;
use xinwu_domain::record::publicity::is_public;
use xinwu_domain::record::repair::possible_from;
use xinwu_domain::record::{
    RecordCategory, RecordFirm, RecordManager, RecordProject, RecordState, RecordStatus, RecordStep,
    RecordView, Revocation, RevocationGround,
};
use xinwu_domain::review::Reply;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::super::hearing::{self, Hearings};
use super::super::{Row, from_json};
use crate::credit::repair::{self, Repairs};
use crate::credit::scheme;
use crate::ratings::reply;
use crate::schema::{case_record, estate, firm, manager, project, record_step};

pub(in crate::credit::record) fn one_view(
    conn: &mut Conn,
    row: Row,
    context: RequestContext,
) -> Result<RecordView> {
    let id = row.id.clone();
    views(conn, std::slice::from_ref(&row), context)?
        .pop()
        .ok_or_else(|| StoreError::internal(format!("record {id} has no view")))
}

/// The names that records show, by id.
struct Names {
    firms: HashMap<String, String>,
    projects: HashMap<String, (String, String)>,
    managers: HashMap<String, String>,
    replies: HashMap<String, Reply>,
    replies_of_managers: HashMap<String, Reply>,
    repairs: HashMap<String, Repairs>,
    revocations: HashMap<String, Revocation>,
    cases: HashMap<String, String>,
    hearings: HashMap<String, Hearings>,
}

impl Names {
    fn of(conn: &mut Conn, rows: &[Row], context: RequestContext) -> Result<Names> {
        let mut uscc: Vec<&str> = rows.iter().filter_map(|row| row.uscc.as_deref()).collect();
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
        Ok(Names {
            firms: firms.into_iter().collect(),
            projects: projects.into_iter().map(|(id, estate, name)| (id, (estate, name))).collect(),
            managers: managers.into_iter().collect(),
            replies: reply::of_records(conn, &ids, false, context.language)?,
            replies_of_managers: reply::of_records(conn, &ids, true, context.language)?,
            repairs: repair::of_records(conn, &ids, context)?,
            revocations: revocations(conn, rows)?,
            cases: source_cases(conn, &ids)?,
            hearings: hearing::of(conn, rows)?,
        })
    }
}

/// The cases that some records were drafted for.
fn source_cases(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, String>> {
    let found: Vec<(String, String)> = case_record::table
        .filter(case_record::record_id.eq_any(ids))
        .select((case_record::record_id, case_record::case_id))
        .load(conn)?;
    Ok(found.into_iter().collect())
}

/// How those of some records fell that did.
fn revocations(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, Revocation>> {
    let fell = rows.iter().filter(|row| row.state.0 == RecordState::Revoked);
    let ids: Vec<&String> = fell.map(|row| &row.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    type Found = (String, Option<Col<RevocationGround>>, Option<String>, NaiveDateTime);
    let found: Vec<Found> = record_step::table
        .filter(record_step::record_id.eq_any(ids))
        .filter(record_step::step.eq(Col(RecordStep::Revoked)))
        .select((record_step::record_id, record_step::ground, record_step::reason, record_step::at))
        .load(conn)?;
    let revocation = |(id, ground, reason, at): Found| {
        (id, Revocation { ground: ground.map(|ground| ground.0), reason, at: at.and_utc() })
    };
    Ok(found.into_iter().map(revocation).collect())
}

pub(super) fn views(conn: &mut Conn, rows: &[Row], context: RequestContext) -> Result<Vec<RecordView>> {
    let names = Names::of(conn, rows, context)?;
    rows.iter().map(|row| view(row, &names, context)).collect()
}

fn view(row: &Row, names: &Names, context: RequestContext) -> Result<RecordView> {
    let (kind, state, severity) = (row.kind.0, row.state.0, row.severity.0);
    let category = scheme::catalogue()?.get(&row.category);
    let text = |text: &xinwu_domain::text::Text| text.in_language(context.language).to_owned();
    let decided_on = row.decided_on.0;
    let [counts_until, public_until, retain_until] =
        [row.counts_until, row.public_until, row.retain_until].map(|day| day.map(|day| day.0));
    let project = row.project_id.clone().map(|id| {
        let (estate, name) = names.projects.get(&id).cloned().unwrap_or_default();
        RecordProject { id, estate, name }
    });
    let manager = row.manager_id.clone().map(|id| {
        let name = names.managers.get(&id).cloned().unwrap_or_default();
        RecordManager { id, name }
    });
    let repairs = names.repairs.get(&row.id);
    let hearings = names.hearings.get(&row.id).cloned().unwrap_or_default();
    // A firm asks for it, of its own penalties.
    let can_be_repaired = state == RecordState::InForce && kind == RecordKind::Penalty && row.uscc.is_some();
    let status = RecordStatus::of(state, counts_until, retain_until, context.today());
    Ok(RecordView {
        id: row.id.clone(),
        kind,
        category: RecordCategory {
            code: row.category.clone(),
            name: category.map(|category| text(&category.name)).unwrap_or_default(),
            basis: category.map(|category| text(&category.basis)).unwrap_or_default(),
        },
        firm: row.uscc.clone().map(|uscc| {
            let name = names.firms.get(&uscc).cloned().unwrap_or_default();
            RecordFirm { uscc, name }
        }),
        project,
        manager,
        level: row.level.0,
        severity,
        severity_reason: row.severity_reason.clone(),
        title: row.title.clone(),
        detail: row.detail.clone(),
        document_number: row.document_number.clone(),
        authority: row.authority.clone(),
        decided_on,
        counts_from: decided_on,
        counts_until,
        public_until,
        public: state == RecordState::InForce && is_public(kind, public_until, context.today()),
        status,
        disputed: row.disputed,
        known_from: row.known_from.map(|at| at.and_utc()),
        revision: row.revision,
        reply: names.replies.get(&row.id).cloned(),
        manager_reply: names.replies_of_managers.get(&row.id).cloned(),
        repair_possible_from: can_be_repaired
            .then(|| possible_from(severity, decided_on, repairs.and_then(|known| known.refused_on))),
        commitment: repairs.and_then(|known| known.commitment.clone()),
        demo: row.demo,
        evidence: Some(from_json(&row.evidence)?),
        points: Some(from_json(&row.points)?),
        retain_until,
        source_case: names.cases.get(&row.id).cloned(),
        revocation: names.revocations.get(&row.id).cloned(),
        hearing: hearings.firm,
        manager_hearing: hearings.manager,
    })
}
