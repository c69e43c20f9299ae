//! The stage for the tests: a server of its own for each, over a database of its own, with a clock
//! that the test sets.

mod client;
pub mod clock;
pub mod contract;
pub mod copies;
pub mod database;
pub mod disk;
pub mod files;
mod folder;
pub mod life;
pub mod postgres;
pub mod program;
pub mod residents;
pub mod walk;
pub mod world;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Duration, Utc};
use xinwu_api::config::{Config, SecondFactor};
use xinwu_api::state::State;
use xinwu_api::tokens::Keys;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::{self, NewAccount};
use xinwu_store::{Clock, Db};

pub use client::{Call, Reply, plain};
pub use database::{Backend, TestDatabase};

/// Where every test's clock stands at first: a Saturday morning in Dalian.
pub const START: &str = "2026-11-21T02:00:00Z";

/// The master secret of every service under test, in this process or in another.
pub const SECRET: &str = "a secret that only the tests know, 32+ bytes";

/// One service under test.
pub struct TestApp {
    pub state: Arc<State>,
    pub clock: Clock,
    pub base: String,
    pub backend: Backend,
    server: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
    _database: database::TestDatabase,
}

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// A number that no other call in this run gets.
pub fn unique() -> u32 {
    COUNTER.fetch_add(1, Ordering::SeqCst)
}

/// An identifier of the form that the service gives.
fn new_id() -> String {
    format!("0193a5c2-7b1e-7f00-8000-{:012x}", unique())
}

impl TestApp {
    pub fn start(backend: Backend) -> TestApp {
        TestApp::start_with(backend, |_| {})
    }

    /// Starts with other settings.
    pub fn start_with(backend: Backend, change: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::start_at(backend, START, change)
    }

    /// Starts with another time and other settings. Tokens are good from then on.
    pub fn start_at(backend: Backend, instant: &str, change: impl FnOnce(&mut Config)) -> TestApp {
        let database = backend.fresh();
        let clock = Clock::held_at(instant.parse().unwrap());
        let mut config = Config {
            database: database.url.clone(),
            photo_dir: Some(database.photos()),
            secret: Some(SECRET.to_owned().into()),
            connections: 3,
            workers: 1,
            // The smallest that argon2 takes: hashing is not what most tests are about.
            password_memory_kibibytes: 8,
            // Many tests read as often as they can, or rate time and again, at a clock that stands.
            reads_a_minute: 0,
            rating_writes_a_minute: 0,
            photos_a_minute: 0,
            photos_a_day: 0,
            // Most tests are about something else than how confirmers sign in.
            second_factor: SecondFactor::Offered,
            ..Config::default()
        };
        change(&mut config);
        assert_eq!(config.faults(), Vec::<String>::new());
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread_clock = clock.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let state = State::open(config, thread_clock).await.expect("the state opens");
                let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
                let base = format!("http://{}", listener.local_addr().unwrap());
                let server =
                    xinwu_api::server::start(Arc::clone(&state), listener).expect("the server starts");
                sender.send((state, base, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (state, base, server) = receiver.recv().expect("the server started");
        TestApp { state, clock, base, backend, server, thread: Some(thread), _database: database }
    }

    pub fn db(&self) -> &Db {
        self.state.db()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn set_time(&self, instant: &str) {
        self.clock.set(instant.parse().unwrap());
    }

    pub fn advance(&self, by: Duration) {
        self.clock.set(self.now() + by);
    }

    /// Does what time alone changes, as the clock's thread would by now.
    pub fn tick(&self) -> Option<DateTime<Utc>> {
        xinwu_persistence::operations::due::tick_blocking(
            self.db(),
            self.state.journal(),
            &self.state.month_keys(),
            self.now(),
        )
        .unwrap()
    }

    /// The keys that sign access tokens.
    pub fn keys(&self) -> Arc<Keys> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.state.keys()).unwrap()
    }

    /// Sends the notices that wait to phones, as the clock's thread would by now.
    pub fn send_notices(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        while runtime.block_on(xinwu_api::sms::send_notices(&self.state)).unwrap() {}
    }

    /// Keeps the settings in the database, as a service that is started does.
    pub fn keep_settings(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(xinwu_api::ticker::keep_settings(&self.state)).unwrap();
    }

    /// An account's notices, the latest first.
    pub fn notices(&self, token: &str) -> Vec<serde_json::Value> {
        let page = self.get("/v1/me/notices?limit=100").token(token).expect(200).json();
        page["items"].as_array().unwrap().clone()
    }

    /// What the operator's own door answers at this path: status, type and text.
    pub fn of_operators(&self, path: &str) -> (u16, String, String) {
        let state = Arc::clone(&self.state);
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
                let base = format!("http://{}", listener.local_addr().unwrap());
                let server = xinwu_api::monitoring::start(state, listener).expect("the server starts");
                sender.send((base, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (base, handle) = receiver.recv().expect("the server started");
        let answer = plain(&format!("{base}{path}"));
        drop(handle.stop(false));
        thread.join().unwrap();
        answer
    }

    /// The metrics as they stand.
    pub fn metrics(&self) -> String {
        self.of_operators("/metrics").2
    }

    /// Another instance over the same database, with a clock of its own that stands where this
    /// one's does.
    pub fn beside(&self) -> TestApp {
        let other = TestApp::start_with(self.backend, |config| {
            config.database.clone_from(&self.state.config().database);
            config.photo_dir.clone_from(&self.state.config().photo_dir);
        });
        other.clock.set(self.now());
        other
    }

    /// Learns what other processes wrote, as the service's thread would by now.
    pub fn poll_changes(&self) -> usize {
        self.db().poll_changes_blocking().unwrap()
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    pub fn put(&self, path: &str) -> Call {
        self.call("PUT", path)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.call("PATCH", path)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }

    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(method, &format!("{}{path}", self.base))
    }

    /// The access token of a new account.
    pub fn token(&self, new: NewAccount) -> String {
        self.account(new).1
    }

    /// A new account's id and access token.
    pub fn account(&self, new: NewAccount) -> (String, String) {
        self.account_under(new_id(), new)
    }

    fn account_under(&self, id: String, new: NewAccount) -> (String, String) {
        let session = format!("session-{id}");
        let (account_id, session_id) = (id.clone(), session.clone());
        let epoch = self
            .db()
            .write_blocking(move |tx| {
                account::add(tx, &account_id, &new)?;
                let until = tx.now + Duration::days(400);
                account::open_session(tx, &account_id, &session_id, until)
            })
            .unwrap();
        let token = self.keys().issue(&id, &session, epoch, "", self.now()).unwrap();
        (id, token)
    }

    /// An official of a place, with or without the power to confirm.
    pub fn official(&self, role: Role, place: &str, can_confirm: bool) -> String {
        self.token(NewAccount { place: Some(place.to_owned()), can_confirm, ..someone(role) })
    }

    /// Someone of a firm.
    pub fn firm_account(&self, uscc: &str) -> String {
        self.token(NewAccount { uscc: Some(uscc.to_owned()), ..someone(Role::Firm) })
    }

    /// A manager.
    pub fn manager_account(&self, manager: &str) -> String {
        self.token(NewAccount { manager_id: Some(manager.to_owned()), ..someone(Role::Manager) })
    }

    /// A resident with this phone (11 digits); gives the account's id and token.
    pub fn resident(&self, phone: &str) -> (String, String) {
        let id = new_id();
        let secrets = self.state.secrets();
        let phone_hash = Some(secrets.phone_hash(phone));
        let phone_encrypted = Some(secrets.encrypt(&id, phone.as_bytes()).unwrap());
        self.account_under(id, NewAccount { phone_hash, phone_encrypted, ..someone(Role::Resident) })
    }

    pub fn admin(&self) -> String {
        self.token(someone(Role::Admin))
    }
}

/// An account of a role and nothing else.
pub fn someone(role: Role) -> NewAccount {
    NewAccount {
        role,
        username: None,
        display_name: None,
        password_hash: None,
        phone_hash: None,
        phone_encrypted: None,
        place: None,
        uscc: None,
        manager_id: None,
        department: None,
        scopes: Vec::new(),
        can_confirm: false,
        staff_number: role.has_staff_number().then(|| format!("T{}", unique())),
        demo: false,
    }
}

impl TestApp {
    /// Tells the service to stop as an operator does. The thread ends when it has.
    pub fn begin_stop(&mut self) -> std::thread::JoinHandle<()> {
        self.state.begin_stop();
        // Not waited for: the handle's future is only a signal.
        drop(self.server.stop(true));
        self.thread.take().expect("not stopped yet")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(self.server.stop(false));
            drop(thread.join());
        }
    }
}

/// Tries until it is so, for a minute: what other processes do takes its time.
pub fn eventually(mut is_so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "it never was so");
        std::thread::yield_now();
    }
}
