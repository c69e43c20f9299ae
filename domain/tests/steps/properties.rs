//! What holds in every history, and that the properties see a city that gets it wrong.

use std::cell::{Cell as Counter, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError, TestRng, TestRunner};
use xinwu_domain::rating::answers::Cell;

use super::city::{Edge, Mutant, Out};
use super::history::{Act, Changes, History, any_history, is_alone, play};

/// Whether a history shows a fault, or `Ok(false)` if it says nothing of the property.
type Property = fn(&History, Option<Mutant>) -> Result<bool, TestCaseError>;

const CASES: u32 = 160;

/// "Exchange": the answers of two households in one increment change places, and nothing public
/// changes.
fn exchange(history: &History, mutant: Option<Mutant>) -> Result<bool, TestCaseError> {
    let changes = Changes { mutant, ..Changes::default() };
    let played = play(history, &changes);
    let mut increments: BTreeMap<(usize, usize, Cell), Vec<Out>> = BTreeMap::new();
    for out in &played.city.out {
        increments.entry((out.project, out.increment, out.cell)).or_default().push(*out);
    }
    let pairs: Vec<(Out, Out)> = increments
        .values()
        .flat_map(|outs| outs.iter().zip(outs.iter().skip(1)))
        .filter(|(one, other)| one.stars != other.stars)
        .map(|(one, other)| (*one, *other))
        .collect();
    if pairs.is_empty() {
        return Ok(false);
    }
    let (one, other) = pairs[history.choice % pairs.len()];
    let stars = [((one.event, one.cell), other.stars), ((other.event, other.cell), one.stars)].into();
    let exchanged = play(history, &Changes { stars, ..changes });
    for (before, after) in played.views.iter().zip(&exchanged.views) {
        prop_assert_eq!(&before.0, &after.0, "{:?} and {:?} changed places", one, other);
    }
    Ok(true)
}

/// "Silence": a household of which nothing was published is left out, and nothing public changes.
/// "A burst's hold, of 20 and more, is the one exception."
fn silence(history: &History, mutant: Option<Mutant>) -> Result<bool, TestCaseError> {
    let changes = Changes { mutant, ..Changes::default() };
    let played = play(history, &changes);
    let published: BTreeSet<_> = played.city.out.iter().map(|out| (out.project, out.dwelling)).collect();
    let puts = history.acts.iter().filter_map(|(_, _, act)| match act {
        Act::Put { project, rating } => Some((*project, rating.dwelling)),
        _ => None,
    });
    let silent: Vec<_> = puts
        .filter(|household| !published.contains(household) && is_alone(history, household.0, household.1))
        .collect();
    if silent.is_empty() {
        return Ok(false);
    }
    let without = silent[history.choice % silent.len()];
    let left_out = play(history, &Changes { without: Some(without), ..changes });
    for (before, after) in played.views.iter().zip(&left_out.views) {
        if before.1 != after.1 {
            // Of twenty one was missing: a hold, and what follows from it.
            return Ok(false);
        }
        prop_assert_eq!(&before.0, &after.0, "without {:?}", without);
    }
    Ok(true)
}

/// "Once": every answer is in at most one increment, each of at least k households and as many as
/// its step needs, with no household and no person in it twice; an increment is never rewritten,
/// and nothing public moves by what people do.
fn once(history: &History, mutant: Option<Mutant>) -> Result<bool, TestCaseError> {
    let played = play(history, &Changes { mutant, ..Changes::default() });
    prop_assert!(played.moved.is_empty(), "moved by what people did: {:?}", played.moved);
    prop_assert!(played.rewritten.is_empty(), "increments were rewritten: {:?}", played.rewritten);
    let mut answers = BTreeSet::new();
    let mut households = BTreeMap::new();
    let mut persons = BTreeSet::new();
    for out in &played.city.out {
        prop_assert!(answers.insert((out.event, out.cell)), "twice: {:?}", out);
        let in_increment: &mut BTreeSet<_> =
            households.entry((out.project, out.increment, out.cell)).or_default();
        prop_assert!(in_increment.insert(out.dwelling), "a household twice: {:?}", out);
        if let (Cell::Stars, Some(person)) = (out.cell, out.person) {
            prop_assert!(persons.insert((out.project, out.increment, person)), "a person twice: {:?}", out);
        }
    }
    for (project, rated) in played.city.projects.iter().enumerate() {
        for (increment, published) in rated.increments.iter().enumerate() {
            let tally = &published.tally;
            prop_assert!(published.need >= history.min_raters);
            for cell in Cell::ALL {
                let count = match cell {
                    Cell::Stars => tally.count(),
                    Cell::Dimension(dimension) => tally.dimension(dimension).count,
                };
                let counted = households.get(&(project, increment, cell)).map_or(0, BTreeSet::len);
                prop_assert_eq!(usize::try_from(count).unwrap(), counted);
                prop_assert!(
                    count == 0 || count >= published.need,
                    "{} households of {:?}",
                    count,
                    published
                );
            }
        }
    }
    Ok(!played.city.out.is_empty())
}

/// Runs a property over histories; how many of them said something of it.
fn check(
    property: Property,
    mutant: Option<Mutant>,
    mut runner: TestRunner,
) -> Result<u32, TestError<History>> {
    let said = Counter::new(0);
    runner.run(&any_history(), |history| {
        said.set(said.get() + u32::from(property(&history, mutant)?));
        Ok(())
    })?;
    Ok(said.get())
}

fn holds(property: Property) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let runner = TestRunner::new(config);
    match check(property, None, runner) {
        Ok(said) => assert!(said > CASES / 3, "only {said} of {CASES} histories say something"),
        Err(fault) => panic!("{fault}"),
    }
}

/// The same histories every time, and none made smaller.
fn fixed() -> TestRunner {
    let config = ProptestConfig {
        cases: CASES,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
}

/// That a city which gets it wrong is seen, and by these words.
fn sees(property: Property, mutant: Mutant, words: &str) {
    match check(property, Some(mutant), fixed()) {
        Err(TestError::Fail(reason, _)) => {
            assert!(reason.message().contains(words), "{mutant:?} is seen by {}", reason.message());
        }
        other => panic!("{mutant:?} is not seen: {:?}", other.err()),
    }
}

#[test]
fn exchange_holds() {
    holds(exchange);
}

#[test]
fn exchange_sees_stars_beside_a_review_and_figures_that_follow_an_edit() {
    sees(exchange, Mutant::StarredReviews, "changed places");
    sees(exchange, Mutant::EditsMoveFigures, "changed places");
}

#[test]
fn silence_holds() {
    holds(silence);
}

#[test]
fn silence_sees_a_word_of_whether_any_waits() {
    sees(silence, Mutant::SaysWhetherAnyWaits, "without");
}

#[test]
fn once_holds() {
    holds(once);
}

#[test]
fn once_sees_increments_that_are_too_small_or_move_or_count_twice() {
    sees(once, Mutant::OneHouseholdShort, "households of");
    sees(once, Mutant::EditsMoveFigures, "moved by what people did");
    sees(once, Mutant::RowsForHouseholds, "twice");
    sees(once, Mutant::PersonsRollTwice, "a person twice");
    sees(once, Mutant::CountsTwice, "twice");
}

#[test]
fn the_histories_come_to_every_edge() {
    let reached = RefCell::new(BTreeSet::new());
    let play = |history| {
        let played = play(&history, &Changes::default());
        reached.borrow_mut().extend(played.city.projects.iter().flat_map(|rated| rated.reached.clone()));
        Ok(())
    };
    fixed().run(&any_history(), play).unwrap();
    let missed: Vec<_> = Edge::ALL.into_iter().filter(|edge| !reached.borrow().contains(edge)).collect();
    assert_eq!(missed, []);
}
