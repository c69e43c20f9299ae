//! Lanshan: Party organisations' assessment weighs at least 30 %.

use xinwu_domain::access::Role;
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::scheme::{Assessor, ListKind, Scheme, StepKind};

use crate::support::{Builder, at, catalogue, day, decimal, firm, scheme, text_of};
use crate::vectors::{Steer, items, value};

/// Assessed with 90 by the street; no survey, so its fifth goes to the others: a point in the file
/// is half a point of score.
fn nineties() -> Builder {
    firm().with_project("p", 1_000).assessed("p", Assessor::Street, "90")
}

#[test]
fn each_item_is_worth_what_the_file_says() {
    // 0.40, and the survey's weight comes as a line of its own.
    let surveyed = nineties().measured_of("p", "survey_satisfaction", "2026-10-31", "90");
    items(
        &scheme("lanshan"),
        &surveyed,
        "0.4",
        "
        R101 R101 state 12
        R101 R101 district 4
        R102 R102 province 7
        R103 R103 - 2
        R201 R201 - 4
        R202 R202 street 2
        R203 R203 - 2
        R204 R204 - 0.5
        R301 R301 - 3
        R304 R304 - 1
        R401 R401 - 4
        R504 R504 - 1
        P101 P101 minor -2
        P101 P101 ordinary -5
        P101 P101 serious -10
        P102 P102 minor -1
        P102 P102 ordinary -2
        P102 P102 serious -4
        P103 P103 - -2
        P104 P104 - -2
        P301 P301 - -6
        P304 P304 - -10
        cooperation P801 - -5
        cooperation P802 - -5
        P401 P401 serious -16
        P403 P403 ordinary -8
        P303 P303 - -30
        P404 P404 - -40
        ",
    );
}

#[test]
fn bands_begin_at_their_threshold() {
    let scheme = scheme("lanshan");
    let steer = Steer { scheme: &scheme, base: nineties(), factor: "0.5", by: &[("R301", "P301", None)] };
    steer.thresholds(
        "
        90 S5
        90.001 S5
        89.999 S4
        80 S4
        79.999 S3
        70 S3
        69.999 pass
        60 pass
        59.999 fail
        ",
    );
}

#[test]
fn the_weights_are_the_published_ones() {
    let scheme = scheme("lanshan");
    assert_eq!(scheme.weights()["party"], decimal("0.3"));
    let full = nineties().measured_of("p", "survey_satisfaction", "2026-10-31", "75").graded(&scheme);
    // 0.40 × 60 + 0.30 × 90 + 0.10 × 90 + 0.20 × 75
    assert_eq!(full.score, Some(decimal("75")));
    assert_eq!(value(&full, "survey"), Some(decimal("75")));
}

#[test]
fn below_thirty_per_cent_of_the_party_the_file_is_refused() {
    let text = text_of("lanshan").replacen("\"file\", weight = 0.40", "\"file\", weight = 0.41", 1).replacen(
        "\"party\", weight = 0.30",
        "\"party\", weight = 0.29",
        1,
    );
    let faults = Scheme::read(&text, "lanshan/1.toml", &catalogue()).unwrap_err();
    let line = text.lines().position(|line| line == "[[constraint]]").unwrap() + 1;
    assert_eq!(
        faults[0].to_string(),
        format!(
            "lanshan/1.toml:{line}:1: constraint[1]: the weight is 0.29, which violates the scheme's own constraint"
        )
    );
}

/// At least 30 % in effect: whom no Party organisation has assessed is not evaluated, and a scheme
/// in which the weight could go to others is refused.
#[test]
fn without_the_partys_assessment_nobody_is_evaluated() {
    let lanshan = scheme("lanshan");
    let mut file = nineties().measured_of("p", "survey_satisfaction", "2026-10-31", "90");
    assert_eq!(file.graded(&lanshan).outcome, Outcome::Evaluated);
    file.0.assessments[0].party = None;
    let graded = file.graded(&lanshan);
    assert_eq!((graded.outcome, graded.score, graded.grade), (Outcome::NotEvaluated, None, None));
    assert_eq!(graded.reason.unwrap().zh, "缺少“党组织考核”，不予评价");
    // The other parts may be missing.
    let mut file = nineties();
    file.0.assessments[0].service = None;
    // (0.40 × 60 + 0.30 × 90) / 0.70
    assert_eq!(file.graded(&lanshan).score, Some(decimal("72.857")));

    let faults = |old: &str, new: &str| {
        let text = text_of("lanshan");
        assert!(text.contains(old), "{old}");
        Scheme::read(&text.replacen(old, new, 1), "lanshan/1.toml", &catalogue())
            .err()
            .map(|faults| faults.iter().map(|fault| fault.reason.en.to_string()).collect::<Vec<_>>())
    };
    let fault = "without a sample of `party` its weight goes to others, which violates the scheme's own constraint: set `required = true`";
    assert_eq!(faults("required = true", "required = false"), Some(vec![fault.to_owned()]));
    // A whole that is not evaluated without any of its parts is as good.
    let strict = text_of("lanshan").replacen("required = true", "", 1).replacen(
        "without_sample = \"redistribute\"",
        "without_sample = \"not_evaluated\"",
        1,
    );
    assert!(Scheme::read(&strict, "lanshan/1.toml", &catalogue()).is_ok());
    // A greatest weight: the survey's would come to it.
    let fault = "without a sample of another part `party` gains its weight, which violates the scheme's own constraint";
    let most = "components = [\"party\"]\nat_least = 0.30\nat_most = 0.30";
    assert_eq!(faults("components = [\"party\"]\nat_least = 0.30", most), Some(vec![fault.to_owned()]));
    let fault = "`required` stands inside a roll-up: put it on the roll-up itself";
    let inside = faults("kind = \"metric\"", "kind = \"metric\"\nrequired = true");
    assert_eq!(inside, Some(vec![fault.to_owned()]));
}

#[test]
fn without_the_party_there_are_no_stars() {
    let scheme = scheme("lanshan");
    let grade = |party: &str| {
        let mut file = firm().with_project("p", 1_000).assessed("p", Assessor::Street, party);
        for assessment in &mut file.0.assessments {
            assessment.service = Some(decimal("100"));
        }
        let steer = Steer { scheme: &scheme, base: file, factor: "0.5", by: &[("R301", "P301", None)] };
        steer.to(decimal("80")).graded(&scheme).grade.unwrap()
    };
    assert_eq!((grade("60").as_str(), grade("59.99").as_str()), ("S4", "pass"));
}

#[test]
fn a_veto_fails_and_black_lists_and_five_stars_are_red_listed() {
    let scheme = scheme("lanshan");
    let steer = Steer { scheme: &scheme, base: nineties(), factor: "0.5", by: &[("R301", "P301", None)] };
    let star = steer.to(decimal("90"));
    assert_eq!(star.graded(&scheme).lists[0].list, ListKind::Red);
    let vetoed = star.with_record("P303", "2026-10-01").graded(&scheme);
    assert_eq!((vetoed.grade.as_deref(), vetoed.lists[0].list), (Some("fail"), ListKind::Black));
}

#[test]
fn it_says_who_records_and_who_confirms_and_in_how_many_days() {
    let scheme = scheme("lanshan");
    let step = |kind, step| scheme.step(kind, Severity::Ordinary, step).unwrap();
    let confirm = step(RecordKind::Penalty, StepKind::Confirm);
    assert_eq!((&confirm.by[..], confirm.working_days), (&[Role::Street, Role::District][..], Some(3)));
    assert_eq!(step(RecordKind::Reward, StepKind::Confirm).by, [Role::District]);
    let decide = step(RecordKind::Penalty, StepKind::DecideObjection);
    assert_eq!((decide.working_days, decide.complex_working_days), (Some(7), Some(20)));
    assert_eq!(scheme.step(RecordKind::Reward, Severity::Ordinary, StepKind::Repair), None);
}

/// A survey counts for 45 days, by the households that the project has, or had when it ended.
#[test]
fn a_project_that_ends_keeps_its_survey_while_that_counts() {
    let lanshan = scheme("lanshan");
    let mut file = firm()
        .with_project("good", 10_000)
        .with_project("bad", 30_000)
        .measured_of("good", "survey_satisfaction", "2026-10-31", "90")
        .measured_of("good", "survey_satisfaction", "2026-11-30", "90")
        .measured_of("bad", "survey_satisfaction", "2026-10-31", "50");
    file.0.projects[1].ends_on = Some(day("2026-11-21"));
    let survey = |instant: &str| value(&file.graded_at(&lanshan, at(instant)), "survey");
    // 1/4 × 90 + 3/4 × 50
    for instant in ["2026-11-21T15:59:59Z", "2026-11-21T16:00:00Z", "2026-12-15T15:59:59Z"] {
        assert_eq!(survey(instant), Some(decimal("60")), "{instant}");
    }
    assert_eq!(survey("2026-12-15T16:00:00Z"), Some(decimal("90")));
}
