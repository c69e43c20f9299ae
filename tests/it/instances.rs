//! Several instances over one database: what one writes the others show within a second, and limits
//! and codes hold across them.

use std::sync::Barrier;
use std::time::{Duration, Instant};
use xinwu_both::both;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_persistence::schema::{rating_key, rating_step};

use crate::crash::{others_rate, published};
use crate::harness::program::{Desk, Serving};
use crate::harness::residents::rating_path;
use crate::harness::world::DISTRICT;
use crate::harness::{Backend, Call, TestApp};
use crate::sign_in::{ask_code, staff, with_code, with_password};

const PHONE: &str = "13900000001";
const PASSWORD: &str = "correct horse battery";

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[both]
fn a_code_has_five_tries_whichever_instance_they_come_to(app: TestApp) {
    let other = app.beside();
    ask_code(&app, PHONE).expect(202);
    let code = app.state.outbox().last_code(PHONE).unwrap();
    for each in [&app, &other, &app, &other, &other] {
        with_code(each, PHONE, wrong(&code)).refused(401, "wrong_code");
    }
    with_code(&app, PHONE, &code).refused(401, "wrong_code");
    with_code(&other, PHONE, &code).refused(401, "wrong_code");
}

#[both]
fn a_code_is_good_once_when_all_instances_are_asked_at_once(app: TestApp) {
    let other = app.beside();
    ask_code(&app, PHONE).expect(202);
    let code = app.state.outbox().last_code(PHONE).unwrap();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = [&app, &other, &app, &other]
            .map(|each| scope.spawn(|| with_code(each, PHONE, &code).send().status))
            .into();
        asked.into_iter().map(|each| each.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 3, "{statuses:?}");
}

#[both]
fn a_phone_that_asked_one_instance_for_a_code_waits_at_the_other(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| config.codes_an_hour_an_address = 20);
    let other = TestApp::start_with(app.backend, |config| {
        config.database.clone_from(&app.state.config().database);
        config.codes_an_hour_an_address = 20;
    });
    other.clock.set(app.now());
    ask_code(&app, PHONE).expect(202);
    assert_eq!(ask_code(&other, PHONE).refused(429, "too_many_codes").header("retry-after"), "60");
    // Twenty an hour from one address: nineteen more, half of them at each.
    for number in 2..=20 {
        let each = if number % 2 == 0 { &app } else { &other };
        ask_code(each, &format!("139000000{number:02}")).expect(202);
    }
    for each in [&app, &other] {
        ask_code(each, "13900000021").refused(429, "too_many_codes");
    }
}

#[both]
fn failed_passwords_are_counted_over_all_instances(app: TestApp) {
    let other = app.beside();
    app.account(staff("inspector", Role::Admin));
    for number in 0..10 {
        let each = if number % 2 == 0 { &app } else { &other };
        with_password(each, "inspector", "wrong horse battery").refused(401, "wrong_password");
    }
    for each in [&app, &other] {
        with_password(each, "inspector", PASSWORD).refused(429, "too_many_failures");
    }
}

#[both]
fn the_first_ratings_of_a_month_are_under_one_key_whichever_instance_they_come_to(app: TestApp) {
    let instances = [&app, &app.beside(), &app.beside()];
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 12);
    // Two of one dwelling, of whom one came before this month.
    app.household(&stage.estate, "77", &["13900000771", "13900000772"]);
    let couple = ["13900000771", "13900000772"].map(|phone| {
        let (id, token) = app.resident(phone);
        app.claim(&token, &stage.estate, "77").expect(201);
        id
    });
    for instance in instances {
        instance.poll_changes();
        instance.set_time("2026-11-30T16:00:00Z");
    }
    let path = rating_path(&stage.project, "2026-12");
    let raters: Vec<&String> = residents.iter().map(|resident| &resident.id).chain(&couple).collect();
    let gate = Barrier::new(raters.len());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = raters
            .iter()
            .enumerate()
            .map(|(place, id)| {
                let (gate, call) = (&gate, instances[place % 3].put(&path).token(&app.renewed(id)));
                let call = call.json(&json!({"overall": 1 + place % 5}));
                scope.spawn(move || {
                    gate.wait();
                    call.send().status
                })
            })
            .collect();
        asked.into_iter().map(|each| each.join().unwrap()).collect()
    });
    assert!(statuses[..12].iter().all(|status| *status == 201), "{statuses:?}");
    let mut of_couple = statuses[12..].to_vec();
    of_couple.sort_unstable();
    assert_eq!(of_couple, [201, 409]);
    let second = couple[usize::from(statuses[13] == 409)].clone();
    for instance in instances {
        let again = instance.put(&path).token(&app.renewed(&second)).json(&json!({"overall": 1}));
        again.refused(409, "household_has_rated");
    }
    let keys: Vec<String> = app
        .db()
        .read_blocking(|conn| {
            use diesel::{QueryDsl, RunQueryDsl};
            Ok(rating_key::table.select(rating_key::month).load(conn)?)
        })
        .unwrap();
    assert_eq!(keys, ["2026-12"]);
    // Each reads through the others what was given through one.
    for (place, id) in raters.iter().enumerate().filter(|(place, _)| statuses[*place] == 201) {
        for instance in instances {
            let own = instance.get(&path).token(&app.renewed(id)).expect(200).json();
            assert_eq!(own["overall"], json!(1 + place % 5));
        }
    }
    app.step_on("2027-01-01");
    assert_eq!(app.project_ratings(&stage.project)["count"], json!(13));
}

/// Also where each comes to a project while another is at it.
#[test]
fn a_step_that_several_instances_make_at_once_is_made_once() {
    let app = TestApp::start(Backend::Postgres);
    let instances = [&app, &app.beside(), &app.beside()];
    app.tick();
    let expected = others_rate(&app, 60, "2026-11");
    let stage = app.stage();
    let few = app.neighbours(&stage.estate, 3);
    app.rate_all(&few, &stage.project, "2026-11", &[1, 2, 3]);
    instances.iter().for_each(|instance| instance.set_hour("2026-12-01", 6));
    let gate = Barrier::new(instances.len());
    std::thread::scope(|scope| {
        for instance in instances {
            let gate = &gate;
            scope.spawn(move || {
                gate.wait();
                instance.tick();
            });
        }
    });
    assert_eq!(published(&app.state.config().database), expected);
    let (steps, keys): (i64, i64) = app
        .db()
        .read_blocking(|conn| {
            use diesel::{QueryDsl, RunQueryDsl};
            Ok((rating_step::table.count().get_result(conn)?, rating_key::table.count().get_result(conn)?))
        })
        .unwrap();
    assert_eq!((steps, keys), (1, 2));
    // What was too little rolled once, and is read through each.
    for (stars, resident) in (1..).zip(&few) {
        for instance in instances {
            let own = instance.own_rating(resident, &stage.project, "2026-12").expect(200).json();
            assert_eq!((&own["overall"], &own["published"]), (&json!(stars), &json!(null)));
        }
    }
    let (project, sums) = expected.first_key_value().unwrap();
    for instance in instances {
        instance.poll_changes();
        assert_eq!(instance.project_ratings(project)["count"], json!(sums.iter().sum::<i32>()));
    }
    Desk::beside(&app).run(&["verify"]).expect(0);
}

/// Two services in processes of their own beside `app`, and the token of an official at the first.
fn two_services(app: &TestApp) -> (Serving, Serving, String) {
    let desk = Desk::beside(app);
    let arguments = [
        "user",
        "add",
        "inspector",
        "--role",
        "district",
        "--staff-number",
        "N-inspector",
        "--place",
        DISTRICT,
        "--password-stdin",
    ];
    desk.run_told(&arguments, "correct horse battery\n").expect(0);
    let (one, other) = (desk.serve(), desk.serve());
    let body = json!({"grant_type": "password", "username": "inspector", "password": PASSWORD});
    let signed = one.call("POST", "/v1/auth/token").json(&body).expect(200).json();
    (one, other, signed["access_token"].as_str().unwrap().to_owned())
}

fn rename(call: Call, token: &str, name: &str) {
    call.token(token).header("If-Match", "*").json(&json!({"short_name": name})).expect(200);
}

/// How long it takes from now on until the card shows this short name.
fn until_shown(service: &Serving, card: &str, name: &str) -> Duration {
    let began = Instant::now();
    while service.call("GET", card).expect(200).json()["short_name"] != name {
        assert!(began.elapsed() < Duration::from_secs(20), "{name} is never shown");
    }
    began.elapsed()
}

#[test]
fn what_one_service_writes_the_other_shows_within_a_second() {
    let app = TestApp::start(Backend::Postgres);
    let uscc = app.firm("大连甲物业");
    let (card, edit) = (format!("/v1/firms/{uscc}"), format!("/v1/admin/firms/{uscc}"));
    let (one, other, token) = two_services(&app);
    for number in 0..5 {
        let name = format!("甲{number}");
        rename(one.call("PATCH", &edit), &token, &name);
        // Through the same one at once, whoever asks.
        assert_eq!(one.call("GET", &card).expect(200).json()["short_name"], name.as_str());
        let took = until_shown(&other, &card, &name);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn it_does_so_too_when_nobody_tells_it_and_when_its_listening_connection_is_cut() {
    let app = TestApp::start(Backend::Postgres);
    let uscc = app.firm("大连甲物业");
    let (card, edit) = (format!("/v1/firms/{uscc}"), format!("/v1/admin/firms/{uscc}"));
    let (one, other, token) = two_services(&app);
    other.call("GET", &card).expect(200);
    // `app` stands for a process that writes and tells nobody: its clock does not run.
    let admin = app.official(Role::District, DISTRICT, false);
    rename(app.patch(&edit), &admin, "甲");
    let took = until_shown(&other, &card, "甲");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let mut server = PgConnection::establish(&app.state.config().database).unwrap();
    for number in 0..5 {
        let name = format!("乙{number}");
        assert!(cut_listeners(&mut server) >= 2);
        rename(one.call("PATCH", &edit), &token, &name);
        let took = until_shown(&other, &card, &name);
        assert!(took < Duration::from_secs(1), "{took:?}");
        // Both listen again before the next cut.
        while listeners(&mut server) < 2 {}
    }
}

/// What was missed while the connection was lost cannot be told, so all is read again.
#[test]
fn what_was_written_while_the_connection_was_cut_is_not_missed() {
    let app = TestApp::start(Backend::Postgres);
    let uscc = app.firm("大连甲物业");
    let card = format!("/v1/firms/{uscc}");
    let shown = || app.get(&card).expect(200).json()["short_name"].clone();
    let found = |name: &str| -> Value {
        app.get(&format!("/v1/firms?q={}", crate::harness::world::encode(name))).expect(200).json()["items"]
            .clone()
    };
    assert_eq!((shown(), found("连乙")), (Value::Null, json!([])));
    let mut server = PgConnection::establish(&app.state.config().database).unwrap();
    cut_listeners(&mut server);
    let other = app.beside();
    rename(
        other.patch(&format!("/v1/admin/firms/{uscc}")),
        &other.official(Role::District, DISTRICT, false),
        "甲",
    );
    let new = other.firm("大连乙物业");
    assert_eq!((shown(), app.poll_changes()), (Value::Null, 0));
    assert_eq!((shown(), &found("连乙")[0]["uscc"]), (json!("甲"), &json!(new)));
    // From here on it learns as before.
    rename(
        other.patch(&format!("/v1/admin/firms/{uscc}")),
        &other.official(Role::District, DISTRICT, false),
        "丙",
    );
    assert!(app.poll_changes() > 0);
    assert_eq!(shown(), json!("丙"));
}

/// A card is usually one statement, before which nothing is sent that would find out that the
/// connection is lost.
#[test]
fn a_card_is_read_though_every_connection_was_cut_while_it_waited() {
    let app = TestApp::start(Backend::Postgres);
    let (one, other) = (app.firm("大连甲物业"), app.firm("大连乙物业"));
    app.get(&format!("/v1/firms/{one}")).expect(200);
    let mut server = PgConnection::establish(&app.state.config().database).unwrap();
    let cut = number(
        &mut server,
        "SELECT count(pg_terminate_backend(pid, 5000)) AS number FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert!(cut >= 2);
    let card = app.get(&format!("/v1/firms/{other}")).expect(200).json();
    assert_eq!(card["name"], "大连乙物业");
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

fn number(server: &mut PgConnection, sql: &str) -> i64 {
    diesel::RunQueryDsl::get_result::<Number>(diesel::sql_query(sql), server).unwrap().number
}

fn listeners(server: &mut PgConnection) -> i64 {
    number(
        server,
        "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'xinwu listening'",
    )
}

/// Ends every session that subscribes; gives how many there were.
fn cut_listeners(server: &mut PgConnection) -> i64 {
    server.batch_execute("SELECT pg_stat_clear_snapshot()").unwrap();
    number(
        server,
        "SELECT count(pg_terminate_backend(pid, 5000)) AS number FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'xinwu listening'",
    )
}
