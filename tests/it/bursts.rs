//! Bursts: set apart by a step, held and said to be held, counted after their days; never rejected.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, plain_project};

const MONTH: &str = "2026-11";
/// A Monday.
const STEP: &str = "2026-11-23";

/// `count` households of an estate of 100 rate with 5 stars and a comment, and the step of the next
/// Monday looks at them.
fn burst(app: &TestApp, count: usize) -> (Stage, Vec<Resident>) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, count);
    for resident in &residents {
        let body = json!({"overall": 5, "comment": "非常好"});
        app.rating(resident, &stage.project, MONTH).json(&body).expect(201);
    }
    app.step_on(STEP);
    (stage, residents)
}

fn counts(ratings: &Value) -> (Value, Value) {
    (ratings["count"].clone(), ratings["held"].clone())
}

fn held() -> (Value, Value) {
    (json!(null), json!(true))
}

fn reviews(app: &TestApp, stage: &Stage) -> usize {
    let path = format!("/v1/projects/{}/reviews?limit=100", stage.project);
    app.get(&path).expect(200).json()["items"].as_array().unwrap().len()
}

fn only(app: &TestApp, official: &str) -> Value {
    let list = app.get("/v1/admin/bursts?status=held").token(official).expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{list}");
    items[0].clone()
}

#[both]
fn nineteen_are_published_and_twenty_are_held(app: TestApp) {
    let [few, many] = [19, 20].map(|count| {
        let stage = app.stage();
        let residents = app.neighbours(&stage.estate, count);
        app.rate_all(&residents, &stage.project, MONTH, &vec![5; count]);
        stage
    });
    app.step_on(STEP);
    for ratings in [app.project_ratings(&few.project), app.firm_ratings(&few.uscc)] {
        assert_eq!(counts(&ratings), (json!(19), json!(false)));
    }
    for ratings in [app.project_ratings(&many.project), app.firm_ratings(&many.uscc)] {
        assert_eq!(counts(&ratings), held());
    }
}

#[both]
fn held_is_closed(app: TestApp) {
    let (stage, residents) = burst(&app, 20);
    assert_eq!(counts(&app.project_ratings(&stage.project)), held());
    assert_eq!(reviews(&app, &stage), 0);
    let own = app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json();
    assert_eq!((&own["held"], &own["published"]), (&json!(true), &json!(null)));
    assert!(own["note"].as_str().unwrap().contains("2026年12月2日"), "{own}");
    app.rating(&residents[0], &stage.project, MONTH).json(&json!({"overall": 1})).refused(409, "rating_held");
    app.taken_back(&residents[0], &stage.project, MONTH).refused(409, "rating_held");
    // Deleting the account leaves it; later ratings are no part of it.
    app.delete("/v1/me").token(&app.renewed(&residents[1].id)).expect(204);
    let later = app.neighbours(&stage.estate, 10);
    app.rate_all(&later, &stage.project, MONTH, &[4; 10]);
    app.step_on("2026-11-30");
    assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(10), json!(true)));
    app.steps_to("2026-12-02");
    let ratings = app.project_ratings(&stage.project);
    assert_eq!(
        (counts(&ratings), &ratings["distribution"]),
        ((json!(30), json!(false)), &json!({"1": 0, "2": 0, "3": 0, "4": 10, "5": 20}))
    );
    // The comment of the account that is gone is out with its stars.
    assert_eq!(reviews(&app, &stage), 20);
    let own = app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json();
    assert_eq!((&own["held"], &own["published"]), (&json!(false), &json!("2026-12")));
}

#[both]
fn the_district_releases_and_the_next_morning_counts(app: TestApp) {
    let (stage, _) = burst(&app, 20);
    let district = app.official(Role::District, DISTRICT, false);
    let burst = only(&app, &district);
    // Monday the 23rd: three working days for the district, three more for the city, counted the
    // morning after.
    assert_eq!(
        burst,
        json!({
            "id": burst["id"], "project": stage.project, "estate": burst["estate"], "uscc": stage.uscc, "step": STEP, "month": MONTH,
            "state": "held", "district_until": "2026-11-26", "city_until": "2026-12-01", "counts_on": "2026-12-02", "reason": null
        })
    );
    let path = format!("/v1/admin/bursts/{}", burst["id"].as_str().unwrap());
    let release = |token: &str, tag: &str| {
        app.post(&format!("{path}/release"))
            .token(token)
            .header("If-Match", tag)
            .json(&json!({"reason": "小区组织集中评价"}))
    };
    app.post(&format!("{path}/release"))
        .token(&district)
        .json(&json!({"reason": "x"}))
        .refused(428, "if_match_required");
    release(&app.official(Role::District, OTHER_DISTRICT, false), "*").refused(404, "not_found");
    release(&app.official(Role::Street, STREET, false), "*").refused(403, "role_not_allowed");
    let etag = app.get(&path).token(&district).expect(200).etag().to_owned();
    let released = release(&district, &etag).expect(200).json();
    assert_eq!(
        (&released["state"], &released["counts_on"], &released["reason"]),
        (&json!("released"), &json!("2026-11-24"), &json!("小区组织集中评价"))
    );
    release(&district, &etag).refused(412, "stale");
    release(&district, "*").refused(409, "already_decided");
    app.post(&format!("{path}/reject"))
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"reason": "x"}))
        .expect(404);
    assert_eq!(counts(&app.project_ratings(&stage.project)), held());
    app.step_on("2026-11-24");
    for ratings in [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)] {
        assert_eq!(
            (counts(&ratings), &ratings["distribution"]),
            ((json!(20), json!(false)), &json!({"1": 0, "2": 0, "3": 0, "4": 0, "5": 20}))
        );
    }
    assert_eq!(reviews(&app, &stage), 20);
}

#[both]
fn district_then_city(app: TestApp) {
    burst(&app, 20);
    let path = {
        let district = app.official(Role::District, DISTRICT, false);
        format!("/v1/admin/bursts/{}/release", only(&app, &district)["id"].as_str().unwrap())
    };
    app.set_time("2026-11-27T02:00:00Z");
    let (district, city) =
        (app.official(Role::District, DISTRICT, false), app.official(Role::City, "2102", false));
    let release =
        |token: &str| app.post(&path).token(token).header("If-Match", "*").json(&json!({"reason": "属实"}));
    release(&district).refused(403, "district_days_over");
    assert_eq!(release(&city).expect(200).json()["state"], "released");
}

#[both]
fn no_number_of_a_burst_is_told(app: TestApp) {
    let (stage, _) = burst(&app, 23);
    let city = app.official(Role::City, "2102", true);
    let path = format!("/v1/admin/bursts/{}", only(&app, &city)["id"].as_str().unwrap());
    for path in [
        "/v1/admin/bursts".to_owned(),
        "/v1/admin/bursts?count=true".to_owned(),
        path,
        format!("/v1/projects/{}/ratings", stage.project),
    ] {
        let told = app.get(&path).token(&city).expect(200).text;
        assert!(!told.contains(":23,") && !told.contains(":23}"), "{told}");
    }
}

#[both]
fn five_per_cent_of_the_households_is_not_more_than_it(app: TestApp) {
    // Twenty is 5 % of 400 households, and more than 5 % of 399.
    let [even, fewer] = [400, 399].map(|households| {
        let (uscc, estate) = (app.firm("大型物业"), app.estate(COMMUNITY, EstateKind::Professional));
        let project = app.project_with(NewProject { households, ..plain_project(&estate, &uscc) });
        app.rate_all(&app.neighbours(&estate, 20), &project, MONTH, &[5; 20]);
        project
    });
    app.step_on(STEP);
    assert_eq!(counts(&app.project_ratings(&even)), (json!(20), json!(false)));
    assert_eq!(counts(&app.project_ratings(&fewer)), held());
}

#[both]
fn fewer_than_k_are_left_and_wait_on(app: TestApp) {
    let (stage, residents) = burst(&app, 20);
    let (community, street) =
        (app.official(Role::Community, COMMUNITY, false), app.official(Role::Street, STREET, true));
    let public = || app.get(&format!("/v1/projects/{}/ratings", stage.project)).expect(200).text;
    let before = public();
    // Two officials end the residences of sixteen, each with reason and notice.
    for resident in &residents[4..] {
        let own = app.get("/v1/me/residences").token(&app.renewed(&resident.id)).expect(200).json();
        let path = format!("/v1/admin/residences/{}/end", own["items"][0]["id"].as_str().unwrap());
        let end = |official: &str| {
            app.post(&path)
                .token(official)
                .header("If-Match", "*")
                .json(&json!({"reason": "经核实不在此居住"}))
        };
        let asked = end(&community).expect(202).json();
        app.own_rating(resident, &stage.project, MONTH).expect(200);
        let confirm = format!("/v1/admin/proposals/{}/confirm", asked["id"].as_str().unwrap());
        app.post(&confirm).token(&street).header("If-Match", "*").expect(200);
        app.own_rating(resident, &stage.project, MONTH).refused(404, "not_found");
    }
    assert_eq!(public(), before);
    app.steps_to("2026-12-02");
    // Four are left: none of them counts, and they are held no more.
    assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(null), json!(false)));
    assert_eq!(reviews(&app, &stage), 0);
    let own = app.own_rating(&residents[0], &stage.project, "2026-12").expect(200).json();
    assert_eq!((&own["held"], &own["published"], &own["overall"]), (&json!(false), &json!(null), &json!(5)));
    app.rating(&residents[0], &stage.project, "2026-12").json(&json!({"overall": 4})).expect(200);
    app.rate(&app.neighbour(&stage.estate), &stage.project, "2026-12", 1);
    app.step_on("2027-01-01");
    let ratings = app.project_ratings(&stage.project);
    assert_eq!(
        (counts(&ratings), &ratings["distribution"]),
        ((json!(5), json!(false)), &json!({"1": 1, "2": 0, "3": 0, "4": 1, "5": 3}))
    );
}
