//! Firms side by side.

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::TestApp;
use serde_json::{Value, json};
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
    assert_eq!(detail, "There is no firm 91210200241281392F");
    assert_eq!(refused(&format!("{firm},{firm}")).0, ("firms".into(), "duplicate".into()));
    assert_eq!(refused("abc").0, ("firms".into(), "uscc_length".into()));
    app.get("/v1/compare").refused(400, "bad_parameter");
}

#[both]
fn with_an_instant_firms_are_graded_as_they_were_then(app: TestApp) {
    for firm in [FIRM, OTHER] {
        app.put_firm(firm);
    }
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    app.set_time("2026-11-21T03:00:00Z");
    app.put_record(FIRM, Fact::of("veto", "P202"));
    let at = |query: &str| app.get(&format!("/v1/compare?firms={FIRM},{OTHER}{query}")).expect(200).json();
    let before = at("&as_of=2026-11-21T02:30:00Z");
    let after = at("&as_of=2026-11-21T03:00:00Z");
    assert_eq!(before["as_of"], "2026-11-21T02:30:00Z");
    // The card is of now, the grade and its components of then: as the evaluation says them.
    for (answer, as_of) in [(&before, "2026-11-21T02:30:00Z"), (&after, "2026-11-21T03:00:00Z")] {
        for (place, uscc) in [FIRM, OTHER].into_iter().enumerate() {
            let (firm, credit) = (&answer["firms"][place], &answer["firms"][place]["credit_as_of"]);
            assert_eq!(firm["firm"], at("")["firms"][place]["firm"]);
            let path = format!("/v1/firms/{uscc}/evaluation?as_of={as_of}");
            let evaluation = app.get(&path).expect(200).json();
            for field in ["outcome", "scheme", "scheme_version", "score", "grade", "reason"] {
                assert_eq!(credit[field], evaluation[field], "{uscc} {as_of} {field}");
            }
            let codes = |list: &Value| -> Vec<Value> {
                list.as_array().unwrap().iter().map(|each| each["code"].clone()).collect()
            };
            assert_eq!(codes(&credit["consequences"]), codes(&evaluation["consequences"]));
            let components =
                if evaluation["score"].is_null() { json!([]) } else { evaluation["components"].clone() };
            assert_eq!(firm["components"], components, "{uscc} {as_of}");
        }
    }
    assert_eq!((&after["firms"][0]["credit_as_of"]["grade"]), &json!("C"));
    assert_ne!(before["firms"][0]["credit_as_of"]["grade"], "C");
    // Now is told by the card.
    let now = at("");
    assert_eq!((&now["as_of"], &now["firms"][0]["credit_as_of"]), (&json!(null), &json!(null)));
    let refused =
        app.get(&format!("/v1/compare?firms={FIRM}&as_of=2026-11-22")).refused(400, "bad_parameter");
    assert_eq!(refused.faults(), [("as_of".into(), "in_future".into())]);
}
