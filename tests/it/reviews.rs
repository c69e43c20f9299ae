//! Comments: screened, out with the increment of their stars, without a name and without stars;
//! flagged, moderated, answered.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage, rating_path};
use crate::harness::world::{DISTRICT, OTHER_DISTRICT, STREET};

const MONTH: &str = "2026-11";

fn say(app: &TestApp, resident: &Resident, stage: &Stage, comment: &str) -> Value {
    let body = json!({"overall": 4, "comment": comment});
    let reply = app.rating(resident, &stage.project, MONTH).json(&body).send();
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
    reply.json()
}

/// Five households rate, the first of them with these comments, and the step of 1 December
/// publishes them.
fn published(app: &TestApp, comments: &[&str]) -> (Stage, Vec<Resident>) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5.max(comments.len()));
    for (position, resident) in residents.iter().enumerate() {
        match comments.get(position) {
            Some(comment) => drop(say(app, resident, &stage, comment)),
            None => drop(app.rate(resident, &stage.project, MONTH, 4)),
        }
    }
    app.step_on("2026-12-01");
    (stage, residents)
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

#[both]
fn come_out_with_the_step(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    assert_eq!(say(&app, &residents[0], &stage, "楼道很干净")["comment_state"], "waiting");
    residents[1..].iter().for_each(|resident| {
        app.rate(resident, &stage.project, MONTH, 5);
    });
    assert_eq!(reviews(&app, &stage), Vec::<Value>::new());
    app.step_on("2026-12-01");
    let listed = reviews(&app, &stage);
    // No stars and no dimensions: of five less four they would be one's.
    assert_eq!(
        listed,
        [json!({
            "id": id_of(&listed[0]), "project": stage.project, "estate": listed[0]["estate"], "month": MONTH, "comment": "楼道很干净",
            "hidden": null, "reply": null
        })]
    );
    // A random id, not one that sorts by time.
    assert_eq!(listed[0]["id"].as_str().unwrap().as_bytes()[14], b'4');
    assert_eq!(
        app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json()["comment_state"],
        "published"
    );
    app.get("/v1/projects/nothing/reviews").refused(404, "not_found");
}

#[both]
fn reviews_come_in_pages_by_month_and_then_at_random(app: TestApp) {
    let (stage, residents) = published(&app, &["好"; 5]);
    for (position, resident) in residents.iter().enumerate() {
        let mut body = json!({"overall": 4});
        if position < 2 {
            body["comment"] = json!("也好");
        }
        app.rating(resident, &stage.project, "2026-12").json(&body).expect(201);
    }
    app.step_on("2027-01-01");
    let path = format!("/v1/firms/{}/reviews?limit=3", stage.uscc);
    let first = app.get(&path).expect(200).json();
    let second = app
        .get(&format!("{path}&cursor={}", first["page"]["next_cursor"].as_str().unwrap()))
        .expect(200)
        .json();
    let third = app
        .get(&format!("{path}&cursor={}", second["page"]["next_cursor"].as_str().unwrap()))
        .expect(200)
        .json();
    let keys: Vec<(String, String)> = [&first, &second, &third]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap().clone())
        .map(|review| (review["month"].as_str().unwrap().to_owned(), id_of(&review)))
        .collect();
    assert_eq!(keys.len(), 7);
    assert!(
        keys[..2].iter().all(|(month, _)| month == "2026-12")
            && keys[2..].iter().all(|(month, _)| month == MONTH)
    );
    assert!(keys[2..].is_sorted_by(|one, next| one >= next));
    assert_eq!(third["page"]["next_cursor"], json!(null));
}

#[both]
fn a_cached_page_is_the_same_and_shows_what_was_written_at_once(app: TestApp) {
    let (stage, _) = published(&app, &["好"; 6]);
    let path = format!("/v1/firms/{}/reviews?limit=3", stage.uscc);
    let (read, again) = (app.get(&path).expect(200), app.get(&path).expect(200));
    assert!(read.header("Link").starts_with("</v1/firms/"));
    assert_eq!(
        (&read.text, read.etag(), read.header("Link")),
        (&again.text, again.etag(), again.header("Link"))
    );
    let unchanged = app.get(&path).header("If-None-Match", read.etag()).expect(304);
    assert_eq!(unchanged.etag(), read.etag());
    let replier = app.firm_account(&stage.uscc);
    let first = id_of(&read.json()["items"][0]);
    app.put(&format!("/v1/reviews/{first}/reply")).token(&replier).json(&json!({"text": "谢谢"})).expect(201);
    let replied = app.get(&path).header("If-None-Match", read.etag()).expect(200);
    assert_eq!(replied.json()["items"][0]["reply"]["text"], "谢谢");
    let district = app.official(Role::District, DISTRICT, false);
    app.patch(&format!("/v1/admin/estates/{}", stage.estate))
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"name": "改名雅苑"}))
        .expect(200);
    assert_eq!(app.get(&path).expect(200).json()["items"][0]["estate"]["name"], "改名雅苑");
}

#[both]
fn held_comment_comes_out_later(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    let comment = "请致电 139 0000 0000";
    assert_eq!(say(&app, &residents[0], &stage, comment)["comment_state"], "held");
    app.rate_all(&residents[1..], &stage.project, MONTH, &[4; 4]);
    let queue = || {
        let official = app.official(Role::Street, STREET, false);
        app.get("/v1/admin/reviews?status=held&count=true").token(&official).expect(200).json()
    };
    // Before the step officials see nothing of it either.
    assert_eq!(queue()["page"]["total"], 0);
    app.step_on("2026-12-01");
    assert_eq!(reviews(&app, &stage), Vec::<Value>::new());
    let review = queue()["items"][0].clone();
    assert_eq!(
        (&review["state"], &review["held_reason"], &review["text"]),
        (&json!("held"), &json!("phone_number"), &json!(comment))
    );
    assert!(review.get("overall").is_none(), "{review}");
    let official = app.official(Role::Street, STREET, false);
    let path = format!("/v1/admin/reviews/{}", id_of(&review));
    let decide = |verb: &str, tag: &str| {
        app.post(&format!("{path}/{verb}"))
            .token(&official)
            .header("If-Match", tag)
            .json(&json!({"reason": "号码为物业公开电话"}))
    };
    app.post(&format!("{path}/publish"))
        .token(&official)
        .json(&json!({"reason": "x"}))
        .refused(428, "if_match_required");
    let etag = app.get(&path).token(&official).expect(200).etag().to_owned();
    let cleared = decide("publish", &etag).expect(200).json();
    assert_eq!((&cleared["state"], &cleared["held_reason"]), (&json!("cleared"), &json!(null)));
    let hide = json!({"rule": "advertising", "reason": "改判"});
    let hidden =
        |tag: &str| app.post(&format!("{path}/hide")).token(&official).header("If-Match", tag).json(&hide);
    hidden(&etag).refused(412, "stale");
    // It comes out with a step, not with the decision: any step, in its own month.
    assert_eq!(reviews(&app, &stage), Vec::<Value>::new());
    app.step_on("2026-12-07");
    let listed = reviews(&app, &stage);
    assert_eq!(
        (listed.len(), &listed[0]["month"], &listed[0]["comment"]),
        (1, &json!(MONTH), &json!(comment))
    );
    let official = app.official(Role::Street, STREET, false);
    let path = format!("{path}/hide");
    app.post(&path)
        .token(&official)
        .header("If-Match", "*")
        .json(&json!({"reason": "改判"}))
        .refused(422, "invalid");
    app.post(&path).token(&official).header("If-Match", "*").json(&hide).expect(200);
    // What is hidden leaves the rule, and not what it said.
    let listed = reviews(&app, &stage);
    let tombstone = json!({"rule": "advertising", "text": "属于商业广告"});
    assert_eq!((&listed[0]["comment"], &listed[0]["hidden"]), (&json!(null), &tombstone));
    let own = app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json();
    assert_eq!(
        (&own["comment"], &own["comment_state"], &own["comment_reason"]),
        (&json!(comment), &json!("hidden"), &json!("属于商业广告：改判"))
    );
}

#[both]
fn a_comment_follows_its_rating_while_it_waits(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    let one = &residents[0];
    say(&app, one, &stage, "第一版");
    assert_eq!(say(&app, one, &stage, "身份证 11010519491231002X")["comment_state"], "held");
    assert_eq!(app.rate(one, &stage.project, MONTH, 4).json()["comment"], json!(null));
    say(&app, one, &stage, "第三版");
    say(&app, &residents[1], &stage, "撤回的");
    app.taken_back(&residents[1], &stage.project, MONTH).expect(204);
    app.rate_all(&residents[2..], &stage.project, MONTH, &[4; 4]);
    app.step_on("2026-12-01");
    let listed = reviews(&app, &stage);
    assert_eq!((listed.len(), &listed[0]["comment"]), (1, &json!("第三版")));
}

#[both]
fn taken_back_while_the_key_lives(app: TestApp) {
    let (stage, residents) = published(&app, &["第一", "第二"]);
    let ratings = app.project_ratings(&stage.project);
    let path = format!("{}/comment", rating_path(&stage.project, MONTH));
    let delete = |resident: &Resident| app.delete(&path).token(&app.renewed(&resident.id));
    delete(&residents[2]).refused(404, "not_found");
    delete(&residents[0]).expect(204);
    let listed = reviews(&app, &stage);
    assert_eq!((listed.len(), &listed[0]["comment"]), (1, &json!("第二")));
    assert_eq!(app.project_ratings(&stage.project), ratings);
    assert_eq!(
        app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json()["comment"],
        json!(null)
    );
    // Thirty days after the month its key is gone, and nobody can say whose the comment is.
    app.steps_to("2026-12-31");
    delete(&residents[1]).refused(404, "not_found");
    app.own_rating(&residents[1], &stage.project, MONTH).refused(404, "not_found");
    assert_eq!(reviews(&app, &stage).len(), 1);
    assert_eq!(app.project_ratings(&stage.project)["count"], ratings["count"]);
}

#[both]
fn the_firm_replies_to_its_own_reviews(app: TestApp) {
    let (stage, residents) = published(&app, &["电梯常坏"]);
    let path = format!("/v1/reviews/{}/reply", id_of(&reviews(&app, &stage)[0]));
    let firm = app.firm_account(&stage.uscc);
    let reply = |token: &str, text: &str| app.put(&path).token(token).json(&json!({"text": text}));
    reply(&app.firm_account(&app.stage().uscc), "冒名").refused(403, "out_of_reach");
    reply(&app.renewed(&residents[1].id), "冒名").refused(403, "role_not_allowed");
    assert_eq!(
        reply(&firm, "a\u{0}").refused(422, "invalid").faults(),
        [("/text".into(), "control_character".into())]
    );
    assert_eq!(
        reply(&firm, &"长".repeat(501)).refused(422, "invalid").faults(),
        [("/text".into(), "length".into())]
    );
    let first = reply(&firm, "已安排检修。").expect(201);
    assert_eq!(reviews(&app, &stage)[0]["reply"]["text"], "已安排检修。");
    app.put(&path)
        .token(&firm)
        .header("If-Match", first.etag())
        .json(&json!({"text": "已修好。"}))
        .expect(200);
    app.put(&path)
        .token(&firm)
        .header("If-Match", first.etag())
        .json(&json!({"text": "旧"}))
        .refused(412, "stale");
    assert_eq!(reviews(&app, &stage)[0]["reply"]["text"], "已修好。");
    app.put("/v1/reviews/nothing/reply").token(&firm).json(&json!({"text": "x"})).refused(404, "not_found");
}

#[both]
fn residents_flag_once_and_officials_settle_it(app: TestApp) {
    let (stage, residents) = published(&app, &["都是废物"]);
    let id = id_of(&reviews(&app, &stage)[0]);
    let reader = app.renewed(&residents[3].id);
    let flag = |token: &str| {
        app.post(&format!("/v1/reviews/{id}/flags")).token(token).json(&json!({"reason": "人身攻击"}))
    };
    flag(&reader).expect(201);
    flag(&reader).refused(409, "already_exists");
    app.post("/v1/reviews/nothing/flags")
        .token(&reader)
        .json(&json!({"reason": "x"}))
        .refused(404, "not_found");
    app.post(&format!("/v1/reviews/{id}/flags"))
        .token(&reader)
        .json(&json!({"reason": ""}))
        .refused(422, "invalid");
    let official = app.official(Role::District, DISTRICT, false);
    let flagged =
        || app.get("/v1/admin/reviews?status=flagged").token(&official).expect(200).json()["items"].clone();
    assert_eq!((&flagged()[0]["id"], &flagged()[0]["flags"]), (&json!(id), &json!(["人身攻击"])));
    let kept = app
        .post(&format!("/v1/admin/reviews/{id}/publish"))
        .token(&official)
        .header("If-Match", "*")
        .json(&json!({"reason": "不违规"}))
        .expect(200)
        .json();
    assert_eq!((&kept["flags"], &kept["state"]), (&json!([]), &json!("published")));
    assert_eq!(flagged(), json!([]));
    flag(&app.renewed(&residents[4].id)).expect(201);
    assert_eq!(flagged().as_array().unwrap().len(), 1);
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, false);
    assert_eq!(app.get("/v1/admin/reviews").token(&elsewhere).expect(200).json()["items"], json!([]));
    app.post(&format!("/v1/admin/reviews/{id}/hide"))
        .token(&elsewhere)
        .header("If-Match", "*")
        .json(&json!({"rule": "insult", "reason": "x"}))
        .refused(404, "not_found");
}
