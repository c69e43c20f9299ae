//! Whether a firm may take on new projects.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::firm::FirmStatus;

use crate::facts::{FIRM, Fact};
use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, DISTRICT, plain_firm};
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
        json!({
            "uscc": firm, "name": "甲物业", "place": {"code": "2102", "name": "大连市"}, "as_of": null,
            "eligibility": "allowed", "reasons": [], "schemes": ["dalian-demo"]
        })
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
    let firm = app.firm_with(xinwu_domain::firm::NewFirm {
        status: Some(FirmStatus::Deregistered),
        ..plain_firm("注销物业")
    });
    let body = app.get(&format!("/v1/firms/{firm}/eligibility")).expect(200).json();
    assert_eq!((&body["eligibility"], &body["reasons"][0]["source"]), (&json!("barred"), &json!("register")));
    app.get("/v1/firms/91210200241281392F/eligibility").refused(404, "not_found");
    app.get(&format!("/v1/firms/{firm}/eligibility?place=1")).refused(400, "bad_parameter");
}

/// The tender question about these firms.
fn asked(app: &TestApp, firms: &[&str], rest: &str) -> serde_json::Value {
    app.get(&format!("/v1/eligibility?firms={}{rest}", firms.join(","))).expect(200).json()
}

#[both]
fn the_tender_question_answers_as_one_firm_at_a_time_in_the_order_asked_for(app: TestApp) {
    let struck_off = app.firm_with(xinwu_domain::firm::NewFirm {
        status: Some(FirmStatus::Deregistered),
        ..plain_firm("注销物业")
    });
    let (restricted, allowed) = (app.firm("甲物业"), app.firm("乙物业"));
    with_consequence(&app, &restricted, "restricted");
    app.graded(&allowed, Some(65_000), "B");
    app.sql(&[format!(
            "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
             VALUES ('black', 'firm', '{allowed}', 'dalian-demo', '2026-11-01 00:00:00', NULL, '一票否决', 'Veto')"
        )], &allowed);
    let plain = app.firm("丙物业");
    let firms = [restricted.as_str(), &plain, &struck_off, &allowed];
    for rest in ["", "&place=210202", "&as_of=2026-11-21"] {
        let answer = asked(&app, &firms, rest);
        let one_by_one: Vec<serde_json::Value> = firms
            .iter()
            .map(|firm| {
                let query = rest.replacen('&', "?", 1);
                let mut one = app.get(&format!("/v1/firms/{firm}/eligibility{query}")).expect(200).json();
                assert_eq!((&one["place"], &one["as_of"]), (&answer["place"], &answer["as_of"]));
                let fields = one.as_object_mut().unwrap();
                fields.retain(|name, _| !matches!(name.as_str(), "place" | "as_of"));
                one
            })
            .collect();
        assert_eq!(answer["firms"], json!(one_by_one), "{rest}");
    }
    let told: Vec<_> = asked(&app, &firms, "")["firms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|firm| (firm["name"].clone(), firm["eligibility"].clone(), firm["reasons"][0]["code"].clone()))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["甲物业", "restricted", "interview"],
            ["丙物业", "allowed", null],
            ["注销物业", "barred", "deregistered"],
            ["乙物业", "barred", "black_list"]
        ])
    );
}

#[both]
fn a_tender_question_that_cannot_be_read_is_refused_by_name(app: TestApp) {
    let firm = app.firm("甲物业");
    let refused = |query: &str| {
        let reply = app.get(&format!("/v1/eligibility?{query}")).english().refused(400, "bad_parameter");
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        (reply.faults()[0].clone(), detail)
    };
    let fault = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    let (unknown, detail) = refused(&format!("firms=91210200241281392F,{firm},91210200716996405L"));
    assert_eq!(unknown, fault("firms", "unknown_firm"));
    assert_eq!(detail, "There is no firm 91210200241281392F, 91210200716996405L");
    let many: Vec<String> = (0..101).map(|_| crate::harness::world::new_uscc()).collect();
    assert_eq!(
        refused(&format!("firms={}", many.join(","))),
        (fault("firms", "too_many"), "At most 100 firms at once".to_owned())
    );
    assert_eq!(refused(&format!("firms={}", many[..100].join(","))).0, fault("firms", "unknown_firm"));
    assert_eq!(refused(&format!("firms={firm},{firm}")).0, fault("firms", "duplicate"));
    assert_eq!(refused("firms=abc").0, fault("firms", "uscc_length"));
    assert_eq!(refused("firms=").0, fault("firms", "uscc_length"));
    assert_eq!(refused("place=2102").0, fault("firms", "required"));
    assert_eq!(refused(&format!("firms={firm}&place=9")).0, fault("place", "unknown_place"));
    for (as_of, code) in [("tomorrow", "instant"), ("2026-11-22", "in_future"), ("2026-13-01", "instant")] {
        assert_eq!(refused(&format!("firms={firm}&as_of={as_of}")).0, fault("as_of", code), "{as_of}");
        let one = app.get(&format!("/v1/firms/{firm}/eligibility?as_of={as_of}"));
        assert_eq!(one.refused(400, "bad_parameter").faults(), [fault("as_of", code)], "{as_of}");
    }
}

/// Before the veto, with it, and after the firm was struck off: each as it was then, whenever it is
/// asked.
#[both]
fn what_held_at_an_instant_is_told_by_what_was_known_then(app: TestApp) {
    app.set_time("2026-11-10T02:00:00Z");
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    app.set_time("2026-11-21T02:00:00Z");
    app.put_record(FIRM, Fact::of("veto", "P202"));
    let at = |as_of: &str| {
        let answer = asked(&app, &[FIRM], &format!("&place={DISTRICT}&as_of={as_of}"));
        let firm = answer["firms"][0].clone();
        let codes: Vec<String> = firm["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| {
                format!("{} {}", reason["source"].as_str().unwrap(), reason["code"].as_str().unwrap())
            })
            .collect();
        (firm["eligibility"].as_str().unwrap().to_owned(), codes, firm["schemes"].clone())
    };
    let now = asked(&app, &[FIRM], &format!("&place={DISTRICT}"))["firms"][0].clone();
    assert_eq!(now["eligibility"], "barred");
    let allowed = ("allowed".to_owned(), Vec::new(), json!(["dalian-demo"]));
    assert_eq!(at("2026-11-20"), allowed);
    let with_veto = at("2026-11-21");
    assert_eq!(with_veto.0, "barred");
    assert!(with_veto.1.contains(&"list black_list".to_owned()), "{with_veto:?}");
    // The same reasons as are kept of now.
    let then = asked(&app, &[FIRM], &format!("&place={DISTRICT}&as_of=2026-11-21T02:00:00Z"));
    assert_eq!(then["as_of"], "2026-11-21T02:00:00Z");
    assert_eq!(then["firms"][0], now);
    // Before the register knew of it nothing is said of it.
    assert_eq!(at("2026-11-09").0, "allowed");
    app.set_time("2026-11-25T02:00:00Z");
    let city = app.official(xinwu_domain::access::Role::City, "2102", false);
    app.patch(&format!("/v1/admin/firms/{FIRM}"))
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"status": "deregistered"}))
        .seconded(&app);
    assert_eq!(at("2026-11-25").1[0], "register deregistered");
    assert_eq!((at("2026-11-20"), at("2026-11-21")), (allowed, with_veto));
}
