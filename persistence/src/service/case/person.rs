//! What cases keep of a resident: given out with the account's data, shown on the first screen, and
//! gone with the account.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use xinwu_domain::account::{ExportedCase, ExportedCaseStep};
use xinwu_domain::case::{CaseState, CasesHome, PartyRole, StepKind, Verifier};
use xinwu_domain::context::RequestContext;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::text::Language;
use xinwu_store::{Conn, Result, Tx};

use super::alone::{catch_up, forget};
use super::party::By;
use super::photo;
use super::row::{ClockRow, Row, StepRow};
use super::told::tell_assignee;
use super::view;
use super::whole::{NewStep, Whole};
use crate::city;
use crate::schema::{case, case_clock, case_household, case_step};

/// The ids of the cases that an account opened or joined, in the order of opening.
fn of_account(conn: &mut Conn, account_id: &str) -> Result<BTreeSet<String>> {
    let opened = case::table.filter(case::opened_by.eq(account_id)).select(case::id);
    let joined = case_household::table.filter(case_household::account_id.eq(account_id));
    let opened: Vec<String> = opened.load(conn)?;
    let joined: Vec<String> = joined.select(case_household::case_id).load(conn)?;
    Ok(opened.into_iter().chain(joined).collect())
}

/// The open cases of an account, on its first screen: so many of them at the most.
pub(crate) fn of_home(
    conn: &mut Conn,
    account_id: &str,
    shown: usize,
    context: RequestContext,
) -> Result<CasesHome> {
    type Found = (Row, ClockRow);
    let joined = case_household::table
        .filter(case_household::account_id.eq(account_id))
        .select((case_household::case_id, case_household::satisfied));
    let joined: BTreeMap<String, Option<bool>> =
        joined.load::<(String, Option<bool>)>(conn)?.into_iter().collect();
    let open = || {
        case::table
            .inner_join(case_clock::table.on(case_clock::case_id.eq(case::id)))
            .filter(case::is_open.eq(true))
            .select((Row::as_select(), ClockRow::as_select()))
    };
    let opened: Vec<Found> = open().filter(case::opened_by.eq(account_id)).load(conn)?;
    let others: Vec<Found> = open().filter(case::id.eq_any(joined.keys())).load(conn)?;
    let own: BTreeMap<String, Found> =
        opened.into_iter().chain(others).map(|found| (found.0.id.clone(), found)).collect();
    let count = |is_one: &dyn Fn(&Found) -> bool| {
        i64::try_from(own.values().filter(|found| is_one(found)).count()).unwrap_or(i64::MAX)
    };
    let is_asked =
        |(row, clock): &Found| clock.paused_since.is_some() && row.opened_by.as_deref() == Some(account_id);
    let (all, waiting_for_you) = (count(&|_| true), count(&is_asked));
    let mut to_verify = 0;
    for (row, _) in own.values() {
        let is_unanswered = row.state.0 == CaseState::Done && joined.get(&row.id) == Some(&None);
        if is_unanswered && Whole::load(conn, row.clone())?.verifier() == Verifier::Residents {
            to_verify += 1;
        }
    }
    let latest: Vec<Found> = own.into_values().rev().take(shown).collect();
    let items = view::own_summaries(conn, account_id, latest, context)?;
    Ok(CasesHome { open: all, to_verify, waiting_for_you, items })
}

/// Every case that an account opened or joined, with its own part in it and nobody else's.
pub(crate) fn export(conn: &mut Conn, account_id: &str) -> Result<Vec<ExportedCase>> {
    let mut all = Vec::new();
    for id in of_account(conn, account_id)? {
        let row: Row = case::table.find(&id).select(Row::as_select()).first(conn)?;
        let Whole { row, clock, steps, households, .. } = Whole::load(conn, row)?;
        let is_opener = row.opened_by.as_deref() == Some(account_id);
        let own = households.into_iter().find(|joined| joined.account_id.as_deref() == Some(account_id));
        let steps = steps.into_iter().filter(|step| step.by_account.as_deref() == Some(account_id));
        let photos = photo::sent(conn, &row.id, account_id)?;
        all.push(ExportedCase {
            description: Some(row.description).filter(|text| is_opener && !text.is_empty()),
            dwelling: row.dwelling.filter(|_| is_opener),
            id: row.id,
            kind: row.kind,
            category: row.category,
            estate: row.estate,
            place_in_estate: row.place_in_estate.filter(|_| is_opener),
            state: row.state.0,
            is_opener,
            joined_at: own.as_ref().filter(|_| !is_opener).map(|own| own.joined_at.and_utc()),
            opened_at: row.opened_at.and_utc(),
            ended_at: clock.ended_at.map(|at| at.and_utc()),
            satisfied: own.and_then(|own| own.satisfied),
            steps: steps.map(exported_step).collect(),
            photos,
        });
    }
    Ok(all)
}

fn exported_step(step: StepRow) -> ExportedCaseStep {
    ExportedCaseStep { kind: step.kind.0, at: step.at.and_utc(), reason: step.reason }
}

/// Parts an account that is deleted from its cases. What it opened is withdrawn while that can be,
/// unless other households have joined it; what is done is its desk's to verify. What has ended is
/// forgotten where nobody else is in it.
pub(crate) fn part(tx: &mut Tx<'_>, account_id: &str) -> Result<()> {
    let context = city::city(tx.conn)?.context(Language::Chinese, tx.now);
    for id in of_account(tx.conn, account_id)? {
        let row: Row = case::table.find(&id).select(Row::as_select()).first(tx.conn)?;
        let mut whole = Whole::load(tx.conn, row)?;
        if whole.row.is_open {
            catch_up(tx, &mut whole, context)?;
        }
        let is_opener = whole.row.opened_by.as_deref() == Some(account_id);
        let is_mine = |account: &Option<String>| account.as_deref() == Some(account_id);
        let has_others = whole.households.iter().any(|joined| !is_mine(&joined.account_id));
        let can_end = whole.row.state.0.after(StepKind::Withdrawn).is_some();
        if is_opener && can_end && !has_others {
            let by = By { role: Some(PartyRole::Resident), ..By::clock() };
            whole.take(StepKind::Withdrawn, tx.now_utc(), &NewStep::by(by));
            tell_assignee(tx, &whole, NoticeKind::CaseTakenAway, None, None)?;
        }
        whole.part(account_id);
        diesel::update(case_household::table.filter(case_household::case_id.eq(&id)))
            .filter(case_household::account_id.eq(account_id))
            .set(case_household::account_id.eq(None::<String>))
            .execute(tx.conn)?;
        whole.write(tx, context)?;
        diesel::update(case_step::table.filter(case_step::case_id.eq(&id)))
            .filter(case_step::by_account.eq(account_id))
            .set(case_step::by_account.eq(None::<String>))
            .execute(tx.conn)?;
        if !whole.row.is_open && !whole.has_resident() {
            forget(tx, &id)?;
        }
    }
    photo::delete_of_account(tx, account_id)
}
