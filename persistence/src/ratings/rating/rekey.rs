//! What still waits becomes the household's rating of a later month, under that month's key:
//! "rolling re-keys by going through the estate's dwellings and the accounts' phones; a pseudonym
//! that none of them answers to is left out". A phone stands for a person (see
//! [`crate::people::person`]).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::household::Dwelling;
use xinwu_domain::rating::{Answers, Cell};
use xinwu_store::{Col, Conn, Result, Tx};

use super::row::{of_dwelling, of_person};
use super::take_back::drop_waiting;
use super::{Comment, Row, comment};
use crate::people::person;
use crate::ratings::month_key::{MonthKey, MonthKeys};
use crate::ratings::pseudonym::Pseudonym;
use crate::schema::{account, household, residence};

/// How answers age when they are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// After a step of a 1st: "twelve times at most … then it is dropped".
    Rolled,
    /// Before they are counted, since steps between were missed or passed while they were held.
    CaughtUp,
}

/// Moves what waits of these rows of one project, none of it held, to a later month. Where a month
/// has no key nothing is known again, and what waits is dropped.
pub(super) fn move_waiting(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    project: &super::step::Project,
    rows: Vec<Row>,
    into: Month,
    how: Moved,
) -> Result<()> {
    let mut by_month: BTreeMap<Month, Vec<Row>> = BTreeMap::new();
    for row in rows {
        by_month.entry(row.month.0).or_default().push(row);
    }
    // The newest first: what a household said later stands above what it said before.
    for (month, rows) in by_month.into_iter().rev() {
        let (old, new) = (keys.of(tx.conn, month)?, keys.make(tx, into)?);
        let Some((old, new)) = old.zip(new) else {
            drop_waiting(tx, keys, rows)?;
            continue;
        };
        let mut households = Households::load(tx.conn, &project.estate)?;
        for row in rows {
            match households.find(&old, project, &row.dwelling) {
                Some(home) => {
                    let moving = Moving { project, old: &old, new: &new, into, how };
                    moving.row(tx, row, &home)?;
                }
                None => drop_waiting(tx, keys, vec![row])?,
            }
        }
    }
    Ok(())
}

struct Moving<'a> {
    project: &'a super::step::Project,
    old: &'a Arc<MonthKey>,
    new: &'a Arc<MonthKey>,
    into: Month,
    how: Moved,
}

impl Moving<'_> {
    fn row(&self, tx: &mut Tx<'_>, mut row: Row, home: &Home) -> Result<()> {
        let project = &self.project.id;
        let months = u8::try_from(self.into.months_since(self.old.month)).unwrap_or(u8::MAX);
        let mut answers = row.answers()?;
        let had_stars = answers.waiting(Cell::Stars).is_some();
        let moved = match self.how {
            Moved::Rolled => answers.roll(months),
            Moved::CaughtUp => answers.catch_up(months),
        };
        let mut moved = moved.unwrap_or_default();
        let comment = if had_stars { self.take_comment(tx, &row)? } else { None };
        let own = row
            .person
            .as_ref()
            .filter(|_| had_stars)
            .and_then(|own| home.persons.iter().find(|person| self.old.person(project, person) == *own));
        let person = own.map(|person| self.new.person(project, person));
        if had_stars {
            row.person = None;
        }
        row.keep(tx, &answers)?;

        let dwelling = self.new.dwelling(project, &self.project.estate, &home.dwelling);
        // "One person has one rating a project and month": the newer one, for another dwelling,
        // stands.
        if let Some(person) = &person
            && of_person(tx.conn, person)?.is_some_and(|other| other.dwelling != dwelling)
        {
            moved.drop_waiting(Cell::Stars);
        }
        if moved.is_empty() {
            return Ok(());
        }
        let target = of_dwelling(tx.conn, project, &dwelling)?;
        let is_there = target.is_some();
        let mut target =
            target.unwrap_or_else(|| Row::new(dwelling, None, project, self.into, &Answers::default()));
        let mut said = target.answers()?;
        let gives_stars = said.given(Cell::Stars).is_none() && moved.waiting(Cell::Stars).is_some();
        said.under(moved);
        target.say(&said);
        if gives_stars {
            target.person = person;
        }
        if is_there {
            target.update(tx)?
        } else {
            target.insert(tx.conn)?
        }
        if let Some(comment) = comment.filter(|_| gives_stars) {
            let writer = self.new.writer(project, &target.dwelling);
            comment::store(tx, &Comment { writer, month: Col(self.into), ..comment })?;
        }
        Ok(())
    }

    fn take_comment(&self, tx: &mut Tx<'_>, row: &Row) -> Result<Option<Comment>> {
        let writer = self.old.writer(&self.project.id, &row.dwelling);
        let found = comment::waiting(tx.conn, &writer)?;
        if found.is_some() {
            comment::drop_waiting(tx, &writer)?;
        }
        Ok(found)
    }
}

/// A household of an estate, with those who live or lived there.
#[derive(Clone)]
struct Home {
    dwelling: Dwelling,
    persons: Vec<String>,
}

/// The households of an estate in which somebody claims or claimed to live, at their address of
/// now. Their pseudonyms are made one after the other, until all that are looked for are found:
/// most projects have few.
struct Households {
    ahead: std::vec::IntoIter<Home>,
    seen: HashMap<Pseudonym, Home>,
}

impl Households {
    fn load(conn: &mut Conn, estate: &str) -> Result<Households> {
        type Found = (String, String, String, String, person::ColumnValues);
        let rows: Vec<Found> = household::table
            .inner_join(residence::table.on(residence::household_id.eq(household::id.nullable())))
            .inner_join(account::table.on(account::id.eq(residence::account_id)))
            .filter(household::estate.eq(estate))
            .order(household::id)
            .select((household::id, household::building, household::unit, household::room, person::columns()))
            .load(conn)?;
        let mut homes: Vec<Home> = Vec::new();
        for part in rows.chunk_by(|a, b| a.0 == b.0) {
            let Some((_, building, unit, room, _)) = part.first() else { continue };
            let dwelling = Dwelling { building: building.clone(), unit: unit.clone(), room: room.clone() };
            let persons =
                part.iter().filter_map(|(.., columns)| person::from_columns(columns.clone())).collect();
            homes.push(Home { dwelling, persons });
        }
        Ok(Households { ahead: homes.into_iter(), seen: HashMap::new() })
    }

    /// The household that answers to a pseudonym.
    fn find(&mut self, key: &MonthKey, project: &super::step::Project, dwelling: &Pseudonym) -> Option<Home> {
        while !self.seen.contains_key(dwelling) {
            let home = self.ahead.next()?;
            self.seen.insert(key.dwelling(&project.id, &project.estate, &home.dwelling), home);
        }
        self.seen.get(dwelling).cloned()
    }
}
