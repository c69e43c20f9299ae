//! "An answered write is on disk": under 64 writers the service is killed at any instant, again and
//! again, and after each start everything that was answered is there, once, and all sums are right.
//!
//! And between ratings and their step, and in the middle of a step: each rating that was answered
//! is in one increment, once.
//!
//! A few kills are part of every run; `make crash-test` does many (`XINWU_CRASHES=100,30,10`: on
//! SQLite, on PostgreSQL, and stops of PostgreSQL itself).

use std::collections::{BTreeMap, HashMap};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::{PgConnection, SqliteConnection};
use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_domain::calendar::Month;
use xinwu_persistence::schema::rating;
use xinwu_store::Clock;

use crate::harness::clock::WrongClock;
use crate::harness::files::{penalty, with};
use crate::harness::postgres::Cluster;
use crate::harness::program::{Desk, Serving};
use crate::harness::residents::rating_path;
use crate::harness::world::DISTRICT;
use crate::harness::{Backend, TestApp, database};

/// "ready within 2 s" (`XINWU_READY_WITHIN=2`) holds where the machine does nothing else; beside
/// other tests it says nothing of the service.
fn ready_within() -> Duration {
    let seconds = std::env::var("XINWU_READY_WITHIN").map_or(60, |seconds| seconds.parse().expect("seconds"));
    Duration::from_secs(seconds)
}

const RESIDENTS: usize = 48;
const OFFICIALS: usize = 16;
/// Residents of one project: fewer than a step of any day publishes, so that all can rate again and
/// again.
const NEIGHBOURS: usize = 4;

/// Kills on SQLite, kills on PostgreSQL, stops of PostgreSQL.
fn crashes() -> [usize; 3] {
    let wanted = std::env::var("XINWU_CRASHES").unwrap_or_else(|_| "3,2,1".to_owned());
    let mut numbers = wanted.split(',').map(|number| number.parse().expect("three numbers"));
    [(); 3].map(|()| numbers.next().expect("three numbers"))
}

/// Numbers by a fixed seed: a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Someone who writes, and what became of it.
struct Writer {
    /// Access tokens, each good from ten minutes after the one before.
    tokens: Vec<String>,
    does: Does,
}

enum Does {
    /// Rates a project again and again: stars given with each try, and how many tries were answered
    /// up to which. A rating keeps no count of its changes.
    Rate { path: String, tries: Vec<i64>, answered: usize, last_answered: usize },
    /// Drafts records, each under a key: document numbers that were answered, and the request that
    /// was not.
    Draft { uscc: String, name: String, drafted: Vec<String>, unanswered: Option<String>, next: usize },
}

/// Writers over a database that nobody has open.
fn writers(url: &str, backend: Backend) -> Vec<Writer> {
    let now = Clock::System.now();
    let app = TestApp::start_at(backend, &now.to_rfc3339(), |config| config.database = url.to_owned());
    let tokens = |account: &str| -> Vec<String> {
        let session = format!("session-{account}");
        (0..12)
            .map(|part| now + chrono::Duration::minutes(10 * part))
            .map(|from| app.keys().issue(account, &session, 1, "", from).unwrap())
            .collect()
    };
    let month = Month::of(now, app.state.config().tz());
    let mut writers = Vec::new();
    for _ in 0..RESIDENTS / NEIGHBOURS {
        let stage = app.stage();
        for resident in app.neighbours(&stage.estate, NEIGHBOURS) {
            let path = format!("/v1/me/ratings/{}/{month}", stage.project);
            let does = Does::Rate { path, tries: Vec::new(), answered: 0, last_answered: 0 };
            writers.push(Writer { tokens: tokens(&resident.id), does });
        }
    }
    let uscc = app.firm("撞击物业");
    for number in 0..OFFICIALS {
        let place = Some(DISTRICT.to_owned());
        let (id, _) = app.account(xinwu_persistence::people::account::NewAccount {
            place,
            ..crate::harness::someone(Role::District)
        });
        let does = Does::Draft {
            uscc: uscc.clone(),
            name: format!("official {number}"),
            drafted: Vec::new(),
            unanswered: None,
            next: 0,
        };
        writers.push(Writer { tokens: tokens(&id), does });
    }
    writers
}

/// One request; `None` if it was not answered.
struct Client {
    agent: ureq::Agent,
    base: String,
    began: Instant,
}

struct Answer {
    status: u16,
    text: String,
}

impl Client {
    fn new(address: &str, began: Instant) -> Client {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        Client { agent, base: format!("http://{address}"), began }
    }

    fn send(
        &self,
        writer: &Writer,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> Option<Answer> {
        let part = usize::try_from(self.began.elapsed().as_secs() / 600).unwrap();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Authorization", format!("Bearer {}", writer.tokens[part]));
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json");
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let mut response = self.agent.run(request.body(body.as_bytes()).unwrap()).ok()?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().ok()?;
        Some(Answer { status, text })
    }
}

impl Writer {
    /// Writes until it is not answered, or told to stop. Problems that say "later" are no answers:
    /// the write may have happened.
    fn work(&mut self, client: &Client, stop: &AtomicBool, answered: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            match self.once(client) {
                Some(true) => answered.store(true, Ordering::SeqCst),
                Some(false) => std::thread::park_timeout(Duration::from_millis(5)),
                None => return,
            }
        }
    }

    /// Whether it was answered that the write is done; none without an answer.
    fn once(&mut self, client: &Client) -> Option<bool> {
        let (method, path, key, body) = self.next();
        let answer = client.send(self, method, &path, key.as_deref(), &body)?;
        match answer.status {
            200 | 201 => {}
            503 | 507 => return Some(false),
            other => panic!("{method} {path} answered {other}: {}", answer.text),
        }
        match &mut self.does {
            Does::Rate { tries, answered, last_answered, .. } => {
                *answered += 1;
                *last_answered = tries.len();
            }
            Does::Draft { drafted, unanswered, .. } => drafted.extend(unanswered.take()),
        }
        Some(true)
    }

    /// The next request. A draft that was not answered is asked for again, under its key.
    fn next(&mut self) -> (&'static str, String, Option<String>, String) {
        match &mut self.does {
            Does::Rate { path, tries, .. } => {
                let stars = 1 + i64::try_from(tries.len() % 5).unwrap();
                tries.push(stars);
                (
                    "PUT",
                    path.clone(),
                    None,
                    json!({ "overall": stars, "dimensions": {"cleaning": stars} }).to_string(),
                )
            }
            Does::Draft { uscc, name, unanswered, next, .. } => {
                let number = unanswered.get_or_insert_with(|| {
                    *next += 1;
                    format!("{name} number {next}")
                });
                let body = with(penalty(uscc), json!({"document_number": number}));
                // `penalty` numbers its documents; of the same request every byte is the same.
                let body = with(body, json!({"title": "违规收费"}));
                ("POST", "/v1/admin/records".to_owned(), Some(number.clone()), body.to_string())
            }
        }
    }

    /// Everything that was answered is there, and nothing more often than it was asked for.
    fn check(&mut self, client: &Client, drafts: &HashMap<String, i64>) {
        if let Does::Rate { path, tries, answered, last_answered } = &self.does {
            if tries.is_empty() {
                return;
            }
            let got = client.send(self, "GET", path, None, "").expect("it serves");
            if got.status == 404 {
                assert_eq!(*answered, 0, "a rating that was answered is gone");
                return;
            }
            assert_eq!(got.status, 200, "{}", got.text);
            let overall =
                serde_json::from_str::<serde_json::Value>(&got.text).unwrap()["overall"].as_i64().unwrap();
            let possible = &tries[last_answered.saturating_sub(1)..];
            assert!(possible.contains(&overall), "{overall} stars are none of {possible:?}");
        }
        if let Does::Draft { drafted, .. } = &self.does {
            for number in drafted {
                assert_eq!(drafts.get(number), Some(&1), "the record {number}");
            }
        }
    }
}

#[derive(QueryableByName)]
struct Drafts {
    #[diesel(sql_type = Text)]
    document_number: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many records there are of each document, by the database itself.
fn drafts(url: &str) -> HashMap<String, i64> {
    let sql = "SELECT document_number, count(*) AS count FROM record GROUP BY document_number";
    let rows: Vec<Drafts> = match url.strip_prefix("sqlite:") {
        Some(path) => diesel::sql_query(sql).load(&mut SqliteConnection::establish(path).unwrap()),
        None => diesel::sql_query(sql).load(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
    rows.into_iter().map(|row| (row.document_number, row.count)).collect()
}

/// What a run of crashes came to.
struct Run {
    desk: Desk,
    began: Instant,
    dice: Dice,
    slowest: Duration,
    answered: usize,
}

impl Run {
    fn new(url: &str, seed: u64) -> Run {
        Run {
            desk: Desk::at(url),
            began: Instant::now(),
            dice: Dice(seed),
            slowest: Duration::ZERO,
            answered: 0,
        }
    }

    fn serve(&mut self) -> Serving {
        let began = Instant::now();
        let serving = self.desk.serve_with(&[("XINWU_LOG_LEVEL", "info,xinwu::request=off")]);
        serving.call("GET", "/readyz").expect(200);
        self.ready_after(began.elapsed());
        serving
    }

    fn ready_after(&mut self, waited: Duration) {
        assert!(waited < ready_within(), "ready only after {waited:?}");
        self.slowest = self.slowest.max(waited);
    }

    /// Lets all write, and does `crash` at some instant after the first answer.
    fn write_until(&mut self, serving: &Serving, writers: &mut [Writer], crash: impl FnOnce(&AtomicBool)) {
        let (stop, answered) = (AtomicBool::new(false), AtomicBool::new(false));
        let pause = Duration::from_millis(self.dice.below(600));
        let began = self.began;
        std::thread::scope(|scope| {
            for writer in writers.iter_mut() {
                let (stop, answered, address) = (&stop, &answered, &serving.address);
                scope.spawn(move || writer.work(&Client::new(address, began), stop, answered));
            }
            while !answered.load(Ordering::SeqCst) {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            std::thread::park_timeout(pause);
            crash(&stop);
        });
    }

    fn check(&mut self, serving: &Serving, writers: &mut [Writer]) {
        let client = Client::new(&serving.address, self.began);
        let drafts = drafts(&self.desk.url);
        assert!(drafts.values().all(|count| *count == 1), "a draft is there twice: {drafts:?}");
        for writer in writers.iter_mut() {
            writer.check(&client, &drafts);
        }
        let verified = self.desk.run(&["verify", "--json"]);
        assert_eq!(verified.code, 0, "{verified:?}");
        let sum = |writer: &Writer| match &writer.does {
            Does::Rate { answered, .. } => *answered,
            Does::Draft { drafted, .. } => drafted.len(),
        };
        self.answered = writers.iter().map(sum).sum();
    }

    #[expect(clippy::print_stdout, reason = "`make crash-test` shows its figures")]
    fn tell(&self, what: &str, times: usize) {
        let (seconds, slowest, answered) = (self.began.elapsed().as_secs(), self.slowest, self.answered);
        println!(
            "{times} {what} in {seconds} s: {answered} writes answered, none lost; ready after {slowest:?} at most"
        );
        assert!(answered > times, "hardly anything was written: {answered}");
    }
}

fn kill(run: &mut Run, writers: &mut [Writer], times: usize) {
    let mut serving = run.serve();
    for _ in 0..times {
        let pid = serving.pid();
        run.write_until(&serving, writers, |_| kill_process(pid));
        serving.kill();
        serving = run.serve();
        run.check(&serving, writers);
    }
    assert_eq!(serving.stop("-TERM"), 0);
}

fn kill_process(pid: u32) {
    let told = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
    assert!(told.unwrap().success());
}

#[test]
fn nothing_answered_is_lost_when_the_service_is_killed_on_sqlite() {
    let [times, ..] = crashes();
    let made = Backend::Sqlite.fresh();
    let mut writers = writers(&made.url, Backend::Sqlite);
    // A copy, which no other process has open: the next to open it must recover it.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xinwu.db");
    Desk::at(&made.url).run(&["backup", path.with_extension("backup").to_str().unwrap()]).expect(0);
    let url = format!("sqlite:{}", path.display());
    Desk::at(&url).run(&["restore", path.with_extension("backup").to_str().unwrap()]).expect(0);
    let mut run = Run::new(&url, 20_261_122);
    kill(&mut run, &mut writers, times);
    run.tell("kills on SQLite", times);
}

/// A cluster of its own with a database for the writers.
fn on_postgres() -> (Cluster, String, Vec<Writer>) {
    let cluster = Cluster::durable();
    cluster.create("crash", None);
    let url = cluster.url("crash");
    database::fill(&url);
    let writers = writers(&url, Backend::Postgres);
    (cluster, url, writers)
}

#[test]
fn nothing_answered_is_lost_when_the_service_is_killed_on_postgres() {
    let [_, times, _] = crashes();
    let (_cluster, url, mut writers) = on_postgres();
    let mut run = Run::new(&url, 20_261_123);
    kill(&mut run, &mut writers, times);
    run.tell("kills on PostgreSQL", times);
}

#[test]
fn nothing_answered_is_lost_when_postgres_is_stopped_at_once() {
    let [_, _, times] = crashes();
    let (cluster, url, mut writers) = on_postgres();
    let mut run = Run::new(&url, 20_261_124);
    let serving = run.serve();
    for _ in 0..times {
        let mut waited = Duration::ZERO;
        run.write_until(&serving, &mut writers, |stop| {
            cluster.stop_immediately();
            let refused = serving.call("GET", "/readyz").send();
            assert_eq!(refused.status, 503, "{}", refused.text);
            cluster.serve();
            let began = Instant::now();
            while serving.call("GET", "/readyz").send().status != 200 {
                assert!(began.elapsed() < ready_within(), "the service does not find its database again");
            }
            waited = began.elapsed();
            stop.store(true, Ordering::SeqCst);
        });
        run.ready_after(waited);
        run.check(&serving, &mut writers);
    }
    assert_eq!(serving.stop("-TERM"), 0);
    run.tell("stops of PostgreSQL", times);
}

/// Publishes ratings of others, so that a step has many writes: so many projects, each with as
/// many ratings as are no burst yet. Gives of each its sums.
pub fn others_rate(app: &TestApp, projects: usize, month: &str) -> Counted {
    let stages: Vec<String> = (0..projects).map(|_| app.stage().project).collect();
    let month = month.to_owned();
    let rows = move |tx: &mut xinwu_store::Tx<'_>| {
        let mut counted = Counted::new();
        for (number, project) in stages.iter().enumerate() {
            let sums = counted.entry(project.clone()).or_default();
            for rating in 0..19 {
                let stars = (number + rating * rating) % 5;
                sums[stars] += 1;
                let name = xinwu_store::Random.timeless_id().into_bytes();
                diesel::insert_into(rating::table)
                    .values((
                        rating::dwelling.eq(name),
                        rating::project_id.eq(project),
                        rating::month.eq(&month),
                        rating::stars.eq(i32::try_from(stars + 1).unwrap()),
                        rating::out.eq(0),
                        rating::rolled.eq(0),
                    ))
                    .execute(tx.conn)?;
            }
        }
        Ok(counted)
    };
    app.db().write_blocking(rows).unwrap()
}

/// Of each project how often it has one to five stars.
pub type Counted = BTreeMap<String, [i32; 5]>;

#[derive(QueryableByName)]
struct Sums {
    #[diesel(sql_type = Text)]
    project_id: String,
    #[diesel(sql_type = Integer)]
    one: i32,
    #[diesel(sql_type = Integer)]
    two: i32,
    #[diesel(sql_type = Integer)]
    three: i32,
    #[diesel(sql_type = Integer)]
    four: i32,
    #[diesel(sql_type = Integer)]
    five: i32,
}

/// What is published, by the database itself. No project may have two increments.
pub fn published(url: &str) -> Counted {
    let sql = "SELECT project_id, one, two, three, four, five FROM rating_increment";
    let rows: Vec<Sums> = match url.strip_prefix("sqlite:") {
        Some(path) => diesel::sql_query(sql).load(&mut SqliteConnection::establish(path).unwrap()),
        None => diesel::sql_query(sql).load(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
    let mut counted = Counted::new();
    for Sums { project_id, one, two, three, four, five } in rows {
        let twice = counted.insert(project_id, [one, two, three, four, five]);
        assert_eq!(twice, None, "a project has two increments of one step");
    }
    counted
}

#[derive(QueryableByName)]
struct Progress {
    #[diesel(sql_type = BigInt)]
    projects: i64,
    #[diesel(sql_type = Text)]
    all: String,
}

const PROGRESS: &str = "SELECT (SELECT count(*) FROM rating_arrival) AS projects, \
    CAST((SELECT count(*) FROM rating_arrival) AS TEXT) || '/' || CAST((SELECT count(*) FROM rating_step) AS TEXT) || '/' || \
    CAST((SELECT count(*) FROM tally WHERE ratings > 0) AS TEXT) || '/' || \
    CAST((SELECT count(*) FROM rating_step WHERE done_at IS NOT NULL) AS TEXT) || '/' || \
    coalesce((SELECT value FROM setting WHERE name = 'last_step'), '') AS \"all\"";

/// How far a step is, asked again and again without keeping the file open after.
fn watch_until(url: &str, mut is_enough: impl FnMut(&Progress) -> bool) -> Progress {
    let began = Instant::now();
    let mut sqlite = url.strip_prefix("sqlite:").map(|path| SqliteConnection::establish(path).unwrap());
    let mut postgres = sqlite.is_none().then(|| PgConnection::establish(url).unwrap());
    loop {
        let found = match (&mut sqlite, &mut postgres) {
            (Some(conn), _) => diesel::sql_query(PROGRESS).get_result(conn),
            (_, Some(conn)) => diesel::sql_query(PROGRESS).get_result(conn),
            _ => panic!("a database"),
        };
        // SQLite's file is being recovered just now.
        if let Ok(found) = found
            && is_enough(&found)
        {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the step does not go on");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// When people rate, and shortly after the step of the next 1st is due.
const RATED_AT: &str = "2026-11-20T02:00:00Z";
const STEP_AT: &str = "2026-11-30T22:00:30Z";
const OTHERS: usize = 80;

/// A rating that was answered: who gave it, of what, how many stars, and with which token they ask
/// for it after the step.
struct Given {
    path: String,
    then: String,
    after: String,
    stars: i64,
}

/// The service is killed after ratings and before their step, and then again and again while it
/// makes the step, each time a little further.
fn a_step_is_made_once(backend: Backend) {
    let made = backend.fresh();
    let instant = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let app = TestApp::start_at(backend, RATED_AT, |config| config.database.clone_from(&made.url));
    app.tick();
    let mut expected = others_rate(&app, OTHERS, "2026-11");
    let mut given = Vec::new();
    let stages: Vec<_> = [6, 5, 7, 3].map(|count| (app.stage(), count)).into();
    for (number, (stage, count)) in stages.iter().enumerate() {
        for (place, resident) in app.neighbours(&stage.estate, *count).into_iter().enumerate() {
            let token = |at: &str| {
                let session = format!("session-{}", resident.id);
                app.keys().issue(&resident.id, &session, 1, "", instant(at)).unwrap()
            };
            let stars = (number + place * 2) % 5;
            // Three are too few: what they say rolls into December.
            let month = if *count < 5 { "2026-12" } else { "2026-11" };
            if *count >= 5 {
                expected.entry(stage.project.clone()).or_default()[stars] += 1;
            }
            given.push(Given {
                path: rating_path(&stage.project, "2026-11"),
                then: token(RATED_AT),
                after: format!("{} {}", rating_path(&stage.project, month), token(STEP_AT)),
                stars: i64::try_from(stars + 1).unwrap(),
            });
        }
    }
    drop(app);

    let (desk, clock) = (Desk::at(&made.url), WrongClock::new());
    let variables = clock.variables();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let set = |at: &str| {
        clock.is_wrong_by(instant(at) - Clock::System.now());
        desk.run_with(&["clock", "accept"], &variables).expect(0);
    };
    set(RATED_AT);
    for part in given.chunks(5) {
        let serving = desk.serve_with(&variables);
        for Given { path, then, stars, .. } in part {
            // Changed once: the last that was answered counts.
            for (overall, status) in [(6 - stars, 201), (*stars, 200)] {
                serving.call("PUT", path).token(then).json(&json!({"overall": overall})).expect(status);
            }
        }
        serving.kill();
    }
    assert!(published(&made.url).is_empty());

    set(STEP_AT);
    let all = i64::try_from(OTHERS + stages.len()).unwrap();
    let (mut dice, mut kills, mut in_the_middle) = (Dice(20_261_201), 0, 0);
    let is_over = |progress: &Progress| progress.all.ends_with("2026-11-30T22:00:00+00:00");
    loop {
        let before = watch_until(&made.url, |_| true).all;
        let mut command = desk.command(&["serve"]);
        command.env("XINWU_BIND", "127.0.0.1:0").envs(variables.iter().copied()).stderr(Stdio::null());
        let mut serving = command.spawn().unwrap();
        let progress = watch_until(&made.url, |progress| progress.all != before);
        std::thread::park_timeout(Duration::from_micros(dice.below(8_000)));
        serving.kill().unwrap();
        serving.wait().unwrap();
        kills += 1;
        in_the_middle += usize::from((1..all).contains(&progress.projects));
        if is_over(&progress) {
            break;
        }
        assert!(kills < 100, "it never ends: {}", progress.all);
    }
    assert!(in_the_middle > 0 && kills > 5, "{kills} kills, {in_the_middle} between two projects");

    let serving = desk.serve_with(&variables);
    for Given { after, stars, .. } in &given {
        let (path, token) = after.split_once(' ').unwrap();
        let own = serving.call("GET", path).token(token).expect(200).json();
        let month = if path.ends_with("2026-11") { json!("2026-11") } else { json!(null) };
        assert_eq!((&own["overall"], &own["published"]), (&json!(stars), &month));
    }
    assert_eq!(published(&made.url), expected);
    let verified = desk.run_with(&["verify", "--json"], &variables);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_step_is_made_once_however_often_the_service_is_killed_on_sqlite() {
    a_step_is_made_once(Backend::Sqlite);
}

#[test]
fn a_step_is_made_once_however_often_the_service_is_killed_on_postgres() {
    a_step_is_made_once(Backend::Postgres);
}
