//! 公示: a new grade is announced for some working days before it takes effect, where the scheme
//! says so.
//!
//! What is announced is a change of the *grade*. A score that moves within its grade is shown at
//! once, and so is the loss of a grade: there is nothing to announce then. While a grade is
//! announced, the one in effect stays with its score, and with the version that it was made with. A
//! third grade that comes meanwhile replaces the announcement, and its days begin again; a return
//! to the grade in effect withdraws it. Lists and consequences follow the facts that cause them,
//! not the grade, and so come and go at once. A subject's first result by a scheme takes effect at
//! once: nothing could stay in effect meanwhile.

use chrono::NaiveDate;

use crate::calendar::WorkingDays;

/// What happens to a result that was just made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It takes effect now; an announced grade is withdrawn.
    AtOnce,
    /// It is the grade that is announced already: its day stays.
    StaysAnnounced,
    /// It is announced from now, and takes effect when this day begins.
    Announce(NaiveDate),
}

/// What to do with the grade `new`, made on the day `today`, where `in_effect` is the grade in
/// effect (the outer none: there was no result yet) and `announced` the announced one. The day of
/// the announcement does not count (Civil Code art. 201), and the last of the working days passes
/// whole.
pub fn step(
    in_effect: Option<Option<&str>>,
    announced: Option<&str>,
    new: Option<&str>,
    today: NaiveDate,
    working_days: u32,
    calendar: &WorkingDays,
) -> Step {
    let days = u16::try_from(working_days).unwrap_or(u16::MAX);
    match (in_effect, new) {
        (Some(old), Some(_)) if days > 0 && old != new => {
            if announced == new {
                return Step::StaysAnnounced;
            }
            let last = calendar.add_working_days(today, days);
            Step::Announce(last.succ_opt().unwrap_or(last))
        }
        _ => Step::AtOnce,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn only_another_grade_is_announced() {
        let calendar = WorkingDays::weekdays();
        let at = |in_effect, announced, new| step(in_effect, announced, new, day("2026-11-21"), 7, &calendar);
        // A Saturday: the seven days are Monday 23 to Tuesday 1.
        let announce = Step::Announce(day("2026-12-02"));
        assert_eq!(at(None, None, Some("B")), Step::AtOnce, "the first result");
        assert_eq!(at(Some(Some("B")), None, Some("B")), Step::AtOnce, "within its grade");
        assert_eq!(at(Some(Some("B")), None, Some("A")), announce);
        assert_eq!(at(Some(None), None, Some("A")), announce, "from no grade to one");
        assert_eq!(at(Some(Some("B")), None, None), Step::AtOnce, "a grade is lost");
        assert_eq!(at(Some(Some("B")), Some("A"), Some("A")), Step::StaysAnnounced);
        assert_eq!(at(Some(Some("B")), Some("A"), Some("AA")), announce, "replaced");
        assert_eq!(at(Some(Some("B")), Some("A"), Some("B")), Step::AtOnce, "withdrawn");
        assert_eq!(step(Some(Some("B")), None, Some("A"), day("2026-11-21"), 0, &calendar), Step::AtOnce);
    }

    #[test]
    fn holidays_lengthen_an_announcement() {
        let calendar = WorkingDays::from_toml([include_str!("../../../data/holidays-2026.toml")]).unwrap();
        // Before the National Day: 30 September is the only working day until 8 October; Saturday
        // 10 October is worked.
        let announced = step(Some(Some("B")), None, Some("A"), day("2026-09-29"), 3, &calendar);
        assert_eq!(announced, Step::Announce(day("2026-10-10")));
    }
}
