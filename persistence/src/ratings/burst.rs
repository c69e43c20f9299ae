//! Bursts: many ratings at one step that no ordinary step explains. They are set apart and held,
//! publicly, for the district and then the city to look at; the morning after, or after a release,
//! they count as one increment. Nobody can reject them.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::rating::{Burst, BurstState};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::city;
use crate::ratings::rating::step::step_of;
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::project as projects;
use crate::schema::{estate, place_ancestor, project, rating_burst};

/// A burst in these states is set apart: its ratings are in no figure yet.
pub(crate) const OPEN: [Col<BurstState>; 2] = [Col(BurstState::Held), Col(BurstState::Released)];

/// A burst's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = rating_burst)]
pub struct Row {
    /// The id.
    pub id: String,
    project_id: String,
    step: String,
    month: Col<Month>,
    state: Col<BurstState>,
    district_until: Col<NaiveDate>,
    city_until: Col<NaiveDate>,
    counts_on: Col<NaiveDate>,
    reason: Option<String>,
    version: i64,
}

/// Whether a burst of a project of this estate is held.
pub(crate) fn is_held_at(conn: &mut Conn, estate: &str) -> Result<bool> {
    let held = rating_burst::table
        .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
        .filter(project::estate.eq(estate))
        .filter(rating_burst::state.eq(Col(BurstState::Held)));
    let number: i64 = held.count().get_result(conn)?;
    Ok(number > 0)
}

/// Bursts in the official's own place, the oldest first.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account without a place.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    state: Option<BurstState>,
    window: &Window,
) -> Result<Listed<Burst>> {
    let own_place = warrant.own_place()?.to_owned();
    let wanted = || {
        let mut rows = rating_burst::table
            .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq(own_place.clone()))
            .into_boxed();
        if let Some(state) = state {
            rows = rows.filter(rating_burst::state.eq(Col(state)));
        }
        rows
    };
    let mut rows = wanted().select(Row::as_select()).order(rating_burst::id).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(rating_burst::id.gt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(conn, row)?);
    }
    Ok(Listed { items, next: page.next, total })
}

/// One burst.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str) -> Result<(Burst, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((view(conn, row)?, version))
}

/// Releases a burst: it counts on the next morning. "3 working days for the district, 3 more for
/// the city."
///
/// # Errors
/// [`Refusal::Conflict`] when it is held no more, [`Refusal::Forbidden`] for the district after its
/// days.
pub fn release(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    _: RequestContext,
) -> Result<(Burst, i64)> {
    let id: &str = &row.id;
    if row.state.0 != BurstState::Held {
        let text = Text::new("该批评价已处理", "This burst is held no more");
        return Err(Refusal::conflict("already_decided", text).of_state(row.state.0).into());
    }
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    if warrant.role() != Role::City && today > row.district_until.0 {
        let text =
            Text::new("区级核查期限已过，由市级处理", "The district's days are over: the city decides");
        return Err(Refusal::forbidden("district_days_over", text).into());
    }
    let tomorrow = Col(today.succ_opt().unwrap_or(today));
    diesel::update(rating_burst::table.find(id))
        .set((
            rating_burst::state.eq(Col(BurstState::Released)),
            rating_burst::counts_on.eq(tomorrow.min(row.counts_on)),
            rating_burst::decided_by.eq(warrant.account_id()),
            rating_burst::reason.eq(reason),
            rating_burst::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let detail = serde_json::json!({"project": row.project_id, "reason": reason});
    note::<Row>(tx, warrant, id, &detail)?;
    tx.changed(Entity::Project, &row.project_id);
    get(tx.conn, id)
}

impl Resource for Row {
    const KIND: Kind = Kind::Burst;

    by_key!(rating_burst);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        Ok(Owner::place(projects::place_of(conn, &self.project_id)?))
    }
}

fn view(conn: &mut Conn, row: Row) -> Result<Burst> {
    let (at, _) = step_of(conn, &row.step)?;
    let step = day_of(at, city::city(conn)?.zone);
    let (uscc, code, name): (Option<String>, String, String) = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select((project::uscc, estate::code, estate::name))
        .first(conn)?;
    Ok(Burst {
        state: row.state.0,
        month: row.month.0,
        estate: NamedEstate { code, name },
        uscc,
        id: row.id,
        project: row.project_id,
        step,
        district_until: row.district_until.0,
        city_until: row.city_until.0,
        counts_on: row.counts_on.0,
        reason: row.reason,
    })
}
