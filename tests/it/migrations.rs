//! Migrations: killed half-way they either happened or did not; of two at once one does it and the
//! other waits; and each leaves room for the program before it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::{PgConnection, SqliteConnection};
use serde_json::json;

use crate::harness::program::{Desk, Ran};
use crate::harness::{Backend, TestApp};

/// Migrations that take something away, each with the reason why no program needs it any more.
const CONTRACTIONS: [(&str, &str); 7] = [
    (
        "2026-11-29-000330_shown_texts",
        "replies have one table in place of two, and reviews say by themselves whether they are out: no program of before was released",
    ),
    (
        "2026-11-29-000600_notices",
        "notices are about anything and not of dwellings alone: no program of before was released",
    ),
    (
        "2026-11-29-000710_assessment_batches",
        "one assessment at most waits for its confirmation: the program of before refuses a second one too",
    ),
    (
        "2026-11-29-000741_manager_accounts",
        "objections and replies are a firm's or a manager's: a program of before writes a firm's, as it did",
    ),
    (
        "2026-11-29-000760_sign_in",
        "residences end by proposals, and not in a way of their own: no program of before was released",
    ),
    (
        "2026-11-29-000800_hearings_of_managers",
        "a hearing is a firm's or a manager's: no program of before was released",
    ),
    (
        "2026-11-29-000930_objections_of_both_sides",
        "each side has one open objection in place of both: the program of before refuses a second one itself",
    ),
];

fn folder(backend: Backend) -> PathBuf {
    let name = match backend {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
    };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../persistence/migrations").join(name)
}

fn migrations(backend: Backend) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder(backend))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path.join("up.sql")).unwrap())
        })
        .collect();
    all.sort();
    all
}

/// The statements of a migration, without comments, in one line each.
fn statements(sql: &str) -> Vec<String> {
    let bare: String = sql.lines().map(|line| line.split("--").next().unwrap()).collect::<Vec<_>>().join(" ");
    let words = |statement: &str| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    bare.split(';').map(words).filter(|statement| !statement.is_empty()).collect()
}

/// Why the program before a statement could not live with it.
fn narrows(statement: &str) -> Option<&'static str> {
    let upper = statement.to_uppercase();
    if let Some((_, column)) = upper.split_once(" ADD COLUMN ") {
        let is_free = !column.contains(" NOT NULL") || column.contains(" DEFAULT ");
        let is_plain =
            !column.contains(" UNIQUE") && !column.contains(" CHECK") && !column.contains(" REFERENCES");
        return (!is_free || !is_plain).then_some("a column that rows of the program before cannot fill");
    }
    if upper.starts_with("CREATE TABLE ") || upper.starts_with("CREATE INDEX ") {
        return None;
    }
    if upper.starts_with("CREATE UNIQUE INDEX ") {
        return Some("an index that refuses rows of the program before");
    }
    Some("it does more than add")
}

#[test]
fn each_migration_after_the_first_only_adds() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for (name, sql) in migrations(backend).into_iter().skip(1) {
            let all = statements(&sql);
            assert!(!all.is_empty(), "{name}");
            let made: Vec<&str> = all
                .iter()
                .filter_map(|each| each.strip_prefix("CREATE TABLE "))
                .filter_map(|rest| rest.split([' ', '(']).next())
                .collect();
            for statement in &all {
                // A unique index on a table that the same migration makes refuses nobody.
                let on_new = made.iter().any(|table| statement.contains(&format!(" ON {table} (")));
                let is_known = CONTRACTIONS.iter().any(|(known, _)| *known == name);
                let fault = narrows(statement).filter(|_| !on_new && !is_known);
                assert_eq!(fault, None, "{name}: {statement}");
            }
        }
    }
}

#[test]
fn the_rule_knows_what_takes_away() {
    for (statement, is_fine) in [
        ("ALTER TABLE firm ADD COLUMN phone TEXT", true),
        ("ALTER TABLE firm ADD COLUMN phone TEXT COLLATE \"C\" NOT NULL DEFAULT ''", true),
        ("CREATE TABLE new_one (id TEXT PRIMARY KEY NOT NULL)", true),
        ("CREATE INDEX firm_phone ON firm (phone)", true),
        ("ALTER TABLE firm ADD COLUMN phone TEXT NOT NULL", false),
        ("ALTER TABLE firm ADD COLUMN phone TEXT UNIQUE", false),
        ("ALTER TABLE firm DROP COLUMN name", false),
        ("ALTER TABLE firm RENAME COLUMN name TO title", false),
        ("ALTER TABLE firm ALTER COLUMN name SET NOT NULL", false),
        ("DROP TABLE firm", false),
        ("CREATE UNIQUE INDEX firm_name ON firm (name)", false),
        ("UPDATE firm SET name = upper(name)", false),
    ] {
        assert_eq!(narrows(statement).is_none(), is_fine, "{statement}");
    }
}

enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Link {
    fn open(url: &str) -> Link {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut conn = SqliteConnection::establish(path).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 60000").unwrap();
                Link::Sqlite(conn)
            }
            None => Link::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    fn run(&mut self, sql: &str) {
        match self {
            Link::Sqlite(conn) => conn.batch_execute(sql),
            Link::Postgres(conn) => conn.batch_execute(sql),
        }
        .unwrap();
    }

    fn number(&mut self, sql: &str) -> i64 {
        let row: Number = match self {
            Link::Sqlite(conn) => diesel::sql_query(sql).get_result(conn),
            Link::Postgres(conn) => diesel::sql_query(sql).get_result(conn),
        }
        .unwrap();
        row.number
    }
}

/// What each migration makes: a column of the first and one of the last, by its table; or an index.
const TRACES: [[(&str, &str); 2]; 28] = [
    [("change", "seq"), ("list_entry", "list")],
    [("review", "is_out"), ("reply", "version")],
    [("import_row", "shown_key"), ("import_fault", "shown_key")],
    [("account", "person"), ("staff", "person")],
    [("notice", "about_id"), ("owed_notice", "told_to")],
    [INDEX, INDEX],
    [("proposal", "object_key"), ("account", "staff_number")],
    [("assessment", "confirmed_by"), ("(index)", "assessment_submitted")],
    [("import", "sha256"), ("import_row", "changes")],
    [("import", "undone_at"), ("import", "undone_by")],
    [("record_hearing", "heard_until"), ("record_step", "ground")],
    [("firm", "retired_on"), ("project", "successor")],
    [("account", "manager_id"), ("reply", "manager_id")],
    [("totp", "secret"), ("account", "on_behalf_of")],
    [("place", "retired_on"), ("place", "retired_on")],
    [("left_home", "person"), ("residence", "rated_from")],
    [("record_hearing", "manager_id"), ("(index)", "record_hearing_of_manager")],
    [("(index)", "objection_open_of_side"), ("(index)", "objection_open_of_side")],
    [("import_row", "firm"), ("(index)", "import_row_firm")],
    [("earlier_author", "object_kind"), ("earlier_author", "account_id")],
    [("data_key", "sealed"), ("data_key", "made_at")],
    [("device", "code_hash"), ("known_network", "seen_at")],
    [("project", "reach"), ("project", "reach")],
    [("account", "privacy_at"), ("(index)", "audit_at")],
    [("audit", "place"), ("audit", "address")],
    [("department", "code"), ("account", "department")],
    [("case", "kind"), ("case_increment", "published_at")],
    [("metric", "reporter"), ("(index)", "metric_state")],
];

/// Of the migration that makes nothing else.
const INDEX: (&str, &str) = ("(index)", "record_public_until");

/// How many migrations happened by the bookkeeping, and how much of each is there.
type Happened = (i64, [i64; TRACES.len()]);

fn state(url: &str, backend: Backend) -> Happened {
    if backend == Backend::Sqlite && !Path::new(url.trim_start_matches("sqlite:")).exists() {
        return happened(0);
    }
    let mut conn = Link::open(url);
    let mut has = |(table, column): (&str, &str)| {
        conn.number(&match backend {
            Backend::Sqlite if table == "(index)" => {
                format!("SELECT count(*) AS number FROM sqlite_master WHERE type = 'index' AND name = '{column}'")
            }
            Backend::Postgres if table == "(index)" => {
                format!("SELECT count(*) AS number FROM pg_indexes WHERE indexname = '{column}'")
            }
            Backend::Sqlite => {
                format!("SELECT count(*) AS number FROM pragma_table_info('{table}') WHERE name = '{column}'")
            }
            Backend::Postgres => format!(
                "SELECT count(*) AS number FROM information_schema.columns WHERE table_name = '{table}' AND column_name = '{column}'"
            ),
        })
    };
    let there = TRACES.map(|traces| traces.map(&mut has).iter().sum());
    let known = match has(("__diesel_schema_migrations", "version")) {
        0 => 0,
        _ => conn.number("SELECT count(*) AS number FROM __diesel_schema_migrations"),
    };
    (known, there)
}

/// The first so many migrations, and nothing of the others.
fn happened(count: usize) -> Happened {
    let there = std::array::from_fn(|place| if place < count { 2 } else { 0 });
    (i64::try_from(count).unwrap(), there)
}

/// All of them.
fn whole(backend: Backend) -> Happened {
    assert_eq!(TRACES.len(), migrations(backend).len(), "each migration leaves its trace");
    happened(TRACES.len())
}

fn killed_half_way(backend: Backend) {
    let database = backend.empty();
    let desk = Desk::at(&database.url);
    let mut seen = Vec::new();
    for pause in (0..20).chain([25, 30, 40, 50, 65, 80, 100, 130, 170, 230, 300, 400, 600]) {
        let mut child =
            desk.command(&["migrate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::park_timeout(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        let there = state(&desk.url, backend);
        let can_be = match backend {
            // All that are missing are one transaction.
            Backend::Sqlite => vec![happened(0), whole(backend)],
            // Each is one by itself.
            Backend::Postgres => (0..=TRACES.len()).map(happened).collect(),
        };
        assert!(can_be.contains(&there), "{there:?} after {pause} ms");
        seen.push(there);
        if there == whole(backend) {
            break;
        }
    }
    assert_eq!(seen[0], happened(0), "the first kill came too late to be one: {seen:?}");
    desk.run(&["migrate"]).expect(0);
    assert_eq!(state(&desk.url, backend), whole(backend));
    let checked = desk.run(&["migrate", "--check", "--json"]).expect(0).json();
    assert_eq!(checked, json!({"missing": []}));
    assert_eq!(desk.serve().stop("-TERM"), 0);
}

#[test]
fn a_migration_that_is_killed_happened_or_did_not_on_sqlite() {
    killed_half_way(Backend::Sqlite);
}

#[test]
fn a_migration_that_is_killed_happened_or_did_not_on_postgres() {
    killed_half_way(Backend::Postgres);
}

fn several_at_once(backend: Backend) {
    let database = backend.empty();
    let desk = Desk::at(&database.url);
    let children: Vec<_> = (0..4)
        .map(|_| {
            desk.command(&["migrate", "--json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        Ran::of(child.wait_with_output().unwrap()).expect(0);
    }
    assert_eq!(state(&desk.url, backend), whole(backend));
    desk.run(&["migrate", "--check"]).expect(0);
}

#[test]
fn of_several_that_migrate_at_once_one_does_and_the_others_wait() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        several_at_once(backend);
    }
}

#[test]
fn a_schema_that_later_migrations_have_widened_is_served_as_before() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start(backend);
        let stage = app.stage();
        let mut conn = Link::open(&app.state.config().database);
        // What a version to come may add: this one goes on over it.
        conn.run("ALTER TABLE firm ADD COLUMN later TEXT; ALTER TABLE rating ADD COLUMN later INTEGER NOT NULL DEFAULT 0");
        conn.run(
            "CREATE TABLE later (id TEXT PRIMARY KEY NOT NULL); CREATE INDEX firm_later ON firm (later)",
        );
        conn.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000001')");
        let desk = Desk::beside(&app);
        desk.run(&["migrate", "--check"]).expect(0);
        app.rate_all(&app.neighbours(&stage.estate, 10), &stage.project, "2026-11", &[4; 10]);
        app.step_on("2026-11-23");
        desk.run(&["verify"]).expect(0);
        let serving = desk.serve();
        let card = serving.call("GET", &format!("/v1/firms/{}", stage.uscc)).expect(200).json();
        assert_eq!(card["service"]["count"], json!(10));
    }
}
