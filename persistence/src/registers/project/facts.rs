//! What is known of a project from an instant on, and who is told of it.

use diesel::prelude::*;
use xinwu_domain::entity::Entity;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_store::{Result, Tx};

use super::Row;
use crate::schema::{project, project_fact};

/// Who had a project before, whose pages show it.
#[derive(Default)]
pub(super) struct FormerParties {
    uscc: Option<String>,
    manager_id: Option<String>,
}

impl FormerParties {
    pub fn of(row: &Row) -> FormerParties {
        FormerParties { uscc: row.uscc.clone(), manager_id: row.manager_id.clone() }
    }
}

/// Writes a changed row as its next version.
pub(super) fn update(tx: &mut Tx<'_>, row: &Row, before: &FormerParties) -> Result<()> {
    diesel::update(project::table.find(&row.id))
        .set((
            project::uscc.eq(&row.uscc),
            project::manager_id.eq(&row.manager_id),
            project::starts_on.eq(row.starts_on),
            project::ends_on.eq(row.ends_on),
            project::area_dm2.eq(row.area_dm2),
            project::households.eq(row.households),
            project::fee_fen.eq(row.fee_fen),
            project::retired_on.eq(row.retired_on),
            project::successor.eq(&row.successor),
            project::reach.eq(row.reach),
            project::updated_at.eq(tx.now_utc()),
            project::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    diesel::update(project_fact::table)
        .filter(project_fact::project_id.eq(&row.id))
        .filter(project_fact::known_until.is_null())
        .set(project_fact::known_until.eq(tx.now_utc()))
        .execute(tx.conn)?;
    settle(tx, row, before)
}

/// Keeps the terms as they are known from now on, after those before have been ended, and tells
/// whoever shows them. Of a project that is retired nothing is known from then on.
pub(super) fn settle(tx: &mut Tx<'_>, row: &Row, before: &FormerParties) -> Result<()> {
    let facts = (
        project_fact::project_id.eq(&row.id),
        project_fact::operator.eq(row.operator),
        project_fact::uscc.eq(&row.uscc),
        project_fact::manager_id.eq(&row.manager_id),
        project_fact::starts_on.eq(row.starts_on),
        project_fact::ends_on.eq(row.ends_on),
        project_fact::area_dm2.eq(row.area_dm2),
        project_fact::households.eq(row.households),
        project_fact::known_from.eq(tx.now_utc()),
    );
    if row.retired_on.is_none() {
        diesel::insert_into(project_fact::table).values(facts).execute(tx.conn)?;
    }
    tx.changed(Entity::Project, &row.id);
    tx.changed(Entity::Estate, &row.estate);
    for uscc in [&row.uscc, &before.uscc].into_iter().flatten() {
        tx.changed(Entity::Firm, uscc);
    }
    for manager in [&row.manager_id, &before.manager_id].into_iter().flatten() {
        tx.changed(Entity::Manager, manager);
    }
    tx.facts_changed(Subject::project(&row.id), Cause::of(CauseKind::Project, &row.id));
    Ok(())
}
