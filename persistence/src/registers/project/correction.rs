//! A project that was entered under the wrong firm comes under the right one: it has not changed
//! hands, so that it is another firm's from now on for the whole of its term. What was published
//! before stays.

use diesel::prelude::*;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::entity::Entity;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::project::ProjectEdit;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx};

use super::Row;
use crate::owed_notice::owe_firm;
use crate::registers::authorized::Resource;
use crate::registers::retirement::named;
use crate::registers::{estate, firm, manager};
use crate::schema::review;

/// The firm and the manager after an edit: with the firm the manager leaves who works for another.
/// Faults of the firm are kept.
///
/// # Errors
/// [`Refusal::Forbidden`] below the district: neither firm is the one to agree, and what is
/// registered of firms is the district's.
pub(super) fn whose(
    conn: &mut Conn,
    warrant: &Warrant,
    row: &Row,
    edit: &ProjectEdit,
    faults: &mut Faults,
) -> Result<(Option<String>, Option<String>)> {
    let wanted = |there: &Option<String>| edit.manager.clone().unwrap_or_else(|| there.clone());
    let Some(uscc) = edit.uscc.as_ref().filter(|uscc| row.uscc.as_ref() != Some(uscc)) else {
        return Ok((row.uscc.clone(), wanted(&row.manager_id)));
    };
    if !warrant.is_operator() && !matches!(warrant.role(), Role::District | Role::City) {
        let text = Text::new(
            "更正项目所属企业须由区级或市级办理",
            "The district or the city corrects whose a project is",
        );
        return Err(Refusal::forbidden("role_not_allowed", text).into());
    }
    faults.keep(row.operator.0.check_firm(true))?;
    faults.keep(named::<firm::Row>(conn, uscc, "/uscc"))?;
    let stays = match &row.manager_id {
        Some(id) => manager::Row::require(conn, id)?.uscc.as_ref() == Some(uscc),
        None => false,
    };
    Ok((Some(uscc.clone()), wanted(&row.manager_id.clone().filter(|_| stays))))
}

/// What was written of a project stands with the firm whose it is from now on; both firms are told.
pub(super) fn corrected(tx: &mut Tx<'_>, row: &Row, before: &Row) -> Result<()> {
    let of_project = || review::table.filter(review::project_id.eq(&row.id));
    diesel::update(of_project()).set(review::uscc.eq(&row.uscc)).execute(tx.conn)?;
    let shown: Vec<String> = of_project().filter(review::is_out.eq(true)).select(review::id).load(tx.conn)?;
    for id in shown {
        tx.changed(Entity::Review, &id);
    }
    let estate = estate::require(tx.conn, &row.estate)?.name;
    let whose = [(&before.uscc, NoticeKind::ProjectLeft), (&row.uscc, NoticeKind::ProjectJoined)];
    for (uscc, kind) in whose {
        if let Some(uscc) = uscc {
            owe_firm(tx, uscc, kind, &row.id, &estate)?;
        }
    }
    Ok(())
}
