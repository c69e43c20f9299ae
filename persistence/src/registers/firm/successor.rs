//! Which firms carry on a firm's business. The firm's own dossier stays under its own code: a
//! merger neither washes a penalty away nor hands a grade on.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::Successor;
use xinwu_domain::refusal::Faults;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::Row;
use crate::registers::retirement::named;
use crate::schema::{firm, firm_successor};

/// A firm's successors, in the order of their codes.
pub(crate) fn successors(conn: &mut Conn, uscc: &str) -> Result<Vec<Successor>> {
    let rows: Vec<(String, String, Col<NaiveDate>)> = firm_successor::table
        .inner_join(firm::table.on(firm::uscc.eq(firm_successor::successor)))
        .filter(firm_successor::uscc.eq(uscc))
        .order(firm_successor::successor)
        .select((firm::uscc, firm::name, firm_successor::since))
        .load(conn)?;
    Ok(rows.into_iter().map(|(uscc, name, since)| Successor { uscc, name, since: since.0 }).collect())
}

/// Checks those that are to carry a firm on.
///
/// # Errors
/// [`Refusal::Invalid`](xinwu_domain::refusal::Refusal::Invalid) for each that is not registered,
/// and for each that the firm itself carries on.
pub(super) fn check(conn: &mut Conn, uscc: &str, wanted: &[String]) -> Result<()> {
    let there = codes(conn, uscc)?;
    let mut faults = Faults::default();
    for (index, successor) in wanted.iter().enumerate() {
        let pointer = format!("/successors/{index}");
        if !there.contains(successor) {
            faults.keep(named::<Row>(conn, successor, &pointer))?;
        }
        if leads_to(conn, successor, uscc)? {
            faults.add(pointer, "cycle", Text::new("承继关系不能循环", "The firm would carry on itself"));
        }
    }
    Ok(faults.refuse_if_any()?)
}

/// Whether others than `wanted` carry a firm on.
pub(super) fn changes(conn: &mut Conn, uscc: &str, wanted: &[String]) -> Result<bool> {
    let wanted: BTreeSet<&String> = wanted.iter().collect();
    Ok(codes(conn, uscc)?.iter().collect::<BTreeSet<_>>() != wanted)
}

fn codes(conn: &mut Conn, uscc: &str) -> Result<Vec<String>> {
    let own = firm_successor::table.filter(firm_successor::uscc.eq(uscc));
    Ok(own.select(firm_successor::successor).load(conn)?)
}

/// Replaces a firm's successors, which were checked; those that stay keep their day.
///
/// # Errors
/// Of the database.
pub(super) fn replace(tx: &mut Tx<'_>, uscc: &str, wanted: &[String], today: NaiveDate) -> Result<()> {
    let own = || firm_successor::table.filter(firm_successor::uscc.eq(uscc));
    let there = codes(tx.conn, uscc)?;
    diesel::delete(own().filter(firm_successor::successor.ne_all(wanted))).execute(tx.conn)?;
    for successor in wanted.iter().filter(|successor| !there.contains(successor)) {
        diesel::insert_into(firm_successor::table)
            .values((
                firm_successor::uscc.eq(uscc),
                firm_successor::successor.eq(successor),
                firm_successor::since.eq(Col(today)),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The cards of the firms that this one carries on show its name.
pub(super) fn renamed(tx: &mut Tx<'_>, successor: &str) -> Result<()> {
    let before: Vec<String> = firm_successor::table
        .filter(firm_successor::successor.eq(successor))
        .select(firm_successor::uscc)
        .load(tx.conn)?;
    for uscc in before {
        tx.changed(Entity::Firm, &uscc);
    }
    Ok(())
}

/// Whether following successors from one firm ends up at another.
fn leads_to(conn: &mut Conn, from: &str, to: &str) -> Result<bool> {
    let mut seen = vec![from.to_owned()];
    let mut next = 0;
    while let Some(uscc) = seen.get(next).cloned() {
        if uscc == to {
            return Ok(true);
        }
        for successor in successors(conn, &uscc)? {
            if !seen.contains(&successor.uscc) {
                seen.push(successor.uscc);
            }
        }
        next += 1;
    }
    Ok(false)
}
