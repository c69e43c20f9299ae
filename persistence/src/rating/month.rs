//! The kept sums of a project's month, changed by exactly what a voice adds or takes.

use diesel::prelude::*;
use xinwu_domain::rating::{Sum, Tally};

use crate::dialect::hot;
use crate::schema::rating_month;
use crate::{Conn, Result, Tx};

/// The stars of one voice, as columns hold them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Voice {
    pub overall: i32,
    /// In the order of the columns.
    pub dimensions: [Option<i32>; 5],
}

/// Whether a voice counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// In the sums.
    Counted,
    /// Held as part of a burst, or rejected with it: counted only as held.
    Held,
    /// Withdrawn or replaced.
    Silent,
}

impl Weight {
    /// The weight of a stored state.
    pub fn of(state: &str) -> Weight {
        match state {
            "counted" => Weight::Counted,
            "held" | "rejected" => Weight::Held,
            _ => Weight::Silent,
        }
    }
}

/// What changes in a month's sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Delta {
    stars: [i32; 5],
    held: i32,
    counts: [i32; 5],
    sums: [i32; 5],
}

impl Delta {
    /// Adds a voice.
    pub fn add(&mut self, voice: &Voice, weight: Weight) {
        self.change(voice, weight, 1);
    }

    /// Takes a voice out.
    pub fn remove(&mut self, voice: &Voice, weight: Weight) {
        self.change(voice, weight, -1);
    }

    fn change(&mut self, voice: &Voice, weight: Weight, by: i32) {
        match weight {
            Weight::Silent => {}
            Weight::Held => self.held += by,
            Weight::Counted => {
                for (stars, count) in (1..).zip(&mut self.stars) {
                    *count += if stars == voice.overall { by } else { 0 };
                }
                for ((given, count), sum) in voice.dimensions.iter().zip(&mut self.counts).zip(&mut self.sums)
                {
                    *count += if given.is_some() { by } else { 0 };
                    *sum += by * given.unwrap_or_default();
                }
            }
        }
    }

    /// What a tally of voices is after the change; none where more would go than are in it.
    pub fn changes(&self, tally: &Tally) -> Option<Tally> {
        let mut changed = *tally;
        for (count, by) in changed.counts.iter_mut().zip(self.stars) {
            *count = count.checked_add_signed(by)?;
        }
        for ((sum, voices), stars) in changed.dimensions.iter_mut().zip(self.counts).zip(self.sums) {
            sum.count = sum.count.checked_add_signed(voices)?;
            sum.stars = sum.stars.checked_add_signed(stars.into())?;
        }
        Some(changed)
    }

    /// Puts the change into the month's row.
    pub fn apply(&self, tx: &mut Tx<'_>, project: &str, month: &str) -> Result<()> {
        use rating_month::dsl::{
            attitude_count, attitude_sum, cleaning_count, cleaning_sum, five, four, greening_count,
            greening_sum, held, maintenance_count, maintenance_sum, one, security_count, security_sum, three,
            two,
        };
        if *self == Delta::default() {
            return Ok(());
        }
        let [one_more, two_more, three_more, four_more, five_more] = self.stars;
        let [cleaning, security, greening, maintenance, attitude] = self.counts;
        let [cleaning_stars, security_stars, greening_stars, maintenance_stars, attitude_stars] = self.sums;
        let changed = diesel::update(rating_month::table.find((project, month))).set((
            one.eq(one + one_more),
            two.eq(two + two_more),
            three.eq(three + three_more),
            four.eq(four + four_more),
            five.eq(five + five_more),
            held.eq(held + self.held),
            (cleaning_count.eq(cleaning_count + cleaning), cleaning_sum.eq(cleaning_sum + cleaning_stars)),
            (security_count.eq(security_count + security), security_sum.eq(security_sum + security_stars)),
            (greening_count.eq(greening_count + greening), greening_sum.eq(greening_sum + greening_stars)),
            (
                maintenance_count.eq(maintenance_count + maintenance),
                maintenance_sum.eq(maintenance_sum + maintenance_stars),
            ),
            (attitude_count.eq(attitude_count + attitude), attitude_sum.eq(attitude_sum + attitude_stars)),
        ));
        let changed: Option<i32> = hot!(&mut *tx.conn, changed.returning(held) => get_result).optional()?;
        if changed.is_some() {
            return Ok(());
        }
        diesel::insert_into(rating_month::table)
            .values((
                rating_month::project_id.eq(project),
                rating_month::month.eq(month),
                one.eq(one_more),
                two.eq(two_more),
                three.eq(three_more),
                four.eq(four_more),
                five.eq(five_more),
                held.eq(self.held),
                (cleaning_count.eq(cleaning), cleaning_sum.eq(cleaning_stars)),
                (security_count.eq(security), security_sum.eq(security_stars)),
                (greening_count.eq(greening), greening_sum.eq(greening_stars)),
                (maintenance_count.eq(maintenance), maintenance_sum.eq(maintenance_stars)),
                (attitude_count.eq(attitude), attitude_sum.eq(attitude_stars)),
            ))
            .execute(tx.conn)?;
        Ok(())
    }
}

/// A month's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = rating_month)]
pub(crate) struct MonthRow {
    pub project_id: String,
    pub month: String,
    one: i32,
    two: i32,
    three: i32,
    four: i32,
    five: i32,
    pub held: i32,
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
}

impl MonthRow {
    /// The voices that count.
    pub fn tally(&self) -> Tally {
        let sum = |voices: i32, stars: i32| (voices.into(), stars.into());
        summed(
            [self.one, self.two, self.three, self.four, self.five].map(i64::from),
            [
                sum(self.cleaning_count, self.cleaning_sum),
                sum(self.security_count, self.security_sum),
                sum(self.greening_count, self.greening_sum),
                sum(self.maintenance_count, self.maintenance_sum),
                sum(self.attitude_count, self.attitude_sum),
            ],
        )
    }
}

/// The tally of kept sums, which are never negative: voices by stars, and voices with their stars by dimension.
fn summed(stars: [i64; 5], dimensions: [(i64, i64); 5]) -> Tally {
    let count = |count: i64| u32::try_from(count).unwrap_or_default();
    let sum = |(voices, stars)| Sum { count: count(voices), stars: u64::try_from(stars).unwrap_or_default() };
    Tally { counts: stars.map(count), dimensions: dimensions.map(sum) }
}

/// The sums of many months, added up by the database.
#[derive(Debug, Queryable)]
pub(super) struct Sums {
    one: Option<i64>,
    two: Option<i64>,
    three: Option<i64>,
    four: Option<i64>,
    five: Option<i64>,
    cleaning_count: Option<i64>,
    cleaning_sum: Option<i64>,
    security_count: Option<i64>,
    security_sum: Option<i64>,
    greening_count: Option<i64>,
    greening_sum: Option<i64>,
    maintenance_count: Option<i64>,
    maintenance_sum: Option<i64>,
    attitude_count: Option<i64>,
    attitude_sum: Option<i64>,
}

/// The columns of [`Sums`]; their type has no short name.
macro_rules! sums {
    () => {
        (
            diesel::dsl::sum(rating_month::one),
            diesel::dsl::sum(rating_month::two),
            diesel::dsl::sum(rating_month::three),
            diesel::dsl::sum(rating_month::four),
            diesel::dsl::sum(rating_month::five),
            diesel::dsl::sum(rating_month::cleaning_count),
            diesel::dsl::sum(rating_month::cleaning_sum),
            diesel::dsl::sum(rating_month::security_count),
            diesel::dsl::sum(rating_month::security_sum),
            diesel::dsl::sum(rating_month::greening_count),
            diesel::dsl::sum(rating_month::greening_sum),
            diesel::dsl::sum(rating_month::maintenance_count),
            diesel::dsl::sum(rating_month::maintenance_sum),
            diesel::dsl::sum(rating_month::attitude_count),
            diesel::dsl::sum(rating_month::attitude_sum),
        )
    };
}
pub(super) use sums;

impl Sums {
    /// The voices that count; the sum of no months is none.
    pub fn tally(&self) -> Tally {
        let sum =
            |voices: Option<i64>, stars: Option<i64>| (voices.unwrap_or_default(), stars.unwrap_or_default());
        summed(
            [self.one, self.two, self.three, self.four, self.five].map(Option::unwrap_or_default),
            [
                sum(self.cleaning_count, self.cleaning_sum),
                sum(self.security_count, self.security_sum),
                sum(self.greening_count, self.greening_sum),
                sum(self.maintenance_count, self.maintenance_sum),
                sum(self.attitude_count, self.attitude_sum),
            ],
        )
    }
}

/// The voices of a project's month that count.
pub(crate) fn tally_of(conn: &mut Conn, project: &str, month: &str) -> Result<Tally> {
    let row: Option<MonthRow> =
        rating_month::table.find((project, month)).select(MonthRow::as_select()).first(conn).optional()?;
    Ok(row.map(|row| row.tally()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_and_taken_out_again_changes_nothing() {
        let voice = Voice { overall: 4, dimensions: [Some(5), None, Some(1), None, None] };
        let mut delta = Delta::default();
        delta.add(&voice, Weight::Counted);
        assert_eq!(
            (delta.stars, delta.counts, delta.sums),
            ([0, 0, 0, 1, 0], [1, 0, 1, 0, 0], [5, 0, 1, 0, 0])
        );
        let tally = delta.changes(&Tally::default()).unwrap();
        let [cleaning, _, greening, ..] = tally.dimensions;
        assert_eq!((tally.counts, cleaning.stars, greening.count), ([0, 0, 0, 1, 0], 5, 1));
        delta.remove(&voice, Weight::Counted);
        delta.add(&voice, Weight::Silent);
        assert_eq!(delta.changes(&tally), Some(tally));
        let mut gone = Delta::default();
        gone.remove(&voice, Weight::Counted);
        assert_eq!((gone.changes(&tally), gone.changes(&Tally::default())), (Some(Tally::default()), None));
        assert_eq!(delta, Delta::default());
        delta.add(&voice, Weight::Held);
        assert_eq!((delta.held, delta.stars), (1, [0; 5]));
    }
}
