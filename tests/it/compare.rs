//! Firms side by side.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;

#[both]
fn firms_stand_side_by_side_in_the_order_asked_for(app: TestApp) {
    let (a, b) = (app.firm("甲物业"), app.firm("乙物业"));
    app.graded(&a, Some(81_875), "AA");
    let reply = app.get(&format!("/v1/compare?firms={b},{}", a.to_lowercase())).expect(200);
    let body = reply.json();
    assert_eq!(
        (&body["firms"][0]["firm"]["uscc"], &body["firms"][1]["firm"]["uscc"]),
        (&json!(b), &json!(a))
    );
    assert_eq!(body["firms"][1]["firm"]["credit"]["score"], 81.875);
    assert!(body["firms"][0]["firm"]["service"].get("distribution").is_none());
    app.get(&format!("/v1/compare?firms={b},{}", a.to_lowercase()))
        .header("If-None-Match", reply.etag())
        .expect(304);
}

#[both]
fn a_firm_that_is_unknown_doubled_or_one_too_many_is_refused_by_name(app: TestApp) {
    let firm = app.firm("甲物业");
    let refused = |firms: &str| {
        let reply = app.get(&format!("/v1/compare?firms={firms}")).english().refused(400, "bad_parameter");
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        (reply.faults()[0].clone(), detail)
    };
    let (fault, detail) = refused(&format!("{firm},91210200241281392F"));
    assert_eq!(fault, ("firms".into(), "unknown_firm".into()));
    assert!(detail.contains("91210200241281392F"), "{detail}");
    assert_eq!(refused(&format!("{firm},{firm}")).0, ("firms".into(), "duplicate".into()));
    assert_eq!(refused("abc").0, ("firms".into(), "uscc_length".into()));
    app.get("/v1/compare").refused(400, "bad_parameter");
}
