//! A city in use: what its people do, and when, which the database must not know.

use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::Role;

use super::{Table, block_on, copied};
use crate::harness::residents::{Resident, Stage, rating_path};
use crate::harness::world::{COMMUNITY, DISTRICT};
use crate::harness::{Backend, TestApp};
use crate::phone::change;
use crate::sign_in::{sign_in, with_refresh};

/// Verified households of the project that is looked at.
pub const HOUSEHOLDS: usize = 24;
/// Of them rated in November, which the step of 1 December published, and in December, where they
/// wait.
pub const RATED: [usize; 2] = [8, 20];
pub const MONTHS: [&str; 2] = ["2026-11", "2026-12"];

/// Someone of the project, with the refresh token that is good.
pub struct Person {
    pub resident: Resident,
    /// The phone with which they signed up, by which ratings know them.
    pub first_phone: String,
    refresh: Value,
}

/// A city in use, and what happened in it that the database must not know.
pub struct City {
    pub stage: Stage,
    pub people: Vec<Person>,
    /// Of each month the places in `people` of those who rated, in the order in which they did.
    pub rated: [Vec<usize>; 2],
    /// When each rated by the city's clock, and by this machine's from when to when.
    pub instants: Vec<DateTime<Utc>>,
    pub real: Vec<(u128, u128)>,
    /// When each did something else.
    pub others: Vec<DateTime<Utc>>,
    /// The bearers of everything: whose rows no path from a rating may reach.
    pub tables: Vec<Table>,
}

/// Numbers from 0 in an order of no meaning, another for each `step` (which has no part in common
/// with their number).
pub fn mixed(count: usize, step: usize) -> Vec<usize> {
    (0..count).map(|number| (number * step + 3) % count).collect()
}

fn millis() -> u128 {
    u128::try_from(xinwu_store::Clock::System.now().timestamp_millis()).unwrap()
}

/// What they say: stars and dimensions that nobody else says, so that equal answers hide nothing,
/// and in November of every third a comment.
fn said(position: usize, month: usize) -> Value {
    let stars = |of: usize| 1 + (position / of) % 5;
    let mut body = json!({"overall": stars(1), "dimensions": {"cleaning": stars(2), "security": stars(5)}});
    if month == 1 || position.is_multiple_of(3) {
        body["comment"] = json!(format!("第{month}{position}条意见：楼道还算干净"));
    }
    body
}

impl City {
    pub fn new(app: &TestApp) -> City {
        let stage = app.stage();
        app.tick();
        let mut city = City {
            people: registered(app, &stage),
            stage,
            rated: [Vec::new(), Vec::new()],
            instants: Vec::new(),
            real: Vec::new(),
            others: Vec::new(),
            tables: Vec::new(),
        };
        joined_and_claimed(app, &city);
        let burst = app.stage();
        let burst_raters = app.neighbours(&burst.estate, 20);
        city.month(app, 0, 7);
        app.rate_all(&burst_raters, &burst.project, MONTHS[0], &[5; 20]);
        app.step_on("2026-12-01");
        assert_eq!(app.project_ratings(&city.stage.project)["count"], json!(RATED[0]));
        assert_eq!(app.project_ratings(&burst.project)["held"], json!(true));
        city.new_phone(app, 3);
        city.month(app, 1, 11);
        city.again(app, 23);
        moderated(app, &city);
        look_at_tables(app);
        city.tables = copied(app);
        city
    }

    /// All do the same, each in minutes of their own and in an order of its own: they sign in
    /// again, come for their rating, and sign in again.
    /// Some give one.
    fn month(&mut self, app: &TestApp, month: usize, step: usize) {
        for position in mixed(HOUSEHOLDS, step) {
            self.again(app, position);
            let rates = self.rated[month].len() < RATED[month] && position % 6 != 5;
            app.advance(Duration::seconds(181));
            let path = rating_path(&self.stage.project, MONTHS[month]);
            let call = |method| app.call(method, &path).token(&self.people[position].resident.token);
            let began = millis();
            if rates {
                call("PUT").json(&said(position, month)).expect(201);
                self.real.push((began, millis()));
                self.instants.push(app.now());
                self.rated[month].push(position);
            } else {
                call("GET").refused(404, "not_found");
                self.others.push(app.now());
            }
            app.advance(Duration::seconds(179));
            self.again(app, position);
        }
        assert_eq!(self.rated[month].len(), RATED[month]);
    }

    fn again(&mut self, app: &TestApp, position: usize) {
        let person = &mut self.people[position];
        let signed = with_refresh(app, &person.refresh).expect(200).json();
        person.refresh = signed["refresh_token"].clone();
        person.resident.token = signed["access_token"].as_str().unwrap().to_owned();
        self.others.push(app.now());
    }

    /// One of those who rated in November, and do in December, changes the phone.
    fn new_phone(&mut self, app: &TestApp, position: usize) {
        assert!(self.rated[0].contains(&position));
        app.advance(Duration::seconds(181));
        self.again(app, position);
        let resident = &mut self.people[position].resident;
        let old = std::mem::replace(&mut resident.phone, "13600000009".to_owned());
        change(app, &resident.token, &old, &resident.phone);
    }
}

/// Households on their estate's first roster, and their residents, who sign in and claim them in
/// another order.
fn registered(app: &TestApp, stage: &Stage) -> Vec<Person> {
    let community = app.official(Role::Community, COMMUNITY, false);
    let phone = |number: usize| format!("138{:08}", 41_000_000 + 7_919 * number);
    let mut households = Vec::new();
    for number in 0..HOUSEHOLDS {
        let body = json!({"estate": stage.estate, "building": "7", "unit": "2", "room": room(number), "phones": [phone(number)]});
        let key = format!("household-{number}");
        let added = app.post("/v1/admin/households").token(&community).header("Idempotency-Key", &key);
        households.push(added.json(&body).expect(201).json()["id"].as_str().unwrap().to_owned());
    }
    let mut people: Vec<Option<Person>> = (0..HOUSEHOLDS).map(|_| None).collect();
    for number in mixed(HOUSEHOLDS, 5) {
        app.advance(Duration::seconds(251));
        let signed = sign_in(app, &phone(number));
        let token = signed["access_token"].as_str().unwrap().to_owned();
        let claim = json!({"estate": stage.estate, "building": "7", "unit": "2", "room": room(number)});
        let claimed = app.post("/v1/me/residences").token(&token).header("Idempotency-Key", "claim");
        assert_eq!(claimed.json(&claim).expect(201).json()["status"], "verified");
        let id = app.get("/v1/me").token(&token).expect(200).json()["id"].as_str().unwrap().to_owned();
        let household = households[number].clone();
        let resident = Resident { id, token, phone: phone(number), household, room: room(number) };
        let refresh = signed["refresh_token"].clone();
        people[number] = Some(Person { resident, first_phone: phone(number), refresh });
    }
    people.into_iter().map(Option::unwrap).collect()
}

fn room(number: usize) -> String {
    format!("{}0{}", number / 4 + 1, number % 4 + 1)
}

/// Two join dwellings in which others live, who are told; one claims a dwelling and waits.
fn joined_and_claimed(app: &TestApp, city: &City) {
    let community = app.official(Role::Community, COMMUNITY, false);
    for (position, phone) in [(2, "13700000002"), (9, "13700000009")] {
        let Resident { household, room, phone: first, .. } = &city.people[position].resident;
        let edit = app.patch(&format!("/v1/admin/households/{household}")).token(&community);
        edit.header("If-Match", "*").json(&json!({"phones": [first, phone]})).expect(200);
        let (_, token) = app.resident(phone);
        claim(app, &token, &city.stage, room);
    }
    let (_, token) = app.resident("13700000011");
    claim(app, &token, &city.stage, "1101");
}

fn claim(app: &TestApp, token: &str, stage: &Stage, room: &str) {
    let body = json!({"estate": stage.estate, "building": "7", "unit": "2", "room": room});
    app.post("/v1/me/residences").token(token).json(&body).expect(201);
}

/// A resident flags a comment, and an official hides another.
fn moderated(app: &TestApp, city: &City) {
    let list = format!("/v1/projects/{}/reviews", city.stage.project);
    let items = app.get(&list).expect(200).json()["items"].clone();
    let ids: Vec<&str> = items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    let token = &city.people[23].resident.token;
    let flag = app.post(&format!("/v1/reviews/{}/flags", ids[0])).token(token);
    flag.header("Idempotency-Key", "flag").json(&json!({"reason": "不实"})).expect(201);
    let district = app.official(Role::District, DISTRICT, false);
    let hide = app.post(&format!("/v1/admin/reviews/{}/hide", ids[1])).token(&district);
    hide.header("If-Match", "*").json(&json!({"rule": "insult", "reason": "人身攻击"})).expect(200);
}

/// Has the databases look at their tables as they do time and again, which keeps some values of
/// them.
fn look_at_tables(app: &TestApp) {
    match app.backend {
        Backend::Sqlite => block_on(app.db().analyze()).unwrap(),
        Backend::Postgres => {
            PgConnection::establish(&app.state.config().database).unwrap().batch_execute("ANALYZE").unwrap()
        }
    }
}
