use chrono::TimeDelta;
use proptest::prelude::*;
use strum::VariantArray;

use super::*;

/// An instant, in hours.
fn hour(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

fn cut(until: i64, counts_overdue: bool) -> Cut {
    Cut { until: hour(until), counts_overdue, need: 5 }
}

fn end(at: i64) -> End {
    let outcome = CaseOutcome::Verified;
    End { at: hour(at), outcome, is_theirs: true, was_reopened: false, satisfied: None, consumed: 3_600 }
}

/// A case of one household, opened at 0.
fn case(household: usize) -> WaitingCase {
    WaitingCase {
        opened_at: hour(0),
        late_at: None,
        was_late_elsewhere: false,
        end: None,
        counted: Marks::default(),
        households: vec![household.to_string()],
        answered: vec![household.to_string()],
    }
}

fn cases(count: usize) -> Vec<WaitingCase> {
    (0..count).map(case).collect()
}

/// The increment, which the cases are marked with.
fn step(cases: &mut [WaitingCase], cut: Cut) -> Option<CaseIncrement> {
    let increment = take(cases, cut)?;
    for (case, marks) in cases.iter_mut().zip(&increment.counted) {
        case.counted.opened |= marks.opened;
        case.counted.timing |= marks.timing;
        case.counted.end |= marks.end;
    }
    Some(increment)
}

#[test]
fn four_households_wait_and_five_are_published_together() {
    let mut waiting = cases(4);
    assert_eq!(step(&mut waiting, cut(10, true)), None);
    // The fourth household opens another: four households they are still.
    waiting.push(case(3));
    assert_eq!(step(&mut waiting, cut(10, true)), None);
    waiting.push(case(4));
    let increment = step(&mut waiting, cut(10, true)).unwrap();
    assert_eq!((increment.households, increment.tally.opened), (5, 6));
    assert_eq!(step(&mut waiting, cut(10, true)), None, "nothing waits any more");
}

#[test]
fn what_happens_at_the_cut_waits_for_the_next_step() {
    let mut waiting = cases(5);
    waiting.iter_mut().for_each(|case| case.opened_at = hour(10));
    assert_eq!(step(&mut waiting, cut(10, true)), None);
    assert!(step(&mut waiting, cut(11, true)).is_some());
}

#[test]
fn what_is_open_and_overdue_is_late_on_a_first_and_once() {
    let mut waiting = cases(5);
    waiting.iter_mut().for_each(|case| case.late_at = Some(hour(5)));
    let monday = step(&mut waiting, cut(10, false)).unwrap();
    assert_eq!((monday.tally.opened, monday.tally.late), (5, 0));
    let first = step(&mut waiting, cut(20, true)).unwrap();
    assert_eq!((first.tally.opened, first.tally.late), (0, 5));
    waiting.iter_mut().for_each(|case| case.end = Some(end(25)));
    let ends = step(&mut waiting, cut(30, true)).unwrap();
    assert_eq!((ends.tally.late, ends.tally.on_time, ends.tally.closed), (0, 0, 5));
}

#[test]
fn on_time_is_the_closed_in_time_of_the_closed_and_the_overdue() {
    let mut waiting = cases(6);
    for each in waiting.iter_mut().take(3) {
        each.end = Some(end(5));
    }
    waiting[3].end = Some(end(6));
    waiting[3].late_at = Some(hour(4));
    waiting[4].late_at = Some(hour(4));
    let tally = step(&mut waiting, cut(10, true)).unwrap().tally;
    // Of four households no end is told.
    assert_eq!((tally.opened, tally.closed), (6, 0));
    let rate = tally.on_time_rate();
    assert_eq!((rate.numerator, rate.denominator), (3, 5));
    assert_eq!(rate.rate, Some(Decimal::new(6, 1)));
}

#[test]
fn whoever_withdraws_joins_or_takes_over_leaves_what_was_late() {
    let ended = [
        (CaseOutcome::Withdrawn, Exclusion::Withdrawn),
        (CaseOutcome::Joined, Exclusion::Joined),
        (CaseOutcome::Duplicate, Exclusion::Joined),
        (CaseOutcome::NotOurMatter, Exclusion::NotTheirs),
        (CaseOutcome::Verified, Exclusion::Elsewhere),
        (CaseOutcome::CannotBeFixed, Exclusion::Elsewhere),
    ];
    for (outcome, exclusion) in ended {
        let mut waiting = cases(5);
        for each in &mut waiting {
            each.end = Some(End { outcome, is_theirs: exclusion != Exclusion::Elsewhere, ..end(6) });
        }
        waiting[0].late_at = Some(hour(4));
        let tally = step(&mut waiting, cut(10, false)).unwrap().tally;
        assert_eq!((tally.late, tally.on_time, tally.closed), (1, 0, 0), "{exclusion}");
        assert_eq!(tally.hours, [0; 4]);
        let mut excluded = [0; 4];
        excluded[exclusion.position()] = 5;
        assert_eq!(tally.excluded, excluded, "{exclusion}");
        assert_eq!(Exclusion::ALL[exclusion.position()], exclusion);
    }
}

#[test]
fn what_one_household_said_waits_however_many_others_are_in_the_step() {
    // Five were opened before; one of them ends badly while four others are opened.
    let mut waiting = cases(5);
    assert!(step(&mut waiting, cut(10, false)).is_some());
    waiting[0].end = Some(End { satisfied: Some(false), ..end(15) });
    waiting.extend((5..9).map(|household| WaitingCase { opened_at: hour(12), ..case(household) }));
    assert_eq!(step(&mut waiting, cut(20, true)), None);
    // Nor is it told beside four that said nothing; all of it is, once five have said something.
    for each in waiting.iter_mut().skip(1).take(4) {
        each.end = Some(End { satisfied: None, ..end(25) });
    }
    let timing = step(&mut waiting, cut(30, true)).unwrap().tally;
    assert_eq!((timing.on_time, timing.closed, timing.unsatisfied), (5, 0, 0));
    waiting.extend((9..13).map(|household| WaitingCase { end: Some(end(35)), ..case(household) }));
    let ends = step(&mut waiting, cut(40, true)).unwrap().tally;
    assert_eq!((ends.opened, ends.closed), (8, 0), "of four of them no timing is told yet");
}

#[test]
fn what_was_late_elsewhere_or_closed_unfixed_is_not_on_time() {
    let mut waiting = cases(5);
    waiting.iter_mut().for_each(|case| case.end = Some(end(5)));
    waiting[0].was_late_elsewhere = true;
    waiting[1].end = Some(End { outcome: CaseOutcome::CannotBeFixed, ..end(5) });
    let tally = step(&mut waiting, cut(10, true)).unwrap().tally;
    assert_eq!((tally.closed, tally.on_time, tally.late), (5, 3, 0));
}

#[test]
fn the_edges_of_the_bands_are_exact() {
    let hours = 3_600;
    let mut waiting = cases(7);
    let consumed = [0, 24 * hours, 24 * hours + 1, 48 * hours, 48 * hours + 1, 72 * hours, 72 * hours + 1];
    for (each, consumed) in waiting.iter_mut().zip(consumed) {
        each.end = Some(End { consumed, ..end(5) });
    }
    let tally = step(&mut waiting, cut(10, false)).unwrap().tally;
    assert_eq!(tally.hours, [2, 2, 2, 1]);
}

#[test]
fn silence_is_told_beside_and_is_in_neither_number() {
    let mut waiting = cases(10);
    let said = [Some(true); 3].into_iter().chain([Some(false); 2]).chain([None; 5]);
    for (each, satisfied) in waiting.iter_mut().zip(said) {
        each.end = Some(End { satisfied, was_reopened: satisfied == Some(false), ..end(5) });
    }
    let tally = step(&mut waiting, cut(10, false)).unwrap().tally;
    assert_eq!(tally.satisfaction_rate(), CaseRate::of(3, 5));
    assert_eq!((tally.unanswered, tally.reopened_rate()), (5, CaseRate::of(2, 10)));
    let metrics: Vec<(&str, String)> = tally.metrics().map(|(key, value)| (key, value.to_string())).collect();
    assert_eq!(
        metrics,
        [
            (ON_TIME_RATE, "100".to_owned()),
            (SATISFACTION_RATE, "60".to_owned()),
            (REOPENED_RATE, "20".to_owned()),
        ]
    );
}

#[test]
fn a_rate_of_none_has_no_value_and_no_metric() {
    let only_opened = CaseTally { opened: 5, ..CaseTally::default() };
    assert_eq!(only_opened.on_time_rate().rate, None);
    assert_eq!(only_opened.metrics().count(), 0);
    let sums = CaseSums::of(None, crate::text::Language::Chinese);
    assert_eq!(
        (sums.opened, sums.on_time, sums.reason),
        (None, None, Some(crate::rating::NoFigures::Waiting))
    );
    let sums = CaseSums::of(Some(&only_opened), crate::text::Language::Chinese);
    assert_eq!((sums.opened, sums.closed, sums.reason), (Some(5), Some(0), None));
}

/// Of a case that is made up: when it opened, whether and when it was late, and how it ended.
fn history() -> impl Strategy<Value = WaitingCase> {
    let outcome = (proptest::sample::select(CaseOutcome::VARIANTS.to_vec()), any::<bool>());
    let ending = (1..60_i64, outcome, any::<bool>(), any::<Option<bool>>(), 0..400_000_u64);
    let households = proptest::collection::vec(0..12_usize, 0..3);
    (0..60_i64, proptest::option::of(1..40_i64), proptest::option::of(ending), households).prop_map(
        |(opened, late, ending, households)| WaitingCase {
            opened_at: hour(opened),
            late_at: late.map(|after| hour(opened + after)),
            was_late_elsewhere: false,
            end: ending.map(|(after, (outcome, is_theirs), was_reopened, satisfied, consumed)| End {
                at: hour(opened + after),
                outcome,
                is_theirs,
                was_reopened,
                satisfied,
                consumed,
            }),
            counted: Marks::default(),
            // The first alone says something, where anybody does.
            answered: households.iter().take(1).map(ToString::to_string).collect(),
            households: households.iter().map(ToString::to_string).collect(),
        },
    )
}

/// A case as it stood at an instant: what came later nobody knew.
fn as_of(case: &WaitingCase, until: i64) -> Option<WaitingCase> {
    let mut then = case.clone();
    then.end = case.end.filter(|end| end.at < hour(until));
    then.late_at = case.late_at.filter(|late| *late < hour(until));
    // What ended before it was late never was.
    if case.end.is_some_and(|end| case.late_at.is_some_and(|late| end.at <= late)) {
        then.late_at = None;
    }
    (case.opened_at < hour(until)).then_some(then)
}

proptest! {
    #[test]
    fn figures_are_sums_of_whole_increments_and_nothing_is_counted_twice(
        cases in proptest::collection::vec(history(), 0..30),
        steps in proptest::collection::vec((1..100_i64, any::<bool>(), 2..7_u32), 1..8),
    ) {
        let mut steps = steps;
        steps.sort_unstable();
        let mut counted = vec![Marks::default(); cases.len()];
        let mut published = CaseTally::default();
        for (until, counts_overdue, need) in steps {
            let known: Vec<(usize, WaitingCase)> = cases
                .iter()
                .enumerate()
                .filter_map(|(at, case)| Some((at, WaitingCase { counted: counted[at], ..as_of(case, until)? })))
                .collect();
            let waiting: Vec<WaitingCase> = known.iter().map(|(_, case)| case.clone()).collect();
            let Some(increment) = take(&waiting, Cut { until: hour(until), counts_overdue, need }) else {
                continue;
            };
            // Of enough households, each of which has something in it.
            let mut households = BTreeSet::new();
            for (case, marks) in waiting.iter().zip(&increment.counted) {
                if !marks.is_empty() {
                    households.extend(&case.households);
                }
            }
            prop_assert_eq!(households.len(), usize::try_from(increment.households).unwrap());
            prop_assert!(increment.households >= need);
            for group in Group::ALL {
                let of_group = waiting.iter().zip(&increment.counted).filter(|(case, marks)| group.has(case, **marks));
                let households: BTreeSet<&String> =
                    of_group.flat_map(|(case, _)| group.households(case)).collect();
                prop_assert!(households.is_empty() || households.len() >= usize::try_from(need).unwrap());
            }
            for ((at, _), marks) in known.iter().zip(&increment.counted) {
                let before = &mut counted[*at];
                prop_assert!(!(before.opened && marks.opened));
                prop_assert!(!(before.timing && marks.timing));
                prop_assert!(!(before.end && marks.end));
                *before = Marks {
                    opened: before.opened || marks.opened,
                    timing: before.timing || marks.timing,
                    end: before.end || marks.end,
                };
            }
            published.merge(&increment.tally);
            let tally = increment.tally;
            prop_assert_eq!(tally.closed, tally.satisfied + tally.unsatisfied + tally.unanswered);
            prop_assert_eq!(tally.closed, tally.hours.iter().sum::<u32>());
            prop_assert!(tally.reopened <= tally.closed);
        }
        // The sums of the increments are what is marked, case by case.
        let marked = |of: fn(&Marks) -> bool| u32::try_from(counted.iter().filter(|marks| of(marks)).count()).unwrap();
        prop_assert_eq!(published.opened, marked(|marks| marks.opened));
        prop_assert_eq!(published.closed + published.excluded.iter().sum::<u32>(), marked(|marks| marks.end));
        prop_assert!(published.on_time + published.late <= marked(|marks| marks.timing));
        // No end without its timing, and neither without the opening.
        prop_assert!(counted.iter().all(|marks| (!marks.end || marks.timing) && (!marks.timing || marks.opened)));
    }
}
