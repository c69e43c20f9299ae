//! A project's part of a step: what waits of its cases is counted and marked, or goes on waiting.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::case::figures::{CaseIncrement, Cut, End, Marks, WaitingCase, take};
use xinwu_domain::case::{AssigneeKind, CaseOutcome, CaseRules, StepKind};
use xinwu_domain::copy::ratings_id;
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::StepDue;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::increment::{Increment, Of};
use crate::ratings::rating::step::name_of;
use crate::schema::{case, case_clock, case_household, case_increment, case_step, project};

/// Ids in one statement.
const IDS: usize = 500;

/// The codes of the kinds that count in sums.
pub(super) fn public_kinds() -> Vec<String> {
    let kinds = CaseRules::shipped().kinds().iter().filter(|kind| kind.public);
    kinds.map(|kind| kind.code.clone()).collect()
}

/// A case of which something is not counted yet.
#[derive(Queryable)]
struct Uncounted {
    id: String,
    kind: String,
    uscc: Option<String>,
    cycle: i32,
    assignee: (Option<Col<AssigneeKind>>, Option<String>),
    opened_at: NaiveDateTime,
    late: (Option<NaiveDateTime>, Option<String>),
    end: (Option<NaiveDateTime>, Option<Col<CaseOutcome>>, Option<bool>, i64),
    counted: (Option<String>, Option<String>, Option<String>),
}

/// Publishes what waits of a project, each kind of case by itself, where it is of enough
/// households.
pub(super) fn publish(tx: &mut Tx<'_>, due: &StepDue, cut: Cut, project: &str) -> Result<()> {
    let mut kinds: BTreeMap<String, Vec<Uncounted>> = BTreeMap::new();
    for row in uncounted(tx.conn, project, cut)? {
        kinds.entry(row.kind.clone()).or_default().push(row);
    }
    let mut is_published = false;
    for (kind, rows) in kinds {
        is_published |= publish_kind(tx, due, cut, (project, &kind), rows)?;
    }
    if !is_published {
        return Ok(());
    }
    tx.changed(Entity::Cases, &ratings_id(project, due.month));
    tx.changed(Entity::Project, project);
    let uscc: Option<String> = project::table.find(project).select(project::uscc).first(tx.conn)?;
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, &uscc);
    }
    tx.changed(Entity::Figures, "city");
    Ok(())
}

/// [`publish`] of one kind of case; gives whether anything was.
fn publish_kind(
    tx: &mut Tx<'_>,
    due: &StepDue,
    cut: Cut,
    (project, kind): (&str, &str),
    rows: Vec<Uncounted>,
) -> Result<bool> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut households = households(tx.conn, &ids)?;
    let overdue = overdue(tx.conn, &ids)?;
    let cases: Vec<WaitingCase> = rows
        .into_iter()
        .map(|row| {
            let households = households.remove(&row.id).unwrap_or_default();
            let was_overdue = overdue.contains(&row.id);
            row.waiting(households, was_overdue)
        })
        .collect();
    let Some(increment) = take(&cases, cut) else { return Ok(false) };
    let step = name_of(due);
    let of = Of { project, step: &step, kind, month: due.month, need: due.need, at: tx.now_utc() };
    let row = Increment::new(&of, &increment);
    // First of all: of two instances that come to a project at once the second waits here, and
    // finds that it is done.
    let is_first = on_each!(&mut *tx.conn, |conn| diesel::insert_into(case_increment::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if is_first == 0 {
        return Ok(false);
    }
    mark(tx, &step, &ids, &increment)?;
    Ok(true)
}

/// A project's cases that were opened before the cut and are not counted to their end.
fn uncounted(conn: &mut Conn, project: &str, cut: Cut) -> Result<Vec<Uncounted>> {
    Ok(case::table
        .inner_join(case_clock::table.on(case_clock::case_id.eq(case::id)))
        .filter(case::project_id.eq(project))
        .filter(case::kind.eq_any(public_kinds()))
        .filter(case_clock::end_counted.is_null())
        .filter(case::opened_at.lt(cut.until.naive_utc()))
        .order(case::id)
        .select((
            case::id,
            case::kind,
            case::uscc,
            case::cycle,
            (case::assignee_kind, case::assignee),
            case::opened_at,
            (case_clock::late_at, case_clock::late_uscc),
            (case_clock::ended_at, case_clock::outcome, case_clock::satisfied, case_clock::consumed),
            (case_clock::opened_counted, case_clock::timing_counted, case_clock::end_counted),
        ))
        .load(conn)?)
}

/// The households that a case concerns, and those of them that said what they think of it.
#[derive(Default)]
struct Households {
    all: Vec<String>,
    answered: Vec<String>,
}

fn households(conn: &mut Conn, ids: &[String]) -> Result<HashMap<String, Households>> {
    let mut households: HashMap<String, Households> = HashMap::new();
    for part in ids.chunks(IDS) {
        let found: Vec<(String, String, Option<bool>)> = case_household::table
            .filter(case_household::case_id.eq_any(part))
            .select((case_household::case_id, case_household::household, case_household::satisfied))
            .load(conn)?;
        for (case, household, satisfied) in found {
            let of_case = households.entry(case).or_default();
            if satisfied.is_some() {
                of_case.answered.push(household.clone());
            }
            of_case.all.push(household);
        }
    }
    Ok(households)
}

/// Those of some cases whose time ran out, in whoever had them then.
fn overdue(conn: &mut Conn, ids: &[String]) -> Result<HashSet<String>> {
    let mut overdue = HashSet::new();
    for part in ids.chunks(IDS) {
        let found: Vec<String> = case_step::table
            .filter(case_step::case_id.eq_any(part))
            .filter(case_step::kind.eq(Col(StepKind::Overdue)))
            .select(case_step::case_id)
            .load(conn)?;
        overdue.extend(found);
    }
    Ok(overdue)
}

impl Uncounted {
    fn waiting(self, households: Households, was_overdue: bool) -> WaitingCase {
        let (late_at, late_uscc) = self.late;
        // Of a project without a firm it is whoever has it.
        let is_own = |firm: Option<&str>| self.uscc.is_none() || firm == self.uscc.as_deref();
        let holder = match self.assignee {
            (Some(Col(AssigneeKind::Firm)), holder) => holder,
            _ => None,
        };
        let (ended_at, outcome, satisfied, consumed) = self.end;
        let end = ended_at.zip(outcome).map(|(at, Col(outcome))| End {
            at: at.and_utc(),
            outcome,
            is_theirs: is_own(holder.as_deref()),
            was_reopened: self.cycle > 1,
            satisfied,
            consumed: u64::try_from(consumed).unwrap_or_default(),
        });
        let (opened, timing, ended) = self.counted;
        let late_at = late_at.filter(|_| is_own(late_uscc.as_deref())).map(|at| at.and_utc());
        WaitingCase {
            opened_at: self.opened_at.and_utc(),
            late_at,
            was_late_elsewhere: was_overdue && late_at.is_none(),
            end,
            counted: Marks { opened: opened.is_some(), timing: timing.is_some(), end: ended.is_some() },
            households: households.all,
            answered: households.answered,
        }
    }
}

/// Marks what is counted, so that no step counts it again.
fn mark(tx: &mut Tx<'_>, step: &str, ids: &[String], increment: &CaseIncrement) -> Result<()> {
    let of = |is_counted: fn(&Marks) -> bool| -> Vec<&String> {
        let counted = ids.iter().zip(&increment.counted).filter(|(_, marks)| is_counted(marks));
        counted.map(|(id, _)| id).collect()
    };
    for part in of(|marks| marks.opened).chunks(IDS) {
        diesel::update(case_clock::table.filter(case_clock::case_id.eq_any(part.iter().copied())))
            .set(case_clock::opened_counted.eq(step))
            .execute(tx.conn)?;
    }
    for part in of(|marks| marks.timing).chunks(IDS) {
        diesel::update(case_clock::table.filter(case_clock::case_id.eq_any(part.iter().copied())))
            .set(case_clock::timing_counted.eq(step))
            .execute(tx.conn)?;
    }
    for part in of(|marks| marks.end).chunks(IDS) {
        diesel::update(case_clock::table.filter(case_clock::case_id.eq_any(part.iter().copied())))
            .set(case_clock::end_counted.eq(step))
            .execute(tx.conn)?;
    }
    Ok(())
}
