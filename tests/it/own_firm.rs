//! A firm's own dossier.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{penalty, with};
use crate::harness::world::COMMUNITY;

#[both]
fn a_firm_reads_its_own_dossier_with_what_is_not_public(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let hidden = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor", "points": [{"scheme": "dalian-demo", "points": 6, "reason": "情节轻微"}]})));
    let other = app.firm("别家物业");
    app.record_in_force(&penalty(&other));
    app.draft(&app.drafter(), &penalty(&scene.uscc));
    let scores = json!({"scores": {"service": 80, "party": 81.5}, "evidence": ["表.pdf"]});
    app.assessed(&scene.project, "2026-Q4", "street", &scores);
    // What waits is not the firm's to know of.
    let community = app.official(Role::Community, COMMUNITY, false);
    app.assess(&community, &scene.project, "2026-Q4", "community", &scores).expect(201);
    app.put(&format!("/v1/records/{hidden}/reply"))
        .token(&firm)
        .json(&json!({"text": "已改正。"}))
        .expect(200);

    let reply = app.get("/v1/firm").token(&firm).expect(200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let file = reply.json();
    assert_eq!((&file["card"]["uscc"], &file["register"]["uscc"]), (&json!(scene.uscc), &json!(scene.uscc)));
    let records = file["records"].as_array().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&records[0]["id"], &records[0]["public"], &records[0]["reply"]["text"]),
        (&json!(hidden), &json!(false), &json!("已改正。"))
    );
    assert_eq!(
        records[0]["points"],
        json!([{"scheme": "dalian-demo", "reference": 8, "actual": 6, "reason": "情节轻微"}])
    );
    assert_eq!(file["assessments"].as_array().unwrap().len(), 1);
    assert_eq!(file["assessments"][0]["scores"], json!({"service": 80, "party": 81.5}));
    assert!(file["assessments"][0].get("by").is_none() && file["assessments"][0].get("state").is_none());
    assert_eq!(file["assessments"][0]["evidence"], json!(["表.pdf"]));
    assert_eq!(file["metrics"], json!([]));
    assert_eq!(file["evaluation"]["score"], 54);
    assert!(file["evaluation"]["items"].as_array().unwrap().iter().any(|item| item["id"] == json!(hidden)));

    let again = app.get("/v1/firm").token(&firm).header("If-None-Match", reply.etag()).send();
    assert_eq!(again.status, 304);
    app.get("/v1/firm").refused(401, "not_signed_in");
    app.get("/v1/firm").token(&app.drafter()).refused(403, "role_not_allowed");
    app.get("/v1/firm").token(&app.resident("13900000001").1).refused(403, "role_not_allowed");
}
