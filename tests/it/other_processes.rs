//! What other processes write to the same database is read by a service that keeps answers,
//! accounts and names in memory.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::program::Desk;
use crate::harness::{Backend, TestApp};
use crate::sign_in::{staff, with_password};

const PASSWORD: &str = "correct horse battery";
const MONTH: &str = "2026-11";

fn count(app: &TestApp, path: &str) -> Value {
    app.get(path).expect(200).json()["count"].clone()
}

fn found(app: &TestApp, name: &str) -> usize {
    app.get(&format!("/v1/firms?q={}", crate::harness::world::encode(name))).expect(200).json()["items"]
        .as_array()
        .unwrap()
        .len()
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// How many changes stand in the change feed's table.
fn changes(app: &TestApp) -> i64 {
    let count = |conn: &mut xinwu_store::Conn| {
        Ok(diesel::sql_query("SELECT count(*) AS number FROM change").get_result::<Counted>(conn)?.number)
    };
    app.db().read_blocking(count).unwrap()
}

/// Does what the service does every hour, until there is no more to do.
fn drop_old_changes(app: &TestApp) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let some = || runtime.block_on(app.db().drop_old_changes()).unwrap();
    std::iter::repeat_with(some)
        .take_while(|dropped| *dropped > 0)
        .map(|dropped| i64::try_from(dropped).unwrap())
        .sum()
}

#[both]
fn changes_of_more_than_a_week_ago_are_dropped_where_there_are_many_and_the_last_stays(app: TestApp) {
    let firm = app.firm("甲物业");
    // The places were put in long before.
    drop_old_changes(&app);
    let many = "INSERT INTO change (entity, entity_id, at) \
            WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 12000) \
            SELECT 'firm', 'nobody', (SELECT max(at) FROM change) FROM numbers";
    app.sql(&[many.to_owned()], &firm);
    let before = changes(&app);
    app.advance(TimeDelta::days(7));
    assert_eq!((drop_old_changes(&app), changes(&app)), (0, before));
    app.advance(TimeDelta::seconds(1));
    let (dropped, left) = (drop_old_changes(&app), changes(&app));
    assert_eq!((dropped + left, dropped % 1_000), (before, 0));
    // What is left over waits for more to be old.
    assert!(dropped >= 12_000 && (1..=1_000).contains(&left), "{dropped} {left}");
    app.advance(TimeDelta::days(8));
    assert_eq!((drop_old_changes(&app), changes(&app)), (0, left));
    let other = app.beside();
    other.poll_changes();
    app.sql(&[], &firm);
    assert_eq!((other.poll_changes(), changes(&app)), (1, left + 1));
}

#[both]
fn a_user_disabled_by_the_command_beside_the_service_is_out(app: TestApp) {
    app.token(NewAccount { place: Some("2102".to_owned()), ..staff("inspector", Role::City) });
    let signed = with_password(&app, "inspector", PASSWORD).expect(200).json();
    let me = || app.get("/v1/me").token(signed["access_token"].as_str().unwrap());
    // Now the account is kept in memory.
    me().expect(200);
    app.poll_changes();
    Desk::beside(&app).run(&["user", "disable", "inspector"]).expect(0);
    assert_eq!(app.poll_changes(), 1);
    me().refused(401, "bad_credentials");
    assert_eq!(app.poll_changes(), 0);
}

/// What takes two people over HTTP takes one at the server, and stands in the audit as the
/// operator's.
#[both]
fn what_the_command_line_does_is_in_the_audit(app: TestApp) {
    // One who signs in is left.
    app.account(staff("inspector.2", Role::Admin));
    let (desk, name) = (Desk::beside(&app), "inspector");
    desk.run(&["user", "add", name, "--role", "admin", "--staff-number", "A-77"]).expect(0);
    desk.run_told(&["user", "set-password", name, "--password-stdin"], "correct horse battery\n").expect(0);
    desk.run(&["user", "reset-second-factor", name]).expect(0);
    desk.run(&["user", "disable", name]).expect(0);
    let places = desk.file("places.csv", "code,level,name,parent\n210202X01,street,新街道,210202\n");
    desk.run(&["import", "places", &places]).expect(0);
    desk.run(&["key", "rotate"]).expect(0);
    let audit = app.get("/v1/admin/audit?user=system&limit=100").token(&app.admin()).expect(200).json();
    let mut done: Vec<Value> = audit["items"].as_array().unwrap().clone();
    // The first done first; before it what the database came with.
    done.reverse();
    let first = done.iter().position(|entry| entry["operation"] == "add_user").unwrap();
    let came_with: Vec<Value> = done.drain(..first).collect();
    let is_scheme =
        |entry: &Value| entry["operation"] == "install_scheme" && entry["object_id"] == "dalian-demo/1";
    assert!(came_with.iter().any(is_scheme), "{came_with:?}");
    let told = |entry: &Value| {
        let word = |field: &str| entry[field].as_str().unwrap().to_owned();
        (word("operation"), word("object_kind"))
    };
    let expected = [
        ("add_user", "user"),
        ("edit_user", "user"),
        ("edit_user", "user"),
        ("edit_user", "user"),
        ("edit_user", "user"),
        ("add_import", "import"),
        ("add_place", "place"),
        ("rotate_key", "key"),
    ];
    let expected = expected.map(|(operation, kind)| (operation.to_owned(), kind.to_owned()));
    assert_eq!(done.iter().map(told).collect::<Vec<_>>(), expected);
    let detail = |at: usize, field: &str| done[at]["detail"][field].clone();
    assert_eq!((detail(0, "username"), detail(0, "role")), (json!(name), json!("admin")));
    // A password is given to a new account, and another.
    assert_eq!((detail(1, "password_changed"), detail(2, "password_changed")), (json!(true), json!(true)));
    assert_eq!((detail(3, "second_factor_reset"), detail(4, "status")), (json!(true), json!("disabled")));
    assert_eq!(done[6]["object_id"], "210202X01");
    assert!(detail(7, "signs_from").is_string() && done[7]["object_id"].is_string());
}

#[both]
fn a_user_demoted_in_one_instance_is_demoted_in_the_other(app: TestApp) {
    let other = app.beside();
    let (id, _) = app.account(staff("inspector", Role::Admin));
    // One who signs in is left.
    app.account(staff("inspector.2", Role::Admin));
    let admin = app.admin();
    let signed = with_password(&other, "inspector", PASSWORD).expect(200).json();
    let users = || other.get("/v1/admin/users").token(signed["access_token"].as_str().unwrap());
    users().expect(200);
    let city = json!({"role": "city", "place": "2102"});
    app.patch(&format!("/v1/admin/users/{id}"))
        .token(&admin)
        .header("If-Match", "*")
        .json(&city)
        .seconded(&app);
    other.poll_changes();
    users().refused(401, "bad_credentials");
}

#[both]
fn a_step_of_one_instance_is_on_the_card_of_the_other(app: TestApp) {
    let other = app.beside();
    let stage = app.stage();
    let card = format!("/v1/firms/{}", stage.uscc);
    let shown = |app: &TestApp| app.get(&card).expect(200).json()["service"]["count"].clone();
    assert_eq!((shown(&app), shown(&other)), (json!(null), json!(null)));
    let residents = app.neighbours(&stage.estate, 5);
    for (position, resident) in residents.iter().enumerate() {
        let app = if position % 2 == 0 { &app } else { &other };
        app.rate(resident, &stage.project, MONTH, 4);
    }
    app.poll_changes();
    app.tick();
    other.step_on("2026-12-01");
    app.clock.set(other.now());
    assert_eq!(shown(&other), json!(5));
    app.poll_changes();
    assert_eq!(shown(&app), json!(5));
    // What the other learns of its own writes changes nothing, and the step is made once.
    other.poll_changes();
    app.tick();
    app.poll_changes();
    assert_eq!((shown(&app), shown(&other)), (json!(5), json!(5)));
}

#[both]
fn what_is_read_between_a_commit_elsewhere_and_hearing_of_it_is_not_kept_beyond(app: TestApp) {
    let other = app.beside();
    let stage = app.stage();
    let (firm, project) =
        (format!("/v1/firms/{}/ratings", stage.uscc), format!("/v1/projects/{}/ratings", stage.project));
    assert_eq!(count(&app, &firm), json!(null));
    other.increment(&stage.project, "2026-10", [0, 0, 0, 5, 0]);
    // Read now, not read yet: the project's is as it stands, and kept under the generation from
    // before.
    assert_eq!(count(&app, &project), json!(5));
    other.increment(&stage.project, "2026-09", [0, 0, 0, 6, 0]);
    app.poll_changes();
    assert_eq!((count(&app, &firm), count(&app, &project)), (json!(11), json!(11)));
    other.increment(&stage.project, "2026-08", [0, 0, 0, 7, 0]);
    app.poll_changes();
    assert_eq!((count(&app, &firm), count(&app, &project)), (json!(18), json!(18)));
}

#[both]
fn a_firm_registered_elsewhere_is_found_by_its_name(app: TestApp) {
    let other = app.beside();
    app.firm("大连甲物业");
    assert_eq!((found(&app, "大连甲"), found(&app, "奇特")), (1, 0));
    other.firm("大连奇特物业");
    app.poll_changes();
    assert_eq!(found(&app, "奇特"), 1);
}

#[both]
fn a_running_service_hears_of_a_disabled_user_by_itself(app: TestApp) {
    let desk = Desk::over(app.backend.fresh());
    desk.run_told(
        &[
            "user",
            "add",
            "inspector",
            "--role",
            "city",
            "--staff-number",
            "N-inspector",
            "--place",
            "2102",
            "--password-stdin",
        ],
        "correct horse battery\n",
    )
    .expect(0);
    let serving = desk.serve();
    let body = json!({"grant_type": "password", "username": "inspector", "password": PASSWORD});
    let signed = serving.call("POST", "/v1/auth/token").json(&body).expect(200).json();
    let me = || serving.call("GET", "/v1/me").token(signed["access_token"].as_str().unwrap()).send().status;
    assert_eq!(me(), 200);
    desk.run(&["user", "disable", "inspector"]).expect(0);
    // It subscribes several times a second; this many questions take much longer.
    assert!((0..20_000).any(|_| me() == 401), "the disabled user is still in");
    assert_eq!(serving.stop("-TERM"), 0);
}

/// PostgreSQL gives numbers out before the commit: the change with the smaller number can come to
/// light after the one with the greater.
#[test]
fn a_change_that_commits_late_is_read_and_holds_up_no_other() {
    let app = TestApp::start(Backend::Postgres);
    let uscc = app.firm("大连甲物业");
    let path = format!("/v1/firms/{uscc}");
    let name = || app.get(&path).expect(200).json()["name"].clone();
    assert_eq!(name(), "大连甲物业");
    app.poll_changes();
    let mut slow = PgConnection::establish(&app.state.config().database).unwrap();
    slow.batch_execute(&format!(
        "BEGIN; UPDATE firm SET name = '大连乙物业' WHERE uscc = '{uscc}'; \
         INSERT INTO change (entity, entity_id, at) VALUES ('firm', '{uscc}', LOCALTIMESTAMP)"
    ))
    .unwrap();
    let other = app.beside();
    let quick = other.firm("大连丙物业");
    assert!(app.poll_changes() > 0, "an open transaction holds up the others' changes");
    assert_eq!((app.poll_changes(), name()), (0, json!("大连甲物业")));
    slow.batch_execute("COMMIT").unwrap();
    assert_eq!((app.poll_changes(), name()), (1, json!("大连乙物业")));
    app.get(&format!("/v1/firms/{quick}")).expect(200);
    assert_eq!(app.poll_changes(), 0);
}
