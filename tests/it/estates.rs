//! Estates: the register, and which firm serves mine.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::with;
use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, encode, plain_project,
};

fn body() -> Value {
    json!({"name": "幸福家园", "kind": "professional", "place": COMMUNITY, "aliases": ["幸福里"], "households": 1200})
}

#[both]
fn an_estate_is_added_changed_and_read(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let add = || app.post("/v1/admin/estates").token(&street).json(&body());
    let added = add().seconded(&app);
    let code = added.json()["code"].as_str().unwrap().to_owned();
    assert_eq!(code, format!("{COMMUNITY}-001"));
    assert_eq!(add().seconded(&app).json()["code"], format!("{COMMUNITY}-002"));
    let path = format!("/v1/admin/estates/{code}");
    let edit = json!({"name": "幸福花园", "kind": "old", "address": "青云街1号"});
    app.patch(&path).token(&street).json(&edit).refused(428, "if_match_required");
    let edited =
        app.patch(&path).token(&street).header("If-Match", added.etag()).json(&edit).seconded(&app).json();
    assert_eq!((&edited["aliases"], &edited["kind"]), (&json!(["幸福里", "幸福家园"]), &json!("old")));
    app.patch(&path).token(&street).header("If-Match", added.etag()).json(&edit).refused(412, "stale");
    assert_eq!(app.get(&path).token(&street).expect(200).json(), edited);
    let page = app.get(&format!("/v1/estates/{}", code.to_lowercase())).expect(200).json();
    let levels: Vec<&str> =
        page["places"].as_array().unwrap().iter().map(|each| each["code"].as_str().unwrap()).collect();
    assert_eq!(levels, ["2102", DISTRICT, STREET, COMMUNITY]);
    assert_eq!(
        (&page["project"], &page["past_projects"], &page["address"]),
        (&json!(null), &json!([]), &json!("青云街1号"))
    );
    app.get("/v1/estates/NOWHERE").refused(404, "not_found");
}

/// It is there once another official of the place, or of one above, has confirmed it; until then
/// its community's officials read of it, and each other one is proposed besides.
#[both]
fn a_new_estate_takes_two(app: TestApp) {
    let (street, colleague) =
        (app.official(Role::Street, STREET, false), app.official(Role::Street, STREET, true));
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, true);
    let add =
        |token: &str, changes: Value| app.post("/v1/admin/estates").token(token).json(&with(body(), changes));
    let why = json!({"reason": "新建小区交付", "evidence": ["竣工验收备案表.pdf"]});
    let told = add(&street, json!({})).refused(422, "invalid").faults();
    assert_eq!(told, [("/reason".to_owned(), "required".to_owned())]);
    let proposal = add(&street, why.clone()).expect(202).json();
    assert_eq!((&proposal["operation"], &proposal["asks"]), (&json!("add_estate"), &json!("official")));
    assert_eq!(proposal["object"], json!({"kind": "estate", "id": null}));
    let shown = |proposal: &Value| -> Value {
        let changes = proposal["changes"].as_array().unwrap().iter();
        changes
            .map(|change| (change["field"].as_str().unwrap().to_owned(), change["after"].clone()))
            .collect()
    };
    let of_body = json!({
        "name": "幸福家园", "aliases": ["幸福里"], "kind": "professional", "households": 1200,
        "place": {"code": COMMUNITY, "name": "春海社区居委会"}
    });
    assert_eq!(shown(&proposal), of_body);
    let all = |query: &str| app.walk(&format!("/v1/estates?limit=1{query}"), "code", || {});
    assert_eq!(all(""), Vec::<String>::new());

    let open = add(&street, why.clone()).refused(409, "proposal_open").json();
    assert_eq!(open["existing"], proposal["id"]);
    let coded = add(&street, with(why.clone(), json!({"code": "XF-0001"}))).expect(202).json();
    assert_eq!(shown(&coded)["code"], "XF-0001");

    let path = |proposal: &Value, verb: &str| {
        format!("/v1/admin/proposals/{}{verb}", proposal["id"].as_str().unwrap())
    };
    let confirm = |token: &str| app.post(&path(&proposal, "/confirm")).token(token).header("If-Match", "*");
    confirm(&street).refused(403, "second_person_needed");
    confirm(&app.official(Role::Street, STREET, false)).refused(403, "no_power_to_confirm");
    confirm(&elsewhere).refused(404, "not_found");
    let done = confirm(&colleague).expect(200).json();
    assert_eq!(done["object"], json!({"kind": "estate", "id": format!("{COMMUNITY}-001")}));
    assert_eq!(all(""), [format!("{COMMUNITY}-001")]);

    // One that the city proposes is read by whose community it is, and returned there.
    let city = app.official(Role::City, "2102", false);
    let above = add(&city, with(why, json!({"name": "别园"}))).expect(202).json();
    let community = app.official(Role::Community, COMMUNITY, false);
    app.get(&path(&above, "")).token(&community).expect(200);
    let list = |token: &str| app.walk_as(token, "/v1/admin/proposals?state=open&limit=1");
    // The one with a code waits still.
    assert_eq!(list(&community), [&above, &coded].map(|each| each["id"].as_str().unwrap().to_owned()));
    assert_eq!(list(&elsewhere), Vec::<String>::new());
    let give_back = |token: &str| {
        let call = app.post(&path(&above, "/return")).token(token).header("If-Match", "*");
        call.json(&json!({"reason": "已有登记"}))
    };
    give_back(&elsewhere).refused(404, "not_found");
    assert_eq!(give_back(&colleague).expect(200).json()["state"], "returned");
    assert_eq!(all("").len(), 1);
}

#[both]
fn each_field_is_checked_and_officials_stay_in_their_place(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    for (field, value, code) in [
        ("name", json!("\u{0}"), "control_character"),
        ("kind", json!("new"), "unknown_value"),
        ("place", json!(STREET), "not_a_community"),
        ("place", json!("1"), "unknown_place"),
        ("households", json!(-1), "out_of_range"),
        ("code", json!("a b"), "estate_code"),
        ("address", json!(" "), "blank"),
    ] {
        let mut body = with(body(), json!({"reason": "新建小区交付"}));
        body[field] = value;
        let reply = app.post("/v1/admin/estates").token(&street).json(&body).refused(422, "invalid");
        assert_eq!(reply.faults(), [(format!("/{field}"), code.to_owned())], "{field}");
    }
    let stranger = app.official(Role::District, OTHER_DISTRICT, false);
    app.post("/v1/admin/estates").token(&stranger).json(&body()).refused(403, "out_of_reach");
    let code = app.estate(COMMUNITY, EstateKind::Old);
    let path = format!("/v1/admin/estates/{code}");
    app.get(&path).token(&stranger).refused(403, "out_of_reach");
    app.patch(&path)
        .token(&stranger)
        .header("If-Match", "*")
        .json(&json!({"name": "x"}))
        .refused(403, "out_of_reach");
    app.patch(&path)
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"place": OTHER_COMMUNITY}))
        .refused(403, "out_of_reach");
    let community = app.official(Role::Community, COMMUNITY, false);
    app.post("/v1/admin/estates").token(&community).json(&body()).refused(403, "role_not_allowed");
    app.get(&path).token(&community).expect(200);
    let mut same = body();
    same["code"] = json!(code);
    app.post("/v1/admin/estates").token(&street).json(&same).refused(409, "already_exists");
}

#[both]
fn estates_are_found_by_name_place_and_kind(app: TestApp) {
    let xingfu = app.estate_named("幸福ｅ家", COMMUNITY, EstateKind::Professional, &["老幸福里"]);
    let other = app.estate_named("春和景明", OTHER_COMMUNITY, EstateKind::Old, &[]);
    let find = |query: &str| app.walk(&format!("/v1/estates?limit=1{query}"), "code", || {});
    for q in ["幸福e家", "xingfuejia", "xfej", "幸福ej", "laoxingfu", "ｘｆ"] {
        assert_eq!(find(&format!("&q={}", encode(q))), [xingfu.clone()], "{q}");
    }
    assert_eq!(find(&format!("&q={}", &xingfu[..12])), [xingfu.clone()]);
    assert_eq!(find(""), [other.clone(), xingfu.clone()]);
    assert_eq!(find("&sort=-name"), [xingfu.clone(), other.clone()]);
    assert_eq!(find("&kind=old"), [other.clone()]);
    for place in ["2102", DISTRICT, STREET, COMMUNITY] {
        assert_eq!(find(&format!("&place={place}&kind=professional")), [xingfu.clone()], "{place}");
    }
    assert_eq!(find(&format!("&place={OTHER_DISTRICT}&q=xf")), Vec::<String>::new());
    assert_eq!(app.get("/v1/estates?count=true").expect(200).json()["page"]["total"], 2);
    for (query, fault) in [
        ("place=9", "place"),
        ("kind=x", "kind"),
        ("sort=price", "sort"),
        ("sort=relevance", "sort"),
        ("q=", "q"),
    ] {
        assert_eq!(
            app.get(&format!("/v1/estates?{query}")).refused(400, "bad_parameter").faults()[0].0,
            fault
        );
    }
    // Signs alone are nothing that anything is called.
    assert_eq!(app.get("/v1/estates?q=%25").expect(200).json()["items"], json!([]));
}

#[both]
fn the_estate_says_who_serves_it_now_and_who_did(app: TestApp) {
    let (old, new) = (app.firm("大连旧物业有限公司"), app.firm("大连新物业有限公司"));
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let first = app.project_with(xinwu_domain::project::NewProject {
        ends_on: Some("2026-11-21".parse().unwrap()),
        ..plain_project(&estate, &old)
    });
    let second = app.project_with(xinwu_domain::project::NewProject {
        starts_on: "2026-11-22".parse().unwrap(),
        ..plain_project(&estate, &new)
    });
    let page = || app.get(&format!("/v1/estates/{estate}")).expect(200).json();
    let now = page();
    assert_eq!(
        (&now["project"]["id"], &now["project"]["firm"]["uscc"], &now["project"]["current"]),
        (&json!(first), &json!(old), &json!(true))
    );
    assert_eq!(now["future_projects"][0]["id"], second.as_str());
    // 2026-11-22 begins in Dalian at 16:00 UTC of the day before: nobody wrote anything, and the
    // answer is another.
    app.set_time("2026-11-21T16:00:00Z");
    let then = page();
    assert_eq!(
        (&then["project"]["id"], &then["past_projects"][0]["id"], &then["future_projects"]),
        (&json!(second), &json!(first), &json!([]))
    );
    assert_eq!(
        app.get("/v1/estates").expect(200).json()["items"][0]["project"]["firm"],
        json!({"uscc": new, "name": "大连新物业有限公司"})
    );
}
