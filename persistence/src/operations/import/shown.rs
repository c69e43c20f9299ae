//! What whoever confirms a file is shown of its rows, and that nothing else is done than that.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::assessment::RevisionState;
use xinwu_domain::import::{AssessmentRow, ImportKind, ImportState, ImportedRow, Row, RowFault, RowOutcome};
use xinwu_domain::metric::NewMetric;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::proposal::Change;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Conn, Result, Tx};

use super::apply::Applied;
use super::job::JobRow;
use super::staff;
use crate::registers::authorized::Authorized;
use crate::registers::place::{from_json, to_json};
use crate::schema::{assessment, import_row, metric};

/// Rows that a refusal names at the most.
pub(super) const MOST_NAMED: usize = 200;

/// Keeps what rows did, or would do, by their lines.
pub(super) fn note_applied(tx: &mut Tx<'_>, id: &str, applied: &[(i32, Applied)]) -> Result<()> {
    let is_unchanged = |applied: &Applied| applied.outcome == RowOutcome::Unchanged;
    let unchanged = applied.iter().filter(|(_, applied)| is_unchanged(applied));
    note_outcomes(tx, id, &unchanged.map(|(line, applied)| (*line, applied.outcome)).collect::<Vec<_>>())?;
    let others = applied.iter().filter(|(_, applied)| !is_unchanged(applied));
    for (line, Applied { outcome, object, changes, firm }) in others {
        diesel::update(import_row::table.find((id, line)))
            .set((
                import_row::outcome.eq(Col(*outcome)),
                import_row::object_id.eq(object),
                import_row::changes.eq(to_json(changes)?),
                import_row::firm.eq(firm),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// [`note_applied`] of rows that have nothing to show but what they do.
pub(super) fn note_outcomes(tx: &mut Tx<'_>, id: &str, outcomes: &[(i32, RowOutcome)]) -> Result<()> {
    let mut lines: BTreeMap<&'static str, Vec<i32>> = BTreeMap::new();
    for (line, outcome) in outcomes {
        lines.entry((*outcome).into()).or_default().push(*line);
    }
    for (outcome, lines) in lines {
        for part in lines.chunks(500) {
            diesel::update(import_row::table)
                .filter(import_row::import_id.eq(id))
                .filter(import_row::line.eq_any(part))
                .set(import_row::outcome.eq(outcome))
                .execute(tx.conn)?;
        }
    }
    Ok(())
}

type Stored = (i32, String, String, Col<RowOutcome>, Option<String>);

/// The rows of a file that another official confirms or has confirmed, or that took none, in the
/// order of their lines.
pub fn rows(conn: &mut Conn, job: &Authorized<JobRow>, window: &Window) -> Result<Listed<ImportedRow>> {
    if !keeps_rows(job.kind.0, job.state.0) {
        return Ok(Listed { items: Vec::new(), next: None, total: window.count.then_some(0) });
    }
    let filtered = || {
        import_row::table.filter(import_row::import_id.eq(&job.id)).filter(import_row::outcome.is_not_null())
    };
    let after: i32 = window.after.as_ref().and_then(|keys| keys.get(0).parse().ok()).unwrap_or(-1);
    let found: Vec<Stored> = filtered()
        .filter(import_row::line.gt(after))
        .order(import_row::line)
        .limit(window.limit + 1)
        .select((
            import_row::line,
            import_row::shown_key,
            import_row::content,
            import_row::outcome.assume_not_null(),
            import_row::changes,
        ))
        .load(conn)?;
    let page = Listed::from_rows(found, window, |row: &Stored| Keys::of([&row.0.to_string()]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let waits = job.state.0 == ImportState::Submitted;
    let items = page.items.into_iter().map(|row| view(conn, row, waits)).collect::<Result<Vec<_>>>()?;
    Ok(Listed { items, next: page.next, total })
}

/// Whether a job's rows are kept: for whoever confirms them, and to be taken back. Phones are not
/// kept beyond the lists in which they stand.
pub(super) fn keeps_rows(kind: ImportKind, state: ImportState) -> bool {
    match state {
        ImportState::Submitted => true,
        ImportState::Applied | ImportState::Confirmed => !PHONES.contains(&kind),
        _ => false,
    }
}

/// Kinds whose rows hold phones.
pub(super) const PHONES: [ImportKind; 2] = [ImportKind::Staff, ImportKind::Households];

fn view(conn: &mut Conn, (line, key, content, outcome, stored): Stored, waits: bool) -> Result<ImportedRow> {
    let row: Row = from_json(&content)?;
    let changes = match &row {
        Row::Assessment(row) if waits => of_assessment(conn, row)?,
        Row::Metric(row) if waits => of_metric(conn, row)?,
        _ => stored.as_deref().map(from_json).transpose()?.unwrap_or_default(),
    };
    let outcome = match &row {
        Row::Staff(row) => staff::told(row),
        _ => outcome.0,
    };
    Ok(ImportedRow { line, key, outcome, values: row.values(), changes })
}

/// What an assessment changes of the one in force, whose place it takes.
fn of_assessment(conn: &mut Conn, AssessmentRow { key, new, .. }: &AssessmentRow) -> Result<Vec<Change>> {
    type InForce = (i64, i64, Option<String>, String);
    let there: Option<InForce> = assessment::table
        .filter(assessment::project_id.eq(&key.project))
        .filter(assessment::period.eq(Col(key.period)))
        .filter(assessment::assessor.eq(Col(key.assessor)))
        .filter(assessment::state.eq(Col(RevisionState::InForce)))
        .select((
            assessment::service_thousandths,
            assessment::party_thousandths,
            assessment::note,
            assessment::evidence,
        ))
        .first(conn)
        .optional()?;
    let Some((service, party, note, evidence)) = there else { return Ok(Vec::new()) };
    let evidence: Value = from_json(&evidence)?;
    let (service, party) = (Thousandths::from_stored(service), Thousandths::from_stored(party));
    let before = json!({"service": service, "party": party, "note": note, "evidence": evidence});
    let after = json!({
        "service": new.scores.service, "party": new.scores.party, "note": new.note, "evidence": new.evidence
    });
    Ok(Change::between(&before, &after, &["service", "party", "note", "evidence"]))
}

/// What a metric changes of the one in force, whose place it takes.
fn of_metric(conn: &mut Conn, new: &NewMetric) -> Result<Vec<Change>> {
    let there: Option<(i64, String, Option<String>)> = metric::table
        .filter(metric::subject_kind.eq(Col(new.subject.kind)))
        .filter(metric::subject_id.eq(&new.subject.id))
        .filter(metric::metric_key.eq(&new.key))
        .filter(metric::period.eq(Col(new.period)))
        .filter(metric::state.eq(Col(RevisionState::InForce)))
        .select((metric::value_thousandths, metric::source, metric::method))
        .first(conn)
        .optional()?;
    let Some((value, source, method)) = there else { return Ok(Vec::new()) };
    let method: Option<Value> = method.as_deref().map(from_json).transpose()?;
    let before = json!({"value": Thousandths::from_stored(value), "source": source, "method": method});
    let after = json!({"value": new.value, "source": new.source, "method": new.method});
    Ok(Change::between(&before, &after, &["value", "source", "method"]))
}

/// Rows of a register's file do now what they were shown to do.
///
/// # Errors
/// [`Refusal::Rows`] with those that do something else, or can no longer be applied.
pub(super) fn require_as_shown(
    conn: &mut Conn,
    id: &str,
    applied: &[(i32, Applied)],
    faults: &[RowFault],
) -> Result<()> {
    let shown: Vec<(i32, Option<Col<RowOutcome>>, Option<String>)> = import_row::table
        .filter(import_row::import_id.eq(id))
        .select((import_row::line, import_row::outcome, import_row::changes))
        .load(conn)?;
    let shown: BTreeMap<i32, _> =
        shown.into_iter().map(|(line, outcome, changes)| (line, (outcome, changes))).collect();
    let mut named: Vec<FieldFault> = faults
        .iter()
        .map(|fault| FieldFault::new(pointer(fault.line), "changed", fault.text.clone()))
        .collect();
    for (line, Applied { outcome, changes, .. }) in applied {
        // What was sent before rows were shown says nothing.
        let Some((Some(Col(then)), stored)) = shown.get(line) else { continue };
        let stored: Vec<Change> = stored.as_deref().map(from_json).transpose()?.unwrap_or_default();
        if (then, &stored) != (outcome, changes) {
            named.push(changed(*line));
        }
    }
    refuse_if_any(named)
}

/// What a batch takes the place of is what it was when the batch was sent.
///
/// # Errors
/// [`Refusal::Rows`] with those for which something else came into force or fell since.
pub(super) fn require_unreplaced(conn: &mut Conn, job: &JobRow) -> Result<()> {
    let Some(since) = job.finished_at else { return Ok(()) };
    macro_rules! lines_of {
        ($table:ident, $($key:ident),*) => {{
            let other = diesel::alias!($table as other);
            let same_key = other.field($table::id).ne($table::id)
                $(.and(other.field($table::$key).eq($table::$key)))*;
            let came_or_fell = (other.field($table::known_from).gt(since))
                .or(other.field($table::known_until).gt(since));
            import_row::table
                .inner_join($table::table.on($table::id.nullable().eq(import_row::object_id)))
                .inner_join(other.on(same_key))
                .filter(import_row::import_id.eq(&job.id))
                .filter($table::state.eq(Col(RevisionState::Submitted)))
                .filter(came_or_fell)
                .order(import_row::line)
                .select(import_row::line)
                .distinct()
                .load::<i32>(conn)?
        }};
    }
    let lines = match job.kind.0 {
        ImportKind::Assessments => lines_of!(assessment, project_id, period, assessor),
        ImportKind::Metrics => lines_of!(metric, subject_kind, subject_id, metric_key, period),
        _ => Vec::new(),
    };
    refuse_if_any(lines.into_iter().map(changed).collect())
}

/// The fault of a row for which things stand otherwise than when it was sent.
pub(super) fn changed(line: i32) -> FieldFault {
    let text = Text::new("登记内容已变更", "things have changed since the file was sent");
    FieldFault::new(pointer(line), "changed", text)
}

/// Where a refusal says which row.
pub(super) fn pointer(line: impl std::fmt::Display) -> String {
    format!("/rows/{line}")
}

/// # Errors
/// [`Refusal::Rows`] where any is named.
pub(super) fn refuse_if_any(mut faults: Vec<FieldFault>) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    faults.truncate(MOST_NAMED);
    let detail = Text::new(
        "文件提交后登记内容已变更，这些行已不能按所示内容写入；请退回，由提交人重新提交",
        "Things have changed since the file was sent, so that these rows would do something else than is shown: return it, to be sent again",
    );
    Err(Refusal::Rows { code: "changed_meanwhile", detail, faults }.into())
}
