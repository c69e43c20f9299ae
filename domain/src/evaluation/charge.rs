//! The terms of managers: for which days of a project each was in charge of it.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::dossier::Project;
use crate::calendar::day_of;

/// The terms of a project's managers, out of all that was known of the project, the earliest first,
/// each with who was in charge: "a project counts with the periods and months of its term", which
/// is theirs.
///
/// Whoever is named when the project is registered has been in charge since it began, any other
/// since the day on which the register was told, and until the day before the next one's. So a day
/// is whose it was at its end: who is named by mistake and replaced on the same day has had none.
/// Who leaves without anybody in place has been in charge until then, on the day of the
/// registration too. Each change is known from when it was made; before, the term had no such end.
pub fn terms_of_managers<'a>(known: &[(Option<&'a str>, Project)], zone: Tz) -> Vec<(&'a str, Project)> {
    let mut terms: Vec<(&str, Project)> = Vec::new();
    let registered_on = known.first().map(|(_, project)| day_of(project.known_from, zone));
    // Who is in charge from which day on.
    let mut charges: Vec<(NaiveDate, Option<&str>)> = Vec::new();
    for (manager, project) in known {
        let told_on = day_of(project.known_from, zone);
        let at_first = Some(told_on) <= registered_on && manager.is_some();
        let from = if at_first { NaiveDate::MIN } else { told_on };
        charges.retain(|(before, _)| *before < from);
        if charges.last().is_none_or(|(_, before)| before != manager) {
            charges.push((from, *manager));
        }
        // What another row took the place of at once was never known.
        if project.known_until.is_some_and(|until| until <= project.known_from) {
            continue;
        }
        let mut after = charges.iter().skip(1).map(|(from, _)| from.pred_opt());
        for (from, manager) in &charges {
            let starts_on = project.starts_on.max(*from);
            let ends_on = after.next().flatten().into_iter().chain(project.ends_on).min();
            let Some(manager) = manager.filter(|_| ends_on.is_none_or(|last| starts_on <= last)) else {
                continue;
            };
            let term = Project { starts_on, ends_on, ..project.clone() };
            // What says nothing new of a term needs no row of its own.
            let same = terms.iter_mut().find(|(whose, before)| {
                let (known_from, known_until) = (before.known_from, term.known_until);
                before.known_until == Some(term.known_from)
                    && *whose == manager
                    && Project { known_from, known_until, ..term.clone() }
                        == Project { known_until, ..before.clone() }
            });
            match same {
                Some((_, before)) => before.known_until = term.known_until,
                None => terms.push((manager, term)),
            }
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use rust_decimal::Decimal;

    use super::*;

    /// What is known of a project since 2024, of 100 m², from instants on: who is in charge.
    fn known<'a>(changes: &[(&str, Option<&'a str>)]) -> Vec<(Option<&'a str>, Project)> {
        let until = changes.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
        let rows = changes.iter().zip(until).map(|((from, manager), until)| {
            let project = Project {
                id: "p".to_owned(),
                area: Decimal::ONE_HUNDRED,
                households: 1,
                starts_on: "2024-01-01".parse().unwrap(),
                ends_on: None,
                known_from: from.parse().unwrap(),
                known_until: until.map(|until| until.parse().unwrap()),
            };
            (*manager, project)
        });
        rows.collect()
    }

    /// Each term with when it is known: the month, day and hour, in universal time.
    fn told(known: &[(Option<&str>, Project)]) -> Vec<String> {
        let terms = terms_of_managers(known, Shanghai);
        let told = terms.iter().map(|(manager, term)| {
            let last = term.ends_on.map_or("on".to_owned(), |last| last.to_string());
            let until =
                term.known_until.map_or("on".to_owned(), |until| until.format("%m-%dT%H").to_string());
            format!("{manager} {} {last}, {} {until}", term.starts_on, term.known_from.format("%m-%dT%H"))
        });
        told.collect()
    }

    #[test]
    fn a_term_lasts_until_the_day_before_the_next() {
        let changed = [("2026-05-01T02:00:00Z", Some("a")), ("2026-10-14T17:00:00Z", Some("b"))];
        // It was the 15th in Shanghai.
        let expected = [
            "a 2024-01-01 on, 05-01T02 10-14T17",
            "a 2024-01-01 2026-10-14, 10-14T17 on",
            "b 2026-10-15 on, 10-14T17 on",
        ];
        assert_eq!(told(&known(&changed)), expected);
        // Who is released leaves nobody; who is named later is in charge from then.
        let changed = [changed[0], ("2026-10-15T02:00:00Z", None), ("2026-11-01T02:00:00Z", Some("b"))];
        let expected = [
            "a 2024-01-01 on, 05-01T02 10-15T02",
            "a 2024-01-01 2026-10-14, 10-15T02 on",
            "b 2026-11-01 on, 11-01T02 on",
        ];
        assert_eq!(told(&known(&changed)), expected);
    }

    #[test]
    fn who_returns_has_two_terms() {
        let changed = [
            ("2026-05-01T02:00:00Z", Some("a")),
            ("2026-06-01T02:00:00Z", Some("b")),
            ("2026-07-01T02:00:00Z", Some("a")),
        ];
        let expected = [
            "a 2024-01-01 on, 05-01T02 06-01T02",
            "a 2024-01-01 2026-05-31, 06-01T02 on",
            "b 2026-06-01 on, 06-01T02 07-01T02",
            "b 2026-06-01 2026-06-30, 07-01T02 on",
            "a 2026-07-01 on, 07-01T02 on",
        ];
        assert_eq!(told(&known(&changed)), expected);
    }

    #[test]
    fn who_is_replaced_on_the_same_day_has_had_none() {
        let wrong = [
            ("2026-05-01T02:00:00Z", Some("a")),
            ("2026-06-01T02:00:00Z", Some("wrong")),
            ("2026-06-01T03:00:00Z", Some("b")),
        ];
        let expected = [
            "a 2024-01-01 on, 05-01T02 06-01T02",
            "a 2024-01-01 2026-05-31, 06-01T02 on",
            // What was known for an hour stays what was known.
            "wrong 2026-06-01 on, 06-01T02 06-01T03",
            "b 2026-06-01 on, 06-01T03 on",
        ];
        assert_eq!(told(&known(&wrong)), expected);
        // Back on the same day: one term, as if nothing had been.
        let undone = [wrong[0], wrong[1], ("2026-06-01T03:00:00Z", Some("a"))];
        let expected = [
            "a 2024-01-01 on, 05-01T02 06-01T02",
            "a 2024-01-01 2026-05-31, 06-01T02 06-01T03",
            "wrong 2026-06-01 on, 06-01T02 06-01T03",
            "a 2024-01-01 on, 06-01T03 on",
        ];
        assert_eq!(told(&known(&undone)), expected);
        // On the day of the registration it is the project's first day that is taken over.
        let same_day = [("2026-05-01T02:00:00Z", None), ("2026-05-01T03:00:00Z", Some("a"))];
        assert_eq!(told(&known(&same_day)), ["a 2024-01-01 on, 05-01T03 on"]);
        let of_three =
            [same_day[0], ("2026-05-01T03:00:00Z", Some("wrong")), ("2026-05-01T04:00:00Z", Some("a"))];
        let expected = ["wrong 2024-01-01 on, 05-01T03 05-01T04", "a 2024-01-01 on, 05-01T04 on"];
        assert_eq!(told(&known(&of_three)), expected);
        // Who only leaves on that day had been in charge.
        let left = [("2026-05-01T02:00:00Z", Some("a")), ("2026-05-01T03:00:00Z", None)];
        let expected = ["a 2024-01-01 on, 05-01T02 05-01T03", "a 2024-01-01 2026-04-30, 05-01T03 on"];
        assert_eq!(told(&known(&left)), expected);
        let within_a_write = [("2026-05-01T02:00:00Z", Some("wrong")), ("2026-05-01T02:00:00Z", Some("a"))];
        assert_eq!(told(&known(&within_a_write)), ["a 2024-01-01 on, 05-01T02 on"]);
    }

    #[test]
    fn a_term_lies_within_the_projects() {
        let mut changed = known(&[
            ("2026-05-01T02:00:00Z", Some("early")),
            ("2026-05-02T02:00:00Z", Some("a")),
            ("2026-07-01T02:00:00Z", Some("b")),
            ("2026-07-02T02:00:00Z", Some("b")),
        ]);
        changed.iter_mut().for_each(|(_, project)| project.starts_on = "2026-06-01".parse().unwrap());
        // It turns out later when the project began, and when it ended.
        changed[3].1.starts_on = "2026-05-02".parse().unwrap();
        changed[3].1.ends_on = Some("2026-06-20".parse().unwrap());
        let expected = [
            "early 2026-06-01 on, 05-01T02 05-02T02",
            "a 2026-06-01 on, 05-02T02 07-01T02",
            "a 2026-06-01 2026-06-30, 07-01T02 07-02T02",
            "b 2026-07-01 on, 07-01T02 07-02T02",
            "a 2026-05-02 2026-06-20, 07-02T02 on",
        ];
        assert_eq!(told(&changed), expected);
    }

    #[test]
    fn another_size_is_known_of_all_who_were_in_charge_and_another_fee_of_nobody() {
        let mut changed = known(&[
            ("2026-05-01T02:00:00Z", Some("a")),
            ("2026-05-02T02:00:00Z", Some("a")),
            ("2026-06-01T02:00:00Z", Some("b")),
            ("2026-07-01T02:00:00Z", Some("b")),
        ]);
        changed[3].1.area = Decimal::ONE_THOUSAND;
        let expected = [
            "a 2024-01-01 on, 05-01T02 06-01T02",
            "a 2024-01-01 2026-05-31, 06-01T02 07-01T02",
            "b 2026-06-01 on, 06-01T02 07-01T02",
            "a 2024-01-01 2026-05-31, 07-01T02 on",
            "b 2026-06-01 on, 07-01T02 on",
        ];
        assert_eq!(told(&changed), expected);
    }
}
