//! Entity tags and idempotency keys, as clients send them.

use aws_lc_rs::digest;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role};
use xinwu_openapi::permissions::Outcome;

use crate::harness::world::DISTRICT;
use crate::harness::{Call, Reply, TestApp, unique, walk};
use crate::permissions::requests::request;
use crate::permissions::world::World;
use crate::permissions::{call, table};

const PLACE: &str = "/v1/admin/places/210202";

/// A change of a place, with these lines of `If-Match`.
fn edit(app: &TestApp, city: &str, lines: &[&str]) -> Call {
    let change = json!({"name": format!("中山区{}", unique())});
    let call = app.patch(PLACE).token(city).json(&change);
    lines.iter().fold(call, |call, line| call.header("If-Match", line))
}

fn tag_of(reply: &Reply) -> Vec<String> {
    reply.etag().trim_matches('"').split('.').map(str::to_owned).collect()
}

#[both]
fn a_tag_says_version_object_and_content(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let shown = tag_of(&app.get("/v1/places/210202").expect(200));
    assert_eq!((shown[0].as_str(), shown[1].len(), shown[2].len()), ("1", 8, 16), "{shown:?}");
    // "8 hex digits of SHA-256 of kind and id": of `/PLACES/210202/`.
    assert_eq!(shown[1], "aa031b56");
    let hash = digest::digest(&digest::SHA256, b"/PLACES/210202/");
    let digits: String = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown[1], digits);
    assert_eq!(tag_of(&app.get(PLACE).token(&city).expect(200))[..2], shown[..2]);
    assert_ne!(tag_of(&app.get("/v1/places/210203").expect(200))[1], shown[1]);
    let edited = tag_of(&edit(&app, &city, &["*"]).expect(200));
    assert_eq!((edited[0].as_str(), &edited[1]), ("2", &shown[1]));
    assert_ne!(edited[2], shown[2]);
}

#[both]
fn a_change_is_made_from_a_version_of_that_object_only(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let tag = || app.get(PLACE).token(&city).expect(200).etag().to_owned();
    let other = app.get("/v1/admin/places/210203").token(&city).expect(200).etag().to_owned();
    let first = tag();
    edit(&app, &city, &["\"1-0\""]).refused(412, "stale");
    edit(&app, &city, &[&other]).refused(412, "tag_of_another_object");
    let weak = edit(&app, &city, &[&format!("W/{first}")]).english().refused(412, "weak_tag");
    assert!(weak.json()["detail"].as_str().unwrap().contains("weak ETag"), "{}", weak.text);
    for unreadable in [first.trim_matches('"'), "", "\"1", "1", "* , *", "w/\"1\""] {
        let refused = edit(&app, &city, &[unreadable]).refused(400, "bad_parameter");
        assert_eq!(refused.faults(), [("If-Match".into(), "entity_tag".into())], "{unreadable}");
    }
    // Nothing was changed so far: the first tag is good, in a list and on another line too.
    edit(&app, &city, &[&format!("{other}, \"x,y\", {first}")]).expect(200);
    edit(&app, &city, &[&first]).refused(412, "stale");
    edit(&app, &city, &[&other, &format!("W/{first}, {first}, {}", tag())]).expect(200);
    edit(&app, &city, &[" * "]).expect(200);
    // The content is not compared: only what a change is made from.
    let mut parts = tag_of(&app.get(PLACE).token(&city).expect(200));
    parts[2] = "0".repeat(16);
    edit(&app, &city, &[&format!("\"{}\"", parts.join("."))]).expect(200);
}

#[both]
fn a_figure_that_moved_meanwhile_stops_no_edit(app: TestApp) {
    let stage = app.stage();
    let district = app.official(Role::District, DISTRICT, false);
    let path = format!("/v1/firms/{}", stage.uscc);
    let before = app.get(&path).expect(200);
    app.increment(&stage.project, "2026-10", [0, 0, 0, 0, 12]);
    let after = app.get(&path).expect(200);
    assert_ne!(before.etag(), after.etag());
    assert_eq!(tag_of(&before)[..2], tag_of(&after)[..2]);
    app.get(&path).header("If-None-Match", before.etag()).expect(200);
    app.patch(&format!("/v1/admin/firms/{}", stage.uscc.to_lowercase()))
        .token(&district)
        .header("If-Match", before.etag())
        .json(&json!({"short_name": "改名"}))
        .expect(200);
}

#[both]
fn one_who_has_two_accounts_has_two_objects(app: TestApp) {
    let ((_, one), (_, other)) = (app.resident("13900000001"), app.resident("13900000002"));
    let tag = app.get("/v1/me").token(&one).expect(200).etag().to_owned();
    let edit = |token: &str| {
        app.patch("/v1/me").token(token).header("If-Match", &tag).json(&json!({"display_name": "王女士"}))
    };
    edit(&other).refused(412, "tag_of_another_object");
    edit(&one).expect(200);
}

#[both]
fn where_nothing_stands_no_tag_and_no_star_matches(app: TestApp) {
    let stage = app.stage();
    let resident = &app.neighbours(&stage.estate, 1)[0];
    let rate = || app.rating(resident, &stage.project, "2026-11").json(&json!({"overall": 4}));
    rate().header("If-Match", "*").refused(412, "stale");
    let rated = rate().expect(201);
    rate().header("If-Match", "*").expect(200);
    rate().header("If-Match", rated.etag()).expect(200);
}

/// Every reading that the document knows, lists included, by somebody who may.
#[both]
fn what_has_not_changed_is_not_sent_twice(app: TestApp) {
    let world = World::build(&app);
    let mut read = 0;
    for row in table().into_iter().filter(|row| row.method == "GET") {
        let may = |outcome: &Outcome| matches!(outcome, Outcome::Allowed | Outcome::Filtered);
        let Some((role, _)) = row.expected.iter().rev().find(|(_, outcome)| may(outcome)) else { continue };
        let asker = world.asker(&app, *role);
        let request = request(&app, &world, (row.operation, &row.path), row.whose, &asker);
        let ask = || call(&app, &row, &request, asker.token.as_deref());
        let first = ask().send();
        if first.status != 200 {
            continue;
        }
        let id = row.operation.id();
        if [Operation::GetImportTemplate, Operation::GetChanges].contains(&row.operation) {
            // The one is filled in and sent, never read again where it is; the other is told once:
            // the two readings without a tag.
            assert_eq!(first.etag(), "");
            continue;
        }
        assert_eq!(tag_of(&first).len(), 3, "{id}: {}", first.etag());
        if row.operation == Operation::ListAudit {
            // Who has read it stands in it.
            continue;
        }
        let lines = ["\"another\"".to_owned(), format!("\"1.2.3\", W/{}", first.etag())];
        let again = lines.iter().fold(ask(), |call, line| call.header("If-None-Match", line)).expect(304);
        for name in ["etag", "vary", "cache-control", "content-language"] {
            assert_eq!(again.header(name), first.header(name), "{id}: {name}");
        }
        read += 1;
    }
    assert!(read > 60, "{read}");
}

#[both]
fn a_key_that_cannot_be_kept_is_refused_by_every_post_that_takes_one(app: TestApp) {
    let mut walked = 0;
    for each in walk::operations().into_iter().filter(|each| each.takes("Idempotency-Key")) {
        let path = each.path_with("", "");
        let long = "k".repeat(201);
        for (keys, code) in [
            (vec!["钥匙"], "not_ascii"),
            (vec!["a\tb"], "not_ascii"),
            (vec![""], "length"),
            (vec![long.as_str()], "length"),
            (vec!["one", "two"], "repeated"),
        ] {
            let call = each.call(&app, &path);
            let call = keys.iter().fold(call, |call, key| call.header("Idempotency-Key", key));
            let refused = call.refused(400, "bad_parameter");
            assert_eq!(refused.faults(), [("Idempotency-Key".into(), code.into())], "{path} {keys:?}");
        }
        walked += 1;
    }
    assert!(walked > 30, "{walked}");
}

#[both]
fn a_key_that_cannot_be_kept_is_refused_also_where_the_answer_is_cached(app: TestApp) {
    for _ in 0..2 {
        app.get("/v1/places/210202").expect(200);
        let refused =
            app.get("/v1/places/210202").header("Idempotency-Key", "钥匙").refused(400, "bad_parameter");
        assert_eq!(refused.faults(), [("Idempotency-Key".into(), "not_ascii".into())]);
    }
}

#[both]
fn a_condition_is_refused_by_every_write_that_takes_none(app: TestApp) {
    let mut walked = Vec::new();
    for each in walk::operations().into_iter().filter(|each| each.method != "GET" && !each.takes("If-Match"))
    {
        let call = each.call(&app, &each.path_with("", "")).header("If-Match", "*");
        let refused = call.refused(400, "bad_parameter");
        assert_eq!(refused.faults(), [("If-Match".into(), "not_taken".into())], "{}", each.path);
        assert_eq!(refused.json()["errors"][0]["detail"], "此操作不接受 If-Match");
        walked.push(format!("{} {}", each.method, each.path));
    }
    for one in ["POST /v1/me/residences", "DELETE /v1/me/ratings/{project}/{month}/comment"] {
        assert!(walked.iter().any(|each| each == one), "{walked:?}");
    }
}

/// Who says why a record is confirmed would believe that it is kept.
#[both]
fn a_body_is_refused_by_every_operation_that_takes_none(app: TestApp) {
    let mut walked = Vec::new();
    let takes_none =
        |each: &walk::Walked| each.method != "GET" && each.described.get("requestBody").is_none();
    for each in walk::operations().into_iter().filter(takes_none) {
        let path = each.path_with("", "");
        let call = each.call(&app, &path).json(&json!({"reason": "材料齐全"}));
        let refused = call.refused(400, "bad_parameter");
        assert_eq!(refused.faults(), [("".into(), "not_taken".into())], "{} {path}", each.method);
        walked.push(format!("{} {}", each.method, each.path));
    }
    for one in ["POST /v1/admin/records/{id}/confirm", "DELETE /v1/me"] {
        assert!(walked.iter().any(|each| each == one), "{walked:?}");
    }
}

#[both]
fn an_account_is_deleted_from_the_version_that_was_read(app: TestApp) {
    let (_, token) = app.resident("13900000001");
    let first = app.get("/v1/me").token(&token).expect(200).etag().to_owned();
    let edit = app.patch("/v1/me").token(&token).header("If-Match", &first);
    let edited = edit.json(&json!({"display_name": "王女士"})).expect(200);
    let delete = |tag: &str| app.delete("/v1/me").token(&token).header("If-Match", tag);
    delete(&first).refused(412, "stale");
    delete("1").refused(400, "bad_parameter");
    delete(edited.etag()).expect(204);
}

#[both]
fn the_longest_key_is_kept(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let body = json!({"code": "2102X07", "level": "district", "name": "保税区", "parent": "2102"});
    let key = format!("~ {}", "k".repeat(198));
    let post = || app.post("/v1/admin/places").token(&city).header("Idempotency-Key", &key).json(&body);
    let (first, second) = (post().expect(201), post().expect(201));
    assert_eq!((first.text.as_str(), first.etag()), (second.text.as_str(), second.etag()));
    // What was made is the object of its own path.
    let place = app.get("/v1/places/2102X07").expect(200);
    assert_eq!(tag_of(&place)[..2], tag_of(&first)[..2]);
}
