//! How a rule that makes the grade worse can be left: a vector for each kind of condition. The file
//! is worth 66 points by `dalian-demo`: B.

use xinwu_domain::catalogue::Severity;
use xinwu_domain::evaluation::{Need, Record, Status, Step, public};
use xinwu_domain::scheme::Scheme;

use crate::dalian::with_seventies;
use crate::support::{Builder, catalogue, day, decimal, firm, record, text_of};

/// The demo scheme with one more rule, and without outcomes that would leave nothing to grade.
fn with_rule(rule: &str) -> Scheme {
    let mut text = text_of("dalian-demo");
    for outcome in ["when = { no_project = true }", "when = { status = \"refuses\" }"] {
        assert!(text.contains(outcome));
        text = text.replacen(outcome, "when = { younger_than_months = 1 }", 1);
    }
    text.push_str(&format!(
        "\n[[rule]]\nid = \"extra\"\nreason = {{ zh = \"试\", en = \"Extra\" }}\nat_most = \"C\"\n{rule}\n"
    ));
    Scheme::read(&text, "t", &catalogue()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn steps(file: &Builder, rule: &str) -> Vec<Vec<Step>> {
    let graded = file.graded(&with_rule(rule));
    let applied = graded.why.rules.into_iter().find(|applied| applied.rule == "extra");
    applied.unwrap_or_else(|| panic!("{rule} applies")).ways_out
}

/// Each way out, its steps as short texts.
fn ways(file: &Builder, when: &str) -> Vec<Vec<String>> {
    let short = |step: &Step| {
        let mut text = format!("{:?}", step.need);
        let more = [
            step.component.clone(),
            step.by.map(|by| by.normalize().to_string()),
            step.count.map(|count| format!("+{count}")),
            (!step.records.is_empty()).then(|| step.records.join("+")),
            step.until.map(|until| until.to_string()),
        ];
        for more in more.into_iter().flatten() {
            text.push_str(&format!(" {more}"));
        }
        assert!(!step.text.zh.is_empty() && !step.text.en.is_empty());
        text
    };
    steps(file, &format!("when = {when}")).iter().map(|way| way.iter().map(short).collect()).collect()
}

fn ending(id: &str, category: &str, from: &str, until: &str) -> Record {
    let until = (!until.is_empty()).then(|| day(until));
    let severity = Severity::Ordinary;
    Record { id: id.to_owned(), severity, counts_until: until, ..record(&catalogue(), category, from) }
}

/// Penalties of the same kind, with their last days.
fn penalised(ends: &[(&str, &str)]) -> Builder {
    ends.iter().fold(with_seventies(), |file, (id, until)| file.with(ending(id, "P104", "2026-10-01", until)))
}

#[test]
fn a_score_has_to_rise_or_to_fall_past_the_end() {
    let file = with_seventies();
    assert_eq!(ways(&file, "{ score = { below = 70 } }"), [["Score 4"]]);
    assert_eq!(ways(&file, "{ score = { at_most = 66 } }"), [["Score 0.001"]]);
    assert_eq!(ways(&file, "{ score = { at_least = 60 } }"), [["Score -6.001"]]);
    assert_eq!(ways(&file, "{ score = { above = 60 } }"), [["Score -6"]]);
    assert_eq!(ways(&file, "{ score = { at_least = 60, below = 70 } }"), [["Score 4"], ["Score -6.001"]]);
    assert_eq!(ways(&file, "{ not = { score = { at_least = 70 } } }"), [["Score 4"]]);
    assert_eq!(ways(&file, "{ not = { score = { above = 70 } } }"), [["Score 4.001"]]);
    assert_eq!(ways(&file, "{ not = { score = { below = 60 } } }"), [["Score -6.001"]]);
}

#[test]
fn a_component_is_named_with_what_it_lacks() {
    let file = with_seventies();
    assert_eq!(
        ways(&file, "{ component = { id = \"assessments\", below = 75 } }"),
        [["Component assessments 5"]]
    );
    assert_eq!(
        ways(&file, "{ component = { id = \"assessments\", at_most = 70 } }"),
        [["Component assessments 0.0001"]]
    );
    assert_eq!(
        ways(&file, "{ not = { component = { id = \"residents\", above = 80 } } }"),
        [["Component residents 10.0001"]]
    );
    // A third of something is not rounded to too little.
    let thirds =
        with_seventies().with_project("q", 2_000).assessed("q", xinwu_domain::scheme::Assessor::Street, "71");
    assert_eq!(
        ways(&thirds, "{ component = { id = \"assessments\", below = 75 } }"),
        [["Component assessments 4.3334"]]
    );
    let text = &steps(&file, "when = { component = { id = \"assessments\", below = 75 } }")[0][0].text;
    assert_eq!(text.en, "“Assessments by street and community” higher by 5");
}

#[test]
fn a_sample_has_to_come_or_to_go() {
    let unrated = firm().with_project("p", 1_000);
    assert_eq!(ways(&unrated, "{ no_sample = \"residents\" }"), [["Sample residents"]]);
    assert_eq!(ways(&with_seventies(), "{ not = { no_sample = \"residents\" } }"), [["NoSample residents"]]);
    assert_eq!(
        ways(&unrated, "{ not = { component = { id = \"residents\", at_least = 1 } } }"),
        [["Sample residents"]]
    );
}

#[test]
fn records_have_to_end_the_first_ones_first() {
    let file = penalised(&[("c", "2027-02-10"), ("a", "2026-12-10"), ("b", "2027-01-10")]);
    let count = |least: u32| format!("{{ records = {{ kind = \"penalty\", at_least = {least} }} }}");
    assert_eq!(ways(&file, &count(3)), [["RecordsEnd a 2026-12-10"]]);
    assert_eq!(ways(&file, &count(2)), [["RecordsEnd a+b 2027-01-10"]]);
    assert_eq!(ways(&file, &count(1)), [["RecordsEnd a+b+c 2027-02-10"]]);
    assert_eq!(
        ways(&file, "{ not = { records = { kind = \"penalty\", at_most = 1 } } }"),
        [["RecordsEnd a+b 2027-01-10"]]
    );
    // The window of the condition may close before the record ends.
    assert_eq!(
        ways(&file, "{ records = { categories = [\"P104\"], within = \"90 days\", at_least = 3 } }"),
        [["RecordsEnd a 2026-12-10"]]
    );
    assert_eq!(
        ways(&file, "{ records = { categories = [\"P104\"], within = \"90 days\", at_least = 1 } }"),
        [["RecordsEnd a+b+c 2026-12-30"]]
    );
    // Of one without an end only that it has to end is said.
    let disputed =
        with_seventies().with(Record { disputed: true, ..ending("d", "P104", "2026-10-01", "2027-01-01") });
    assert_eq!(
        ways(&disputed, "{ records = { disputed = true, at_least = 1 } }"),
        [["RecordsEnd d 2027-01-01"]]
    );
}

#[test]
fn records_that_are_too_few_have_to_come() {
    let file = with_seventies();
    assert_eq!(ways(&file, "{ records = { kind = \"reward\", at_most = 0 } }"), [["Records +1"]]);
    assert_eq!(ways(&file, "{ not = { records = { kind = \"reward\", at_least = 3 } } }"), [["Records +3"]]);
    let one = with_seventies().with(ending("r", "R103", "2026-10-01", ""));
    assert_eq!(ways(&one, "{ not = { records = { kind = \"reward\", at_least = 3 } } }"), [["Records +2"]]);
    // Between two ends there are two ways: fewer, or more.
    assert_eq!(ways(&one, "{ records = { kind = \"reward\", at_least = 1, at_most = 2 } }").len(), 2);
    assert_eq!(ways(&file, "{ not = { veto = true } }"), [["Records +1"]]);
}

#[test]
fn a_veto_ends_with_its_last_record() {
    let mut text = text_of("dalian-demo");
    text = text.replacen("at_most = \"C\"\nlist = \"black\"", "list = \"black\"", 1);
    text.push_str("\n[[rule]]\nid = \"extra\"\nreason = { zh = \"试\", en = \"Extra\" }\nat_most = \"C\"\nwhen = { veto = true }\n");
    let scheme = Scheme::read(&text, "t", &catalogue()).unwrap();
    // Full marks of all others, so that the score alone would not be C.
    let file = firm()
        .with_project("p", 1_000)
        .assessed("p", xinwu_domain::scheme::Assessor::Street, "100")
        .rated("p", "2026-10", 70, 350);
    let file = file.with(ending("v", "P202", "2026-10-01", "2026-12-31")).with(ending(
        "w",
        "P202",
        "2026-09-01",
        "2027-03-31",
    ));
    let graded = file.graded(&scheme);
    let rule = graded.why.rules.iter().find(|rule| rule.rule == "extra").unwrap();
    let step = &rule.ways_out[0][0];
    assert_eq!((rule.ways_out.len(), step.need, step.until), (1, Need::RecordsEnd, Some(day("2027-03-31"))));
    assert_eq!(step.records, ["w", "v"]);
    assert!(graded.why.text.zh.contains("解除“试”：2027-03-31 有关信息期满。"), "{}", graded.why.text.zh);
    // Who may not see the records learns neither which nor until when.
    let shown = public(&graded, |id| id == "v");
    let step = &shown.why.rules.iter().find(|rule| rule.rule == "extra").unwrap().ways_out[0][0];
    assert_eq!(
        (&step.records, step.until, step.text.en.as_ref()),
        (&vec!["v".to_owned()], None, "The end of information that is not public")
    );
    assert!(!shown.why.text.zh.contains("2027-03-31"), "{}", shown.why.text.zh);
}

#[test]
fn projects_statuses_and_age_say_what_they_need() {
    assert_eq!(ways(&firm(), "{ no_project = true }"), [["Project"]]);
    assert_eq!(ways(&with_seventies(), "{ not = { no_project = true } }"), [["NoProject"]]);
    assert_eq!(
        ways(&with_seventies().with_status(Status::Refuses), "{ status = \"refuses\" }"),
        [["StatusEnds"]]
    );
    assert_eq!(ways(&with_seventies(), "{ not = { status = \"refuses\" } }"), [["Status"]]);
    let mut young = with_seventies();
    young = young.licensed("2026-06-01");
    assert_eq!(ways(&young, "{ younger_than_months = 12 }"), [["Age 2027-06-01"]]);
    // Nobody grows younger: nothing leads out.
    assert!(ways(&young, "{ not = { younger_than_months = 3 } }").is_empty());
}

#[test]
fn of_all_one_has_to_fail_and_of_any_each_that_holds() {
    let file = with_seventies();
    let (score, part) =
        ("{ score = { below = 70 } }", "{ component = { id = \"assessments\", below = 75 } }");
    let never = "{ score = { below = 10 } }";
    assert_eq!(
        ways(&file, &format!("{{ all = [{score}, {part}] }}")),
        [["Score 4"], ["Component assessments 5"]]
    );
    assert_eq!(
        ways(&file, &format!("{{ any = [{score}, {never}, {part}] }}")),
        [["Score 4", "Component assessments 5"]]
    );
    assert_eq!(
        ways(&file, &format!("{{ not = {{ any = [{never}, {{ score = {{ at_least = 70 }} }}] }} }}")),
        [["Score -56.001"], ["Score 4"]]
    );
    assert_eq!(
        ways(
            &file,
            "{ not = { all = [{ score = { at_least = 70 } }, { component = { id = \"assessments\", at_least = 75 } }] } }"
        ),
        [["Score 4", "Component assessments 5"]]
    );
    let mixed = format!("{{ all = [{{ any = [{score}, {part}] }}, {{ not = {{ no_project = true }} }}] }}");
    assert_eq!(ways(&file, &mixed), [vec!["Score 4", "Component assessments 5"], vec!["NoProject"]]);
    // However many ways there are, few are told.
    let many = vec![format!("{{ all = [{score}, {part}] }}"); 6].join(", ");
    assert_eq!(ways(&file, &format!("{{ any = [{many}] }}")).len(), 8);
}

#[test]
fn a_rule_that_lasts_is_left_on_its_own_day_or_earned_off() {
    let file = with_seventies().with(ending("l", "P403", "2026-10-01", "2026-11-01"));
    let rule = "when = { records = { categories = [\"P403\"], at_least = 1 } }\nlasts = \"24 months\"\n\
                lifted_when = { records = { categories = [\"R403\"], at_least = 2 } }";
    let found = steps(&file, rule);
    assert_eq!(
        (found[0][0].need, found[0][0].until, found[0][0].records.as_slice()),
        (Need::RecordsEnd, Some(day("2028-10-01")), ["l".to_owned()].as_slice())
    );
    assert_eq!((found[1][0].need, found[1][0].count, found.len()), (Need::Records, Some(2), 2));
    let half = file.with(ending("n", "R403", "2026-10-10", ""));
    assert_eq!(steps(&half, rule)[1][0].count, Some(1));
}

#[test]
fn a_rule_that_lifts_the_grade_need_not_be_left() {
    let file = with_seventies();
    let text = text_of("dalian-demo")
        + "\n[[rule]]\nid = \"extra\"\nreason = { zh = \"试\", en = \"Extra\" }\nat_least = \"AA\"\nwhen = { score = { below = 70 } }\n";
    let graded = file.graded(&Scheme::read(&text, "t", &catalogue()).unwrap());
    assert_eq!((graded.grade.as_deref(), graded.why.rules[0].ways_out.len()), (Some("AA"), 0));
    assert_eq!(graded.why.missing, Some(decimal("4")));
}
