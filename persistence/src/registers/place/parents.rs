//! What a place lies in: its parent, when that was another, and all that is above it.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::place::{NewPlace, PlaceLevel};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::{Row, require_reach};
use crate::registers::retirement::named;
use crate::schema::{place, place_ancestor, place_parent_history};

/// A city alone has no place above it, and only the operator adds one.
pub(super) fn require_parent_in_reach(conn: &mut Conn, warrant: &Warrant, new: &NewPlace) -> Result<()> {
    match (&new.parent, new.level.above()) {
        (Some(parent), Some(level)) => {
            let parent = require_parent(conn, parent, level)?;
            require_reach(conn, warrant, &parent.code)
        }
        (None, None) if warrant.is_operator() => Ok(()),
        (None, None) => Err(Refusal::out_of_reach().into()),
        _ => Err(wrong_parent().into()),
    }
}

pub(super) fn require_parent(conn: &mut Conn, parent: &str, level: PlaceLevel) -> Result<Row> {
    let row = named::<Row>(conn, parent, "/parent")?;
    if row.level.0 != level {
        return Err(wrong_parent().into());
    }
    Ok(row)
}

pub(super) fn wrong_parent() -> Refusal {
    Refusal::invalid(
        "/parent",
        "wrong_level",
        Text::new(
            "上级区划的级别必须正好高一级，市没有上级",
            "The place above must be exactly one level higher; a city has none",
        ),
    )
}

pub(super) fn note_parent(tx: &mut Tx<'_>, code: &str, parent: &str, from: NaiveDate) -> Result<()> {
    diesel::update(place_parent_history::table)
        .filter(place_parent_history::code.eq(code))
        .filter(place_parent_history::valid_until.is_null())
        .set(place_parent_history::valid_until.eq(Col(from)))
        .execute(tx.conn)?;
    let row = (
        place_parent_history::code.eq(code),
        place_parent_history::parent.eq(parent),
        place_parent_history::valid_from.eq(Col(from)),
        place_parent_history::valid_until.eq(None::<Col<NaiveDate>>),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(place_parent_history::table)
        .values(row)
        .on_conflict((place_parent_history::code, place_parent_history::valid_from))
        .do_update()
        .set((
            place_parent_history::parent.eq(parent),
            place_parent_history::valid_until.eq(None::<Col<NaiveDate>>)
        ))
        .execute(conn))?;
    Ok(())
}

/// Makes the closure rows of one place again from its parent's.
pub(super) fn rebuild_ancestors(conn: &mut Conn, code: &str) -> Result<()> {
    diesel::delete(place_ancestor::table.filter(place_ancestor::place.eq(code))).execute(conn)?;
    let parent: Option<String> = place::table.find(code).select(place::parent).first(conn)?;
    let mut above: Vec<(String, i32)> = match parent {
        Some(parent) => place_ancestor::table
            .filter(place_ancestor::place.eq(parent))
            .select((place_ancestor::ancestor, place_ancestor::distance + 1))
            .load(conn)?,
        None => Vec::new(),
    };
    above.push((code.to_owned(), 0));
    let rows: Vec<_> = above
        .iter()
        .map(|(ancestor, distance)| {
            (
                place_ancestor::place.eq(code),
                place_ancestor::ancestor.eq(ancestor),
                place_ancestor::distance.eq(distance),
            )
        })
        .collect();
    on_each!(conn, |conn| diesel::insert_into(place_ancestor::table).values(&rows).execute(conn))?;
    Ok(())
}
