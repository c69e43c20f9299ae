//! Submitted assessments come into force together: those of an import, or of a place.

use std::collections::BTreeMap;

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamp};
use xinwu_domain::assessment::RevisionState;
use xinwu_domain::entity::Entity;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_store::{Col, Result, Tx};

use crate::schema::{assessment, project};

/// Assessments that one statement names.
pub(super) const AT_ONCE: usize = 500;

/// The firm of a project, and the last of its assessments.
pub(super) type Projects = BTreeMap<String, (Option<String>, String)>;

/// Puts submitted assessments in force, each in the place of what stood. Gives how many there were.
pub(super) fn put_in_force(tx: &mut Tx<'_>, ids: &[String], confirmed_by: Option<&str>) -> Result<usize> {
    let (mut count, mut projects) = (0, Projects::new());
    for part in ids.chunks(AT_ONCE) {
        note_projects(tx, part, &mut projects)?;
        make_way(tx, part)?;
        count += mark(tx, part, confirmed_by)?;
    }
    tell_of(tx, ids, projects);
    Ok(count)
}

/// Tells whoever shows these assessments, and has their projects evaluated.
pub(super) fn tell_of<'a>(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = &'a String>, projects: Projects) {
    for id in ids {
        tx.changed(Entity::Assessment, id);
    }
    for (project, (uscc, last)) in projects {
        tx.changed(Entity::Project, &project);
        if let Some(uscc) = uscc {
            tx.changed(Entity::Firm, &uscc);
        }
        let cause = Cause { kind: CauseKind::Assessment, id: Some(last) };
        tx.facts_changed(Subject::project(&project), cause);
    }
}

pub(super) fn note_projects(tx: &mut Tx<'_>, ids: &[String], projects: &mut Projects) -> Result<()> {
    let rows: Vec<(String, String, Option<String>)> = assessment::table
        .inner_join(project::table.on(project::id.eq(assessment::project_id)))
        .filter(assessment::id.eq_any(ids))
        .order(assessment::id)
        .select((assessment::id, project::id, project::uscc))
        .load(tx.conn)?;
    for (id, project, uscc) in rows {
        projects.insert(project, (uscc, id));
    }
    Ok(())
}

/// Another revision of one that is submitted.
#[derive(Queryable)]
struct Other {
    submitted: String,
    id: String,
    state: Col<RevisionState>,
    revision: i32,
    version: i64,
    was_known: bool,
}

/// Ends what they replace, and numbers them after whatever came since they were submitted.
fn make_way(tx: &mut Tx<'_>, ids: &[String]) -> Result<()> {
    let other = diesel::alias!(assessment as other);
    let others: Vec<Other> = assessment::table
        .inner_join(
            other.on(other
                .field(assessment::project_id)
                .eq(assessment::project_id)
                .and(other.field(assessment::period).eq(assessment::period))
                .and(other.field(assessment::assessor).eq(assessment::assessor))
                .and(other.field(assessment::id).ne(assessment::id))),
        )
        .filter(assessment::id.eq_any(ids))
        .order((assessment::id, other.field(assessment::id)))
        .select((
            assessment::id,
            other.field(assessment::id),
            other.field(assessment::state),
            other.field(assessment::revision),
            other.field(assessment::version),
            other.field(assessment::known_from).is_not_null(),
        ))
        .load(tx.conn)?;
    let mut latest: BTreeMap<&str, (i32, i64)> = BTreeMap::new();
    for other in &others {
        let (revision, version) = latest.entry(other.submitted.as_str()).or_default();
        if other.was_known {
            *revision = (*revision).max(other.revision);
        }
        *version = (*version).max(other.version);
    }
    let in_force = others.iter().filter(|other| other.state.0 == RevisionState::InForce);
    let replaced: Vec<&String> = in_force.map(|other| &other.id).collect();
    diesel::update(assessment::table.filter(assessment::id.eq_any(&replaced)))
        .set((
            assessment::state.eq(Col(RevisionState::Superseded)),
            assessment::known_until.eq(tx.now_utc()),
            assessment::updated_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    for id in replaced {
        tx.changed(Entity::Assessment, id);
    }
    for (id, (revision, version)) in latest {
        diesel::update(assessment::table.find(id).filter(assessment::revision.le(revision)))
            .set(assessment::revision.eq(revision + 1))
            .execute(tx.conn)?;
        diesel::update(assessment::table.find(id).filter(assessment::version.lt(version)))
            .set(assessment::version.eq(version))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn mark(tx: &mut Tx<'_>, ids: &[String], confirmed_by: Option<&str>) -> Result<usize> {
    let now = tx.now_utc();
    // A founding import says since when what it brings was known.
    let known_from = case_when(assessment::known_from.is_null(), now.into_sql::<Nullable<Timestamp>>())
        .otherwise(assessment::known_from);
    Ok(diesel::update(assessment::table.filter(assessment::id.eq_any(ids)))
        .set((
            assessment::state.eq(Col(RevisionState::InForce)),
            assessment::known_from.eq(known_from),
            assessment::confirmed_by.eq(confirmed_by),
            assessment::updated_at.eq(now),
            assessment::version.eq(assessment::version + 1),
        ))
        .execute(tx.conn)?)
}
