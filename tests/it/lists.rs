//! The red and the black list.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;

#[both]
fn a_list_names_its_firms_with_reasons_the_latest_first(app: TestApp) {
    let firms: Vec<String> = (0..3).map(|n| app.firm(&format!("物业{n}"))).collect();
    for (n, firm) in firms.iter().enumerate() {
        app.graded(firm, Some(90_000), "AAA");
        let ends_on = if n == 2 { "'2026-11-20'" } else { "NULL" };
        app.sql(&[format!(
                "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
                 VALUES ('red', 'firm', '{firm}', 'dalian-demo', '2026-11-0{} 00:00:00', {ends_on}, '得分85以上', 'A score of 85 or more')", n + 1
            )], firm);
    }
    let page = app.get("/v1/lists/red?place=210202&limit=1&count=true").english().expect(200).json();
    // The third one's listing has ended.
    assert_eq!(page["page"]["total"], 2);
    assert_eq!(
        (&page["items"][0]["firm"]["uscc"], &page["items"][0]["reason"]),
        (&json!(firms[1]), &json!("A score of 85 or more"))
    );
    let cursor = page["page"]["next_cursor"].as_str().unwrap();
    let next = app.get(&format!("/v1/lists/red?place=210202&limit=1&cursor={cursor}")).expect(200).json();
    assert_eq!(
        (&next["items"][0]["firm"]["uscc"], &next["page"]["next_cursor"]),
        (&json!(firms[0]), &json!(null))
    );
    assert_eq!(app.get("/v1/lists/red?place=210203").expect(200).json()["items"], json!([]));
    assert_eq!(app.get("/v1/lists/black").expect(200).json()["items"], json!([]));
    app.get("/v1/lists/grey").refused(400, "bad_parameter");
}
