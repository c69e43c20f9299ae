//! What is given of a closed period: a dated correction, which takes a second person.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{AssessmentKey, NewAssessment};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, Tx};

use super::{Put, Row, Stands, audit_put, changed, put, read, supersede, weight_beside};
use crate::registers::authorized::find;
use crate::registers::place::from_json;
use crate::registers::second_person::{self, Asked};
use crate::schema::assessment;

/// What a second person reads before it takes the place of what stands.
const SECONDED: &[&str] = &["scores", "note", "evidence"];

/// Puts it in force now, and asks for a second person.
pub(super) fn put_in_force(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    stands: &Stands,
    row: Row,
    uscc: Option<&str>,
) -> Result<Row> {
    if let Some(in_force) = &stands.in_force {
        supersede(tx, in_force)?;
    }
    diesel::insert_into(assessment::table).values(&row).execute(tx.conn)?;
    audit_put(tx, warrant, stands, &row)?;
    changed(tx, &row, uscc);
    let cause = Cause::of(CauseKind::Assessment, &row.id);
    tx.facts_changed(Subject::project(&row.project_id), cause);
    if !warrant.is_seconded() {
        ask(tx.conn, warrant, stands, &row)?;
    }
    Ok(row)
}

/// # Errors
/// [`Refusal::SecondNeeded`]
fn ask(conn: &mut Conn, warrant: &Warrant, stands: &Stands, row: &Row) -> Result<()> {
    let id = row.key().path();
    let version = version_of(stands);
    let evidence: Vec<String> = from_json(&row.evidence)?;
    let before = stands.in_force.clone().map(|row| read::one_view(conn, row)).transpose()?;
    let after = read::one_view(conn, row.clone())?;
    let asked = Asked {
        beside: weight_beside(conn, &row.project_id, row.period.0)?,
        ..Asked::of(Kind::Assessment, &id, version, row.correction_reason.as_deref(), &evidence)
    };
    second_person::require(warrant, asked, (before.as_ref(), &after), SECONDED)
}

/// Of what a correction replaces; 0 where there is nothing yet.
fn version_of(stands: &Stands) -> i64 {
    stands.in_force.as_ref().map_or(0, |row| row.version)
}

/// Makes a correction that a second person confirms: `path` is [`AssessmentKey::path`], and
/// `version` what stood when it was proposed, or none if that does not matter.
///
/// # Errors
/// As [`put`]; [`Refusal::Stale`] where another stands.
pub(crate) fn correct(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (path, version): (&str, Option<i64>),
    new: &NewAssessment,
    context: RequestContext,
) -> Result<()> {
    let key = AssessmentKey::of_path(path).ok_or_else(|| Kind::Assessment.not_found())?;
    let stands = Stands::load(tx.conn, &key)?;
    if version.is_some_and(|version| version != version_of(&stands)) {
        return Err(Refusal::Stale.into());
    }
    let expected = stands.shown().map(|_| Expected::Any);
    let project = find(tx.conn, warrant, &key.project, context.at(tx.now).today())?;
    let of = (&project, key.period, key.assessor);
    match put(tx, warrant, of, new, expected.as_ref(), context)? {
        Put::NeedsVersion => Err(Refusal::Stale.into()),
        Put::Created(..) | Put::Replaced(..) => Ok(()),
    }
}
