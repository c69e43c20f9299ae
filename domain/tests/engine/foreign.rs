//! Rating systems of other trades and countries, in the same format, with a catalogue of their own.

use xinwu_domain::catalogue::{Catalogue, Severity};
use xinwu_domain::evaluation::{Evaluation, Record};
use xinwu_domain::scheme::{Effect, Scheme, SubjectKind};

use crate::support::{Builder, at, day, decimal, firm, record, subject};

fn catalogue() -> Catalogue {
    Catalogue::read(include_str!("foreign/catalogue.toml"), "catalogue.toml")
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
}

pub const FILES: [(&str, &str); 3] = [
    ("restaurant", include_str!("foreign/restaurant.toml")),
    ("driving-licence", include_str!("foreign/driving-licence.toml")),
    ("hotel-stars", include_str!("foreign/hotel-stars.toml")),
];

fn scheme(id: &str) -> Scheme {
    let (_, text) = FILES.into_iter().find(|(known, _)| *known == id).unwrap();
    Scheme::read(text, id, &catalogue()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn fact(category: &str, from: &str) -> Record {
    record(&catalogue(), category, from)
}

fn outcome(graded: &Evaluation) -> (String, &str) {
    (graded.score.unwrap().to_string(), graded.grade.as_deref().unwrap())
}

#[test]
fn a_kitchen_loses_points_and_is_closed_by_vermin_until_it_is_inspected_again() {
    let scheme = scheme("restaurant");
    let kitchen = || subject(SubjectKind::Project);
    let majors =
        |count: u32| (0..count).fold(kitchen(), |file, _| file.with(fact("major-violation", "2026-06-01")));
    for (count, more, expected) in [
        (0, "", ("100", "A")),
        (2, "2", ("90", "A")),
        (2, "3", ("89", "B")),
        (5, "", ("80", "B")),
        (5, "1", ("79", "C")),
        (7, "2", ("70", "C")),
        (7, "3", ("69", "closed")),
    ] {
        let mut file = majors(count);
        if !more.is_empty() {
            let points = [("restaurant".to_owned(), decimal(more))].into();
            file = file.with(Record { points, ..fact("minor-violation", "2026-06-01") });
        }
        assert_eq!(outcome(&file.graded(&scheme)), (expected.0.to_owned(), expected.1));
    }
    let vermin = kitchen().with(fact("reinspected", "2026-05-01")).with(fact("vermin", "2026-06-01"));
    let closed = vermin.graded(&scheme);
    assert_eq!((outcome(&closed), closed.effect()), (("89".to_owned(), "closed"), Effect::Barred));
    let open = vermin.with(fact("reinspected", "2026-06-03")).graded(&scheme);
    assert_eq!((outcome(&open), open.effect()), (("89".to_owned(), "B"), Effect::Notice));
    assert_eq!(majors(2).graded_at(&scheme, at("2026-08-30T15:59:59Z")).consequences.len(), 1);
    assert_eq!(majors(2).graded_at(&scheme, at("2026-08-30T16:00:00Z")).consequences.len(), 0);
}

#[test]
fn a_licence_has_twelve_points_a_rolling_year() {
    let scheme = scheme("driving-licence");
    let driver = || subject(SubjectKind::Manager);
    let offence = |severity, from| Record { severity, ..fact("traffic-offence", from) };
    let file = driver()
        .with(offence(Severity::Serious, "2025-12-01"))
        .with(offence(Severity::Ordinary, "2026-03-01"))
        .with(offence(Severity::Minor, "2026-05-01"))
        .with(offence(Severity::Minor, "2026-05-02"));
    assert_eq!(outcome(&file.graded(&scheme)), ("1".to_owned(), "valid"));
    let gone = file.clone().with(offence(Severity::Minor, "2026-10-01"));
    let suspended = gone.graded(&scheme);
    assert_eq!((outcome(&suspended), suspended.effect()), (("0".to_owned(), "suspended"), Effect::Barred));
    // A course gives one back, at most six of them; the year of the first offence ends in December.
    let taught = gone.clone().with(fact("safety-course", "2026-11-01"));
    assert_eq!(outcome(&taught.graded(&scheme)), ("1".to_owned(), "valid"));
    let often = (0..9).fold(gone.clone(), |file, _| file.with(fact("safety-course", "2026-11-01")));
    assert_eq!(outcome(&often.graded(&scheme)).0, "6");
    assert_eq!(outcome(&gone.graded_at(&scheme, at("2026-12-01T16:00:00Z"))), ("6".to_owned(), "valid"));
    let disputed = driver().with(Record { disputed: true, ..offence(Severity::Serious, "2026-06-01") });
    assert_eq!(outcome(&disputed.graded(&scheme)), ("12".to_owned(), "valid"));
    let mut novice = gone.with_project("p", 1);
    novice.0.projects[0].starts_on = day("2026-01-01");
    assert_eq!(outcome(&novice.graded(&scheme)).1, "revoked");
    let drunk = driver().with(fact("drunk-driving", "2022-01-01")).graded(&scheme);
    assert_eq!(outcome(&drunk), ("0".to_owned(), "revoked"));
}

#[test]
fn a_hotels_criteria_add_up_and_its_stars_have_conditions() {
    let scheme = scheme("hotel-stars");
    let hotel = |points: i64, night: bool, guests: Option<&str>| -> String {
        let mut file: Builder = firm().measured("room_size", "22");
        let mut left = points - 25 - if night { 20 } else { 0 };
        if night {
            file = file.with(fact("staffed-night", "2024-06-01"));
        }
        for number in 0.. {
            if left <= 0 {
                break;
            }
            let category = if number % 2 == 0 { "facility" } else { "service" };
            let given = [("hotel-stars".to_owned(), left.min(50).into())].into();
            file = file.with(Record { points: given, ..fact(category, "2024-06-01") });
            left -= 50;
        }
        let file = guests.into_iter().fold(file, |file, guests| file.measured("guest_reviews", guests));
        let graded = file.graded(&scheme);
        assert_eq!(graded.score, Some(points.into()));
        graded.grade.unwrap()
    };
    for (points, stars) in [
        (600, "5"),
        (599, "4"),
        (400, "4"),
        (399, "3"),
        (260, "3"),
        (259, "2"),
        (170, "2"),
        (169, "1"),
        (90, "1"),
        (89, "none"),
    ] {
        assert_eq!(hotel(points, true, Some("70")), stars, "{points}");
    }
    assert_eq!(hotel(700, false, Some("90")), "4");
    assert_eq!(hotel(700, true, Some("69.9")), "3");
    assert_eq!(hotel(700, true, None), "4");
}
