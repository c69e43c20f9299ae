use chrono::{Days, NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::calendar::{DEFAULT_ZONE, WorkingDays};
use crate::case::OfficeHours;

const YEAR_2026: &str = include_str!("../../../../data/holidays-2026.toml");
const ALWAYS: ClockHours = ClockHours::AroundTheClock;
const OFFICE: ClockHours = ClockHours::OfficeHours;

fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

/// An instant of 2026 in the city's zone, as `11-21 10:00`.
fn at(text: &str) -> DateTime<Utc> {
    let local = chrono::NaiveDateTime::parse_from_str(&format!("2026-{text}"), "%Y-%m-%d %H:%M").unwrap();
    local.and_local_timezone(DEFAULT_ZONE).unwrap().with_timezone(&Utc)
}

fn office_hours() -> OfficeHours {
    OfficeHours { from: time("08:30:00"), to: time("17:30:00") }
}

fn calendar(working_days: &WorkingDays) -> CaseCalendar<'_> {
    CaseCalendar { working_days, zone: DEFAULT_ZONE, office_hours: office_hours() }
}

fn firm(id: &str) -> Assignee {
    Assignee { kind: AssigneeKind::Firm, id: id.to_owned() }
}

fn hours(budget: i64, hours: ClockHours) -> Allowance {
    Allowance { budget: TimeDelta::hours(budget), hours }
}

fn step(text: &str, event: ClockEvent) -> ClockStep {
    ClockStep { at: at(text), event }
}

fn given(text: &str, to: &str, budget: i64) -> ClockStep {
    step(text, ClockEvent::Dispatched(firm(to), hours(budget, ALWAYS)))
}

fn extended(text: &str, by: i64) -> ClockStep {
    step(text, ClockEvent::Extended(TimeDelta::hours(by)))
}

fn state(steps: &[ClockStep], now: &str) -> ClockState {
    ClockState::at(steps, &calendar(&WorkingDays::weekdays()), at(now))
}

fn late(state: &ClockState) -> Vec<(i32, &str, DateTime<Utc>)> {
    state.late.iter().map(|late| (late.cycle, late.assignee.id.as_str(), late.at)).collect()
}

#[test]
fn before_the_dispatch_no_clock_runs() {
    let waiting = state(&[], "11-21 10:00");
    assert_eq!(waiting, ClockState { cycle: 1, ..ClockState::default() });
    assert!(!waiting.is_running() && !waiting.is_overdue());
    // Another class changes nothing that there is.
    let reclassified = [step("11-21 09:00", ClockEvent::Reclassified(hours(72, ALWAYS)))];
    assert_eq!(state(&reclassified, "11-21 10:00"), waiting);
}

#[test]
fn the_clock_runs_from_dispatch_to_done() {
    let mut steps = vec![given("11-21 10:00", "a", 24)];
    let running = state(&steps, "11-21 16:00");
    assert_eq!((running.budget, running.consumed), (24 * 3600, 6 * 3600));
    assert_eq!((running.due_at, running.original_due_at), (Some(at("11-22 10:00")), Some(at("11-22 10:00"))));
    assert_eq!(running.runs_out_at(), running.due_at);
    assert!(running.is_running() && !running.is_overdue());
    steps.push(step("11-22 10:00", ClockEvent::Finished));
    let done = state(&steps, "11-25 10:00");
    assert_eq!((done.consumed, done.finished_at), (24 * 3600, Some(at("11-22 10:00"))));
    assert!(!done.is_running() && !done.is_overdue(), "what is done at the very instant is on time");
    assert_eq!((late(&done), done.runs_out_at()), (vec![], None));
}

#[test]
fn what_is_done_after_its_deadline_is_late() {
    let mut steps = vec![given("11-21 10:00", "a", 24)];
    assert_eq!(late(&state(&steps, "11-22 10:00")), []);
    let overdue = state(&steps, "11-22 10:01");
    assert_eq!((overdue.overdue_since, overdue.runs_out_at()), (Some(at("11-22 10:00")), None));
    steps.push(step("11-22 10:01", ClockEvent::Finished));
    assert_eq!(late(&state(&steps, "11-30 10:00")), [(1, "a", at("11-22 10:00"))]);
}

#[test]
fn waiting_for_the_resident_stops_it() {
    let mut steps = vec![given("11-21 10:00", "a", 24), step("11-21 14:00", ClockEvent::Paused)];
    let paused = state(&steps, "11-24 10:00");
    assert_eq!((paused.consumed, paused.paused_since), (4 * 3600, Some(at("11-21 14:00"))));
    assert_eq!((paused.due_at, paused.runs_out_at()), (Some(at("11-22 10:00")), None));
    assert!(!paused.is_running() && !paused.is_overdue());
    steps.push(step("11-24 10:00", ClockEvent::Resumed));
    let resumed = state(&steps, "11-24 12:00");
    assert_eq!((resumed.consumed, resumed.due_at), (6 * 3600, Some(at("11-25 06:00"))));
    assert_eq!((resumed.paused_since, resumed.original_due_at), (None, Some(at("11-22 10:00"))));
    // To finish, to give it to somebody else and to end it end the pause too.
    for last in
        [ClockEvent::Finished, ClockEvent::Ended, ClockEvent::Dispatched(firm("b"), hours(24, ALWAYS))]
    {
        let ended = [steps[0].clone(), steps[1].clone(), step("11-24 10:00", last)];
        assert_eq!(state(&ended, "11-24 11:00").paused_since, None);
    }
}

#[test]
fn office_hours_and_holidays_do_not_count() {
    let working_days = WorkingDays::from_toml([YEAR_2026]).unwrap();
    let calendar = calendar(&working_days);
    // Wednesday 30 September at 16:30: an hour is left of the day, the next working day is the
    // 8th of October, and Saturday the 10th is one too.
    let dispatch = step("09-30 16:30", ClockEvent::Dispatched(firm("a"), hours(20, OFFICE)));
    let running = ClockState::at(&[dispatch], &calendar, at("10-08 10:30"));
    assert_eq!((running.consumed, running.due_at), (3 * 3600, Some(at("10-10 09:30"))));
    assert_eq!(calendar.working(OFFICE, at("10-01 00:00"), at("10-08 08:30")), TimeDelta::zero());
    assert_eq!(calendar.add(OFFICE, at("10-03 12:00"), TimeDelta::hours(9)), at("10-08 17:30"));
    assert_eq!(calendar.add(OFFICE, at("10-03 12:00"), TimeDelta::zero()), at("10-03 12:00"));
}

#[test]
fn another_class_keeps_what_was_consumed() {
    let steps =
        [given("11-21 10:00", "a", 24), step("11-21 20:00", ClockEvent::Reclassified(hours(72, ALWAYS)))];
    let changed = state(&steps, "11-21 20:00");
    assert_eq!((changed.budget, changed.consumed), (72 * 3600, 10 * 3600));
    assert_eq!((changed.due_at, changed.original_due_at), (Some(at("11-24 10:00")), Some(at("11-22 10:00"))));
    assert!(changed.leaves_time(24 * 3600) && !changed.leaves_time(10 * 3600));
    // A class of which all is consumed makes it late from then on, and not from before.
    let shorter =
        [given("11-21 10:00", "a", 72), step("11-22 20:00", ClockEvent::Reclassified(hours(24, ALWAYS)))];
    assert_eq!(late(&state(&shorter, "11-23 10:00")), [(1, "a", at("11-22 20:00"))]);
}

#[test]
fn an_extension_is_taken_once_and_before_the_time_has_run_out() {
    let early = [given("11-21 10:00", "a", 24), extended("11-22 09:00", 12), extended("11-22 09:30", 12)];
    let longer = state(&early, "11-22 09:30");
    assert_eq!((longer.budget, longer.due_at), (36 * 3600, Some(at("11-22 22:00"))));
    assert_eq!((longer.extension, longer.original_due_at), (12 * 3600, Some(at("11-22 10:00"))));
    assert!(longer.is_extended);
    let too_late = state(&[given("11-21 10:00", "a", 24), extended("11-22 10:01", 12)], "11-22 11:00");
    assert_eq!((too_late.due_at, too_late.is_extended), (Some(at("11-22 10:00")), false));
    assert!(too_late.is_overdue());
}

#[test]
fn another_assignee_has_the_whole_time_and_the_first_deadline_stays_known() {
    let steps = [given("11-21 10:00", "a", 24), given("11-21 22:00", "b", 24)];
    let second = state(&steps, "11-21 23:00");
    assert_eq!((second.consumed, second.consumed_in_all), (3600, 13 * 3600));
    assert_eq!((second.due_at, second.original_due_at), (Some(at("11-22 22:00")), Some(at("11-22 10:00"))));
    assert_eq!(second.dispatched_at, Some(at("11-21 22:00")));
}

#[test]
fn who_was_late_stays_so_when_it_goes_elsewhere() {
    let steps = [given("11-21 10:00", "a", 24), given("11-23 10:00", "b", 24)];
    let second = state(&steps, "11-23 11:00");
    assert_eq!(late(&second), [(1, "a", at("11-22 10:00"))]);
    assert!(!second.is_overdue());
    assert_eq!(second.first_late().map(|late| late.assignee.id.as_str()), Some("a"));
}

#[test]
fn a_detour_wins_no_time() {
    let detour =
        |back: &str| [given("11-21 10:00", "a", 24), given("11-21 20:00", "b", 24), given(back, "a", 24)];
    let back = state(&detour("11-21 21:00"), "11-21 22:00");
    assert_eq!((back.consumed, back.due_at), (11 * 3600, Some(at("11-22 11:00"))));
    // And who came back late is late at once.
    let steps = [given("11-21 10:00", "a", 24), given("11-23 10:00", "b", 24), given("11-23 11:00", "a", 24)];
    let overdue = state(&steps, "11-23 12:00");
    assert_eq!((overdue.overdue_since, overdue.late.len()), (Some(at("11-22 10:00")), 1));
}

#[test]
fn nothing_moves_a_deadline_that_has_passed() {
    for last in [
        ClockEvent::Reclassified(hours(72, ALWAYS)),
        ClockEvent::Extended(TimeDelta::hours(24)),
        ClockEvent::Paused,
        ClockEvent::Finished,
        ClockEvent::Ended,
        ClockEvent::Dispatched(firm("b"), hours(24, ALWAYS)),
        ClockEvent::Reopened,
    ] {
        let steps = [given("11-21 10:00", "a", 24), step("11-22 12:00", last.clone())];
        let after = state(&steps, "11-30 10:00");
        assert_eq!(late(&after).first(), Some(&(1, "a", at("11-22 10:00"))), "{last:?}");
    }
}

#[test]
fn reopening_begins_a_new_cycle_with_the_whole_time() {
    let steps = [
        given("11-21 10:00", "a", 24),
        extended("11-21 11:00", 24),
        step("11-24 10:00", ClockEvent::Finished),
        step("11-25 10:00", ClockEvent::Reopened),
    ];
    let again = state(&steps, "11-25 15:00");
    assert_eq!((again.cycle, again.budget, again.consumed), (2, 24 * 3600, 5 * 3600));
    assert_eq!((again.due_at, again.original_due_at), (Some(at("11-26 10:00")), Some(at("11-26 10:00"))));
    assert_eq!((again.finished_at, again.is_extended, again.overdue_since), (None, false, None));
    // What was late in the cycle before is still known, and may be late once more in this one.
    assert_eq!(late(&again), [(1, "a", at("11-23 10:00"))]);
    let both = state(&steps, "11-27 10:00");
    assert_eq!(late(&both), [(1, "a", at("11-23 10:00")), (2, "a", at("11-26 10:00"))]);
    assert_eq!(again.consumed_in_all, (72 + 5) * 3600);
}

#[test]
fn a_corrected_calendar_moves_what_is_open_and_not_what_was_written_down() {
    let (before, after) = (WorkingDays::weekdays(), WorkingDays::from_toml([YEAR_2026]).unwrap());
    let dispatch = step("09-25 08:30", ClockEvent::Dispatched(firm("a"), hours(9, OFFICE)));
    // The 25th of September 2026 is a Friday, and a holiday that the notice alone knows.
    let due = |working_days, steps: &[ClockStep], now| {
        let clock = ClockState::at(steps, &calendar(working_days), at(now));
        (clock.due_at.unwrap(), clock.overdue_since)
    };
    let steps = [dispatch.clone()];
    assert_eq!(due(&before, &steps, "09-25 10:00"), (at("09-25 17:30"), None));
    assert_eq!(due(&after, &steps, "09-25 10:00"), (at("09-28 17:30"), None));
    let written = [dispatch, step("09-25 17:30", ClockEvent::Overdue)];
    let overdue = Some(at("09-25 17:30"));
    assert_eq!(due(&before, &written, "09-26 10:00"), (at("09-25 17:30"), overdue));
    assert_eq!(due(&after, &written, "09-26 10:00"), (at("09-25 17:30"), overdue));
}

#[test]
fn what_was_written_down_of_one_assignee_is_not_of_the_next() {
    let steps = [
        given("11-21 10:00", "a", 24),
        given("11-22 12:00", "b", 24),
        step("11-22 10:00", ClockEvent::Overdue),
    ];
    let second = state(&steps, "11-22 13:00");
    assert_eq!((late(&second), second.is_overdue()), (vec![(1, "a", at("11-22 10:00"))], false));
}

#[test]
fn the_rows_of_a_case_are_steps_of_its_clock() {
    let row = |text: &str, kind| StoredStep { at: at(text), kind, assignee: None, class: None, hours: None };
    let to = Some((AssigneeKind::Firm, "a"));
    let rows = [
        row("11-21 09:00", StepKind::Opened),
        StoredStep { assignee: to, class: Some("hard"), ..row("11-21 10:00", StepKind::Dispatched) },
        row("11-21 11:00", StepKind::Accepted),
        row("11-21 12:00", StepKind::Paused),
        row("11-21 13:00", StepKind::Answered),
        StoredStep { class: Some("complex"), hours: Some(70), ..row("11-21 14:00", StepKind::Reclassified) },
        StoredStep { hours: Some(5), ..row("11-21 15:00", StepKind::Extended) },
        row("11-21 16:00", StepKind::Supervised),
        row("11-21 17:00", StepKind::Finished),
        row("11-21 18:00", StepKind::LapsedVerified),
    ];
    let events: Vec<ClockEvent> =
        ClockStep::of_rows(CaseRules::shipped(), rows).into_iter().map(|step| step.event).collect();
    assert_eq!(
        events,
        [
            ClockEvent::Dispatched(firm("a"), hours(48, ALWAYS)),
            ClockEvent::Paused,
            ClockEvent::Resumed,
            // The row's hours hold, whatever the class has today.
            ClockEvent::Reclassified(hours(70, ALWAYS)),
            ClockEvent::Extended(TimeDelta::hours(5)),
            ClockEvent::Finished,
            ClockEvent::Ended,
        ]
    );
}

/// A year in which any days may be holidays, and any Saturdays and Sundays be worked.
fn any_calendar() -> impl Strategy<Value = WorkingDays> {
    let holidays = prop::collection::vec((0_u64..365, 0_u64..9), 0..12);
    (holidays, prop::collection::vec(0_u64..365, 0..12)).prop_map(|(holidays, worked)| {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let mut text = "year = 2026\nsource = \"x\"\n".to_owned();
        let is_rest = |day: NaiveDate| {
            holidays.iter().any(|(from, length)| {
                let from = first + Days::new(*from);
                (from..=from + Days::new(*length)).contains(&day)
            })
        };
        let make_up: Vec<String> = worked
            .iter()
            .map(|day| first + Days::new(*day))
            .filter(|day| matches!(day.format("%a").to_string().as_str(), "Sat" | "Sun") && !is_rest(*day))
            .map(|day| format!("\"{day}\""))
            .collect();
        for (position, (from, length)) in holidays.iter().enumerate() {
            let (from, to) = (first + Days::new(*from), first + Days::new(*from + *length));
            let make_up = if position == 0 { make_up.join(", ") } else { String::new() };
            text += &format!(
                "[[holiday]]\nname = \"h\"\nfrom = \"{from}\"\nto = \"{to}\"\nmake_up = [{make_up}]\n"
            );
        }
        WorkingDays::from_toml([text.as_str()]).unwrap()
    })
}

/// Office hours of at least an hour, to the minute.
fn any_hours() -> impl Strategy<Value = OfficeHours> {
    (0_u32..22 * 60, 60_u32..24 * 60).prop_map(|(from, length)| {
        let minute = |minute: u32| {
            NaiveTime::from_num_seconds_from_midnight_opt(minute.min(24 * 60 - 1) * 60, 0).unwrap()
        };
        OfficeHours { from: minute(from), to: minute(from + length) }
    })
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![
        DEFAULT_ZONE,
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::America__St_Johns,
        Tz::Australia__Lord_Howe,
    ])
}

fn any_clock_hours() -> impl Strategy<Value = ClockHours> {
    prop::sample::select(vec![ALWAYS, OFFICE])
}

/// A minute of 2026 and a little more.
fn minute(minutes: i64) -> DateTime<Utc> {
    at("01-01 00:00") + TimeDelta::minutes(minutes)
}

/// What may happen to a clock, with the minutes since what happened before.
fn any_events() -> impl Strategy<Value = Vec<(i64, ClockEvent)>> {
    let allowance = || (1_i64..100, any_clock_hours()).prop_map(|(budget, clock)| hours(budget, clock));
    let assignee = prop::sample::select(vec![firm("a"), firm("b"), firm("c")]);
    let event = prop_oneof![
        (assignee, allowance()).prop_map(|(to, allowance)| ClockEvent::Dispatched(to, allowance)),
        allowance().prop_map(ClockEvent::Reclassified),
        (1_i64..100).prop_map(|by| ClockEvent::Extended(TimeDelta::hours(by))),
        Just(ClockEvent::Paused),
        Just(ClockEvent::Resumed),
        Just(ClockEvent::Finished),
        Just(ClockEvent::Reopened),
        Just(ClockEvent::Overdue),
    ];
    prop::collection::vec((0_i64..3 * 24 * 60, event), 1..12)
}

fn dated(events: Vec<(i64, ClockEvent)>) -> Vec<ClockStep> {
    let mut now = 0;
    let step = |(after, event): (i64, ClockEvent)| {
        now += after;
        ClockStep { at: minute(now), event }
    };
    events.into_iter().map(step).collect()
}

proptest! {
    #[test]
    fn working_is_the_inverse_of_adding(
        working_days in any_calendar(), office_hours in any_hours(), zone in any_zone(), clock in any_clock_hours(),
        start in 0_i64..400 * 24 * 3600 * 1_000_000, time in 0_i64..400 * 3600 * 1_000_000,
    ) {
        let calendar = CaseCalendar { working_days: &working_days, zone, office_hours };
        let (start, time) = (minute(0) + TimeDelta::microseconds(start), TimeDelta::microseconds(time));
        let end = calendar.add(clock, start, time);
        prop_assert_eq!(calendar.working(clock, start, end), time);
        // It is the first such instant.
        let before = end - TimeDelta::microseconds(1);
        prop_assert!(end == start || calendar.working(clock, start, before) < time);
    }

    #[test]
    fn time_adds_up(
        working_days in any_calendar(), office_hours in any_hours(), zone in any_zone(), clock in any_clock_hours(),
        start in 0_i64..500_000, one in 0_i64..30_000, two in 0_i64..30_000,
    ) {
        let calendar = CaseCalendar { working_days: &working_days, zone, office_hours };
        let (a, b, c) = (minute(start), minute(start + one), minute(start + one + two));
        let sum = calendar.working(clock, a, b) + calendar.working(clock, b, c);
        prop_assert_eq!(calendar.working(clock, a, c), sum);
        prop_assert_eq!(calendar.working(clock, c, a), TimeDelta::zero());
    }

    /// Minute by minute: what counts is what is neither in closed hours nor in a pause.
    #[test]
    fn what_counts_is_outside_the_union_of_closed_hours_and_pauses(
        working_days in any_calendar(), office_hours in any_hours(), clock in any_clock_hours(),
        start in 0_i64..500_000, spans in prop::collection::vec(1_i64..2_000, 0..8), rest in 0_i64..3_000,
    ) {
        let calendar = CaseCalendar { working_days: &working_days, zone: DEFAULT_ZONE, office_hours };
        // By turns running and paused; so much time that it never runs out.
        let mut now = start;
        let mut steps = vec![ClockStep {
            at: minute(start), event: ClockEvent::Dispatched(firm("a"), hours(10_000, clock)),
        }];
        let mut pauses = Vec::new();
        for pair in spans.chunks(2) {
            now += pair[0];
            steps.push(ClockStep { at: minute(now), event: ClockEvent::Paused });
            let from = now;
            now += pair.get(1).copied().unwrap_or(0);
            steps.push(ClockStep { at: minute(now), event: ClockEvent::Resumed });
            pauses.push(from..now);
        }
        now += rest;
        let counts = |each: &i64| {
            let local = minute(*each).with_timezone(&DEFAULT_ZONE);
            let is_open = working_days.is_working_day(local.date_naive())
                && (office_hours.from..office_hours.to).contains(&local.time());
            assert_eq!(local.second(), 0);
            (clock == ALWAYS || is_open) && !pauses.iter().any(|pause| pause.contains(each))
        };
        let expected = i64::try_from((start..now).filter(counts).count()).unwrap();
        let state = ClockState::at(&steps, &calendar, minute(now));
        prop_assert_eq!(state.consumed, expected * 60);
    }

    #[test]
    fn another_class_never_changes_what_was_consumed(
        events in any_events(), budget in 1_i64..200, clock in any_clock_hours(), after in 0_i64..5_000,
    ) {
        let working_days = WorkingDays::weekdays();
        let calendar = calendar(&working_days);
        let mut steps = dated(events);
        let now = steps.last().unwrap().at + TimeDelta::minutes(after);
        let before = ClockState::at(&steps, &calendar, now);
        steps.push(ClockStep { at: now, event: ClockEvent::Reclassified(hours(budget, clock)) });
        let changed = ClockState::at(&steps, &calendar, now);
        prop_assert_eq!((before.consumed, before.consumed_in_all), (changed.consumed, changed.consumed_in_all));
        prop_assert_eq!(before.original_due_at, changed.original_due_at);
        prop_assert_eq!(before.late, changed.late);
    }

    #[test]
    fn lateness_is_never_erased_and_a_deadline_that_passed_stays(events in any_events(), after in 0_i64..50_000) {
        let working_days = WorkingDays::weekdays();
        let calendar = calendar(&working_days);
        let steps = dated(events);
        let mut before = ClockState::default();
        for count in 1..=steps.len() {
            let now = steps[count - 1].at;
            let state = ClockState::at(&steps[..count], &calendar, now);
            prop_assert_eq!(state.late.get(..before.late.len()), Some(before.late.as_slice()));
            if state.cycle == before.cycle {
                if state.assignee == before.assignee && before.is_overdue() {
                    prop_assert_eq!(state.due_at, before.due_at);
                }
                if before.original_due_at.is_some() {
                    prop_assert_eq!(state.original_due_at, before.original_due_at);
                }
            }
            before = state;
        }
        let later = ClockState::at(&steps, &calendar, steps.last().unwrap().at + TimeDelta::minutes(after));
        prop_assert_eq!(later.late.get(..before.late.len()), Some(before.late.as_slice()));
        // At most one of an assignee and a cycle.
        for (position, one) in later.late.iter().enumerate() {
            let is_same = |other: &&Lateness| (other.cycle, &other.assignee) == (one.cycle, &one.assignee);
            prop_assert!(!later.late[..position].iter().any(|other| is_same(&other)));
        }
    }

    #[test]
    fn while_it_runs_what_is_consumed_and_what_is_left_are_the_budget(events in any_events()) {
        let working_days = WorkingDays::weekdays();
        let calendar = calendar(&working_days);
        let steps = dated(events);
        let now = steps.last().unwrap().at;
        let state = ClockState::at(&steps, &calendar, now);
        if let Some(due_at) = state.runs_out_at() {
            let at_the_end = ClockState::at(&steps, &calendar, due_at);
            prop_assert!(at_the_end.consumed >= at_the_end.budget && !at_the_end.is_overdue());
            // More than the budget only where another class left nothing.
            prop_assert!(at_the_end.consumed == at_the_end.budget || due_at == now);
            let after = ClockState::at(&steps, &calendar, due_at + TimeDelta::microseconds(1));
            prop_assert_eq!(after.overdue_since, Some(due_at));
        }
    }
}
