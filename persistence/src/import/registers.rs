//! One row by the use case of its single request: add what is not there, change what differs, leave what stands already.

use diesel::prelude::*;
use xinwu_domain::import::{PlaceRow, Row};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

use super::apply::{Context, Outcome};
use crate::place::{self, NewPlace, PlaceEdit};
use crate::{Result, Tx};

pub(super) fn apply(tx: &mut Tx<'_>, context: &Context<'_>, row: &Row) -> Result<Outcome> {
    match row {
        Row::Place(row) => apply_place(tx, context, row),
        _ => Err(Refusal::conflict("not_ready", Text::new("暂不支持", "not supported yet")).into()),
    }
}

fn apply_place(tx: &mut Tx<'_>, context: &Context<'_>, row: &PlaceRow) -> Result<Outcome> {
    let exists: bool = diesel::select(diesel::dsl::exists(crate::schema::place::table.find(&row.code)))
        .get_result(tx.conn)?;
    if !exists {
        let new = NewPlace {
            code: row.code.clone(),
            level: row.level,
            name: row.name.clone(),
            parent: row.parent.clone(),
            valid_from: row.valid_from.clone().unwrap_or_else(|| context.today.to_owned()),
            aliases: row.aliases.clone().unwrap_or_default(),
        };
        place::add(tx, context.actor, &new)?;
        return Ok(Outcome::Created);
    }
    let (there, _) = place::get(tx.conn, &row.code)?;
    if there.level != row.level {
        let text = Text::new("区划的级别不能改变", "The level of a place cannot change");
        return Err(Refusal::invalid("/level", "wrong_level", text).into());
    }
    let edit = PlaceEdit {
        name: Some(row.name.clone()).filter(|name| *name != there.name),
        parent: row
            .parent
            .clone()
            .filter(|parent| Some(parent) != there.parent.as_ref().map(|above| &above.code)),
        aliases: row.aliases.clone().filter(|aliases| *aliases != there.aliases),
        ..PlaceEdit::default()
    };
    if edit == PlaceEdit::default() {
        return Ok(Outcome::Unchanged);
    }
    place::edit(tx, context.actor, &row.code, None, &edit, context.today)?;
    Ok(Outcome::Updated)
}
