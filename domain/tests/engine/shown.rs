//! What the public is shown of an evaluation, and how. Over `dalian-demo`.

use xinwu_domain::evaluation::{ItemSource, public, sum_of_items};
use xinwu_domain::text::{Language, shown_in};

use crate::dalian::with_seventies;
use crate::support::{decimal, scheme};

#[test]
fn in_public_unpublished_records_are_one_line_and_the_sum_stays() {
    let file = with_seventies()
        .with_record("P104", "2026-10-01")
        .with_record("P501", "2026-06-02")
        .with_record("R305", "2026-06-03")
        .with_record("P603", "2026-06-03");
    let graded = file.graded(&scheme("dalian-demo"));
    let shown = public(&graded, |id| id == "record-3");
    assert_eq!((shown.score, &shown.grade), (graded.score, &graded.grade));
    assert_eq!(Some(sum_of_items(&shown)), graded.score);
    let unpublished: Vec<_> =
        shown.items.iter().filter(|line| line.source == ItemSource::Unpublished).collect();
    assert_eq!(unpublished.len(), 1);
    assert_eq!(unpublished[0].contribution, decimal("-8.8"));
    assert!(shown.unmatched.is_empty());
    let json = serde_json::to_string(&shown).unwrap();
    for secret in ["record-1", "record-2", "record-4", "P104", "P501"] {
        assert!(!json.contains(secret), "{secret} is told in {json}");
    }
    assert!(json.contains("record-3"));
    // What black-lists is told with its rule, though its record is not shown.
    let black = &shown.lists[0];
    assert_eq!((black.reason.zh.as_ref(), black.records.len()), ("一票否决：存在严重失信行为", 0));
}

#[test]
fn in_public_a_cap_does_not_tell_of_hidden_records() {
    let mut file = with_seventies();
    for _ in 0..12 {
        file = file.with_record("P102", "2026-10-01");
    }
    let graded = file.graded(&scheme("dalian-demo"));
    assert!(graded.items.iter().any(|line| line.source == ItemSource::Cap));
    let shown = public(&graded, |_| false);
    assert_eq!(Some(sum_of_items(&shown)), graded.score);
    assert!(!serde_json::to_string(&shown).unwrap().contains("P102"));
    let some = public(&graded, |id| id == "record-1");
    assert!(some.items.iter().any(|line| line.source == ItemSource::Cap));
}

#[test]
fn in_json_decimals_are_numbers_and_texts_can_be_of_one_language() {
    let graded = with_seventies().with_record("P104", "2026-10-01").graded(&scheme("dalian-demo"));
    let json = serde_json::to_value(&graded).unwrap();
    assert_eq!(json["score"].to_string(), "65.2");
    assert_eq!(json["as_of"], "2026-11-21T04:00:00Z");
    let english = shown_in(Language::English, || serde_json::to_value(&graded)).unwrap();
    assert!(english["why"]["text"].as_str().unwrap().starts_with("A score of 65.2 gives grade B."));
}
