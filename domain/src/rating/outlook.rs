//! What becomes of a rating: when and how others will see it, for its writer alone.

use chrono::{DateTime, NaiveDate, Utc};

use super::answers::{Answers, Cell};
use super::step::{Schedule, StepDue, StepKind};
use crate::calendar::Month;
use crate::text::Text;

/// What will become of a rating's stars. Depends on the rating itself and on register data alone,
/// never on how many others wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// They are out, in an increment of this month: "once its stars are out a rating is closed".
    Published(Month),
    /// They are held with others: "while held a rating is closed".
    Held {
        /// The day on whose morning they are counted at the latest.
        counts_on: NaiveDate,
    },
    /// They wait.
    Waiting {
        /// The next step that takes them.
        next: StepDue,
        /// The next of a 1st and the day of the last that can take them, after which they are
        /// dropped. `None` where nothing rolls, in the demo.
        closing: Option<Closing>,
    },
}

/// The steps of 1sts that a waiting rating has before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// The next.
    pub next: StepDue,
    /// The day of the last: "twelve times at most, and not past the first 1st after its project's
    /// end; then it is dropped".
    pub last: NaiveDate,
}

impl Outlook {
    /// The outlook of a rating of `month` whose stars wait, at `now`. `project_end` is the last day
    /// of its project's term.
    pub fn waiting(
        answers: &Answers,
        month: Month,
        project_end: Option<NaiveDate>,
        schedule: &Schedule,
        now: DateTime<Utc>,
    ) -> Outlook {
        let steps = || {
            std::iter::successors(Some(schedule.next(now)), |due| Some(schedule.next(due.at)))
                .filter(|due| due.takes(month))
        };
        let next = steps().next().unwrap_or_else(|| schedule.next(now));
        if next.kind == StepKind::Minute {
            return Outlook::Waiting { next, closing: None };
        }
        let rolls = i32::from(answers.rolls_left(Cell::Stars).unwrap_or_default());
        let of_age = month.plus(1 + rolls).unwrap_or(Month::LAST);
        let of_project = project_end.and_then(Month::containing).and_then(Month::next);
        let last = of_project.map_or(of_age, |of_project| of_project.min(of_age)).first_day();
        let closing = steps().find(|due| due.kind == StepKind::First);
        Outlook::Waiting { next, closing: closing.map(|next| Closing { next, last: last.max(next.day) }) }
    }

    /// One sentence for its writer.
    pub fn text(&self) -> Text {
        match self {
            Outlook::Published(month) => Text::new(
                format!("本评价已计入{}年{}月公布的数据，不能修改或撤回。", month.year(), month.number()),
                format!(
                    "It counts in the figures of {} and can no longer be changed or taken back.",
                    month.first_day().format("%B %Y")
                ),
            ),
            Outlook::Held { counts_on } => Text::new(
                format!(
                    "本项目短期内评价集中，本评价与同批评价正在核查，最迟于{}一并计入，核查期间不能修改或撤回。",
                    zh(*counts_on)
                ),
                format!(
                    "Many ratings of this project came at once and are being checked; yours counts with them on {} at the latest and \
                     cannot be changed or taken back meanwhile.",
                    en(*counts_on)
                ),
            ),
            Outlook::Waiting { next, closing: None } => Text::new(
                format!(
                    "如下次公布（一分钟内）时本项目已有{}户（含您）的评价待公布，本评价即计入；否则继续等待。",
                    next.need
                ),
                format!(
                    "It counts from the next step, within a minute, if ratings of {} households of this project, yours among them, are \
                     waiting by then; otherwise it waits for more.",
                    next.need
                ),
            ),
            Outlook::Waiting { next, closing: Some(closing) } => waiting(next, closing),
        }
    }
}

/// "Counts from the step of 1 December if five households of this project have rated by then;
/// otherwise it waits for more, at most twelve months."
fn waiting(next: &StepDue, closing: &Closing) -> Text {
    let first = closing.next;
    let is_last = closing.last <= first.day;
    let (rest_zh, rest_en) = if is_last {
        ("否则届时作废。".to_owned(), "otherwise it is dropped then.".to_owned())
    } else {
        (
            format!("否则继续等待，最迟至{}公布时，仍不足即作废。", zh(closing.last)),
            format!(
                "otherwise it waits for more, until the step of {} at the latest, and is then dropped.",
                en(closing.last)
            ),
        )
    };
    if next.kind == StepKind::First {
        return Text::new(
            format!(
                "如{}公布时本项目已有{}户（含您）的评价待公布，本评价自当日起计入；{rest_zh}",
                zh(first.day),
                first.need
            ),
            format!(
                "It counts from the step of {} if ratings of {} households of this project, yours among them, are waiting by then; {rest_en}",
                en(first.day),
                first.need
            ),
        );
    }
    Text::new(
        format!(
            "如{}或其后公布时本项目已有{}户（含您）的评价待公布，或{}公布时已有{}户，本评价自当日起计入；{rest_zh}",
            zh(next.day),
            next.need,
            zh(first.day),
            first.need
        ),
        format!(
            "It counts from the step of {} or a later one if ratings of {} households of this project, yours among them, are waiting by then, \
             or from that of {} if those of {} are; {rest_en}",
            en(next.day),
            next.need,
            en(first.day),
            first.need
        ),
    )
}

fn zh(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

fn en(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, Weekday, WeekdaySet};

    use super::*;
    use crate::calendar::{DEFAULT_ZONE, instant_of};
    use crate::rating::step::StepTimes;
    use crate::rating::{Dimensions, Stars};

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

    fn outlook(answers: &Answers, month: &str, end: Option<&str>, now: (&str, u32)) -> Outlook {
        let time = NaiveTime::from_hms_opt(now.1, 0, 0).unwrap();
        let now = instant_of(now.0.parse().unwrap(), time, DEFAULT_ZONE);
        let end = end.map(|end| end.parse().unwrap());
        Outlook::waiting(answers, month.parse().unwrap(), end, &schedule(), now)
    }

    fn new() -> Answers {
        Answers::new(Stars::try_from(5).unwrap(), &Dimensions::default())
    }

    #[test]
    fn it_counts_on_the_first_with_five_or_waits_for_a_year() {
        let text = outlook(&new(), "2026-11", None, ("2026-11-30", 12)).text();
        assert_eq!(
            text.en,
            "It counts from the step of 1 December 2026 if ratings of 5 households of this project, yours among them, are waiting by then; \
             otherwise it waits for more, until the step of 1 December 2027 at the latest, and is then dropped."
        );
        assert_eq!(
            text.zh,
            "如2026年12月1日公布时本项目已有5户（含您）的评价待公布，本评价自当日起计入；否则继续等待，最迟至2027年12月1日公布时，仍不足即作废。"
        );
    }

    #[test]
    fn a_monday_before_it_needs_ten() {
        let text = outlook(&new(), "2026-11", None, ("2026-11-20", 12)).text();
        assert_eq!(
            text.en,
            "It counts from the step of 23 November 2026 or a later one if ratings of 10 households of this project, yours among them, are waiting \
             by then, or from that of 1 December 2026 if those of 5 are; otherwise it waits for more, until the step of 1 December 2027 at the \
             latest, and is then dropped."
        );
        assert_eq!(
            text.zh,
            "如2026年11月23日或其后公布时本项目已有10户（含您）的评价待公布，或2026年12月1日公布时已有5户，本评价自当日起计入；\
             否则继续等待，最迟至2027年12月1日公布时，仍不足即作废。"
        );
    }

    #[test]
    fn the_step_of_a_first_is_not_that_of_a_rating_given_before_six() {
        let Outlook::Waiting { next, closing } = outlook(&new(), "2026-12", None, ("2026-12-01", 2)) else {
            panic!("it waits")
        };
        assert_eq!(next.day.to_string(), "2026-12-07");
        assert_eq!(closing.map(|closing| closing.next.day.to_string()), Some("2027-01-01".to_owned()));
        // The month before waits for it.
        let Outlook::Waiting { next, .. } = outlook(&new(), "2026-11", None, ("2026-12-01", 2)) else {
            panic!("it waits")
        };
        assert_eq!(next.day.to_string(), "2026-12-01");
    }

    #[test]
    fn it_is_dropped_after_twelve_rolls_or_the_first_after_the_projects_end() {
        let last = |answers: &Answers, month, end| match outlook(answers, month, end, ("2026-11-30", 12)) {
            Outlook::Waiting { closing: Some(closing), .. } => closing.last.to_string(),
            other => panic!("{other:?}"),
        };
        let mut older = new();
        let rolled = older.roll(11).unwrap();
        assert_eq!(last(&new(), "2026-11", None), "2027-12-01");
        assert_eq!(last(&rolled, "2026-11", None), "2027-01-01");
        assert_eq!(last(&new(), "2026-11", Some("2027-03-15")), "2027-04-01");
        assert_eq!(last(&new(), "2026-11", Some("2027-04-01")), "2027-05-01");
        assert_eq!(last(&new(), "2026-11", Some("2026-11-30")), "2026-12-01");
        assert_eq!(last(&new(), "2026-11", Some("2030-01-01")), "2027-12-01");
        let text = outlook(&new(), "2026-11", Some("2026-11-30"), ("2026-11-30", 12)).text();
        assert!(text.en.ends_with("are waiting by then; otherwise it is dropped then."), "{}", text.en);
        assert!(text.zh.ends_with("否则届时作废。"), "{}", text.zh);
    }

    #[test]
    fn what_is_published_or_held_says_so() {
        let published = Outlook::Published("2026-11".parse().unwrap());
        assert_eq!(
            published.text().en,
            "It counts in the figures of November 2026 and can no longer be changed or taken back."
        );
        let held = Outlook::Held { counts_on: "2026-11-25".parse().unwrap() };
        assert!(held.text().en.contains("yours counts with them on 25 November 2026 at the latest"));
        assert!(held.text().zh.contains("最迟于2026年11月25日一并计入"));
    }

    #[test]
    fn the_demo_counts_within_a_minute() {
        let demo = Schedule { times: StepTimes::EveryMinute, ..schedule() };
        let now = "2026-11-30T16:00:10Z".parse().unwrap();
        let outlook = Outlook::waiting(&new(), "2026-12".parse().unwrap(), None, &demo, now);
        assert!(
            outlook
                .text()
                .en
                .starts_with("It counts from the next step, within a minute, if ratings of 5 households")
        );
    }
}
