//! Who sees an evaluation in full.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_store::{Conn, Result};

use crate::registers::place;
use crate::registers::project::{gives_reach, is_confirmed};
use crate::schema::{estate, firm, manager, place_ancestor, project};

/// How much of an evaluation is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Records that are not public are merged into one line.
    Public,
    /// Every item: for the firm or the manager and for the officials who reach them.
    Full,
}

/// What an asker sees of a subject's evaluations: the firm's or the manager's own account and the
/// officials of whose place it is, or where one of its projects runs on the day `today` and its own
/// district has confirmed that, see all.
pub fn visibility_of(
    conn: &mut Conn,
    asker: Option<&Warrant>,
    subject: &Subject,
    today: NaiveDate,
) -> Result<Visibility> {
    let Some(asker) = asker else { return Ok(Visibility::Public) };
    if asker.manager().is_some_and(|own| *subject == Subject::manager(own)) {
        return Ok(Visibility::Full);
    }
    let full = match (asker.firm(), asker.place()) {
        (Some(own), _) => firm_of(conn, subject)?.as_deref() == Some(own),
        (None, Some(own)) => reaches(conn, own, subject, today)?,
        (None, None) => false,
    };
    Ok(if full { Visibility::Full } else { Visibility::Public })
}

fn firm_of(conn: &mut Conn, subject: &Subject) -> Result<Option<String>> {
    let id = &subject.id;
    let found: Option<Option<String>> = match subject.kind {
        SubjectKind::Firm => return Ok(Some(subject.id.clone())),
        SubjectKind::Project => project::table.find(id).select(project::uscc).first(conn).optional()?,
        SubjectKind::Manager => manager::table.find(id).select(manager::uscc).first(conn).optional()?,
    };
    Ok(found.flatten())
}

fn reaches(conn: &mut Conn, own: &str, subject: &Subject, today: NaiveDate) -> Result<bool> {
    let firm = firm_of(conn, subject)?;
    if subject.kind != SubjectKind::Project
        && let Some(uscc) = &firm
    {
        let registered: Option<String> =
            firm::table.find(uscc).select(firm::registered_place).first(conn).optional()?;
        if let Some(registered) = registered
            && place::is_within(conn, &registered, own)?
        {
            return Ok(true);
        }
    }
    let below = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(own));
    let id = &subject.id;
    let found: i64 = match subject.kind {
        SubjectKind::Firm => {
            below.filter(project::uscc.eq(id)).filter(gives_reach!(today)).count().get_result(conn)?
        }
        SubjectKind::Project => below.filter(project::id.eq(id)).count().get_result(conn)?,
        SubjectKind::Manager => {
            let charge = below.filter(project::manager_id.eq(id));
            match firm {
                // Of the manager's own firm, whose district has confirmed it.
                Some(uscc) => charge
                    .filter(project::uscc.eq(uscc))
                    .filter(gives_reach!(today))
                    .count()
                    .get_result(conn)?,
                // Who works for none is the estates' officials', whenever that was.
                None => charge.filter(is_confirmed!()).count().get_result(conn)?,
            }
        }
    };
    Ok(found > 0)
}
