//! The managers whom officials see.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::manager::Manager;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_store::{Col, Conn, Result};

use super::{Row, view};
use crate::registers::place::at_or_below;
use crate::registers::project::{gives_reach, is_confirmed};
use crate::schema::{estate, firm, manager, project};

/// Which managers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagerQuery {
    /// Only those whose firm is registered in this place or below it, or who have charge of an
    /// estate there by a project that opens files; who works for no firm, or had.
    pub place: Option<String>,
    /// Only of this firm.
    pub uscc: Option<String>,
    /// Only who has charge of this estate, or had.
    pub estate: Option<String>,
    /// Only who has charge of a project that runs today, or only who has not.
    pub running: Option<bool>,
}

/// The managers whom an official sees by [`Resource`](crate::registers::authorized::Resource), the
/// latest entered first.
///
/// # Errors
/// [`Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for an account without a place.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &ManagerQuery,
    window: &Window,
    today: NaiveDate,
) -> Result<Listed<Manager>> {
    let own = warrant.own_place()?.to_owned();
    let charges = || project::table.filter(project::manager_id.is_not_null());
    // By the firm's seat, and by the estates.
    macro_rules! within {
        ($place:expr) => {{
            let place: &String = $place;
            let estates = estate::table.filter(estate::place.eq_any(at_or_below(place.clone())));
            let there = charges().filter(project::estate.eq_any(estates.select(estate::code)));
            // For the own firm, whose district has confirmed it.
            let at_work = there
                .clone()
                .filter(gives_reach!(today))
                .filter(project::uscc.eq(manager::uscc))
                .select(project::manager_id);
            let in_charge = there.filter(is_confirmed!()).select(project::manager_id);
            let seats = firm::table.filter(firm::registered_place.eq_any(at_or_below(place.clone())));
            let by_seat = manager::uscc.eq_any(seats.select(firm::uscc.nullable()));
            let by_estate = manager::id.nullable().eq_any(at_work);
            let of_no_firm = manager::uscc.is_null().and(manager::id.nullable().eq_any(in_charge));
            manager::uscc.is_not_null().and(by_seat.or(by_estate)).or(of_no_firm)
        }};
    }
    let asked_for = || {
        let is_nobodys =
            manager::uscc.is_null().and(manager::id.nullable().ne_all(charges().select(project::manager_id)));
        let mut rows = manager::table
            .filter(manager::retired_on.is_null())
            .filter(within!(&own).or(is_nobodys))
            .select(manager::id)
            .into_boxed::<<Conn as diesel::Connection>::Backend>();
        if let Some(place) = &query.place {
            rows = rows.filter(within!(place));
        }
        if let Some(uscc) = &query.uscc {
            rows = rows.filter(manager::uscc.eq(uscc.clone()));
        }
        if let Some(code) = &query.estate {
            let in_charge = charges().filter(project::estate.eq(code.clone()));
            rows = rows.filter(manager::id.nullable().eq_any(in_charge.select(project::manager_id)));
        }
        let running = charges()
            .filter(project::starts_on.le(Col(today)))
            .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(today))))
            .select(project::manager_id);
        match query.running {
            Some(true) => rows.filter(manager::id.nullable().eq_any(running)),
            Some(false) => rows.filter(manager::id.nullable().ne_all(running)),
            None => rows,
        }
    };
    let mut ids = asked_for().order(manager::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        ids = ids.filter(manager::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(ids.load::<String>(conn)?, window, |id| Keys::of([id]));
    let total = if window.count { Some(asked_for().count().get_result(conn)?) } else { None };
    let rows: Vec<(Row, Option<String>)> = manager::table
        .left_join(firm::table.on(manager::uscc.eq(firm::uscc.nullable())))
        .filter(manager::id.eq_any(&page.items))
        .order(manager::id.desc())
        .select((Row::as_select(), firm::name.nullable()))
        .load(conn)?;
    let items = rows.into_iter().map(|(row, firm)| view(row, firm)).collect();
    Ok(Listed { items, next: page.next, total })
}
