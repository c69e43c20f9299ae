//! Which firms carry on a firm's business. The firm's own dossier stays under its own code: a
//! merger neither washes a penalty away nor hands a grade on.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::Successor;
use xinwu_domain::refusal::Refusal;
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

/// Replaces a firm's successors; those that stay keep their day.
///
/// # Errors
/// [`Refusal::Invalid`] for a firm that is not registered, and for one that the firm itself carries
/// on.
pub(super) fn replace(tx: &mut Tx<'_>, uscc: &str, wanted: &[String], today: NaiveDate) -> Result<()> {
    let own = || firm_successor::table.filter(firm_successor::uscc.eq(uscc));
    let there: Vec<String> = own().select(firm_successor::successor).load(tx.conn)?;
    for (index, successor) in wanted.iter().enumerate() {
        let pointer = format!("/successors/{index}");
        if !there.contains(successor) {
            named::<Row>(tx.conn, successor, &pointer)?;
        }
        if leads_to(tx.conn, successor, uscc)? {
            let text = Text::new("承继关系不能循环", "The firm would carry on itself");
            return Err(Refusal::invalid(pointer, "cycle", text).into());
        }
    }
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
