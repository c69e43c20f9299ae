//! The catalogue of what can be recorded.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;

#[both]
fn the_catalogue_is_read_by_kind_page_by_page_in_both_languages(app: TestApp) {
    let all = app.get("/v1/categories?limit=100&count=true").expect(200).json();
    let items = all["items"].as_array().unwrap();
    assert_eq!(all["page"], json!({"next_cursor": null, "total": items.len()}));
    let overcharging = items.iter().find(|each| each["code"] == "P301").unwrap();
    assert_eq!(
        overcharging,
        &json!({
            "code": "P301", "kind": "penalty", "usual_severity": "ordinary", "severities": ["minor", "ordinary", "serious"], "name": "违规收费", "basis": "价格法", "evidence": "行政处罚决定书"
        })
    );
    let english = app.get("/v1/categories?limit=100").english().expect(200).json();
    assert!(english["items"].as_array().unwrap().iter().any(|each| each["name"] == "Overcharging"));

    let (mut codes, mut path) = (Vec::new(), "/v1/categories?kind=penalty&limit=7".to_owned());
    loop {
        let page = app.get(&path).expect(200).json();
        codes.extend(
            page["items"].as_array().unwrap().iter().map(|each| each["code"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        path = format!("/v1/categories?kind=penalty&limit=7&cursor={cursor}");
    }
    let penalties =
        items.iter().filter(|each| each["kind"] == "penalty").map(|each| each["code"].as_str().unwrap());
    assert_eq!(codes, penalties.collect::<Vec<_>>());
    app.get("/v1/categories?kind=neither").refused(400, "bad_parameter");
}
