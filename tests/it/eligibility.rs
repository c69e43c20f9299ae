//! Whether a firm may take on new projects.

use serde_json::json;
use xinwu_domain::firm::FirmStatus;

use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, plain_firm};

fn with_consequence(app: &TestApp, uscc: &str, effect: &str) {
    app.graded(uscc, Some(55_000), "C");
    let consequences =
        json!([{"code": "interview", "text": {"zh": "约谈", "en": "Interviewed"}, "effect": effect}]);
    app.sql(
        &[format!("UPDATE standing SET consequences = '{consequences}' WHERE subject_id = '{uscc}'")],
        uscc,
    );
}

both! {
    fn a_firm_without_consequences_is_allowed_everywhere(app) {
        let firm = app.firm("甲物业");
        app.graded(&firm, Some(65_000), "B");
        with_consequence(&app, &firm, "notice");
        let body = app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
        assert_eq!(body, json!({"uscc": firm, "place": {"code": "2102", "name": "大连市"}, "eligibility": "allowed", "reasons": [], "schemes": ["dalian-demo"]}));
    }

    fn the_strictest_of_consequences_and_lists_decides_at_every_level(app) {
        let firm = app.firm("甲物业");
        with_consequence(&app, &firm, "restricted");
        for place in ["2102", "210202", COMMUNITY] {
            let body = app.get(&format!("/v1/firms/{firm}/eligibility?place={place}")).english().expect(200).json();
            assert_eq!(body["eligibility"], "restricted");
            assert_eq!(body["reasons"][0]["text"], "Interviewed");
        }
        app.sql(&[format!(
            "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
             VALUES ('black', 'firm', '{firm}', 'dalian-demo', '2026-11-01 00:00:00', '2026-11-21', '一票否决', 'Veto')"
        )], &firm);
        let barred = || app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
        assert_eq!((&barred()["eligibility"], &barred()["reasons"][0]["code"]), (&json!("barred"), &json!("black_list")));
        // The last day of the listing is over in the city's zone.
        app.set_time("2026-11-21T16:00:00Z");
        assert_eq!(barred()["eligibility"], "restricted");
    }

    fn a_firm_out_of_business_is_barred_and_an_unknown_one_is_not_found(app) {
        let firm = app.firm_with(xinwu_persistence::firm::NewFirm { status: FirmStatus::Deregistered, ..plain_firm("注销物业") });
        let body = app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
        assert_eq!((&body["eligibility"], &body["reasons"][0]["source"]), (&json!("barred"), &json!("register")));
        app.get("/v1/firms/91210200241281392F/eligibility").refused(404, "not_found");
        app.get(&format!("/v1/firms/{firm}/eligibility?place=1")).refused(400, "bad_parameter");
    }
}
