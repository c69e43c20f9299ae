//! What must not leak: one test for each way in which a rating, or whose it is, could be read out
//! of what is public.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::schema::{
    idempotency, rated_month, rating, rating_increment, rating_key, review_flag,
};

use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Backend, Reply, TestApp};

const MONTH: &str = "2026-11";

/// Everything public about a project and its firm, bytes and headers, once it is cached: then the
/// headers also tell whether anything was invalidated since.
fn public(app: &TestApp, stage: &Stage) -> Vec<String> {
    read(app, stage);
    read(app, stage)
}

fn read(app: &TestApp, stage: &Stage) -> Vec<String> {
    let Stage { uscc, estate, project } = stage;
    [
        format!("/v1/projects/{project}"),
        format!("/v1/projects/{project}/ratings"),
        format!("/v1/projects/{project}/reviews?count=true"),
        format!("/v1/projects/{project}/evaluation"),
        format!("/v1/firms/{uscc}"),
        format!("/v1/firms/{uscc}/ratings"),
        format!("/v1/firms/{uscc}/reviews?count=true"),
        format!("/v1/firms/{uscc}/evaluation"),
        format!("/v1/firms?q={uscc}"),
        format!("/v1/compare?firms={uscc}"),
        format!("/v1/estates/{estate}"),
        "/v1/rankings?by=service&count=true".to_owned(),
        "/v1/statistics?period=2026".to_owned(),
    ]
    .iter()
    .map(|path| app.get(path).expect(200))
    .map(|reply| {
        let mut headers: Vec<String> = reply
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        format!("{headers:?} {}", reply.text)
    })
    .collect()
}

/// Five households whose ratings the step of 1 December published.
fn published(app: &TestApp) -> (Stage, Vec<Resident>) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    app.rate_all(&residents, &stage.project, MONTH, &[5, 4, 1, 2, 5]);
    app.step_on("2026-12-01");
    assert_eq!(app.project_ratings(&stage.project)["count"], 5);
    (stage, residents)
}

fn count(app: &TestApp, stage: &Stage) -> Value {
    app.project_ratings(&stage.project)["count"].clone()
}

/// Every number of every increment.
fn numbers(app: &TestApp) -> Vec<i32> {
    app.db()
        .read_blocking(|conn| {
            use rating_increment as row;
            let stars: Vec<(i32, i32, i32, i32, i32)> =
                row::table.select((row::one, row::two, row::three, row::four, row::five)).load(conn)?;
            Ok(stars
                .into_iter()
                .flat_map(|(one, two, three, four, five)| [one, two, three, four, five])
                .collect())
        })
        .unwrap()
}

#[both]
fn remainder(app: TestApp) {
    let (stage, residents) = published(&app);
    let before = public(&app, &stage);
    // Four take theirs back and one edits: what would be left is one's.
    for resident in &residents[..4] {
        app.taken_back(resident, &stage.project, MONTH).refused(409, "rating_published");
    }
    app.rating(&residents[4], &stage.project, MONTH).json(&json!({"overall": 1})).refused(422, "invalid");
    assert_eq!(read(&app, &stage), before);
}

#[both]
fn signs(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 10);
    app.rate_all(&residents, &stage.project, MONTH, &[5; 10]);
    app.rate_all(&residents, &stage.project, MONTH, &[1; 10]);
    app.step_on("2026-11-23");
    app.rating(&residents[0], &stage.project, MONTH)
        .json(&json!({"overall": 5}))
        .refused(409, "rating_published");
    app.step_on("2026-12-01");
    app.rate_all(&residents[..5], &stage.project, "2026-12", &[4; 5]);
    app.step_on("2027-01-01");
    // An edit shows its old stars nowhere, neither as −1 nor otherwise.
    let mut numbers = numbers(&app);
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 0, 0, 0, 0, 0, 0, 0, 5, 10]);
}

#[both]
fn receipt(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    app.rate_all(&residents, &stage.project, MONTH, &[5; 5]);
    let before = public(&app, &stage);
    // Who was made to change a rating has nothing to show for it, and can change it back.
    app.rate(&residents[0], &stage.project, MONTH, 1);
    assert_eq!(read(&app, &stage), before);
    app.rate(&residents[0], &stage.project, MONTH, 5);
    assert_eq!(read(&app, &stage), before);
}

#[both]
fn fillers(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    app.rate_all(&residents[..4], &stage.project, MONTH, &[3; 4]);
    for day in ["2026-11-23", "2026-11-30"] {
        // Four send theirs again and again: they are four.
        (0..3).for_each(|_| app.rate_all(&residents[..4], &stage.project, MONTH, &[3; 4]));
        app.step_on(day);
        assert_eq!(count(&app, &stage), json!(null));
    }
    app.rate(&residents[4], &stage.project, MONTH, 1);
    app.step_on("2026-12-01");
    let before = public(&app, &stage);
    // With those four known, the next one is read only if five come out again.
    app.rate(&residents[5], &stage.project, "2026-12", 1);
    assert_eq!(read(&app, &stage), before);
    app.step_on("2027-01-01");
    assert_eq!(count(&app, &stage), json!(5));
}

#[both]
fn refill(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    let before = public(&app, &stage);
    for stars in 1..=5 {
        // Four edit daily.
        app.rate_all(&residents[..4], &stage.project, MONTH, &[stars; 4]);
        assert_eq!(read(&app, &stage), before);
    }
    app.rate(&residents[4], &stage.project, MONTH, 2);
    assert_eq!(read(&app, &stage), before);
    app.step_on("2026-12-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 0, "2": 1, "3": 0, "4": 0, "5": 4})
    );
    for resident in &residents[..4] {
        app.taken_back(resident, &stage.project, MONTH).refused(409, "rating_published");
    }
}

#[both]
fn starred_reviews(app: TestApp) {
    let stage = app.stage();
    for (position, resident) in app.neighbours(&stage.estate, 5).iter().enumerate() {
        let body = json!({"overall": position + 1, "dimensions": {"cleaning": position + 1}, "comment": format!("意见{position}")});
        app.rating(resident, &stage.project, MONTH).json(&body).expect(201);
    }
    app.step_on("2026-12-01");
    for path in
        [format!("/v1/projects/{}/reviews", stage.project), format!("/v1/firms/{}/reviews", stage.uscc)]
    {
        let listed = app.get(&path).expect(200).json();
        let mut keys: Vec<&String> = listed["items"][0].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["comment", "estate", "hidden", "id", "month", "project", "reply"]);
    }
}

#[both]
fn pooled_rows(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    // One household in five months is not five.
    for (month, stars) in [("2026-11", 5), ("2026-12", 4), ("2027-01", 3), ("2027-02", 2), ("2027-03", 1)] {
        app.step_on(&format!("{month}-{}", if month == MONTH { "23" } else { "01" }));
        app.set_hour(&format!("{month}-25"), 12);
        app.rate(&resident, &stage.project, month, stars);
        assert_eq!(count(&app, &stage), json!(null));
    }
    app.step_on("2027-04-01");
    assert_eq!(count(&app, &stage), json!(null));
}

#[both]
fn coverage_by_rows(app: TestApp) {
    let (stage, residents) = published(&app);
    let coverage = |stage: &Stage| app.project_ratings(&stage.project)["coverage"].clone();
    assert_eq!((&coverage(&stage)["count"], &coverage(&stage)["share"]), (&json!(5), &json!(0.05)));
    app.rate_all(&residents[..4], &stage.project, "2026-12", &[4; 4]);
    assert_eq!(coverage(&stage)["count"], json!(5));
    app.step_on("2026-12-07");
    assert_eq!(coverage(&stage)["count"], json!(5));
    assert_eq!(coverage(&app.stage())["count"], json!(null));
}

#[both]
fn holds_number_before_and_after_a_residence_ends(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 20);
    app.rate_all(&residents, &stage.project, MONTH, &[5; 20]);
    app.step_on("2026-11-23");
    let district = app.official(Role::District, DISTRICT, true);
    let told = || {
        let list = app.get("/v1/admin/bursts?count=true").token(&district).expect(200);
        (public(&app, &stage), list.text.clone(), list.etag().to_owned())
    };
    let before = told();
    let own = app.get("/v1/me/residences").token(&app.renewed(&residents[0].id)).expect(200).json();
    let residence = own["items"][0]["id"].as_str().unwrap();
    app.delete(&format!("/v1/me/residences/{residence}")).token(&app.renewed(&residents[0].id)).expect(204);
    assert_eq!(told(), before);
}

#[both]
fn constant_waiting(app: TestApp) {
    let (stage, empty) = (app.stage(), app.stage());
    let told = |stage: &Stage| app.get(&format!("/v1/projects/{}/ratings", stage.project)).expect(200);
    let tag = |told: &Reply| {
        let parts: Vec<&str> = told.etag().split('.').collect();
        let [version, object, content] = parts[..] else { panic!("{parts:?}") };
        ((version.to_owned(), content.to_owned()), object.to_owned())
    };
    // A tag names its object, which is one before and after.
    let objects = [tag(&told(&stage)).1, tag(&told(&empty)).1];
    let residents = app.neighbours(&stage.estate, 4);
    app.neighbours(&empty.estate, 4);
    app.rate_all(&residents, &stage.project, MONTH, &[4; 4]);
    app.step_on("2026-12-01");
    let (waits, nothing) = (told(&stage), told(&empty));
    assert_eq!((&waits.text, tag(&waits).0), (&nothing.text, tag(&nothing).0));
    assert_eq!([tag(&waits).1, tag(&nothing).1], objects);
    assert_eq!(waits.json()["reason"], "waiting");
}

#[both]
fn held_comment_comes_out_alone(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    let body = json!({"overall": 4, "comment": "请致电 139 0000 0000"});
    app.rating(&residents[0], &stage.project, MONTH).json(&body).expect(201);
    let queue = || {
        let street = app.official(Role::Street, STREET, false);
        let list = app.get("/v1/admin/reviews?count=true").token(&street).expect(200);
        (
            list.json()["page"]["total"].clone(),
            list.json()["items"][0]["id"].as_str().unwrap_or_default().to_owned(),
            street,
        )
    };
    assert_eq!(queue().0, json!(0));
    app.rating(&residents[1], &stage.project, MONTH).json(&body).expect(201);
    app.rate_all(&residents[2..], &stage.project, MONTH, &[4; 3]);
    app.step_on("2026-12-01");
    assert_eq!(queue().0, json!(2));
    // Nor is it seen that one that never was out is taken back.
    let before = public(&app, &stage);
    let comment = format!("/v1/me/ratings/{}/{MONTH}/comment", stage.project);
    app.delete(&comment).token(&app.renewed(&residents[1].id)).expect(204);
    assert_eq!(read(&app, &stage), before);
    let (total, id, street) = queue();
    assert_eq!(total, json!(1));
    let before = public(&app, &stage);
    app.post(&format!("/v1/admin/reviews/{id}/publish"))
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"reason": "可以"}))
        .expect(200);
    // Not at the decision: it would tell that this one was looked at.
    assert_eq!(read(&app, &stage), before);
    app.step_on("2026-12-07");
    assert_eq!(
        app.get(&format!("/v1/projects/{}/reviews?count=true", stage.project)).expect(200).json()["page"]["total"],
        1
    );
}

#[both]
fn cursors_and_metrics_move(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 7);
    for resident in &residents[..6] {
        app.rating(resident, &stage.project, MONTH).json(&json!({"overall": 4, "comment": "好"})).expect(201);
    }
    app.step_on("2026-12-01");
    let page = || app.get(&format!("/v1/firms/{}/reviews?limit=2", stage.uscc)).expect(200).text;
    let metrics = || app.metrics();
    let before = page();
    app.rating(&residents[6], &stage.project, "2026-12")
        .json(&json!({"overall": 1, "comment": "差"}))
        .expect(201);
    assert_eq!(page(), before);
    // Of one's own ratings the metrics say only that something was asked.
    let told = metrics();
    for line in told.lines().filter(|line| line.contains("/me/ratings")) {
        assert!(!line.contains("PUT") && !line.contains("DELETE") && !line.contains("{project}"), "{line}");
    }
    assert!(!told.contains(&stage.project), "{told}");
}

#[both]
fn household_has_rated_to_a_false_resident(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let (_, claims) = app.resident("13911112222");
    app.claim(&claims, &stage.estate, &resident.room).expect(201);
    let put = || {
        let reply = app
            .put(&format!("/v1/me/ratings/{}/{MONTH}", stage.project))
            .token(&claims)
            .json(&json!({"overall": 1}))
            .send();
        (reply.status, reply.json()["code"].clone(), reply.json()["detail"].clone())
    };
    let before = put();
    assert_eq!((before.0, &before.1), (403, &json!("not_verified_yet")));
    app.rate(&resident, &stage.project, MONTH, 4);
    assert_eq!(put(), before);
}

#[both]
fn staff_list_roster_edit_or_ended_residence_chooses_the_crowd(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    app.rate_all(&residents, &stage.project, MONTH, &[5, 4, 1, 2, 5]);
    // What is decided later concerns ratings that are not given yet.
    let (uscc, phone_hash) = (stage.uscc.clone(), app.state.secrets().phone_hash(&residents[0].phone));
    app.db()
        .write_blocking(move |tx| {
            use xinwu_persistence::schema::staff;
            diesel::insert_into(staff::table)
                .values((staff::uscc.eq(&uscc), staff::phone_hash.eq(&phone_hash)))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    let community = app.official(Role::Community, COMMUNITY, true);
    let household = format!("/v1/admin/households/{}", residents[1].household);
    app.patch(&household).token(&community).header("If-Match", "*").json(&json!({"phones": []})).expect(200);
    let own = app.get("/v1/me/residences").token(&residents[2].token).expect(200).json();
    app.delete(&format!("/v1/me/residences/{}", own["items"][0]["id"].as_str().unwrap()))
        .token(&residents[2].token)
        .expect(204);
    app.step_on("2026-12-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 1, "2": 1, "3": 0, "4": 1, "5": 2})
    );
}

#[both]
fn dwelling_deleted_and_added_rates_twice(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 4);
    let one = app.neighbour(&stage.estate);
    app.rate(&one, &stage.project, MONTH, 5);
    // Its roster is emptied and its resident gone; someone else is entered and lives there.
    let community = app.official(Role::Community, COMMUNITY, true);
    let own = app.get("/v1/me/residences").token(&one.token).expect(200).json();
    app.delete(&format!("/v1/me/residences/{}", own["items"][0]["id"].as_str().unwrap()))
        .token(&one.token)
        .expect(204);
    let (id, token) = app.resident("13933334444");
    app.patch(&format!("/v1/admin/households/{}", one.household))
        .token(&community)
        .header("If-Match", "*")
        .json(&json!({"phones": ["13933334444"]}))
        .expect(200);
    app.claim(&token, &stage.estate, &one.room).expect(201);
    let again = Resident {
        id,
        token,
        phone: "13933334444".to_owned(),
        household: one.household.clone(),
        room: one.room.clone(),
    };
    let refused = app.rating(&again, &stage.project, MONTH).json(&json!({"overall": 1})).send();
    // A roster entry of this month counts from the next on, or the dwelling has rated.
    assert!(matches!(refused.status, 403 | 409), "{}", refused.text);
    app.rate_all(&residents, &stage.project, MONTH, &[3; 4]);
    app.step_on("2026-12-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 0, "2": 0, "3": 4, "4": 0, "5": 1})
    );
}

#[both]
fn account_deleted_and_made_again_rates_twice(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 10);
    app.rate_all(&residents, &stage.project, MONTH, &[4; 10]);
    app.step_on("2026-11-23");
    let one = &residents[0];
    app.delete("/v1/me").token(&app.renewed(&one.id)).expect(204);
    let (id, token) = app.resident(&one.phone);
    app.claim(&token, &stage.estate, &one.room).expect(201);
    let again = Resident {
        id,
        token,
        phone: one.phone.clone(),
        household: one.household.clone(),
        room: one.room.clone(),
    };
    app.rating(&again, &stage.project, MONTH).json(&json!({"overall": 1})).refused(409, "rating_published");
    app.step_on("2026-12-01");
    assert_eq!(count(&app, &stage), json!(10));
}

#[both]
fn id_order(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 12);
    for (position, resident) in residents.iter().enumerate() {
        let body = json!({"overall": 4, "comment": format!("意见{position:02}")});
        app.rating(resident, &stage.project, MONTH).json(&body).expect(201);
    }
    app.step_on("2026-11-23");
    let listed = app.get(&format!("/v1/projects/{}/reviews?limit=100", stage.project)).expect(200).json();
    let comments: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|each| each["comment"].as_str().unwrap()).collect();
    assert_eq!(comments.len(), 12);
    // Sorted by their ids, which are random: in the order of writing, either way, once in 240
    // million runs.
    assert!(!comments.is_sorted() && !comments.iter().rev().is_sorted(), "{comments:?}");
}

#[both]
fn flags_in_clear(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    for resident in &residents {
        app.rating(resident, &stage.project, MONTH).json(&json!({"overall": 4, "comment": "好"})).expect(201);
    }
    app.step_on("2026-12-01");
    let id = app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let reader = app.renewed(&residents[4].id);
    let flag = || {
        app.post(&format!("/v1/reviews/{id}/flags"))
            .token(&reader)
            .header("Idempotency-Key", "flag-1")
            .json(&json!({"reason": "不实"}))
    };
    flag().expect(201);
    let (flaggers, kept): (Vec<Vec<u8>>, i64) = app
        .db()
        .read_blocking(|conn| {
            Ok((
                review_flag::table.select(review_flag::flagger).load(conn)?,
                idempotency::table.count().get_result(conn)?,
            ))
        })
        .unwrap();
    // A pseudonym under the month's key, and no copy of the request.
    assert_eq!((flaggers.len(), flaggers[0].len(), kept), (1, 32, 0));
    for clear in [&residents[4].id, &residents[4].phone, &app.state.secrets().phone_hash(&residents[4].phone)]
    {
        assert_ne!(flaggers[0], clear.as_bytes());
    }
}

#[both]
fn two_instances_make_two_keys(app: TestApp) {
    let other = app.beside();
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 8);
    other.poll_changes();
    std::thread::scope(|scope| {
        for (position, resident) in residents.iter().enumerate() {
            let each = if position % 2 == 0 { &app } else { &other };
            let stage = &stage;
            scope.spawn(move || each.rate(resident, &stage.project, MONTH, 4));
        }
    });
    let (made, keys): (i64, i64) = app
        .db()
        .read_blocking(|conn| {
            Ok((rated_month::table.count().get_result(conn)?, rating_key::table.count().get_result(conn)?))
        })
        .unwrap();
    assert_eq!((made, keys), (1, 1));
    // Each finds what the other wrote.
    for (position, resident) in residents.iter().enumerate() {
        let each = if position % 2 == 0 { &other } else { &app };
        each.rating(resident, &stage.project, MONTH).json(&json!({"overall": 5})).expect(200);
    }
    let rows: i64 = app.db().read_blocking(|conn| Ok(rating::table.count().get_result(conn)?)).unwrap();
    assert_eq!(rows, 8);
}

/// Neither a rating nor a comment has a column that tells when it was written, by whom, or for
/// which household. That no session's instant stands beside a rating's day either is shown of a
/// whole database in `copied_file.rs` (`by_time`).
#[test]
fn time_columns() {
    let schema = include_str!("../../persistence/src/schema.rs");
    let columns = |table: &str| -> Vec<String> {
        let start = schema.find(&format!("    {table} (")).unwrap();
        let block = schema[start..].split_once("{\n").unwrap().1.split('}').next().unwrap();
        let name = |line: &str| {
            line.split_once(" -> ").map(|(name, kind)| {
                format!("{} {}", name.trim().trim_matches('"'), kind.trim_end_matches(','))
            })
        };
        block.lines().filter_map(name).collect()
    };
    for table in ["rating", "rating_comment"] {
        for column in columns(table) {
            let name = column.split(' ').next().unwrap();
            assert!(!column.contains("Timestamp"), "{table}: {column}");
            assert!(
                !["account_id", "household_id", "id", "day", "version", "estate"].contains(&name),
                "{table}: {column}"
            );
        }
    }
    let of_review = columns("review");
    let times: Vec<&String> = of_review.iter().filter(|column| column.contains("Timestamp")).collect();
    // Officials' decisions are dated, comments are not.
    assert_eq!(times, ["decided_at Nullable<Timestamp>"]);
    assert!(columns("review_flag").iter().all(|column| !column.contains("Timestamp")));
}

/// SQLite's rowid is the order of writing: these tables have none.
#[test]
fn no_rowid() {
    let app = TestApp::start(Backend::Sqlite);
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = diesel::sql_types::Text)]
        sql: String,
    }
    for table in ["rating", "rating_comment", "review", "review_flag"] {
        let sql = format!("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'");
        let made: Made =
            app.db().read_blocking(move |conn| Ok(diesel::sql_query(sql).get_result(conn)?)).unwrap();
        assert!(made.sql.contains("WITHOUT ROWID"), "{}", made.sql);
    }
}
