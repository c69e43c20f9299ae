//! Projects that open no file yet, to the district that says whether the firm works there.

use diesel::prelude::*;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::project::ProjectReach;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, waiting};
use crate::registers::place::at_or_below;
use crate::registers::project::runs_or_will;
use crate::schema::{estate, firm, manager, place_ancestor, project};

pub(super) fn projects(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let today = part.context.today();
    let wanted = || {
        let below = || at_or_below(part.scope()).select(place_ancestor::place);
        // A firm's district answers for it; where no firm serves, the estate's.
        let of_firm = firm::registered_place.nullable().eq_any(below().nullable());
        let of_estate = project::uscc.is_null().and(estate::place.eq_any(below()));
        let rows = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .left_join(firm::table.on(project::uscc.eq(firm::uscc.nullable())))
            .left_join(manager::table.on(project::manager_id.eq(manager::id.nullable())))
            .filter(project::reach.eq(Col(ProjectReach::Open)))
            .filter(runs_or_will!(today))
            .filter(of_firm.or(of_estate.nullable()))
            .into_boxed();
        if part.is_city() {
            return rows;
        }
        // Whose manager is not of the firm, the city answers for.
        rows.filter(project::manager_id.is_null().or(manager::uscc.nullable().eq(project::uscc)))
    };
    type Row = (String, String, String, Option<String>, Option<String>);
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Project,
        wanted,
        undated,
        timeless,
        project::id,
        (project::id, estate::name, estate::place, firm::name.nullable(), firm::registered_place.nullable())
    );
    let waiting = |(id, estate, place, firm, seat): Row| Waiting {
        position: Position { kind: InboxKind::Project, id, due_at: None, since: None },
        name: firm.map_or(estate.clone(), |firm| format!("{firm} {estate}")),
        place: Some(seat.unwrap_or(place)),
        by: None,
        cannot: &[],
    };
    Ok(Found { waiting: rows.into_iter().map(waiting).collect(), count })
}
