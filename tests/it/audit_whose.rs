//! Whose officials read a line of the audit, and what of own accounts, programs and sessions is in
//! it.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::audit::{PASSWORD, change, lines};
use crate::harness::TestApp;
use crate::harness::files::penalty;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::sign_in::{sign_in, staff, with_password, with_refresh};

#[both]
fn what_is_decided_of_a_text_is_read_where_that_is_shown(app: TestApp) {
    let scene = app.scene();
    let city = app.official(Role::City, "2102", true);
    let firm = app.firm_account(&scene.uscc);
    let review = app.review(&scene.project, &scene.uscc, "published");
    let record = app.record_in_force(&penalty(&scene.uscc));
    let reply = |path: &str, status: u16| {
        let sent = app.put(path).token(&firm).json(&json!({"text": "已整改到位。"})).expect(status).json();
        sent["id"].as_str().unwrap().to_owned()
    };
    let to_review = reply(&format!("/v1/reviews/{review}/reply"), 201);
    let to_record = reply(&format!("/v1/records/{record}/reply"), 200);
    for text in [&review, &to_review, &to_record] {
        app.post(&format!("/v1/admin/reviews/{text}/hide"))
            .token(&city)
            .header("If-Match", "*")
            .json(&json!({"rule": "advertising", "reason": "含广告内容"}))
            .expect(200);
    }
    let told = |role, place| {
        let read = lines(&app, &app.official(role, place, false), "operation=hide_review");
        let of =
            |line: &Value| ["object_kind", "object_id"].map(|name| line[name].as_str().unwrap().to_owned());
        let places: Vec<Value> = read.iter().map(|line| line["place"]["code"].clone()).collect();
        (read.iter().map(of).collect::<Vec<_>>(), places)
    };
    let line = |kind: &str, id: &str| [kind.to_owned(), id.to_owned()];
    let shown = [line("reply", &to_review), line("review", &review)];
    assert_eq!(told(Role::Street, STREET), (shown.to_vec(), vec![json!(COMMUNITY); 2]));
    // The record is the district's.
    let (read, places) = told(Role::District, DISTRICT);
    assert_eq!(read, [&[line("reply", &to_record)][..], &shown].concat());
    assert!(places[0].as_str().unwrap().starts_with(DISTRICT), "{places:?}");
    assert_eq!(told(Role::District, OTHER_DISTRICT), (Vec::new(), Vec::new()));
}

/// An object can be without a place: then the line is of the place of who acted.
#[both]
fn what_has_no_place_is_read_where_who_acted_is(app: TestApp) {
    let stage = app.stage();
    let street = app.official(Role::Street, STREET, false);
    let path = format!("/v1/admin/projects/{}", stage.project);
    let edit = json!({"fee_fen": 200, "reason": "调价"});
    let call = app.patch(&path).token(&street).header("If-Match", "*").json(&edit);
    let proposal = call.expect(202).json()["id"].as_str().unwrap().to_owned();
    app.sql(&[format!("UPDATE proposal SET place = NULL WHERE id = '{proposal}'")], "");
    app.get(&format!("/v1/admin/proposals/{proposal}")).token(&street).expect(200);
    let read = lines(&app, &street, "operation=get_proposal");
    assert_eq!(read.len(), 1);
    assert_eq!((&read[0]["object_id"], &read[0]["place"]["code"]), (&json!(proposal), &json!(STREET)));
    assert_eq!(
        lines(&app, &app.official(Role::District, OTHER_DISTRICT, true), "operation=get_proposal"),
        [] as [Value; 0]
    );
}

#[both]
fn what_is_changed_of_the_own_account_is_written_down(app: TestApp) {
    let admin = app.admin();
    let account = NewAccount { uscc: Some(app.firm("测试物业")), ..staff("haijun", Role::Firm) };
    let (id, _) = app.account(account);
    let signed = with_password(&app, "haijun", PASSWORD).expect(200).json();
    let token = signed["access_token"].as_str().unwrap();
    let edit =
        |token: &str, body: Value| app.patch("/v1/me").token(token).header("If-Match", "*").json(&body);
    edit(token, json!({"display_name": "王女士"})).expect(200);
    // Nothing of it is new.
    edit(token, json!({"display_name": "王女士"})).expect(200);
    let new = "a new long password";
    let wrong = json!({"password": new, "current_password": "wrong horse battery"});
    edit(token, wrong).refused(422, "invalid");
    let both = json!({"password": new, "current_password": PASSWORD, "display_name": null});
    edit(token, both).expect(200);
    let told: Vec<[Value; 5]> = lines(&app, &admin, "operation=edit_me")
        .iter()
        .map(|line| ["user", "object_kind", "object_id", "address", "detail"].map(|name| line[name].clone()))
        .collect();
    let line = |detail: Value| [json!(id), json!("user"), json!(id), json!("127.0.0.1"), detail];
    let named = |before: Value, after: Value| json!([change("display_name", before, after)]);
    assert_eq!(
        told,
        [
            line(json!({"password_changed": true, "changes": named(json!("王女士"), Value::Null)})),
            line(json!({"password_changed": false, "changes": named(Value::Null, json!("王女士"))})),
        ]
    );
    let all = json!(lines(&app, &admin, "")).to_string();
    assert!(!all.contains(new) && !all.contains("argon2"), "{all}");
    // A resident's name is nobody's.
    let signed = sign_in(&app, "13900000001");
    edit(signed["access_token"].as_str().unwrap(), json!({"display_name": "李女士"})).expect(200);
    assert_eq!(lines(&app, &admin, "operation=edit_me").len(), 2);
}

/// Who gives an account's id as a program's leaves no line of that account's.
#[both]
fn a_program_s_id_is_no_official_s(app: TestApp) {
    let admin = app.admin();
    let place = Some(STREET.to_owned());
    let (id, street) = app.account(NewAccount { place, ..staff("haijun", Role::Street) });
    let grant = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": "made up"});
    app.post("/v1/auth/token").json(&grant).refused(401, "wrong_client");
    let read = lines(&app, &admin, "operation=issue_token");
    assert_eq!(read.len(), 1);
    assert_eq!(
        (&read[0]["user"], &read[0]["place"], &read[0]["detail"]),
        (&json!("unknown"), &Value::Null, &json!({"outcome": "wrong_password"}))
    );
    assert_eq!(lines(&app, &street, "operation=issue_token"), [] as [Value; 0]);
}

#[both]
fn a_refresh_token_that_comes_again_is_written_down(app: TestApp) {
    let admin = app.admin();
    let place = Some(STREET.to_owned());
    let (id, street) = app.account(NewAccount { place, ..staff("haijun", Role::Street) });
    let replay = |first: &Value| {
        with_refresh(&app, &first["refresh_token"]).expect(200);
        app.advance(Duration::seconds(31));
        with_refresh(&app, &first["refresh_token"]).refused(401, "bad_refresh_token");
        // Its session has ended: that it comes once more is nothing new.
        with_refresh(&app, &first["refresh_token"]).refused(401, "bad_refresh_token");
    };
    replay(&with_password(&app, "haijun", PASSWORD).expect(200).json());
    replay(&sign_in(&app, "13900000001"));
    let read = lines(&app, &admin, "operation=issue_token");
    let outcomes: Vec<&Value> = read.iter().map(|line| &line["detail"]["outcome"]).collect();
    assert_eq!(outcomes, ["replayed", "done"]);
    let told = ["user", "role", "object_id", "address"].map(|name| read[0][name].as_str().unwrap());
    assert_eq!(told, [id.as_str(), "street", &id, "127.0.0.1"]);
    assert_eq!(lines(&app, &street, "operation=issue_token"), read);
}

#[both]
fn an_empty_list_leaves_no_line(app: TestApp) {
    let (admin, street) = (app.admin(), app.official(Role::Street, STREET, true));
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let households = format!("households?estate={estate}");
    for path in ["proposals", "residences", &households, "inbox", "audit?operation=add_firm"] {
        let read = app.get(&format!("/v1/admin/{path}")).token(&street).expect(200).json();
        assert_eq!(read["items"], json!([]), "{path}");
    }
    let noted = lines(&app, &admin, "").into_iter().filter(|line| line["detail"].get("read").is_some());
    assert_eq!(noted.collect::<Vec<_>>(), [] as [Value; 0]);
}
