//! Households: what a file brought is marked with it, so that one write of one row hides all of it,
//! as one has shown it; the rows themselves are removed afterwards, some at a time.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::calendar::day_of;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::{ImportKind, ImportState};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::super::job::JobRow;
use crate::city;
use crate::registers::place::at_or_below;
use crate::schema::{account, estate, household, household_phone, import, place_ancestor, residence};

/// Prepares that the dwellings and the phones which a file brought are hidden.
///
/// # Errors
/// [`Refusal::Conflict`] where something rests on them: a later file of rosters, which may say the
/// same and is taken back first; a dwelling that was changed since; a resident. The rows of the
/// file are not kept, since they hold phones: how many there are is said, and not which.
pub(super) fn take_back(tx: &mut Tx<'_>, job: &JobRow) -> Result<()> {
    let id: &str = &job.id;
    if let Some(later) = later(tx.conn, job)? {
        return rests_on(
            format!("之后又有住户名册导入，请先撤销：{later}"),
            format!("A later file of rosters came: take that back first: {later}"),
        );
    }
    let brought = || household::table.filter(household::import_id.eq(id));
    let edited: i64 = brought().filter(household::version.gt(1)).count().get_result(tx.conn)?;
    if edited > 0 {
        return rests_on(
            format!("该文件新增的住户中有{edited}户之后又有变动"),
            format!("Of the dwellings that it added {edited} have changed since"),
        );
    }
    let lived_in: i64 = residence::table
        .filter(residence::household_id.eq_any(brought().select(household::id.nullable())))
        .count()
        .get_result(tx.conn)?;
    let claimed = lived_in + claims(tx.conn, id)? + verified_by(tx.conn, id)?;
    if claimed > 0 {
        return rests_on(
            format!("已有居民据此绑定或申请绑定住房，共{claimed}条"),
            format!("Residents have claimed dwellings by it: {claimed}"),
        );
    }
    forget_first_rosters(tx, job)?;
    tx.changed(Entity::Household, id);
    Ok(())
}

fn rests_on(zh: String, en: String) -> Result<()> {
    Err(Refusal::conflict("rests_on", Text::new(zh, en)).into())
}

/// A later file of the same place, of one above or of one below, that is in effect.
fn later(conn: &mut Conn, job: &JobRow) -> Result<Option<String>> {
    let own = job.place.clone().unwrap_or_default();
    let above = place_ancestor::table
        .filter(place_ancestor::place.eq(own.clone()))
        .select(place_ancestor::ancestor.nullable());
    Ok(import::table
        .filter(import::kind.eq(Col(ImportKind::Households)))
        .filter(import::state.eq(Col(ImportState::Applied)))
        .filter(import::undone_at.is_null())
        .filter(import::id.ne(&job.id))
        .filter(import::finished_at.ge(job.finished_at))
        .filter(import::rows_created.gt(0).or(import::rows_updated.gt(0)))
        .filter(
            import::place
                .eq_any(at_or_below(own).select(place_ancestor::place.nullable()))
                .or(import::place.eq_any(above)),
        )
        .order(import::id.desc())
        .select(import::id)
        .first(conn)
        .optional()?)
}

/// Claims that wait and name a dwelling which the file brought, and that are bound to none yet.
fn claims(conn: &mut Conn, id: &str) -> Result<i64> {
    Ok(residence::table
        .inner_join(
            household::table.on(household::estate
                .eq(residence::estate)
                .and(household::building.eq(residence::building))
                .and(household::unit.eq(residence::unit))
                .and(household::room.eq(residence::room))),
        )
        .filter(household::import_id.eq(id))
        .filter(residence::household_id.is_null())
        .filter(residence::status.eq(Col(ResidenceStatus::Pending)))
        .count()
        .get_result(conn)?)
}

/// Residents of other dwellings who stand on a roster because the file entered them there.
fn verified_by(conn: &mut Conn, id: &str) -> Result<i64> {
    let is_theirs = household_phone::phone_hash
        .nullable()
        .eq(account::phone_hash)
        .or(household_phone::person.eq(account::person));
    Ok(household_phone::table
        .inner_join(household::table.on(household::id.eq(household_phone::household_id)))
        .inner_join(residence::table.on(residence::household_id.eq(household::id.nullable())))
        .inner_join(account::table.on(account::id.eq(residence::account_id)))
        .filter(household_phone::added_by.eq(id))
        .filter(household::import_id.is_null().or(household::import_id.ne(id)))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .filter(is_theirs)
        .count()
        .get_result(conn)?)
}

/// An estate whose first roster was the file's has had none: the right one is the first.
fn forget_first_rosters(tx: &mut Tx<'_>, job: &JobRow) -> Result<()> {
    let id: &str = &job.id;
    let Some(applied_at) = job.finished_at else { return Ok(()) };
    let day = day_of(applied_at.and_utc(), city::city(tx.conn)?.zone);
    let others = household_phone::table
        .inner_join(household::table.on(household::id.eq(household_phone::household_id)))
        .filter(household::estate.eq(estate::code))
        .filter(household_phone::added_by.is_null().or(household_phone::added_by.ne(id)));
    let own = household_phone::table
        .inner_join(household::table.on(household::id.eq(household_phone::household_id)))
        .filter(household_phone::added_by.eq(id))
        .select(household::estate);
    diesel::update(estate::table)
        .filter(estate::roster_on.eq(Col(day)))
        .filter(estate::code.eq_any(own))
        .filter(not(exists(others)))
        .set(estate::roster_on.eq(None::<Col<chrono::NaiveDate>>))
        .execute(tx.conn)?;
    Ok(())
}
