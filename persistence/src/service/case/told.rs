//! Who is told what of a case. The residents of several households learn nothing of each other.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Role;
use xinwu_domain::account::AccountStatus;
use xinwu_domain::case::{Assignee, AssigneeKind, CaseRules};
use xinwu_domain::context::RequestContext;
use xinwu_domain::notice::NoticeKind;
use xinwu_store::{Col, Conn, Result, Tx};

use super::whole::Whole;
use crate::people::notice::{NewNotice, accounts_of, tell, tell_all};
use crate::registers::estate;
use crate::schema::account;

/// What a case is called in a notice: its estate, and what it is about.
fn name(conn: &mut Conn, whole: &Whole) -> Result<String> {
    let estate = estate::require(conn, &whole.row.estate)?.name;
    let category = CaseRules::shipped().category(&whole.row.category);
    let category = category.map_or(whole.row.category.as_str(), |category| &category.name.zh);
    Ok(format!("{estate} {category}"))
}

/// Tells who opened it and who joined it, but for `but`, who does it; the firm that opened it, too.
pub(super) fn tell_residents(
    tx: &mut Tx<'_>,
    whole: &Whole,
    but: Option<&str>,
    kind: NoticeKind,
    detail: Option<&str>,
    reason: Option<&str>,
) -> Result<()> {
    let households = whole.households.iter().filter_map(|household| household.account_id.as_deref());
    let all: BTreeSet<&str> = whole.row.opened_by.as_deref().into_iter().chain(households).collect();
    let name = name(tx.conn, whole)?;
    let told = NewNotice { kind, about: &whole.row.id, name: &name, detail, reason };
    for account in all.into_iter().filter(|account| Some(*account) != but) {
        tell(tx, account, &told)?;
    }
    if let Some(uscc) = &whole.row.opened_uscc {
        let accounts = accounts_of(tx.conn, uscc)?;
        tell_accounts(tx, &accounts, &told)?;
    }
    Ok(())
}

/// Tells the firm or the department that has it. Offices read of it in their inboxes.
pub(super) fn tell_assignee(
    tx: &mut Tx<'_>,
    whole: &Whole,
    kind: NoticeKind,
    detail: Option<&str>,
    reason: Option<&str>,
) -> Result<()> {
    match whole.row.assignee() {
        Some(assignee) => tell_party(tx, whole, &assignee, kind, detail, reason),
        None => Ok(()),
    }
}

/// [`tell_assignee`] of one who had it.
pub(super) fn tell_party(
    tx: &mut Tx<'_>,
    whole: &Whole,
    Assignee { kind: party, id }: &Assignee,
    kind: NoticeKind,
    detail: Option<&str>,
    reason: Option<&str>,
) -> Result<()> {
    let accounts = accounts_of_assignee(tx.conn, *party, id)?;
    if accounts.is_empty() {
        return Ok(());
    }
    let name = name(tx.conn, whole)?;
    tell_accounts(tx, &accounts, &NewNotice { kind, about: &whole.row.id, name: &name, detail, reason })
}

fn tell_accounts(tx: &mut Tx<'_>, accounts: &[String], told: &NewNotice<'_>) -> Result<()> {
    let now = tx.now_utc();
    tell_all(tx, accounts, told, now)
}

fn accounts_of_assignee(conn: &mut Conn, kind: AssigneeKind, id: &str) -> Result<Vec<String>> {
    match kind {
        AssigneeKind::Firm => accounts_of(conn, id),
        AssigneeKind::Department => Ok(account::table
            .filter(account::department.eq(id))
            .filter(account::role.eq(Col(Role::Department)))
            .filter(account::status.eq(Col(AccountStatus::Active)))
            .order(account::id)
            .select(account::id)
            .load(conn)?),
        AssigneeKind::Community | AssigneeKind::Street => Ok(Vec::new()),
    }
}

/// An instant in the city's time, for people: `2026-11-23 10:00`.
pub(super) fn told_at(at: Option<NaiveDateTime>, context: RequestContext) -> Option<String> {
    Some(at?.and_utc().with_timezone(&context.zone()).format("%Y-%m-%d %H:%M").to_string())
}
