//! Increments: what a step, or a burst that counts, published of a project. They are never changed.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{Sum, Tally};
use xinwu_store::schema::setting;
use xinwu_store::{Col, Result, Tx, on_each};

use super::step::is_step_name;
use crate::schema::rating_increment;

/// The setting that names a database and all its copies.
pub(crate) const DATABASE: &str = "database";

/// A row: a project's whole step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = rating_increment)]
pub struct Increment {
    /// The project.
    pub project_id: String,
    /// The step's name: the day it was due.
    pub step: String,
    /// The burst's id; empty for the step's own.
    pub burst: String,
    /// The month that it belongs to.
    pub month: Col<Month>,
    /// The fewest households that it could be made of.
    pub need: i32,
    /// When it was committed.
    pub published_at: NaiveDateTime,
    one: i32,
    two: i32,
    three: i32,
    four: i32,
    five: i32,
    cleaning_count: i32,
    cleaning_sum: i32,
    security_count: i32,
    security_sum: i32,
    greening_count: i32,
    greening_sum: i32,
    maintenance_count: i32,
    maintenance_sum: i32,
    attitude_count: i32,
    attitude_sum: i32,
    /// Whether it was published before a restore and put back after it.
    pub restored: bool,
}

/// Which increment, and when.
pub(crate) struct Of<'a> {
    pub project: &'a str,
    pub step: &'a str,
    pub burst: &'a str,
    pub month: Month,
    pub need: u32,
    pub at: NaiveDateTime,
}

impl Increment {
    pub(crate) fn new(of: Of<'_>, tally: &Tally) -> Increment {
        let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let stars = |stars: u64| i32::try_from(stars).unwrap_or(i32::MAX);
        let [one, two, three, four, five] = tally.counts.map(number);
        let [cleaning, security, greening, maintenance, attitude] = tally.dimensions;
        Increment {
            project_id: of.project.to_owned(),
            step: of.step.to_owned(),
            burst: of.burst.to_owned(),
            month: Col(of.month),
            need: number(of.need),
            published_at: of.at,
            one,
            two,
            three,
            four,
            five,
            cleaning_count: number(cleaning.count),
            cleaning_sum: stars(cleaning.stars),
            security_count: number(security.count),
            security_sum: stars(security.stars),
            greening_count: number(greening.count),
            greening_sum: stars(greening.stars),
            maintenance_count: number(maintenance.count),
            maintenance_sum: stars(maintenance.stars),
            attitude_count: number(attitude.count),
            attitude_sum: stars(attitude.stars),
            restored: false,
        }
    }

    /// What the table takes, since a file that it is read from may have been altered.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub(crate) fn require_in_range(&self) -> std::result::Result<(), String> {
        if !is_step_name(&self.step) {
            return Err(format!("step is {:?}, and must be a day such as 2026-11-23", self.step));
        }
        if self.need < 1 {
            return Err(format!("need is {}, and must be at least 1", self.need));
        }
        let stars = [self.one, self.two, self.three, self.four, self.five];
        let names = ["one", "two", "three", "four", "five"];
        if let Some((name, count)) = names.into_iter().zip(stars).find(|(_, count)| *count < 0) {
            return Err(format!("{name} is {count}, and must not be negative"));
        }
        let sums = [
            ("cleaning", self.cleaning_count, self.cleaning_sum),
            ("security", self.security_count, self.security_sum),
            ("greening", self.greening_count, self.greening_sum),
            ("maintenance", self.maintenance_count, self.maintenance_sum),
            ("attitude", self.attitude_count, self.attitude_sum),
        ];
        let is_sum =
            |count: i32, sum: i32| (i64::from(count)..=5 * i64::from(count)).contains(&i64::from(sum));
        match sums.into_iter().find(|(_, count, sum)| *count < 0 || !is_sum(*count, *sum)) {
            Some((name, count, sum)) => Err(format!(
                "{name}_sum is {sum}, and cannot be that of {name}_count {count}: each has 1 to 5 stars"
            )),
            None => Ok(()),
        }
    }

    /// What it is the sum of.
    pub fn tally(&self) -> Tally {
        let count = |count: i32| u32::try_from(count).unwrap_or_default();
        let sum =
            |of: i32, stars: i32| Sum { count: count(of), stars: u64::try_from(stars).unwrap_or_default() };
        Tally {
            counts: [self.one, self.two, self.three, self.four, self.five].map(count),
            dimensions: [
                sum(self.cleaning_count, self.cleaning_sum),
                sum(self.security_count, self.security_sum),
                sum(self.greening_count, self.greening_sum),
                sum(self.maintenance_count, self.maintenance_sum),
                sum(self.attitude_count, self.attitude_sum),
            ],
        }
    }
}

/// Names a database that has no name yet: of two instances at the first start one does.
pub(crate) fn name_database(tx: &mut Tx<'_>) -> Result<()> {
    let name = tx.random.timeless_id();
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(setting::table)
        .values((setting::name.eq(DATABASE), setting::value.eq(&name)))
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(())
}
