//! Comments: screened, published without a name, flagged, moderated, answered.

use serde_json::{Value, json};
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::voices::{Stage, Voice};
use crate::harness::world::{DISTRICT, OTHER_DISTRICT, STREET};

const MONTH: &str = "2026-11";

fn say(app: &TestApp, voice: &Voice, stage: &Stage, comment: &str) -> Value {
    let reply =
        app.rating(voice, &stage.project, MONTH).json(&json!({"overall": 4, "comment": comment})).send();
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
    reply.json()
}

fn reviews(app: &TestApp, stage: &Stage) -> Vec<Value> {
    let of_project = app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json();
    let of_firm = app.get(&format!("/v1/firms/{}/reviews", stage.uscc)).expect(200).json();
    assert_eq!(of_project["items"], of_firm["items"]);
    of_project["items"].as_array().unwrap().clone()
}

fn id_of(review: &Value) -> String {
    review["id"].as_str().unwrap().to_owned()
}

both! {
    fn a_comment_is_published_without_a_name_and_without_stars_while_few_speak(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 5);
        say(&app, &voices[0], &stage, "楼道很干净");
        let listed = reviews(&app, &stage);
        assert_eq!(listed, [json!({
            "id": id_of(&listed[0]), "project": stage.project, "estate": listed[0]["estate"], "month": MONTH,
            "overall": null, "reason": "too_few_voices", "comment": "楼道很干净", "reply": null
        })]);
        // A random id, not one that sorts by time.
        assert_eq!(listed[0]["id"].as_str().unwrap().as_bytes()[14], b'4');
        voices[1..].iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 5); });
        assert_eq!((&reviews(&app, &stage)[0]["overall"], &reviews(&app, &stage)[0]["reason"]), (&json!(4), &json!(null)));
        app.get("/v1/projects/nothing/reviews").refused(404, "not_found");
    }

    fn reviews_come_in_pages_by_month_and_then_at_random(app) {
        let stage = app.stage();
        app.voices(&stage.estate, 5).iter().for_each(|voice| { say(&app, voice, &stage, "好"); });
        app.set_time("2026-12-02T02:00:00Z");
        app.voices(&stage.estate, 2).iter().for_each(|voice| {
            app.rating(voice, &stage.project, "2026-12").json(&json!({"overall": 4, "comment": "也好"})).expect(201);
        });
        let path = format!("/v1/firms/{}/reviews?limit=3", stage.uscc);
        let first = app.get(&path).expect(200).json();
        let second = app.get(&format!("{path}&cursor={}", first["page"]["next_cursor"].as_str().unwrap())).expect(200).json();
        let third = app.get(&format!("{path}&cursor={}", second["page"]["next_cursor"].as_str().unwrap())).expect(200).json();
        let keys: Vec<(String, String)> = [&first, &second, &third].iter()
            .flat_map(|page| page["items"].as_array().unwrap().clone())
            .map(|review| (review["month"].as_str().unwrap().to_owned(), id_of(&review))).collect();
        assert_eq!(keys.len(), 7);
        assert!(keys[..2].iter().all(|(month, _)| month == "2026-12") && keys[2..].iter().all(|(month, _)| month == MONTH));
        assert!(keys[2..].is_sorted_by(|one, next| one >= next));
        assert_eq!(third["page"]["next_cursor"], json!(null));
    }

    fn a_remembered_page_is_the_same_and_shows_what_was_written_at_once(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 6);
        voices.iter().for_each(|voice| { say(&app, voice, &stage, "好"); });
        let path = format!("/v1/firms/{}/reviews?limit=3", stage.uscc);
        let (read, again) = (app.get(&path).expect(200), app.get(&path).expect(200));
        assert!(read.header("Link").starts_with("</v1/firms/"));
        assert_eq!((&read.text, read.etag(), read.header("Link")), (&again.text, again.etag(), again.header("Link")));
        let unchanged = app.get(&path).header("If-None-Match", read.etag()).expect(304);
        assert_eq!(unchanged.etag(), read.etag());
        let replier = app.firm_account(&stage.uscc);
        let first = id_of(&read.json()["items"][0]);
        app.put(&format!("/v1/reviews/{first}/reply")).token(&replier).json(&json!({"text": "谢谢"})).expect(201);
        let replied = app.get(&path).header("If-None-Match", read.etag()).expect(200);
        assert_eq!(replied.json()["items"][0]["reply"]["text"], "谢谢");
        let district = app.official(Role::District, DISTRICT, false);
        app.patch(&format!("/v1/admin/estates/{}", stage.estate)).token(&district).header("If-Match", "*").json(&json!({"name": "改名雅苑"})).expect(200);
        assert_eq!(app.get(&path).expect(200).json()["items"][0]["estate"]["name"], "改名雅苑");
        // Five voices are enough for stars, four are not.
        voices[..2].iter().for_each(|voice| { app.delete(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voice.token).expect(204); });
        let few = app.get(&path).expect(200).json();
        assert!(few["items"].as_array().unwrap().iter().all(|review| review["overall"].is_null()), "{few}");
    }

    fn a_comment_with_a_number_in_it_waits_for_an_official(app) {
        let stage = app.stage();
        let voice = app.voice(&stage.estate);
        assert_eq!(say(&app, &voice, &stage, "请致电 139 0000 0000")["comment_state"], "held");
        assert_eq!(reviews(&app, &stage), Vec::<Value>::new());
        let official = app.official(Role::Street, STREET, false);
        let held = app.get("/v1/admin/reviews?status=held").token(&official).expect(200).json();
        let review = &held["items"][0];
        assert_eq!((&review["state"], &review["held_reason"], &review["comment"]), (&json!("held"), &json!("phone_number"), &json!("请致电 139 0000 0000")));
        assert!(review.get("overall").is_none());
        let path = format!("/v1/admin/reviews/{}", id_of(review));
        let decide = |verb: &str, tag: &str| app.post(&format!("{path}/{verb}")).token(&official).header("If-Match", tag).json(&json!({"reason": "号码为物业公开电话"}));
        app.post(&format!("{path}/publish")).token(&official).json(&json!({"reason": "x"})).refused(428, "if_match_required");
        let etag = app.get(&path).token(&official).expect(200).etag().to_owned();
        let published = decide("publish", &etag).expect(200);
        assert_eq!((&published.json()["state"], &published.json()["held_reason"]), (&json!("published"), &json!(null)));
        decide("hide", &etag).refused(412, "stale");
        assert_eq!(reviews(&app, &stage).len(), 1);
        decide("hide", published.etag()).expect(200);
        assert_eq!(reviews(&app, &stage).len(), 0);
        assert_eq!(app.get(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voice.token).expect(200).json()["comment_state"], "hidden");
        // Hidden, it stays hidden as it was, and goes past an official when rewritten, also by way of taking it back.
        assert_eq!(say(&app, &voice, &stage, "请致电 139 0000 0000")["comment_state"], "hidden");
        assert_eq!(say(&app, &voice, &stage, "换个说法")["comment_state"], "held");
        app.rate(&voice, &stage.project, MONTH, 3);
        assert_eq!(say(&app, &voice, &stage, "再换个说法")["comment_state"], "held");
        assert_eq!(app.get(&path).token(&official).expect(200).json()["held_reason"], "rewritten");
    }

    fn a_comment_follows_its_rating(app) {
        let stage = app.stage();
        let voice = app.voice(&stage.estate);
        say(&app, &voice, &stage, "第一版");
        let id = id_of(&reviews(&app, &stage)[0]);
        say(&app, &voice, &stage, "第二版");
        let second = reviews(&app, &stage);
        assert_eq!((&second[0]["comment"], id_of(&second[0]), second.len()), (&json!("第二版"), id, 1));
        say(&app, &voice, &stage, "身份证 11010519491231002X");
        assert_eq!(reviews(&app, &stage).len(), 0);
        say(&app, &voice, &stage, "第三版");
        assert_eq!(reviews(&app, &stage).len(), 1);
        app.delete(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voice.token).expect(204);
        assert_eq!(reviews(&app, &stage).len(), 0);
    }

    fn the_firm_replies_to_its_own_reviews(app) {
        let stage = app.stage();
        say(&app, &app.voice(&stage.estate), &stage, "电梯常坏");
        let path = format!("/v1/reviews/{}/reply", id_of(&reviews(&app, &stage)[0]));
        let firm = app.firm_account(&stage.uscc);
        let reply = |token: &str, text: &str| app.put(&path).token(token).json(&json!({"text": text}));
        reply(&app.firm_account(&app.stage().uscc), "冒名").refused(403, "out_of_reach");
        reply(&app.voice(&stage.estate).token, "冒名").refused(403, "role_not_allowed");
        assert_eq!(reply(&firm, "a\u{0}").refused(422, "invalid").faults(), [("/text".into(), "control_character".into())]);
        assert_eq!(reply(&firm, &"长".repeat(501)).refused(422, "invalid").faults(), [("/text".into(), "length".into())]);
        let first = reply(&firm, "已安排检修。").expect(201);
        assert_eq!(reviews(&app, &stage)[0]["reply"], json!({"text": "已安排检修。"}));
        app.put(&path).token(&firm).header("If-Match", first.etag()).json(&json!({"text": "已修好。"})).expect(200);
        app.put(&path).token(&firm).header("If-Match", first.etag()).json(&json!({"text": "旧"})).refused(412, "stale");
        assert_eq!(reviews(&app, &stage)[0]["reply"], json!({"text": "已修好。"}));
        app.put("/v1/reviews/nothing/reply").token(&firm).json(&json!({"text": "x"})).refused(404, "not_found");
    }

    fn residents_flag_once_and_officials_settle_it(app) {
        let stage = app.stage();
        say(&app, &app.voice(&stage.estate), &stage, "都是废物");
        let id = id_of(&reviews(&app, &stage)[0]);
        let reader = app.voice(&stage.estate);
        let flag = |token: &str| app.post(&format!("/v1/reviews/{id}/flags")).token(token).json(&json!({"reason": "人身攻击"}));
        flag(&reader.token).expect(201);
        flag(&reader.token).refused(409, "already_exists");
        app.post("/v1/reviews/nothing/flags").token(&reader.token).json(&json!({"reason": "x"})).refused(404, "not_found");
        app.post(&format!("/v1/reviews/{id}/flags")).token(&reader.token).json(&json!({"reason": ""})).refused(422, "invalid");
        let official = app.official(Role::District, DISTRICT, false);
        let flagged = || app.get("/v1/admin/reviews?status=flagged").token(&official).expect(200).json()["items"].clone();
        assert_eq!((&flagged()[0]["id"], &flagged()[0]["flags"]), (&json!(id), &json!(["人身攻击"])));
        app.advance(chrono::Duration::minutes(1));
        let kept = app.post(&format!("/v1/admin/reviews/{id}/publish")).token(&official).header("If-Match", "*").json(&json!({"reason": "不违规"})).expect(200).json();
        assert_eq!(kept["flags"], json!([]));
        assert_eq!(flagged(), json!([]));
        app.advance(chrono::Duration::minutes(1));
        flag(&app.voice(&stage.estate).token).expect(201);
        assert_eq!(flagged().as_array().unwrap().len(), 1);
        let elsewhere = app.official(Role::District, OTHER_DISTRICT, false);
        assert_eq!(app.get("/v1/admin/reviews").token(&elsewhere).expect(200).json()["items"], json!([]));
        app.post(&format!("/v1/admin/reviews/{id}/hide")).token(&elsewhere).header("If-Match", "*").json(&json!({"reason": "x"})).refused(404, "not_found");
    }
}
