//! Steps: when waiting ratings are published, which of them, and when a crowd is looked at first.
//!
//! Figures that moved with each rating would tell each rating to whoever reads twice. So "figures
//! are published in steps, and what is published is final": an increment is made of the answers of
//! at least `min_raters` households at once.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, WeekdaySet};
use chrono_tz::Tz;

use super::answers::{Answers, Cell};
use super::{Stars, Tally};
use crate::calendar::{Month, WorkingDays, day_of, instant_of};

/// "A cell in which answers of at least `min_raters` households wait on a 1st, twice as many on
/// another day, gets one increment."
const OTHER_DAYS_NEED: u32 = 2;
/// A burst: "at least 20 …"
const BURST_MINIMUM: usize = 20;
/// "… more than 5 × the median of what was new at its last 12 steps …"
const BURST_FACTOR: usize = 5;
/// "… more than 5 % of its households": one in so many.
const BURST_SHARE: usize = 20;
/// "3 working days for the district, …"
const DISTRICT_DAYS: u16 = 3;
/// "… 3 more for the city".
const CITY_DAYS: u16 = DISTRICT_DAYS + 3;

/// When steps are due, and of how many households an increment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The days and the time.
    pub times: StepTimes,
    /// The city's zone.
    pub zone: Tz,
    /// The setting `min_raters`: of how many households an increment of a 1st is made at least, 2
    /// or more; twice as many on another day.
    pub min_raters: u32,
}

/// The days and the time at which steps are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepTimes {
    /// A city's: "at `figures_at` each Monday (`figures_days`) and each 1st".
    Days {
        /// `figures_at`
        at: NaiveTime,
        /// `figures_days`, beside each 1st
        weekdays: WeekdaySet,
    },
    /// The demo's alone: "a step a minute, each with `min_raters` and without rolling".
    EveryMinute,
}

/// What kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Of a 1st: it closes a month, and what still waits rolls.
    First,
    /// Of another day.
    Weekday,
    /// The demo's.
    Minute,
}

/// A step that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepDue {
    /// The day on which it is due, in the city's zone.
    pub day: NaiveDate,
    /// The instant at which it is due.
    pub at: DateTime<Utc>,
    /// What kind it is.
    pub kind: StepKind,
    /// Of how many households answers must wait in a cell: `min_raters` on a 1st,
    /// twice as many on another day.
    pub need: u32,
    /// The month to which its increments belong, "the month of the day before its step was due",
    /// and the last whose ratings it takes.
    pub month: Month,
    /// When the latest step was due for which this one is made: later than `at` where others were
    /// missed since. The next follow after it.
    pub covers: DateTime<Utc>,
}

/// What becomes of a project's answers that still wait after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// They stay in their month.
    Stay,
    /// They become ratings of this month, see [`Answers::roll`].
    Roll(Month),
    /// They are dropped.
    Drop,
}

impl Schedule {
    /// The step to make at `now`, of those missed since `last`: "of several missed steps one is
    /// made, as that of a 1st if a 1st is among them" (the latest 1st, which takes the ratings that
    /// an earlier one would have taken). `last` is [`StepDue::covers`] of the last step, or when
    /// the database was made; its day has no other step. `None` if none is due.
    pub fn missed(&self, last: DateTime<Utc>, now: DateTime<Utc>) -> Option<StepDue> {
        let StepTimes::Days { at, weekdays } = self.times else {
            let at = whole_minute(now);
            return (at > last).then(|| self.of_minute(at));
        };
        let after = day_of(last, self.zone);
        let mut due = std::iter::successors(Some(day_of(now, self.zone)), |day| day.pred_opt())
            .take_while(|day| *day > after)
            .filter_map(|day| self.of_day(day, at, weekdays))
            .filter(|due| due.at <= now);
        let latest = due.next()?;
        let made = std::iter::once(latest).chain(due).find(|due| due.kind == StepKind::First);
        Some(StepDue { covers: latest.at, ..made.unwrap_or(latest) })
    }

    /// The first step due after `after`.
    pub fn next(&self, after: DateTime<Utc>) -> StepDue {
        let minute = || self.of_minute(whole_minute(after) + TimeDelta::minutes(1));
        match self.times {
            StepTimes::EveryMinute => minute(),
            StepTimes::Days { at, weekdays } => day_of(after, self.zone)
                .iter_days()
                .filter_map(|day| self.of_day(day, at, weekdays))
                .find(|due| due.at > after)
                // Each month has a 1st, so the days do not end before.
                .unwrap_or_else(minute),
        }
    }

    /// When a hold that ends before `day` is counted: at the time of steps, whatever day it is.
    pub fn morning_of(&self, day: NaiveDate) -> DateTime<Utc> {
        match self.times {
            StepTimes::Days { at, .. } => instant_of(day, at, self.zone),
            StepTimes::EveryMinute => instant_of(day, NaiveTime::MIN, self.zone),
        }
    }

    fn of_day(&self, day: NaiveDate, at: NaiveTime, weekdays: WeekdaySet) -> Option<StepDue> {
        let (kind, need) = if day.day() == 1 {
            (StepKind::First, self.min_raters)
        } else if weekdays.contains(day.weekday()) {
            (StepKind::Weekday, self.min_raters.saturating_mul(OTHER_DAYS_NEED))
        } else {
            return None;
        };
        let at = instant_of(day, at, self.zone);
        Some(StepDue { day, at, kind, need, month: increment_month(day), covers: at })
    }

    fn of_minute(&self, at: DateTime<Utc>) -> StepDue {
        let month = Month::of(at, self.zone);
        let day = day_of(at, self.zone);
        StepDue { day, at, kind: StepKind::Minute, need: self.min_raters, month, covers: at }
    }
}

impl StepDue {
    /// Whether it takes the ratings of `month`: "the step of a 1st takes ratings of months that are
    /// over, any other step all". A step of another day that is made so late that a new month has
    /// begun leaves that month's ratings to the next: it was due before they were given.
    pub fn takes(&self, month: Month) -> bool {
        month <= self.month
    }

    /// What becomes of the answers of a project that still wait after it: "after the step of a 1st
    /// what still waits becomes the household's rating of the new month … not past the first 1st
    /// after its project's end; then it is dropped". `project_end` is the last day of the project's
    /// term.
    pub fn leftover(&self, project_end: Option<NaiveDate>) -> Leftover {
        match (self.kind, self.month.next()) {
            (StepKind::Weekday | StepKind::Minute, _) => Leftover::Stay,
            (StepKind::First, Some(month)) if project_end.is_none_or(|end| end >= self.day) => {
                Leftover::Roll(month)
            }
            (StepKind::First, _) => Leftover::Drop,
        }
    }
}

/// The month of what is counted in the morning of `day`: "an increment belongs to the month of the
/// day before its step was due".
pub fn increment_month(day: NaiveDate) -> Month {
    day.pred_opt().and_then(Month::containing).unwrap_or(Month::LAST)
}

fn whole_minute(instant: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(instant.timestamp().div_euclid(60) * 60, 0).unwrap_or(instant)
}

/// What a project's last steps found, as far as a burst is judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepHistory<'a> {
    /// What was new at its last steps, [`arrived`]: at most 12, zeros among them.
    pub arrived: &'a [u32],
    /// The stars that the step before took into account and left waiting: neither published nor
    /// held.
    pub left_waiting: u32,
    /// Its households.
    pub households: u32,
}

/// How many ratings are new at a step at which the stars of `waiting` households wait. What was
/// taken back since counts against what came, so that no rating needs a mark of when it was given.
pub fn arrived(waiting: u32, history: &StepHistory<'_>) -> u32 {
    waiting.saturating_sub(history.left_waiting)
}

/// Whether the stars of the `waiting` households that a step finds are set apart and held: "at
/// least 20, more than 5 × the median of what was new at its last 12 steps (zeros count), more than
/// 5 % of its households". Fewer steps count as few, and without any the median is 0.
pub fn judge_burst(waiting: usize, history: &StepHistory<'_>) -> bool {
    let mut arrived = history.arrived.to_vec();
    arrived.sort_unstable();
    let at = |position: usize| arrived.get(position).map_or(0, |arrived| u128::from(*arrived));
    // Twice the median, so that a half stays exact.
    let twice_the_median = at(arrived.len() / 2) + at(arrived.len().saturating_sub(1) / 2);
    let wide = |number: usize| u128::try_from(number).unwrap_or(u128::MAX);
    waiting >= BURST_MINIMUM
        && 2 * wide(waiting) > wide(BURST_FACTOR) * twice_the_median
        && wide(BURST_SHARE) * wide(waiting) > u128::from(history.households)
}

/// The days of a hold: "3 working days for the district, 3 more for the city; the morning after …
/// they count as one increment".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The last day on which the district may release it.
    pub district_until: NaiveDate,
    /// The last day on which the city may.
    pub city_until: NaiveDate,
    /// The day on whose morning it is counted if nobody did.
    pub counts_on: NaiveDate,
}

impl Hold {
    /// The hold of what is set apart on `day`, which is not counted.
    pub fn new(day: NaiveDate, working_days: &WorkingDays) -> Hold {
        let city_until = working_days.add_working_days(day, CITY_DAYS);
        Hold {
            district_until: working_days.add_working_days(day, DISTRICT_DAYS),
            city_until,
            counts_on: city_until.succ_opt().unwrap_or(city_until),
        }
    }
}

/// Publishes the answers that a step takes of a project: "a cell in which answers of at least
/// `need` households wait gets one increment of all of them; otherwise they wait". `rows` are those
/// of the months that the step takes, none of them held, and **one a household**: what a household
/// left in older months is moved under its latest first ([`Answers::catch_up`]). Also counts the
/// rows of a hold that ends, with `min_raters`.
///
/// The sums of what came out; a cell in which nothing did has none.
pub fn take(rows: &mut [&mut Answers], need: u32) -> Tally {
    let mut increment = Tally::default();
    let need = usize::try_from(need).unwrap_or(usize::MAX);
    for cell in Cell::ALL {
        let waiting: Vec<Stars> = rows.iter().filter_map(|answers| answers.waiting(cell)).collect();
        if waiting.len() >= need {
            waiting.into_iter().for_each(|stars| increment.add_answer(cell, stars));
            rows.iter_mut().for_each(|answers| answers.publish(cell));
        }
    }
    increment
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::DEFAULT_ZONE;
    use crate::rating::{Dimension, Dimensions, Sum};

    fn schedule() -> Schedule {
        Schedule {
            times: StepTimes::Days {
                at: NaiveTime::from_hms_opt(6, 0, 0).unwrap(),
                weekdays: WeekdaySet::single(Weekday::Mon),
            },
            zone: DEFAULT_ZONE,
            min_raters: 5,
        }
    }

    fn demo() -> Schedule {
        Schedule { times: StepTimes::EveryMinute, ..schedule() }
    }

    /// A time in the city's zone, `2026-12-01 06:00`.
    fn at(text: &str) -> DateTime<Utc> {
        let (day, time) = text.split_once(' ').unwrap();
        instant_of(day.parse().unwrap(), format!("{time}:00").parse().unwrap(), DEFAULT_ZONE)
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn shown(due: Option<StepDue>) -> String {
        due.map_or("none".to_owned(), |due| {
            let covers = due.covers.with_timezone(&DEFAULT_ZONE).format("%m-%d %H:%M");
            format!("{} {:?} {} {} to {covers}", due.day, due.kind, due.need, due.month)
        })
    }

    fn missed(last: &str, now: &str) -> String {
        shown(schedule().missed(at(last), at(now)))
    }

    #[test]
    fn a_first_needs_k_and_a_monday_twice_as_many() {
        // In November 2026 Mondays are 2, 9, 16, 23, 30.
        let mut after = at("2026-11-20 12:00");
        let steps = [
            "2026-11-23 Weekday 10 2026-11 to 11-23 06:00",
            "2026-11-30 Weekday 10 2026-11 to 11-30 06:00",
            "2026-12-01 First 5 2026-11 to 12-01 06:00",
            "2026-12-07 Weekday 10 2026-12 to 12-07 06:00",
        ];
        for step in steps {
            let due = schedule().next(after);
            assert_eq!(shown(Some(due)), step);
            assert_eq!(due.at, due.covers);
            after = due.at;
        }
    }

    #[test]
    fn a_first_that_is_a_monday_is_a_first() {
        assert_eq!(
            missed("2027-01-25 06:00", "2027-02-01 06:00"),
            "2027-02-01 First 5 2027-01 to 02-01 06:00"
        );
        assert_eq!(
            missed("2026-12-28 06:00", "2027-01-01 06:00"),
            "2027-01-01 First 5 2026-12 to 01-01 06:00"
        );
    }

    #[test]
    fn a_step_is_due_from_six_in_the_citys_zone() {
        assert_eq!(missed("2026-11-16 06:00", "2026-11-23 05:59"), "none");
        assert_eq!(
            missed("2026-11-16 06:00", "2026-11-23 06:00"),
            "2026-11-23 Weekday 10 2026-11 to 11-23 06:00"
        );
        assert_eq!(missed("2026-11-23 06:00", "2026-11-23 23:00"), "none");
        assert_eq!(missed("2026-11-23 06:00", "2026-11-16 06:00"), "none", "a clock that was put back");
        let due = schedule().missed(at("2026-11-16 06:00"), at("2026-11-29 00:00")).unwrap();
        assert_eq!(due.at.to_rfc3339(), "2026-11-22T22:00:00+00:00");
    }

    #[test]
    fn of_several_missed_steps_one_is_made_as_that_of_a_first_if_there_is_one() {
        let of = missed;
        assert_eq!(
            of("2026-11-02 06:00", "2026-11-25 12:00"),
            "2026-11-23 Weekday 10 2026-11 to 11-23 06:00"
        );
        assert_eq!(of("2026-11-23 06:00", "2026-12-09 12:00"), "2026-12-01 First 5 2026-11 to 12-07 06:00");
        // It covers the Monday after the 1st too.
        assert_eq!(of("2026-12-07 06:00", "2026-12-09 12:00"), "none");
        // Of two 1sts the later, which takes what the earlier would have taken.
        assert_eq!(of("2026-10-26 06:00", "2026-12-01 12:00"), "2026-12-01 First 5 2026-11 to 12-01 06:00");
        assert_eq!(of("1970-01-01 00:00", "2026-12-09 12:00"), "2026-12-01 First 5 2026-11 to 12-07 06:00");
    }

    #[test]
    fn the_time_of_steps_may_be_moved_and_the_day_has_one_step_still() {
        let mut later = schedule();
        later.times = StepTimes::Days {
            at: NaiveTime::from_hms_opt(8, 0, 0).unwrap(),
            weekdays: WeekdaySet::single(Weekday::Mon),
        };
        assert_eq!(later.missed(at("2026-11-23 06:00"), at("2026-11-23 12:00")), None);
    }

    #[test]
    fn a_step_takes_months_up_to_its_own() {
        let first = schedule().next(at("2026-11-30 06:00"));
        assert!(first.takes(month("2026-11")) && first.takes(month("2026-10")));
        assert!(!first.takes(month("2026-12")), "given between midnight and six");
        let monday = schedule().next(at("2026-12-01 06:00"));
        assert!(monday.takes(month("2026-12")) && monday.takes(month("2026-11")));
        // Monday 30 November, made at two on 1 December.
        let late = schedule().missed(at("2026-11-23 06:00"), at("2026-12-01 02:00")).unwrap();
        assert_eq!(late.kind, StepKind::Weekday);
        assert!(late.takes(month("2026-11")) && !late.takes(month("2026-12")));
    }

    #[test]
    fn the_demo_has_a_step_a_minute_with_k_and_without_rolling() {
        let due = demo().missed(at("2026-11-30 23:58"), at("2026-12-01 00:00")).unwrap();
        assert_eq!((due.kind, due.need, due.month), (StepKind::Minute, 5, month("2026-12")));
        assert_eq!((due.at, due.covers), (at("2026-12-01 00:00"), at("2026-12-01 00:00")));
        assert_eq!(due.leftover(None), Leftover::Stay);
        assert!(due.takes(month("2026-12")) && due.takes(month("2026-11")));
        let half_past = at("2026-12-01 00:00") + TimeDelta::seconds(30);
        assert_eq!(demo().missed(due.covers, half_past), None);
        assert_eq!(demo().next(half_past).at, at("2026-12-01 00:01"));
        assert_eq!(demo().next(due.at).at, at("2026-12-01 00:01"));
    }

    #[test]
    fn zones_that_change_their_clocks_have_their_steps_too() {
        let berlin = Schedule { zone: Tz::Europe__Berlin, ..schedule() };
        let before = "2026-03-23T12:00:00Z".parse().unwrap();
        // Clocks go forward on Sunday 29 March 2026.
        assert_eq!(berlin.next(before).at.to_rfc3339(), "2026-03-30T04:00:00+00:00");
        let early = Schedule {
            times: StepTimes::Days {
                at: NaiveTime::from_hms_opt(2, 30, 0).unwrap(),
                weekdays: WeekdaySet::single(Weekday::Sun),
            },
            ..berlin
        };
        let due = early.next(before);
        assert_eq!(
            (due.day.to_string(), due.at.to_rfc3339()),
            ("2026-03-29".into(), "2026-03-29T01:00:00+00:00".into())
        );
        assert_eq!(early.missed(before, due.at), Some(due));
        assert_eq!(early.missed(due.covers, due.at + TimeDelta::hours(3)), None);
    }

    #[test]
    fn what_waits_rolls_on_a_first_and_not_past_the_first_after_the_projects_end() {
        let first = schedule().next(at("2026-11-30 06:00"));
        let leftover = |end: &str| first.leftover(Some(end.parse().unwrap()));
        assert_eq!(first.leftover(None), Leftover::Roll(month("2026-12")));
        assert_eq!(leftover("2026-11-30"), Leftover::Drop);
        assert_eq!(leftover("2026-10-15"), Leftover::Drop);
        assert_eq!(leftover("2026-12-01"), Leftover::Roll(month("2026-12")));
        let monday = schedule().next(at("2026-12-01 06:00"));
        assert_eq!(monday.leftover(Some("2026-11-30".parse().unwrap())), Leftover::Stay);
    }

    fn waiting(stars: &[i64]) -> Vec<Answers> {
        let of = |number: &i64| Answers::new(Stars::try_from(*number).unwrap(), &Dimensions::default());
        stars.iter().map(of).collect()
    }

    fn take_all(rows: &mut [Answers], need: u32) -> Tally {
        take(&mut rows.iter_mut().collect::<Vec<_>>(), need)
    }

    #[test]
    fn fewer_than_needed_wait_and_as_many_come_out_together() {
        let mut rows = waiting(&[5, 4, 1, 2]);
        assert_eq!(take_all(&mut rows, 5), Tally::default());
        assert!(rows.iter().all(|row| row.waiting(Cell::Stars).is_some()));
        rows.extend(waiting(&[5]));
        assert_eq!(take_all(&mut rows, 5).counts, [1, 1, 0, 1, 2]);
        assert!(rows.iter().all(|row| row.is_out(Cell::Stars)));
        assert_eq!(take_all(&mut rows, 5), Tally::default());
        assert_eq!(take_all(&mut [], 5), Tally::default());
    }

    #[test]
    fn each_cell_is_counted_by_itself() {
        let star = |number| Stars::try_from(number).unwrap();
        let cleaning = Dimensions { cleaning: Some(star(2)), ..Dimensions::default() };
        let mut rows = vec![Answers::new(star(5), &cleaning); 2];
        assert_eq!(take_all(&mut rows, 3), Tally::default());
        // A third whose stars came out before: its cleaning makes three, and the stars of two wait
        // on.
        let mut third = Answers::new(star(1), &cleaning);
        third.publish(Cell::Stars);
        rows.push(third);
        let increment = take_all(&mut rows, 3);
        assert_eq!(increment.counts, [0; 5]);
        assert_eq!(increment.dimension(Dimension::Cleaning), Sum { count: 3, stars: 6 });
        // And the other way round.
        rows.push(Answers::new(star(4), &cleaning));
        let increment = take_all(&mut rows, 3);
        assert_eq!(increment.counts, [0, 0, 0, 1, 2]);
        assert_eq!(increment.dimensions, [Sum::default(); 5]);
        assert_eq!(rows[3].waiting(Cell::Dimension(Dimension::Cleaning)), Some(star(2)));
    }

    fn history(arrived: &[u32]) -> StepHistory<'_> {
        StepHistory { arrived, left_waiting: 0, households: 100 }
    }

    #[test]
    fn twenty_where_few_rate_are_a_burst() {
        assert!(!judge_burst(19, &history(&[])));
        assert!(judge_burst(20, &history(&[])));
        assert!(judge_burst(20, &history(&[0, 0, 1, 30, 30][..3])));
        assert!(!judge_burst(20, &history(&[4; 12])), "five times the median is not more");
        assert!(judge_burst(21, &history(&[4; 12])));
        // The median of an even number is the mean of the middle two: more than 22.5.
        assert!(!judge_burst(22, &history(&[5, 4])));
        assert!(judge_burst(23, &history(&[4, 5])));
    }

    #[test]
    fn a_burst_is_more_than_a_twentieth_of_the_households() {
        let of = |households| StepHistory { households, ..history(&[]) };
        assert!(judge_burst(25, &of(499)));
        assert!(!judge_burst(25, &of(500)));
        assert!(judge_burst(26, &of(500)));
    }

    #[test]
    fn what_is_new_is_what_waits_beyond_what_was_left() {
        let left = StepHistory { left_waiting: 3, ..history(&[]) };
        assert_eq!((arrived(10, &left), arrived(3, &left), arrived(1, &left)), (7, 0, 0));
    }

    #[test]
    fn a_hold_has_three_working_days_twice_and_is_counted_on_the_morning_after() {
        let hold = |day: &str| Hold::new(day.parse().unwrap(), &WorkingDays::weekdays());
        let [district, city, counts] =
            ["2026-11-19", "2026-11-24", "2026-11-25"].map(|day| day.parse().unwrap());
        let expected = Hold { district_until: district, city_until: city, counts_on: counts };
        assert_eq!(hold("2026-11-16"), expected);
        // Over the New Year's holiday, and counted on a Saturday.
        assert_eq!(hold("2026-12-24").city_until.to_string(), "2027-01-04");
        assert_eq!(hold("2026-12-17").counts_on.to_string(), "2026-12-26");
        assert_eq!(schedule().morning_of(counts), at("2026-11-25 06:00"));
        assert_eq!(increment_month(counts), month("2026-11"));
        assert_eq!(increment_month("2026-12-01".parse().unwrap()), month("2026-11"));
    }

    proptest! {
        #[test]
        fn one_step_after_the_other_or_one_for_all(start in 0_i64..400, gaps in prop::collection::vec(0_i64..60 * 24 * 40, 1..20)) {
            let mut last = at("2026-01-07 12:00") + TimeDelta::days(start);
            let mut now = last;
            for gap in gaps {
                now += TimeDelta::minutes(gap);
                let mut passed = Vec::new();
                let mut next = schedule().next(last);
                while next.at <= now {
                    passed.push(next);
                    next = schedule().next(next.at);
                }
                let made = schedule().missed(last, now);
                prop_assert_eq!(made.is_some(), !passed.is_empty());
                let Some(made) = made else { continue };
                prop_assert_eq!(made.covers, passed.last().unwrap().at);
                prop_assert_eq!(made.kind == StepKind::First, passed.iter().any(|due| due.kind == StepKind::First));
                prop_assert!(passed.iter().any(|due| due.at == made.at && due.need == made.need && due.month == made.month));
                last = made.covers;
                prop_assert_eq!(schedule().missed(last, now), None);
            }
        }

        #[test]
        fn the_largest_numbers_are_answered(waiting: usize, households: u32, arrived: Vec<u32>) {
            let _is_burst = judge_burst(waiting, &StepHistory { arrived: &arrived, left_waiting: 0, households });
        }
    }
}
