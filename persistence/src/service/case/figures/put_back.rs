//! Into a database that was restored is put back what was published of cases since it was copied.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use xinwu_domain::copy::ratings_id;
use xinwu_domain::entity::Entity;
use xinwu_store::{Result, Tx, on_each};

use super::increment::Increment;
use crate::schema::{case, case_clock, case_increment, project};

/// Puts an increment back, and drops what waited of its cases in the copy: which of that is in the
/// increment nobody knows, and nothing is counted twice. A case that is open goes on, and is in no
/// sums any more.
pub(crate) fn put_back(tx: &mut Tx<'_>, increment: &Increment) -> Result<()> {
    let mut row = increment.clone();
    row.restored = true;
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(case_increment::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    let waiting = case::table
        .filter(case::project_id.eq(&row.project_id))
        .filter(case::kind.eq(&row.kind))
        .filter(case::opened_at.lt(row.published_at))
        .select(case::id);
    let step = row.step.as_str();
    let or_step = |column: &str| {
        sql::<Nullable<Text>>(&format!("coalesce({column}, ")).bind::<Text, _>(step.to_owned()).sql(")")
    };
    diesel::update(
        case_clock::table
            .filter(case_clock::case_id.eq_any(waiting))
            .filter(case_clock::end_counted.is_null()),
    )
    .set((
        case_clock::opened_counted.eq(or_step("opened_counted")),
        case_clock::timing_counted.eq(or_step("timing_counted")),
        case_clock::end_counted.eq(or_step("end_counted")),
    ))
    .execute(tx.conn)?;
    tx.changed(Entity::Cases, &ratings_id(&row.project_id, row.month.0));
    tx.changed(Entity::Project, &row.project_id);
    let uscc: Option<String> = project::table.find(&row.project_id).select(project::uscc).first(tx.conn)?;
    if let Some(uscc) = uscc {
        tx.changed(Entity::Firm, &uscc);
    }
    Ok(())
}
