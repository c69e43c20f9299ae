//! Branches (分支机构): which firm each is a branch of, since when, and as it was known. A branch's
//! records count in its parent's dossier where a scheme rolls branches up.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::calendar::day_of;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::{FirmLink, Parent};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::Row;
use crate::city;
use crate::owed_notice::owe_firm;
use crate::registers::place::to_json;
use crate::registers::retirement::named;
use crate::schema::{firm, firm_branch, place_ancestor};

/// The parent of a firm, if it is a branch, and its branches by their codes, without those that are
/// retired.
pub(crate) fn links(conn: &mut Conn, uscc: &str) -> Result<(Option<FirmLink>, Vec<FirmLink>)> {
    type Link = (String, String, Col<NaiveDate>);
    let link = |(uscc, name, since): Link| FirmLink { uscc, name, since: since.0 };
    let known = || firm_branch::table.filter(firm_branch::known_until.is_null());
    let parents: Vec<Link> = known()
        .inner_join(firm::table.on(firm::uscc.eq(firm_branch::parent)))
        .filter(firm_branch::branch.eq(uscc))
        .select((firm::uscc, firm::name, firm_branch::since))
        .load(conn)?;
    let branches: Vec<Link> = known()
        .inner_join(firm::table.on(firm::uscc.eq(firm_branch::branch)))
        .filter(firm_branch::parent.eq(uscc))
        .filter(firm::retired_on.is_null())
        .order(firm_branch::branch)
        .select((firm::uscc, firm::name, firm_branch::since))
        .load(conn)?;
    Ok((parents.into_iter().map(link).next(), branches.into_iter().map(link).collect()))
}

/// Which firm a firm is a branch of, and since when.
pub(super) fn parent(conn: &mut Conn, branch: &str) -> Result<Option<Parent>> {
    let found: Option<(String, Col<NaiveDate>)> = firm_branch::table
        .filter(firm_branch::known_until.is_null())
        .filter(firm_branch::branch.eq(branch))
        .select((firm_branch::parent, firm_branch::since))
        .first(conn)
        .optional()?;
    Ok(found.map(|(uscc, since)| Parent { uscc, since: since.0 }))
}

/// Which of these firms are branches, and of which.
pub(crate) fn parents_of(conn: &mut Conn, firms: &[String]) -> Result<Vec<(String, String)>> {
    let mut parents = Vec::new();
    for part in firms.chunks(500) {
        let found: Vec<(String, String)> = firm_branch::table
            .filter(firm_branch::known_until.is_null())
            .filter(firm_branch::branch.eq_any(part))
            .select((firm_branch::branch, firm_branch::parent))
            .load(conn)?;
        parents.extend(found);
    }
    Ok(parents)
}

/// Reads which firm a firm is to be a branch of, and since when. Faults are kept: a parent without
/// its day or a day without a parent, a parent that is not registered, the firm itself, a branch of
/// a branch, and a day to come.
///
/// # Errors
/// Of the database.
pub(super) fn read(
    tx: &mut Tx<'_>,
    branch: &str,
    (parent, since): (Option<&str>, Option<NaiveDate>),
    faults: &mut Faults,
) -> Result<Option<Parent>> {
    let wanted = faults.keep(Parent::read(parent.map(str::to_owned), since))?;
    if let Some(parent) = parent {
        faults.keep(require_fit(tx.conn, branch, parent))?;
    }
    let wanted = wanted.flatten();
    if let Some(wanted) = &wanted
        && wanted.since > day_of(tx.now, city::city(tx.conn)?.zone)
    {
        let text = Text::new("不能是将来的日期", "must not lie in the future");
        faults.add("/parent_since", "in_future", text);
    }
    Ok(wanted)
}

/// Makes a firm a branch of another from now on, or of none. What was known before stays for the
/// instants before.
///
/// # Errors
/// Of the database.
pub(super) fn set(tx: &mut Tx<'_>, branch: &str, wanted: Option<&Parent>) -> Result<()> {
    let before = parent(tx.conn, branch)?;
    let own =
        firm_branch::table.filter(firm_branch::branch.eq(branch)).filter(firm_branch::known_until.is_null());
    diesel::update(own).set(firm_branch::known_until.eq(tx.now_utc())).execute(tx.conn)?;
    for concerned in before.iter().chain(wanted) {
        tx.changed(Entity::Firm, &concerned.uscc);
    }
    match wanted {
        Some(wanted) => note(tx, branch, wanted),
        None => Ok(()),
    }
}

/// The firm whose branch it was is told, and the one whose it is from now on.
pub(super) fn tell_of_the_move(
    tx: &mut Tx<'_>,
    branch: &Row,
    former: &Parent,
    wanted: Option<&Parent>,
) -> Result<()> {
    let (id, name) = (&branch.uscc, &branch.name);
    if wanted.is_none_or(|wanted| wanted.uscc != former.uscc) {
        owe_firm(tx, &former.uscc, NoticeKind::BranchLeft, id, name)?;
    }
    match wanted {
        Some(wanted) => owe_firm(tx, &wanted.uscc, NoticeKind::BranchJoined, id, name),
        None => Ok(()),
    }
}

/// The parent's place is another: its branches' rows say so from now on.
pub(super) fn parent_moved(tx: &mut Tx<'_>, parent: &str) -> Result<Vec<String>> {
    let branches: Vec<(String, Col<NaiveDate>)> = firm_branch::table
        .filter(firm_branch::known_until.is_null())
        .filter(firm_branch::parent.eq(parent))
        .select((firm_branch::branch, firm_branch::since))
        .load(tx.conn)?;
    for (branch, since) in &branches {
        set(tx, branch, Some(&Parent { uscc: parent.to_owned(), since: since.0 }))?;
    }
    Ok(branches.into_iter().map(|(branch, _)| branch).collect())
}

/// The cards of its parent and of its branches show its name.
pub(super) fn renamed(tx: &mut Tx<'_>, uscc: &str) -> Result<()> {
    let (parent, branches) = links(tx.conn, uscc)?;
    for link in parent.iter().chain(&branches) {
        tx.changed(Entity::Firm, &link.uscc);
    }
    Ok(())
}

fn require_fit(conn: &mut Conn, branch: &str, wanted: &str) -> Result<()> {
    if wanted == branch {
        return refuse("itself", "企业不能是自己的分支机构", "A firm is no branch of itself");
    }
    named::<Row>(conn, wanted, "/parent")?;
    if parent(conn, wanted)?.is_some() {
        return refuse("branch_of_branch", "该企业本身是分支机构", "That firm is a branch itself");
    }
    let own: i64 = firm_branch::table
        .filter(firm_branch::known_until.is_null())
        .filter(firm_branch::parent.eq(branch))
        .count()
        .get_result(conn)?;
    if own > 0 {
        return refuse(
            "has_branches",
            "企业有分支机构，不能再作为分支机构",
            "The firm has branches of its own",
        );
    }
    Ok(())
}

fn refuse(code: &'static str, zh: &'static str, en: &'static str) -> Result<()> {
    Err(Refusal::invalid("/parent", code, Text::new(zh, en)).into())
}

fn note(tx: &mut Tx<'_>, branch: &str, wanted: &Parent) -> Result<()> {
    let places: Vec<String> = place_ancestor::table
        .inner_join(firm::table.on(firm::registered_place.eq(place_ancestor::place)))
        .filter(firm::uscc.eq(&wanted.uscc))
        .order(place_ancestor::ancestor)
        .select(place_ancestor::ancestor)
        .load(tx.conn)?;
    let known_until: Option<NaiveDateTime> = None;
    diesel::insert_into(firm_branch::table)
        .values((
            firm_branch::branch.eq(branch),
            firm_branch::parent.eq(&wanted.uscc),
            firm_branch::since.eq(Col(wanted.since)),
            firm_branch::parent_places.eq(to_json(&places)?),
            firm_branch::known_from.eq(tx.now_utc()),
            firm_branch::known_until.eq(known_until),
        ))
        .execute(tx.conn)?;
    Ok(())
}
