//! The worked examples, with their exact numbers: k = 5, 2k = 10; m = 7, prior 3.5. In November
//! 2026 Mondays are 2, 9, 16, 23, 30.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, instant_of};
use xinwu_domain::rating::{Dimension, Dimensions, Stars, Sum, Tally};

use super::city::{City, Dwelling, HoldState, Increment, Project, Rated, Rating, Refused};

fn at(day: &str, hour: u32) -> DateTime<Utc> {
    instant_of(day.parse().unwrap(), NaiveTime::from_hms_opt(hour, 0, 0).unwrap(), DEFAULT_ZONE)
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn stars(number: i64) -> Stars {
    Stars::try_from(number).unwrap()
}

/// A city, and the day up to which its clock has run.
struct Example {
    city: City,
    day: NaiveDate,
    events: usize,
}

impl Example {
    /// A city since the 1st of `since`, of projects with so many households.
    fn new(since: &str, households: &[u32]) -> Example {
        let projects = households.iter().map(|households| Rated::new(*households, None)).collect();
        let day: NaiveDate = format!("{since}-01").parse().unwrap();
        Example { city: City::new(5, at(&day.to_string(), 0), projects), day, events: 0 }
    }

    /// Runs the clock to 06:00 of `day`.
    fn run_to(&mut self, day: &str) {
        let until: NaiveDate = day.parse().unwrap();
        while self.day < until {
            self.day = self.day.succ_opt().unwrap();
            self.city.tick(at(&self.day.to_string(), 6));
        }
    }

    fn try_put(
        &mut self,
        day: &str,
        project: Project,
        dwelling: Dwelling,
        number: i64,
        dimensions: Dimensions,
    ) -> Result<(), Refused> {
        self.run_to(day);
        self.events += 1;
        let rating =
            Rating { dwelling, person: dwelling, stars: stars(number), dimensions, has_comment: false };
        self.city.put(at(day, 12), self.events, project, &rating)
    }

    fn put(&mut self, day: &str, dwelling: Dwelling, number: i64) {
        self.try_put(day, 0, dwelling, number, Dimensions::default()).unwrap();
    }

    fn increments(&self, project: Project) -> &[Increment] {
        &self.city.projects[project].increments
    }

    /// Month, count, sum and distribution of every increment of stars.
    fn stars_out(&self, project: Project) -> Vec<(String, u32, u64, [u32; 5])> {
        let increments = self.increments(project).iter().map(|increment| (increment.month, increment.tally));
        increments
            .filter(|(_, tally)| tally.count() > 0)
            .map(|(month, tally)| (month.to_string(), tally.count(), tally.sum(), tally.counts))
            .collect()
    }

    fn year_to(&self, project: Project, last: &str) -> Tally {
        let last = month(last);
        self.city.projects[project].figures(|month| (0..12).contains(&last.months_since(month)))
    }

    fn score(&self, project: Project, last: &str) -> String {
        self.year_to(project, last).service_score().to_string()
    }
}

const A: Dwelling = 1;
const B: Dwelling = 2;
const C: Dwelling = 3;
const D: Dwelling = 4;
const E: Dwelling = 5;
const F: Dwelling = 6;

/// Example 1: three in October, two in November.
fn rolls_and_closes() -> Example {
    let mut example = Example::new("2026-10", &[50]);
    example.put("2026-10-05", A, 5);
    example.put("2026-10-12", B, 4);
    example.put("2026-10-30", C, 1);
    example.put("2026-11-04", D, 2);
    example.put("2026-11-20", E, 5);
    example.run_to("2026-11-30");
    example
}

#[test]
fn example_1_rolls_and_closes() {
    let mut example = rolls_and_closes();
    assert_eq!(example.increments(0), []);
    example.run_to("2026-12-01");
    assert_eq!(example.stars_out(0), [("2026-11".to_owned(), 5, 17, [1, 1, 0, 1, 2])]);
    assert_eq!(example.increments(0)[0].published_at, at("2026-12-01", 6));
    assert_eq!(example.score(0, "2026-11"), "3.4583");
    assert_eq!(example.city.projects[0].figures(|of| of == month("2026-10")), Tally::default());
}

const TEN: [i64; 10] = [5, 5, 5, 5, 4, 4, 4, 3, 2, 1];

#[test]
fn example_2_ten_on_a_monday() {
    let mut example = Example::new("2026-11", &[200]);
    for (dwelling, number) in (0..).zip(&TEN[..9]) {
        example.put("2026-11-03", dwelling, *number);
    }
    example.run_to("2026-11-09");
    assert_eq!(example.increments(0), []);
    example.put("2026-11-12", 9, TEN[9]);
    example.run_to("2026-11-15");
    assert_eq!(example.increments(0), []);
    example.run_to("2026-11-16");
    assert_eq!(example.stars_out(0), [("2026-11".to_owned(), 10, 38, [1, 1, 1, 3, 4])]);
    assert_eq!(example.score(0, "2026-11"), "3.6765");
}

#[test]
fn example_3_changed_and_taken_back_without_a_trace() {
    let mut example = Example::new("2026-11", &[50]);
    for (day, dwelling, number) in [
        ("2026-11-03", A, 5),
        ("2026-11-03", B, 4),
        ("2026-11-03", C, 1),
        ("2026-11-04", D, 2),
        ("2026-11-05", E, 1),
        ("2026-11-06", F, 2),
        ("2026-11-20", E, 4),
    ] {
        example.put(day, dwelling, number);
    }
    example.run_to("2026-11-21");
    example.city.take_back(0, F).unwrap();
    example.run_to("2026-12-01");
    assert_eq!(example.stars_out(0), [("2026-11".to_owned(), 5, 16, [1, 1, 0, 2, 1])]);
    assert_eq!(example.city.take_back(0, E), Err(Refused::Published));
}

#[test]
fn example_4_final() {
    let mut example = rolls_and_closes();
    example.run_to("2026-12-01");
    let page = |example: &Example| example.city.public(at("2026-12-31", 23));
    let before = page(&example);
    (A..=E).for_each(|person| example.city.delete_account(person));
    example.put("2026-12-02", A, 1);
    example.run_to("2026-12-31");
    assert_eq!(page(&example), before);
    assert_eq!(example.stars_out(0), [("2026-11".to_owned(), 5, 17, [1, 1, 0, 1, 2])]);
    assert_eq!(example.city.waiting(0), 1);
    example.run_to("2027-01-01");
    assert_eq!((example.increments(0).len(), example.city.waiting(0)), (1, 1));
    assert_eq!(page(&example), before);
}

#[test]
fn example_5_one_answer_a_household() {
    let mut example = Example::new("2026-06", &[50]);
    for (number, of_a) in (6..=11).zip([5, 5, 4, 4, 3, 3]) {
        for (dwelling, stars) in [(A, of_a), (B, 2), (C, 4), (D, 5)] {
            example.put(&format!("2026-{number:02}-10"), dwelling, stars);
        }
    }
    example.put("2026-11-11", E, 1);
    example.run_to("2026-11-30");
    assert_eq!(example.increments(0), []);
    example.run_to("2026-12-01");
    assert_eq!(example.stars_out(0), [("2026-11".to_owned(), 5, 15, [1, 1, 1, 1, 1])]);
    assert_eq!(example.score(0, "2026-11"), "3.2917");
}

#[test]
fn example_6_dimensions() {
    let mut example = Example::new("2026-11", &[200]);
    let cleaning = [5, 5, 4, 4, 4, 3, 3];
    let security = [5, 4, 2, 2];
    for (position, number) in TEN.into_iter().enumerate() {
        let dimensions = Dimensions {
            cleaning: cleaning.get(position).copied().map(stars),
            security: position.checked_sub(6).map(|position| stars(security[position])),
            ..Dimensions::default()
        };
        let dwelling = u32::try_from(position).unwrap();
        example.try_put("2026-11-10", 0, dwelling, number, dimensions).unwrap();
    }
    example.run_to("2026-11-30");
    assert_eq!(example.stars_out(0), [("2026-11".to_owned(), 10, 38, [1, 1, 1, 3, 4])]);
    assert_eq!(example.increments(0)[0].tally.dimensions, [Sum::default(); 5]);
    assert_eq!(example.increments(0)[0].published_at, at("2026-11-16", 6));
    example.run_to("2026-12-01");
    let [_, first] = example.increments(0) else { panic!("{:?}", example.increments(0)) };
    assert_eq!((first.month, first.tally.count()), (month("2026-11"), 0));
    assert_eq!(first.tally.dimension(Dimension::Cleaning), Sum { count: 7, stars: 28 });
    assert_eq!(first.tally.dimension(Dimension::Security), Sum::default());

    let rates = |number| Dimensions { security: Some(stars(number)), ..Dimensions::default() };
    example.try_put("2026-12-03", 0, 6, 4, rates(1)).unwrap();
    example.try_put("2026-12-04", 0, 100, 4, rates(3)).unwrap();
    example.run_to("2027-01-01");
    let [_, _, second] = example.increments(0) else { panic!("{:?}", example.increments(0)) };
    assert_eq!((second.month, second.tally.count()), (month("2026-12"), 0));
    assert_eq!(second.tally.dimension(Dimension::Security), Sum { count: 5, stars: 12 });
    assert_eq!(example.city.waiting(0), 2);
}

/// 500 households, a median of 4 and 40/160 published; `count` rate on 13 November: twenty ones,
/// four twos and then fives.
fn burst(count: u32) -> Example {
    let mut example = Example::new("2026-11", &[500]);
    example.run_to("2026-11-10");
    let tally = Tally { counts: [0, 0, 10, 20, 10], ..Tally::default() };
    let published = Increment { published_at: at("2026-11-02", 6), month: month("2026-11"), tally, need: 10 };
    example.city.projects[0].increments.push(published);
    example.city.projects[0].arrived = vec![4; 12];
    for dwelling in 0..count {
        let number = if dwelling < 20 {
            1
        } else if dwelling < 24 {
            2
        } else {
            5
        };
        example.put("2026-11-13", dwelling, number);
    }
    example.run_to("2026-11-16");
    example
}

#[test]
fn example_7_twenty_five_are_published() {
    let example = burst(25);
    assert_eq!(example.stars_out(0)[1..], [("2026-11".to_owned(), 25, 33, [20, 4, 0, 0, 1])]);
    let year = example.year_to(0, "2026-11");
    assert_eq!((year.count(), year.sum(), example.score(0, "2026-11").as_str()), (65, 193, "3.0208"));
}

#[test]
fn example_7_twenty_six_are_held() {
    let mut example = burst(26);
    assert_eq!(example.stars_out(0).len(), 1);
    assert_eq!(example.score(0, "2026-11"), "3.9255");
    let hold = example.city.projects[0].bursts[0].hold;
    assert_eq!(
        [hold.district_until, hold.city_until, hold.counts_on].map(|day| day.to_string()),
        ["2026-11-19", "2026-11-24", "2026-11-25"]
    );
    assert_eq!(example.try_put("2026-11-18", 0, 3, 5, Dimensions::default()), Err(Refused::Held));
    assert_eq!(example.city.take_back(0, 3), Err(Refused::Held));
    for dwelling in 100..110 {
        example.put("2026-11-18", dwelling, 4);
    }
    example.run_to("2026-11-23");
    assert_eq!(example.stars_out(0)[1..], [("2026-11".to_owned(), 10, 40, [0, 0, 0, 10, 0])]);
    // (24.5 + 160 + 40) / 57 = 3.93859…
    assert_eq!(example.score(0, "2026-11"), "3.9386");
    example.run_to("2026-11-24");
    assert_eq!(example.city.holds()[0], [HoldState::Held]);
    example.run_to("2026-11-25");
    assert_eq!(example.city.holds()[0], [HoldState::Counted]);
    assert_eq!(example.stars_out(0)[2..], [("2026-11".to_owned(), 26, 38, [20, 4, 0, 0, 2])]);
    let year = example.year_to(0, "2026-11");
    assert_eq!((year.count(), year.sum(), example.score(0, "2026-11").as_str()), (76, 238, "3.1627"));
}

#[test]
fn example_8_firm_and_window() {
    let example = |of_a, of_c| {
        let mut example = Example::new("2026-11", &[50, 50]);
        for (dwelling, number) in [(A, of_a), (B, 4), (C, of_c), (D, 2), (E, 5)] {
            example.try_put("2026-11-03", 0, dwelling, number, Dimensions::default()).unwrap();
        }
        for (dwelling, number) in (22..).zip([1, 1, 2, 1]) {
            example.try_put("2026-11-03", 1, dwelling, number, Dimensions::default()).unwrap();
        }
        example.run_to("2026-12-01");
        example
    };
    let firm = |example: &Example, last: &str| -> Tally {
        (0..2).map(|project| example.year_to(project, last)).sum()
    };
    let mut played = example(5, 1);
    assert_eq!((played.year_to(0, "2026-11").count(), played.year_to(0, "2026-11").sum()), (5, 17));
    assert_eq!(played.year_to(1, "2026-11"), Tally::default());
    let of_firm = firm(&played, "2026-11");
    assert_eq!((of_firm.count(), of_firm.sum()), (5, 17));
    assert_eq!(of_firm.service_score().to_string(), "3.4583");
    assert_eq!(played.city.public(at("2026-12-01", 7)), example(1, 5).city.public(at("2026-12-01", 7)));

    played.try_put("2026-12-09", 1, 26, 3, Dimensions::default()).unwrap();
    played.run_to("2027-01-01");
    assert_eq!(played.stars_out(1), [("2026-12".to_owned(), 5, 8, [3, 1, 1, 0, 0])]);
    let of_firm = firm(&played, "2026-12");
    assert_eq!((of_firm.count(), of_firm.sum()), (10, 25));
    assert_eq!(of_firm.service_score().to_string(), "2.9118");
    assert_eq!((firm(&played, "2027-10").count(), firm(&played, "2027-11").count()), (10, 5));
}
