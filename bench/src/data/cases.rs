//! Cases, written straight into the tables as residents, firms and the clock would have left them:
//! repairs of all estates in turn, of which every other one is open.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::ProgressBar;
use xinwu_store::Url;

use super::bulk::{Bulk, Table, V};
use super::city::{City, Project};
use super::people::{account_id, dwelling, household_id};
use super::registers::stored;
use crate::Result;

const CASE: Table = Table {
    name: "\"case\"",
    columns: "id,kind,category,class,state,cycle,channel,estate,project_id,uscc,place,desk,building,description,\
              opened_role,opened_by,opened_at,assignee_kind,assignee,contested,households,is_incident,is_open,sort_at,\
              waits_for_desk,version",
};
const CLOCK: Table = Table {
    name: "case_clock",
    columns: "case_id,dispatched_at,due_at,original_due_at,consumed,extended_cycle,escalated_cycle,done_at,ended_at,outcome,\
              satisfied,clock_at,late_drafted,unsolved_drafted,opened_counted,timing_counted,end_counted",
};
const STEP: Table = Table {
    name: "case_step",
    columns: "case_id,seq,at,kind,by_role,by_account,by_uscc,cycle,assignee_kind,assignee,class,hours,target",
};
const HOUSEHOLD: Table =
    Table { name: "case_household", columns: "case_id,household,account_id,joined_at,satisfied" };

/// How long before the first of them was opened those that are open have time: none of them becomes
/// due while it is measured.
const OPEN_FOR: TimeDelta = TimeDelta::hours(12);
/// The step of the past in which those that have ended are counted.
const COUNTED: &str = "2020-01-01";

/// Adds the cases from the `from`-th to the one before the `to`-th, as of `now`. `estates` are the
/// codes of the estates, by the ids of their projects.
pub fn add_cases(
    url: &Url,
    city: &City,
    estates: &HashMap<String, String>,
    (from, to): (u64, u64),
    now: DateTime<Utc>,
) -> Result<()> {
    let progress = ProgressBar::hidden();
    let mut bulk = Bulk::beside(url, &progress)?;
    let projects: Vec<&Project> = city.projects.iter().filter(|project| project.ends_on.is_none()).collect();
    for n in from..to {
        let project = projects[(n % projects.len() as u64) as usize];
        // The first of an estate is open, the second has ended, and so on.
        let is_open = (n / projects.len() as u64).is_multiple_of(2);
        let estate = estates.get(&project.id).ok_or("a project is not in the database")?;
        one(&mut bulk, city, (project, estate), n, is_open, now)?;
    }
    bulk.close()
}

fn one(
    bulk: &mut Bulk<'_>,
    city: &City,
    (project, code): (&Project, &str),
    n: u64,
    is_open: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let (seed, estate) = (city.seed, &city.estates[project.estate]);
    let home = seed.below(71, n, estate.accounts);
    let account = account_id(seed, estate.first_account + home);
    let household = household_id(seed, estate.first_household + home);
    let building = dwelling(home).building;
    let firm = city.firms[project.firm].uscc.as_str();
    let id = seed.id(70, n);
    // Those that have ended are of the year before.
    let back =
        if is_open { TimeDelta::seconds(n as i64 % 3_600) } else { TimeDelta::minutes(1_500 + n as i64) };
    let opened = now - OPEN_FOR - back;
    let (due, done) = (opened + TimeDelta::hours(24), opened + TimeDelta::hours(5));
    let verified = done + TimeDelta::hours(3);
    let at = |at: DateTime<Utc>| stored(at.naive_utc());
    let times = [at(opened), at(due), at(done), at(verified), at(verified + TimeDelta::days(730))];
    let [opened, due, done, verified, forgotten] = times.each_ref().map(|at| V::T(at));
    let (repair, leak, general, of_firm) = (V::T("repair"), V::T("leak"), V::T("general"), V::T("firm"));
    let no = || V::B(false);
    let ended = |value: &V<'static>| if is_open { V::N } else { value.again() };
    bulk.row(
        &CASE,
        &[
            V::T(&id),
            repair,
            leak,
            general.again(),
            V::T(if is_open { "dispatched" } else { "verified" }),
            V::I(1),
            V::T("app"),
            V::T(code),
            V::T(&project.id),
            V::T(firm),
            V::T(&estate.community),
            V::T(&estate.community),
            V::T(&building),
            V::T("厨房下水管接口渗漏"),
            V::T("resident"),
            V::T(&account),
            opened.again(),
            of_firm.again(),
            V::T(firm),
            no(),
            V::I(1),
            no(),
            V::B(is_open),
            if is_open { due.again() } else { verified.again() },
            no(),
            V::I(if is_open { 1 } else { 4 }),
        ],
    )?;
    bulk.row(
        &CLOCK,
        &[
            V::T(&id),
            opened.again(),
            if is_open { due.again() } else { V::N },
            due.again(),
            V::I(if is_open { 0 } else { 5 * 3_600 }),
            V::I(0),
            V::I(0),
            if is_open { V::N } else { done.again() },
            if is_open { V::N } else { verified.again() },
            ended(&V::T("verified")),
            ended(&V::B(true)),
            if is_open { due.again() } else { forgotten },
            no(),
            no(),
            ended(&V::T(COUNTED)),
            ended(&V::T(COUNTED)),
            ended(&V::T(COUNTED)),
        ],
    )?;
    let mut step = |seq, when: &V<'_>, kind, role, dispatch: bool| {
        let by = |who, wanted| if role == wanted { V::T(who) } else { V::N };
        let given = |value: V<'static>| if dispatch { value } else { V::N };
        let classed = kind == "opened" || dispatch;
        bulk.row(
            &STEP,
            &[
                V::T(&id),
                V::I(seq),
                when.again(),
                V::T(kind),
                V::T(role),
                by(account.as_str(), "resident"),
                by(firm, "firm"),
                V::I(1),
                given(V::T("firm")),
                if dispatch { V::T(firm) } else { V::N },
                if classed { general.again() } else { V::N },
                if classed { V::I(24) } else { V::N },
                if kind == "opened" { V::T(&estate.community) } else { V::N },
            ],
        )
    };
    step(1, &opened, "opened", "resident", false)?;
    step(2, &opened, "dispatched", "clock", true)?;
    if !is_open {
        step(3, &done, "accepted", "firm", false)?;
        step(4, &done, "finished", "firm", false)?;
        step(5, &verified, "verified", "resident", false)?;
    }
    let satisfied = ended(&V::B(true));
    bulk.row(&HOUSEHOLD, &[V::T(&id), V::T(&household), V::T(&account), opened, satisfied])
}
