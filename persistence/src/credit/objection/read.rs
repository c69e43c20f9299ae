//! Reads of objections.

use diesel::prelude::*;
use xinwu_domain::access::{Party, Warrant};
use xinwu_domain::account::People;
use xinwu_domain::context::RequestContext;
use xinwu_domain::objection::{AdminObjection, ObjectionObject, ObjectionStatus, ObjectionView};
use xinwu_domain::page::{Listed, Window};
use xinwu_store::{Conn, Result};

use super::Row;
use crate::credit::waiting::{self, DueQuery, due_first};
use crate::registers::place::from_json;
use crate::schema::objection;
use crate::working_days::working_days;

/// Objections in one firm's own dossier at the most.
const LONGEST_DOSSIER: i64 = 2_000;

/// The objections for which the actor's place and those below it answer, those due first before the
/// others.
pub fn list_admin(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &DueQuery<ObjectionStatus>,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<AdminObjection>> {
    let page = due_first!(objection, conn, warrant, query, window);
    waiting::admin_page(conn, page, context)
}

/// Every objection of a firm or a manager, the latest first.
pub fn own_dossier(conn: &mut Conn, party: &Party, context: RequestContext) -> Result<Vec<ObjectionView>> {
    let rows = objection::table.into_boxed();
    let rows = match party {
        Party::Firm(uscc) => rows.filter(objection::uscc.eq(uscc)),
        Party::Manager(id) => rows.filter(objection::manager_id.eq(id)),
    };
    let rows: Vec<Row> =
        rows.order(objection::id.desc()).limit(LONGEST_DOSSIER).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(|row| view(row, context)).collect()
}

pub(super) fn view(row: Row, context: RequestContext) -> Result<ObjectionView> {
    let (status, kind, due_on) = (row.state.0, row.object_kind.0, row.due_on.0);
    let is_open = status == ObjectionStatus::Open;
    let left = working_days()?.working_days_between(context.today(), due_on);
    Ok(ObjectionView {
        object: ObjectionObject { kind, id: row.object_id },
        id: row.id,
        uscc: row.uscc,
        manager: row.manager_id,
        grounds: row.grounds,
        evidence: from_json(&row.evidence)?,
        status,
        filed_at: row.filed_at.and_utc(),
        due_on,
        working_days_left: is_open.then_some(left),
        extension_reason: row.extension_reason,
        reason: row.reason,
        closed_at: row.closed_at.map(|at| at.and_utc()),
    })
}

pub(super) fn admin_view(row: Row, context: RequestContext) -> Result<AdminObjection> {
    Ok(AdminObjection {
        place: row.place.clone(),
        filed_by: row.filed_by.clone(),
        decided_by: row.decided_by.clone(),
        people: People::default(),
        objection: view(row, context)?,
    })
}
