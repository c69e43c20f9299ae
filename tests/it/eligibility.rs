//! Whether a firm may take on new projects.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::firm::FirmStatus;

use crate::facts::{FIRM, Fact};
use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, plain_firm};
use crate::scheme_drafts::{announce, second_version};

fn with_consequence(app: &TestApp, uscc: &str, effect: &str) {
    app.graded(uscc, Some(55_000), "C");
    let consequences =
        json!([{"code": "interview", "text": {"zh": "约谈", "en": "Interviewed"}, "effect": effect}]);
    app.sql(
        &[format!("UPDATE current_grade SET consequences = '{consequences}' WHERE subject_id = '{uscc}'")],
        uscc,
    );
}

#[both]
fn a_firm_without_consequences_is_allowed_everywhere(app: TestApp) {
    let firm = app.firm("甲物业");
    app.graded(&firm, Some(65_000), "B");
    with_consequence(&app, &firm, "notice");
    let body = app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
    assert_eq!(
        body,
        json!({"uscc": firm, "place": {"code": "2102", "name": "大连市"}, "eligibility": "allowed", "reasons": [], "schemes": ["dalian-demo"]})
    );
}

#[both]
fn what_is_paid_or_owed_stands_with_its_amount_wherever_the_consequence_is_told(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    let amount =
        ("effect = \"barred\"", "effect = \"barred\", amount = 250000.5, unit = \"yuan\", up_to_months = 36");
    announce(&app, &second_version("2026-11-21", &[amount]));
    app.tick();
    app.put_record(FIRM, Fact::of("veto", "P202"));
    let told = |consequence: &serde_json::Value| {
        (consequence["amount"].clone(), consequence["unit"].clone(), consequence["up_to_months"].clone())
    };
    let expected = (json!(250_000.5), json!("yuan"), json!(36));
    let of = |path: &str, pointer: &str| told(app.get(path).expect(200).json().pointer(pointer).unwrap());
    assert_eq!(of(&format!("/v1/firms/{FIRM}"), "/credit/consequences/0"), expected);
    assert_eq!(of(&format!("/v1/firms?q={FIRM}"), "/items/0/credit/consequences/0"), expected);
    assert_eq!(of(&format!("/v1/firms/{FIRM}/evaluation"), "/consequences/0"), expected);
    let reasons = app.get(&format!("/v1/firms/{FIRM}/eligibility")).expect(200).json()["reasons"].clone();
    assert_eq!(
        (&reasons[0]["source"], told(&reasons[0])),
        (&json!("list"), (json!(null), json!(null), json!(null)))
    );
    assert_eq!((&reasons[1]["source"], told(&reasons[1])), (&json!("consequence"), expected.clone()));
    let rules = app.get("/v1/schemes/dalian-demo/versions/2").expect(200).text;
    assert!(rules.contains("250000.5"), "{rules}");
    // A row that an earlier program wrote says nothing of amounts.
    let firm = app.firm("甲物业");
    with_consequence(&app, &firm, "restricted");
    let nothing = (json!(null), json!(null), json!(null));
    assert_eq!(of(&format!("/v1/firms/{firm}"), "/credit/consequences/0"), nothing);
    assert_eq!(of(&format!("/v1/firms/{firm}/eligibility"), "/reasons/0"), nothing);
}

#[both]
fn the_strictest_of_consequences_and_lists_decides_at_every_level(app: TestApp) {
    let firm = app.firm("甲物业");
    with_consequence(&app, &firm, "restricted");
    for place in ["2102", "210202", COMMUNITY] {
        let body =
            app.get(&format!("/v1/firms/{firm}/eligibility?place={place}")).english().expect(200).json();
        assert_eq!(body["eligibility"], "restricted");
        assert_eq!(body["reasons"][0]["text"], "Interviewed");
    }
    app.sql(&[format!(
            "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
             VALUES ('black', 'firm', '{firm}', 'dalian-demo', '2026-11-01 00:00:00', '2026-11-21', '一票否决', 'Veto')"
        )], &firm);
    let barred = || app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
    assert_eq!(
        (&barred()["eligibility"], &barred()["reasons"][0]["code"]),
        (&json!("barred"), &json!("black_list"))
    );
    // The last day of the listing is over in the city's zone.
    app.set_time("2026-11-21T16:00:00Z");
    assert_eq!(barred()["eligibility"], "restricted");
}

#[both]
fn a_firm_out_of_business_is_barred_and_an_unknown_one_is_not_found(app: TestApp) {
    let firm = app.firm_with(xinwu_persistence::registers::firm::NewFirm {
        status: FirmStatus::Deregistered,
        ..plain_firm("注销物业")
    });
    let body = app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
    assert_eq!((&body["eligibility"], &body["reasons"][0]["source"]), (&json!("barred"), &json!("register")));
    app.get("/v1/firms/91210200241281392F/eligibility").refused(404, "not_found");
    app.get(&format!("/v1/firms/{firm}/eligibility?place=1")).refused(400, "bad_parameter");
}
