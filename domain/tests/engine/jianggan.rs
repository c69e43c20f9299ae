//! Jianggan's 双百分: a hundred for Party building, a hundred for service, and a black list to earn
//! one's way off.

use xinwu_domain::evaluation::{Outcome, Record};
use xinwu_domain::scheme::{Assessor, Effect, ListKind, SubjectKind};

use crate::support::{Builder, at, catalogue, day, decimal, firm, record, scheme, subject};
use crate::vectors::{Steer, codes, items, value};

fn project() -> Builder {
    subject(SubjectKind::Project).with_project("p", 1_000)
}

#[test]
fn each_item_is_worth_what_the_file_says() {
    items(
        &scheme("jianggan-shuangbaifen"),
        &project(),
        "1",
        "
        R201 R201 - 10
        R202 R202 province 15
        R202 R202 street 5
        R203 R203 - 5
        R204 R204 - 1
        R302 R302 - 4
        P801 P801 - -10
        P802 P802 - -5
        P105 P105 - -5
        P803 P803 - -15
        R101 R101 state 10
        R102 R102 district 4
        R301 R301 - 3
        R401 R401 - 4
        R403 R403 - 5
        R404 R404 - 2
        P101 P101 minor -3
        P101 P101 ordinary -6
        P101 P101 serious -12
        P102 P102 - -1
        P104 P104 - -2
        P301 P301 - -8
        P304 P304 - -12
        P402 P402 - -6
        P403 P403 - -10
        P303 P303 - -40
        ",
    );
}

#[test]
fn bands_begin_at_their_threshold() {
    let scheme = scheme("jianggan-shuangbaifen");
    let steer = |base: Builder| Steer { scheme: &scheme, base, factor: "1", by: &[("R301", "P301", None)] };
    // 100 of Party building, 70 to 100 of service.
    let red = project().with_record("R201", "2026-10-01").with_record("R203", "2026-10-01");
    let red = red.with_level("R202", xinwu_domain::catalogue::Level::Province);
    steer(red).thresholds("180 excellent\n 179.999 good\n 180.001 excellent");
    steer(project()).thresholds("160 good\n 159.999 pass\n 150 pass");
    // 60 and 60.
    steer(project().with_record("P801", "2026-10-01")).thresholds("120 pass\n 119.999 fail");
}

#[test]
fn neither_hundred_goes_above_itself_or_below_nothing() {
    let scheme = scheme("jianggan-shuangbaifen");
    let mut file = project();
    for _ in 0..9 {
        file = file.with_record("R403", "2026-10-01").with_record("P803", "2026-10-01");
    }
    let graded = file.graded(&scheme);
    assert_eq!(
        (value(&graded, "service"), value(&graded, "party")),
        (Some(decimal("100")), Some(decimal("0")))
    );
}

#[test]
fn both_hundreds_stand_in_the_firms_file_by_area_and_each_decides_access() {
    let scheme = scheme("jianggan-shuangbaifen");
    let of = |project: &str, category: &str| Record {
        project: Some(project.to_owned()),
        ..record(&catalogue(), category, "2026-10-01")
    };
    let mut file = firm().with_project("large", 3_000).with_project("small", 1_000);
    let graded = file.graded(&scheme);
    assert_eq!(
        (value(&graded, "party"), value(&graded, "service")),
        (Some(decimal("70")), Some(decimal("80")))
    );
    assert_eq!(graded.effect(), Effect::Notice);
    // 3/4 × 55 + 1/4 × 70
    file = file.with(of("large", "P803"));
    let graded = file.graded(&scheme);
    assert_eq!(value(&graded, "party"), Some(decimal("58.75")));
    assert_eq!((graded.grade.as_deref(), graded.effect()), (Some("fail"), Effect::Barred));
    assert_eq!(codes(&graded), ["party-access", "conditions"]);
    // 3/4 × 60 + 1/4 × 70
    let improved = file.with(of("large", "R203")).graded(&scheme);
    assert_eq!((value(&improved, "party"), improved.effect()), (Some(decimal("62.5")), Effect::Restricted));
    // Service alone: 80 − 24 = 56 in all its projects.
    let served = firm().with_project("p", 1).with(of("p", "P304")).with(of("p", "P304")).graded(&scheme);
    assert_eq!(codes(&served), ["service-access", "conditions"]);
    assert_eq!(firm().graded(&scheme).outcome, Outcome::NotEvaluated);
}

/// A firm's record that names none of its projects has no place in a score made of projects, and
/// that is said.
#[test]
fn a_record_of_no_project_is_reported() {
    let file = firm().with_project("p", 1_000).with_record("P304", "2026-10-01");
    let graded = file.graded(&scheme("jianggan-shuangbaifen"));
    assert_eq!((graded.score, graded.unmatched.len()), (Some(decimal("150")), 1));
    assert!(graded.unmatched[0].reason.en.ends_with("level, severity, subject or project"));
    // One of a project that has ended counts there; one of a project that was never the firm's does
    // not.
    let of = |project: &str| Record {
        project: Some(project.to_owned()),
        ..record(&catalogue(), "P304", "2026-10-01")
    };
    let mut file = firm().with_project("p", 1_000).with_project("ended", 1_000);
    file.0.projects[1].ends_on = Some(day("2026-11-20"));
    let graded = file.with(of("ended")).with(of("other")).graded(&scheme("jianggan-shuangbaifen"));
    assert_eq!((graded.score, graded.unmatched.len()), (Some(decimal("144")), 1));
    assert_eq!(graded.unmatched[0].record, "record-2");
}

#[test]
fn assessments_and_ratings_come_in_by_their_weights() {
    let scheme = scheme("jianggan-shuangbaifen");
    let file = project().assessed("p", Assessor::Community, "90").rated("p", "2026-10", 7, 35);
    let graded = file.graded(&scheme);
    // 0.6 × 70 + 0.4 × 90; 0.5 × 80 + 0.3 × 90 + 0.2 × 20 × (24.5 + 35) / 14
    assert_eq!(
        (value(&graded, "party"), value(&graded, "service")),
        (Some(decimal("78")), Some(decimal("84")))
    );
}

/// 黑榜 and 摘帽: two lift failures within twelve months black-list for two years; new lifts
/// afterwards end it at once.
#[test]
fn the_black_list_outlasts_its_records_and_is_earned_off() {
    let scheme = scheme("jianggan-shuangbaifen");
    let listed = |file: &Builder, instant: &str| {
        let graded = file.graded_at(&scheme, at(instant));
        assert_eq!(graded.lists.is_empty(), !codes(&graded).contains(&"bar"));
        graded.lists.first().map(|listing| (listing.list, listing.until.unwrap()))
    };
    let once = project().with_record("P403", "2026-01-10");
    assert_eq!(listed(&once, "2026-06-01T04:00:00Z"), None);
    let twice = once.clone().with_record("P403", "2026-05-20");
    let until = Some((ListKind::Black, day("2028-05-20")));
    assert_eq!(listed(&twice, "2026-05-19T15:59:59Z"), None);
    assert_eq!(listed(&twice, "2026-05-19T16:00:00Z"), until);
    // The records' own terms ended in 2027; the list goes on until its last day.
    assert_eq!(listed(&twice, "2027-12-01T04:00:00Z"), until);
    assert_eq!(listed(&twice, "2028-05-20T15:59:59Z"), until);
    assert_eq!(listed(&twice, "2028-05-20T16:00:00Z"), None);
    let graded = twice.graded_at(&scheme, at("2028-01-15T04:00:00Z"));
    assert_eq!(graded.lists[0].records, ["record-1", "record-2"]);
    // Two that lie more than twelve months apart are not twice within twelve months, though both
    // would still be listed.
    let apart = once.with_record("P403", "2027-01-11");
    assert_eq!(listed(&apart, "2027-02-01T04:00:00Z"), None);
    // New lifts before the last failure do not count; after it they end the listing, and for good.
    let early = twice.clone().with_record("R403", "2026-05-19");
    assert_eq!(listed(&early, "2026-07-01T04:00:00Z"), until);
    let earned = twice.with_record("R403", "2026-09-01");
    assert_eq!(listed(&earned, "2026-08-31T15:59:59Z"), until);
    assert_eq!(listed(&earned, "2026-08-31T16:00:00Z"), None);
    assert_eq!(listed(&earned, "2028-01-01T04:00:00Z"), None, "after the term of the new lifts' points, too");
    // Until it happens again.
    let again = earned.with_record("P403", "2026-10-01");
    assert_eq!(listed(&again, "2026-11-01T04:00:00Z"), Some((ListKind::Black, day("2028-10-01"))));
}

/// A good project of 10,000 m² and a bad one of 30,000 that ends on 21 November.
fn one_of_two_ends() -> Builder {
    let mut file = firm().with_project("good", 10_000).with_project("bad", 30_000);
    file.0.projects[1].ends_on = Some(day("2026-11-21"));
    for period in ["2026-Q3", "2026-Q4"] {
        file = file.assessed_in(period, "good", Assessor::Street, "100");
        file = file.assessed_in(period, "bad", Assessor::Street, "20");
    }
    file = file.assessed_in("2027-Q1", "good", Assessor::Street, "100");
    file.assessed_in("2027-Q2", "good", Assessor::Street, "100")
}

fn hundreds(file: &Builder, instant: &str) -> [Option<String>; 2] {
    let graded = file.graded_at(&scheme("jianggan-shuangbaifen"), at(instant));
    ["party", "service"].map(|id| value(&graded, id).map(|value| value.round_dp(6).normalize().to_string()))
}

fn points(party: &str, service: &str) -> [Option<String>; 2] {
    [Some(party.to_owned()), Some(service.to_owned())]
}

/// "A project counts in a roll-up with the periods and months of its term, weighted by its area
/// then, after it has ended too": with those of its records that count.
#[test]
fn a_project_that_ends_keeps_its_part_and_its_records() {
    let mut file = one_of_two_ends();
    for category in ["P803", "P304"] {
        let of_bad =
            Record { project: Some("bad".to_owned()), ..record(&catalogue(), category, "2026-10-01") };
        file = file.with(of_bad);
    }
    // Party: 0.6 × 70 + 0.4 × 100 = 82 and 0.6 × 55 + 0.4 × 20 = 41, by 1/4 and 3/4. Service,
    // nobody having rated: (0.5 × 80 + 0.3 × 100) / 0.8 = 87.5 and (0.5 × 68 + 0.3 × 20) / 0.8 =
    // 50.
    for instant in
        ["2026-11-21T15:59:59Z", "2026-11-21T16:00:00Z", "2027-01-31T16:00:00Z", "2027-04-30T15:59:59Z"]
    {
        assert_eq!(hundreds(&file, instant), points("51.25", "59.375"), "{instant}");
    }
    // The first quarter does not touch its term, and November is among the last six months until
    // May is closed: 68 of service, whose penalty still counts, by 3/4.
    assert_eq!(hundreds(&file, "2027-04-30T16:00:00Z"), points("82", "72.875"));
    assert_eq!(hundreds(&file, "2027-05-31T21:59:59Z"), points("82", "72.875"));
    let unmatched = |instant: &str| {
        let graded = file.graded_at(&scheme("jianggan-shuangbaifen"), at(instant));
        graded.unmatched.into_iter().map(|record| record.category).collect::<Vec<_>>()
    };
    assert_eq!(unmatched("2027-04-30T15:59:59Z"), [""; 0]);
    assert_eq!(unmatched("2027-04-30T16:00:00Z"), ["P803"]);
    // Then it is over, and what of its records is still in force is told.
    assert_eq!(hundreds(&file, "2027-05-31T22:00:00Z"), points("82", "87.5"));
    assert_eq!(unmatched("2027-05-31T22:00:00Z"), ["P803", "P304"]);
}

#[test]
fn an_ended_project_weighs_what_it_weighed_when_it_ended() {
    let mut file = one_of_two_ends();
    // 41 without the penalty is 0.6 × 70 + 0.4 × 20 = 50; service (0.5 × 80 + 0.3 × 20) / 0.8 =
    // 57.5.
    assert_eq!(hundreds(&file, "2027-04-30T15:59:59Z"), points("58", "65"));
    // What is known of it later changes nothing.
    let mut larger = file.0.projects[1].clone();
    file.0.projects[1].known_until = Some(at("2026-12-10T00:00:00Z"));
    larger.known_from = at("2026-12-10T00:00:00Z");
    larger.area = decimal("90000");
    file.0.projects.push(larger);
    assert_eq!(hundreds(&file, "2026-12-20T04:00:00Z"), points("58", "65"));
    // What is decided afterwards about it counts too: 0.6 × 55 + 0.4 × 20 = 41.
    let late = Record { project: Some("bad".to_owned()), ..record(&catalogue(), "P803", "2026-12-15") };
    assert_eq!(hundreds(&file.with(late), "2026-12-20T04:00:00Z"), points("51.25", "65"));
}

/// Of a project that began today the file and its records count, no period being over.
#[test]
fn a_new_project_counts_from_its_first_day() {
    let of = |project: &str| Record {
        project: Some(project.to_owned()),
        ..record(&catalogue(), "P803", "2026-11-21")
    };
    let mut file = firm().with_project("old", 10_000).with_project("new", 30_000).with(of("new"));
    file.0.projects[1].starts_on = day("2026-11-21");
    assert_eq!(hundreds(&file, "2026-11-20T15:59:59Z"), points("70", "80"));
    assert_eq!(hundreds(&file, "2026-11-20T16:00:00Z"), points("58.75", "80"));
}
