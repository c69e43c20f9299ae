//! Who sees a record, and until when: to the day, in the city's zone.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{COMMUNITY, OTHER_DISTRICT};

#[both]
fn a_penalty_is_shown_through_its_last_day_and_archived_in_the_file_afterwards(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"public_until": "2027-02-10"})));
    let (path, list) = (format!("/v1/records/{id}"), format!("/v1/firms/{}/records", scene.uscc));
    // 2027-02-10 ends at 16:00 UTC.
    app.set_time("2027-02-10T15:59:59Z");
    app.get(&path).expect(200);
    assert_eq!(ids(&app.get(&list).expect(200)), [id.as_str()]);
    app.set_time("2027-02-10T16:00:00Z");
    app.get(&path).refused(404, "not_found");
    assert_eq!(ids(&app.get(&list).expect(200)), Vec::<String>::new());
    // The firm and its officials see it on, with its evidence.
    for token in
        [app.firm_account(&scene.uscc), app.drafter(), app.official(Role::Community, COMMUNITY, false)]
    {
        let seen = app.get(&path).token(&token).expect(200).json();
        assert_eq!(
            (&seen["public"], &seen["evidence"]),
            (&json!(false), &json!(["中市监罚字〔2026〕12号.pdf"]))
        );
    }
    for token in [
        app.firm_account(&app.firm("别家物业")),
        app.official(Role::District, OTHER_DISTRICT, true),
        app.admin(),
    ] {
        app.get(&path).token(&token).refused(404, "not_found");
    }
    // Archived five years after the decision: for officials only.
    app.set_time("2031-11-10T15:59:59Z");
    app.get(&path).token(&app.firm_account(&scene.uscc)).expect(200);
    app.set_time("2031-11-10T16:00:00Z");
    app.get(&path).token(&app.firm_account(&scene.uscc)).refused(404, "not_found");
    app.get(&path).token(&app.drafter()).expect(200);
}

#[both]
fn a_minor_penalty_is_not_shown_unless_an_official_says_so(app: TestApp) {
    let scene = app.scene();
    let hidden = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let shown =
        app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor", "publish": true})));
    app.get(&format!("/v1/records/{hidden}")).refused(404, "not_found");
    assert_eq!(app.get(&format!("/v1/records/{shown}")).expect(200).json()["public_until"], "2027-02-10");
    assert_eq!(ids(&app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200)), [shown.as_str()]);
    let own = app.get("/v1/firm").token(&app.firm_account(&scene.uscc)).expect(200).json();
    assert_eq!(own["records"].as_array().unwrap().len(), 2);
    // Its points count all the same, and the public evaluation does not name it.
    let evaluation = app.get(&format!("/v1/firms/{}/evaluation", scene.uscc)).expect(200).text;
    assert!(!evaluation.contains(&hidden) && evaluation.contains(&shown), "{evaluation}");
}

#[both]
fn the_terms_of_order_36_hold_to_the_day(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    for (severity, shortest, below, longest, above) in [
        ("minor", "2026-11-10", "2026-11-09", "2027-02-10", "2027-02-11"),
        ("ordinary", "2027-02-10", "2027-02-09", "2027-11-10", "2027-11-11"),
        ("serious", "2027-11-10", "2027-11-09", "2029-11-10", "2029-11-11"),
    ] {
        let add = |until| {
            let body = with(
                penalty(&scene.uscc),
                json!({"severity": severity, "publish": true, "public_until": until}),
            );
            app.post("/v1/admin/records").token(&drafter).json(&body)
        };
        for good in [shortest, longest] {
            assert_eq!(add(good).expect(201).json()["public_until"], good, "{severity}");
        }
        for bad in [below, above] {
            assert_eq!(
                add(bad).refused(422, "invalid").faults(),
                [("/public_until".into(), "out_of_range".into())],
                "{severity}"
            );
        }
        let usual = app
            .post("/v1/admin/records")
            .token(&drafter)
            .json(&with(penalty(&scene.uscc), json!({"severity": severity, "publish": true})));
        assert_eq!(usual.expect(201).json()["public_until"], longest, "{severity}");
    }
    let minor = with(penalty(&scene.uscc), json!({"severity": "minor", "public_until": "2027-01-01"}));
    let reply = app.post("/v1/admin/records").token(&drafter).json(&minor).refused(422, "invalid");
    assert_eq!(reply.faults(), [("/public_until".into(), "not_published".into())]);
}

#[both]
fn what_no_longer_counts_is_expired_while_it_is_still_shown(app: TestApp) {
    let scene = app.scene();
    let list = |status: &str| {
        ids(&app.get(&format!("/v1/firms/{}/records?status={status}", scene.uscc)).expect(200))
    };
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"counts_until": "2026-12-31"})));
    let reward = app.record_in_force(&with(
        penalty(&scene.uscc),
        json!({"category": "R301", "decided_on": "2026-11-01"}),
    ));
    app.set_time("2026-12-31T15:59:59Z");
    assert_eq!((list("in_force"), list("expired")), (vec![id.clone(), reward.clone()], vec![]));
    app.set_time("2026-12-31T16:00:00Z");
    assert_eq!((list("in_force"), list("expired")), (vec![reward.clone()], vec![id.clone()]));
    assert_eq!(app.get(&format!("/v1/records/{id}")).expect(200).json()["status"], "expired");
    // A reward without an end stays public.
    app.set_time("2040-01-01T00:00:00Z");
    assert_eq!((list("in_force"), list("expired")), (vec![reward], vec![]));
}
