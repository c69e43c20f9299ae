//! 公示: a new grade is announced for the scheme's working days before it takes effect.

use serde_json::{Value, json};
use xinwu_both::both;

use crate::facts::{FIRM, Fact};
use crate::harness::TestApp;
use crate::scheme_drafts::{announce, second_version};

const CARD: &str = "/v1/firms/91219900MA0000001A";
const EVALUATION: &str = "/v1/firms/91219900MA0000001A/evaluation";
const HISTORY: &str = "/v1/firms/91219900MA0000001A/evaluations?scheme=dalian-demo&limit=3";

/// A firm of grade B with 60 points, on 2 December, a Wednesday, under a scheme that announces
/// grades for 7 working days.
fn firm_under_announcement(app: &TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    let days = ("disputed = \"counts\"", "announce_working_days = 7\ndisputed = \"counts\"");
    announce(app, &second_version("2026-12-01", &[days]));
    app.set_time("2026-12-02T02:00:00Z");
    app.tick();
}

/// Ten points: from 60, which is B, to 70, which is A.
fn reward(id: &'static str) -> Fact {
    Fact { level: "state", decided_on: "2026-12-01", ..Fact::of(id, "R101") }
}

fn credit(app: &TestApp) -> Value {
    app.get(CARD).expect(200).json()["credit"].clone()
}

fn pending(grade: &str, score: i64, from: &str) -> Value {
    json!({"grade": grade, "score": score, "effective_from": from})
}

/// The newest entries of the history: event, previous grade, grade, since when.
fn history(app: &TestApp, count: usize) -> Vec<(String, Value, Value, String)> {
    let page = app.get(HISTORY).expect(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = page["items"].as_array().unwrap().iter().take(count);
    entries
        .map(|item| {
            (
                text(&item["event"]),
                item["previous"]["grade"].clone(),
                item["grade"].clone(),
                text(&item["effective_from"]),
            )
        })
        .collect()
}

fn entry(event: &str, previous: &str, grade: &str, from: &str) -> (String, Value, Value, String) {
    (event.to_owned(), json!(previous), json!(grade), from.to_owned())
}

/// Thursday 3, Friday 4, Monday 7 to Friday 11: the seventh working day ends with the 11th.
const ANNOUNCED_UNTIL: &str = "2026-12-11T16:00:00Z";

#[both]
fn a_new_grade_is_announced_for_seven_working_days_before_it_takes_effect(app: TestApp) {
    firm_under_announcement(&app);
    let scheme = app.get("/v1/schemes/dalian-demo/versions/2").expect(200).json();
    assert_eq!(scheme["announce_working_days"], 7);
    app.put_record(FIRM, reward("reward"));
    let shown = credit(&app);
    assert_eq!(
        (&shown["grade"], &shown["score"], &shown["pending"]),
        (&json!("B"), &json!(60), &pending("A", 70, ANNOUNCED_UNTIL))
    );
    // The evaluation explains what is announced, and says what is in effect.
    let evaluation = app.get(EVALUATION).expect(200).json();
    assert_eq!((&evaluation["grade"], &evaluation["score"]), (&json!("A"), &json!(70)));
    assert_eq!(
        evaluation["announcement"],
        json!({
            "grade": "A", "score": 70, "announced_at": "2026-12-02T02:00:00Z", "effective_from": ANNOUNCED_UNTIL,
            "in_effect": {"outcome": "evaluated", "score": 60, "grade": "B"}
        })
    );
    let newest = app.get(HISTORY).expect(200).json()["items"][0].clone();
    assert_eq!(
        (&newest["event"], &newest["announced_at"]),
        (&json!("announced"), &json!("2026-12-02T02:00:00Z"))
    );
    assert_eq!(newest["cause"]["text"], "奖惩信息变化：先进企业、先进集体《演示》");
    app.set_time("2026-12-11T15:59:59Z");
    app.tick();
    assert_eq!(credit(&app)["grade"], "B");
    app.set_time(ANNOUNCED_UNTIL);
    app.tick();
    let shown = credit(&app);
    assert_eq!(
        (&shown["grade"], &shown["score"], &shown["pending"], &shown["effective_from"]),
        (&json!("A"), &json!(70), &Value::Null, &json!(ANNOUNCED_UNTIL))
    );
    assert_eq!(app.get(EVALUATION).expect(200).json()["announcement"], Value::Null);
    assert_eq!(
        history(&app, 2),
        [entry("effective", "B", "A", ANNOUNCED_UNTIL), entry("announced", "B", "A", ANNOUNCED_UNTIL)]
    );
    assert_eq!(app.get(HISTORY).expect(200).json()["items"][0]["cause"]["id"], "reward");
    // The past is told as it was.
    let then = app.get(&format!("{EVALUATION}?as_of=2026-12-05")).expect(200).json();
    assert_eq!((&then["grade"], &then["announcement"]["in_effect"]["grade"]), (&json!("A"), &json!("B")));
    assert_eq!(
        app.get(&format!("{EVALUATION}?as_of=2026-12-01")).expect(200).json()["announcement"],
        Value::Null
    );
    assert_eq!(
        app.get(&format!("{EVALUATION}?as_of=2026-12-12")).expect(200).json()["announcement"],
        Value::Null
    );
}

#[both]
fn a_score_within_its_grade_changes_at_once(app: TestApp) {
    firm_under_announcement(&app);
    app.put_record(FIRM, Fact { decided_on: "2026-12-01", ..Fact::of("small", "R103") });
    let shown = credit(&app);
    assert_eq!(
        (&shown["grade"], &shown["score"], &shown["pending"]),
        (&json!("B"), &json!(62), &Value::Null)
    );
}

#[both]
fn an_announced_score_moves_on_and_its_day_stays(app: TestApp) {
    firm_under_announcement(&app);
    app.put_record(FIRM, reward("reward"));
    app.set_time("2026-12-04T02:00:00Z");
    app.put_record(FIRM, Fact { decided_on: "2026-12-01", ..Fact::of("small", "R103") });
    let shown = credit(&app);
    assert_eq!((&shown["score"], &shown["pending"]), (&json!(60), &pending("A", 72, ANNOUNCED_UNTIL)));
}

#[both]
fn another_grade_replaces_the_announcement_and_lists_do_not_wait(app: TestApp) {
    firm_under_announcement(&app);
    app.put_record(FIRM, reward("reward"));
    app.set_time("2026-12-07T02:00:00Z");
    app.put_record(FIRM, Fact { decided_on: "2026-12-07", ..Fact::of("veto", "P202") });
    let shown = credit(&app);
    assert_eq!(
        (&shown["grade"], &shown["pending"]),
        (&json!("B"), &pending("C", 50, "2026-12-16T16:00:00Z"))
    );
    assert_eq!(shown["consequences"][0]["code"], "bar");
    assert_eq!(app.get(CARD).expect(200).json()["lists"][0]["list"], "black");
    app.set_time("2026-12-17T02:00:00Z");
    app.tick();
    assert_eq!((&credit(&app)["grade"], &credit(&app)["pending"]), (&json!("C"), &Value::Null));
    assert_eq!(
        history(&app, 3),
        [
            entry("effective", "B", "C", "2026-12-16T16:00:00Z"),
            entry("announced", "B", "C", "2026-12-16T16:00:00Z"),
            entry("announced", "B", "A", ANNOUNCED_UNTIL),
        ]
    );
    let then = app.get(&format!("{EVALUATION}?as_of=2026-12-12")).expect(200).json();
    assert_eq!(then["announcement"]["grade"], "C");
}

#[both]
fn a_return_to_the_grade_in_effect_withdraws_the_announcement(app: TestApp) {
    firm_under_announcement(&app);
    app.put_record(FIRM, Fact { counts_until: Some("2026-12-07"), ..reward("reward") });
    assert_eq!(credit(&app)["pending"]["grade"], "A");
    app.set_time("2026-12-20T02:00:00Z");
    app.tick();
    let shown = credit(&app);
    assert_eq!(
        (&shown["grade"], &shown["score"], &shown["pending"]),
        (&json!("B"), &json!(60), &Value::Null)
    );
    assert_eq!(
        history(&app, 2),
        [entry("withdrawn", "A", "B", "2026-12-07T16:00:00Z"), entry("announced", "B", "A", ANNOUNCED_UNTIL)]
    );
    assert_eq!(
        app.get(&format!("{EVALUATION}?as_of=2026-12-06")).expect(200).json()["announcement"]["grade"],
        "A"
    );
    assert_eq!(
        app.get(&format!("{EVALUATION}?as_of=2026-12-09")).expect(200).json()["announcement"],
        Value::Null
    );
}

#[both]
fn a_clock_that_is_late_dates_the_effect_by_its_day(app: TestApp) {
    firm_under_announcement(&app);
    app.put_record(FIRM, reward("reward"));
    // Nobody looks for weeks; the next thing to happen is another record, before the clock has run.
    app.set_time("2027-01-20T02:00:00Z");
    app.put_record(
        FIRM,
        Fact { decided_on: "2027-01-19", public_until: Some("2027-12-31"), ..Fact::of("late", "P101") },
    );
    app.tick();
    let entries = history(&app, 3);
    assert_eq!(entries[1], entry("effective", "B", "A", ANNOUNCED_UNTIL));
    assert_eq!(
        (&entries[0].0, &entries[0].1, &entries[0].2),
        (&"announced".to_owned(), &json!("A"), &json!("B"))
    );
    let shown = credit(&app);
    assert_eq!((&shown["grade"], &shown["effective_from"]), (&json!("A"), &json!(ANNOUNCED_UNTIL)));
    app.tick();
    assert_eq!(history(&app, 3), entries);
}

#[both]
fn the_first_result_takes_effect_at_once_and_a_lost_grade_too(app: TestApp) {
    app.tick();
    let days = ("disputed = \"counts\"", "announce_working_days = 7\ndisputed = \"counts\"");
    announce(&app, &second_version("2026-11-21", &[days]));
    app.set_time("2026-11-23T02:00:00Z");
    app.tick();
    app.put_firm(FIRM);
    assert_eq!(credit(&app)["outcome"], "not_evaluated");
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    let shown = credit(&app);
    assert_eq!((&shown["outcome"], &shown["pending"]["grade"]), (&json!("not_evaluated"), &json!("B")));
    app.set_time("2026-12-05T02:00:00Z");
    app.tick();
    assert_eq!(credit(&app)["grade"], "B");
    app.set_participation(FIRM, false);
    assert_eq!((&credit(&app)["outcome"], &credit(&app)["pending"]), (&json!("missing"), &Value::Null));
}
