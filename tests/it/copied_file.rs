//! A copied file names nobody: every column of every table is joined by equal values, by time and
//! by order, and finds no account or dwelling of any rating; after the month's key has ended, not
//! with the master secret either.
//!
//! Each way of joining is also tried on what it must find, so that it could fail.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Instant;
use xinwu_both::both;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine;
use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use xinwu_persistence::ratings::rating::Shuffle;

use self::city::{City, HOUSEHOLDS, MONTHS, Person, RATED, mixed};
use crate::harness::{Backend, SECRET, TestApp};
use crate::phone::move_to;

mod city;

/// What nobody finds by chance among so many in an order that says nothing: less than once in a
/// million runs.
const UNLIKELY: f64 = 0.85;

/// A table of the database: its rows as JSON, in the order in which they lie.
#[derive(Clone)]
struct Table {
    name: String,
    rows: Vec<Value>,
}

fn shuffle(app: &TestApp) {
    let shuffle = Shuffle::default();
    while block_on(shuffle.some(app.db())).unwrap() {}
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Lines of one column, `line`, in their order.
fn lines(app: &TestApp, sql: &str) -> Vec<String> {
    let url = &app.state.config().database;
    let read: Vec<Line> = match url.strip_prefix("sqlite:") {
        Some(path) => diesel::sql_query(sql).load(&mut SqliteConnection::establish(path).unwrap()),
        None => diesel::sql_query(sql).load(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap_or_else(|error| panic!("{sql}: {error}"));
    read.into_iter().map(|row| row.line).collect()
}

/// Every column of every table, and what the databases keep of their values for themselves.
fn copied(app: &TestApp) -> Vec<Table> {
    let names = match app.backend {
        Backend::Sqlite => "SELECT name AS line FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Backend::Postgres => {
            "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name"
        }
    };
    let mut names = lines(app, names);
    assert!(names.len() > 50, "{names:?}");
    if app.backend == Backend::Postgres {
        names.push("pg_stats".to_owned());
    }
    names.into_iter().map(|name| Table { rows: rows_of(app, &name), name }).collect()
}

/// Every row of every table, by the table's name.
pub fn everything(app: &TestApp) -> Vec<(String, Vec<Value>)> {
    let tables = copied(app).into_iter().filter(|table| table.name != "pg_stats");
    tables.map(|table| (table.name, table.rows)).collect()
}

fn rows_of(app: &TestApp, table: &str) -> Vec<Value> {
    let sql = match app.backend {
        Backend::Postgres if table == "pg_stats" => {
            "SELECT json_build_object('name', tablename || '.' || attname, 'common', most_common_vals::text, \
             'bounds', histogram_bounds::text)::text AS line FROM pg_stats WHERE schemaname = 'public'"
                .to_owned()
        }
        Backend::Postgres => format!("SELECT row_to_json(t)::text AS line FROM \"{table}\" AS t"),
        Backend::Sqlite => {
            let columns = lines(app, &format!("SELECT name AS line FROM pragma_table_xinfo('{table}')"));
            let pairs: Vec<String> = columns
                .iter()
                .map(|name| format!("'{name}', CASE typeof(\"{name}\") WHEN 'blob' THEN lower(hex(\"{name}\")) ELSE \"{name}\" END"))
                .collect();
            format!("SELECT json_object({}) AS line FROM \"{table}\"", pairs.join(", "))
        }
    };
    lines(app, &sql).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn table<'a>(tables: &'a [Table], name: &str) -> &'a Table {
    tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

/// A value as text; bytes in lower-case hexadecimal on both databases. Nothing is no value.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.strip_prefix("\\x").unwrap_or(text).to_owned()),
        other => Some(other.to_string()),
    }
}

fn column(row: &Value, name: &str) -> String {
    plain(&row[name]).unwrap_or_default()
}

/// Of a row every value, and every word that stands in one (in JSON, in a path).
fn words(row: &Value) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for value in row.as_object().unwrap().values().filter_map(plain) {
        let parts = value.split(|each: char| !each.is_alphanumeric() && !"-_.:".contains(each));
        words.extend(parts.filter(|part| part.len() >= 4 && part.is_ascii()).map(str::to_owned));
        words.insert(value);
    }
    words
}

/// Answers, versions and counts are small numbers, which every table is full of.
fn is_small(word: &str) -> bool {
    word.parse::<i64>().is_ok_and(|number| number.abs() < 1_000)
}

/// Rows are joined by equal values, unless so many rows of one table have a value that it leads to
/// a whole project's people.
struct Joined {
    words: Vec<Vec<BTreeSet<String>>>,
    rows: HashMap<String, Vec<(usize, usize)>>,
    wide: HashSet<String>,
}

const CANDIDATES: usize = 20;

impl Joined {
    fn new(tables: &[Table]) -> Joined {
        let words: Vec<Vec<BTreeSet<String>>> =
            tables.iter().map(|table| table.rows.iter().map(words).collect()).collect();
        let mut rows: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        let mut wide = HashSet::new();
        for (table, of_table) in words.iter().enumerate() {
            let mut times: HashMap<&str, usize> = HashMap::new();
            for (row, words) in of_table.iter().enumerate() {
                for word in words.iter().filter(|word| !is_small(word)) {
                    rows.entry(word.clone()).or_default().push((table, row));
                    *times.entry(word).or_default() += 1;
                }
            }
            wide.extend(
                times.iter().filter(|(_, times)| **times >= CANDIDATES).map(|(word, _)| (*word).to_owned()),
            );
        }
        Joined { words, rows, wide }
    }

    /// All rows to which a path of equal values leads.
    fn reached(&self, from: (usize, usize)) -> BTreeSet<(usize, usize)> {
        let mut reached = BTreeSet::from([from]);
        let mut ahead = VecDeque::from([from]);
        while let Some((table, row)) = ahead.pop_front() {
            for word in self.words[table][row].iter().filter(|word| !self.wide.contains(*word)) {
                for next in self.rows.get(word).into_iter().flatten() {
                    if reached.insert(*next) {
                        ahead.push_back(*next);
                    }
                }
            }
        }
        reached
    }
}

/// Tables whose rows are somebody's.
const PERSONAL: [&str; 12] = [
    "account",
    "phone_person",
    "household",
    "household_phone",
    "residence",
    "session",
    "refresh_token",
    "one_time_code",
    "notice",
    "follow",
    "attempt",
    "device",
];

/// To which rows that are somebody's a path leads from each row of a table.
fn people_of(tables: &[Table], from: &str) -> Vec<BTreeSet<(String, usize)>> {
    let joined = Joined::new(tables);
    let place = tables.iter().position(|table| table.name == from).unwrap();
    (0..tables[place].rows.len())
        .map(|row| {
            let reached = joined.reached((place, row)).into_iter();
            let named = reached.map(|(table, row)| (tables[table].name.clone(), row));
            named.filter(|(name, _)| PERSONAL.contains(&name.as_str())).collect()
        })
        .collect()
}

/// No path of equal values leads from a rating or a comment to anybody. A path begins with a value
/// of the row: with one that stands nowhere else, or with
/// one that five ratings of the project or more share, which leads to as many people.
fn by_equal_values(city: &City) {
    for (from, least) in [("rating", RATED[0] + RATED[1] + 20), ("rating_comment", RATED[1])] {
        let reached = people_of(&city.tables, from);
        assert!(reached.len() >= least, "{from}: {}", reached.len());
        let found = reached.iter().find_map(BTreeSet::first);
        assert_eq!(found, None, "is reached from {from}");
    }
    let text = |table: &Table| {
        let rows = table.rows.iter().map(Value::to_string);
        rows.collect::<Vec<_>>().join("\n").to_lowercase()
    };
    for from in ["rating", "rating_comment", "review"] {
        // A review's public id is named by what officials and the service do with it.
        let own: &[&str] =
            if from == "review" { &["review", "review_flag", "change", "audit"] } else { &[from] };
        let others = city.tables.iter().filter(|table| {
            !own.contains(&table.name.as_str()) && !STATISTICS.contains(&table.name.as_str())
        });
        let others: Vec<(&String, String)> = others.map(|table| (&table.name, text(table))).collect();
        let values = distinguishing(table(&city.tables, from));
        assert!(values.len() > 5, "{from}: {values:?}");
        for form in values.iter().flat_map(|value| forms(value)) {
            let found = others.iter().find(|(_, text)| text.contains(&form)).map(|(name, _)| name);
            assert_eq!(found, None, "where {form} of {from} stands too");
        }
    }
    // What names a review or a flag names nobody who lives here.
    let people = identifiers(city);
    let reviews: BTreeSet<String> =
        table(&city.tables, "review").rows.iter().map(|row| column(row, "id")).collect();
    for (name, row) in city.tables.iter().flat_map(|table| table.rows.iter().map(|row| (&table.name, row))) {
        let words = words(row);
        if !STATISTICS.contains(&name.as_str()) && !words.is_disjoint(&reviews) {
            assert!(words.is_disjoint(&people), "a row of {name}: {row}");
        }
    }
    by_equal_values_finds_what_is_there(city);
}

/// What the databases keep of their tables' values for themselves.
const STATISTICS: [&str; 2] = ["sqlite_stat4", "pg_stats"];

/// By what the residents are named elsewhere.
fn identifiers(city: &City) -> BTreeSet<String> {
    let of = |name: &'static str, columns: &'static [&str]| {
        let rows = table(&city.tables, name).rows.iter();
        rows.flat_map(move |row| columns.iter().map(|name| column(row, name)))
            .filter(|value| !value.is_empty())
    };
    let residents = table(&city.tables, "account").rows.iter().filter(|row| row["role"] == "resident");
    let accounts: BTreeSet<String> = residents
        .flat_map(|row| ["id", "phone_hash", "phone_encrypted", "person"].map(|name| column(row, name)))
        .filter(|value| !value.is_empty())
        .collect();
    let sessions = table(&city.tables, "session").rows.iter();
    let sessions =
        sessions.filter(|row| accounts.contains(&column(row, "account_id"))).map(|row| column(row, "id"));
    let mut all: BTreeSet<String> = of("household", &["id"])
        .chain(of("household_phone", &["phone_hash", "person"]))
        .chain(of("phone_person", &["phone_hash", "person"]))
        .chain(of("residence", &["id"]))
        .chain(of("refresh_token", &["token_hash"]))
        .chain(sessions)
        .collect();
    assert!(all.len() > 4 * HOUSEHOLDS);
    all.extend(accounts);
    all
}

/// The values of a table's rows that fewer than five rows of a project and month share.
fn distinguishing(table: &Table) -> BTreeSet<String> {
    let mut times: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &table.rows {
        let group = format!("{}/{}", column(row, "project_id"), column(row, "month"));
        // The project and its firm are what it is about, a state is a word; an official's decision
        // on a review is the official's.
        let about =
            |name: &str| matches!(name, "project_id" | "uscc" | "state" | "decided_by" | "decided_at");
        let own = row.as_object().unwrap().iter().filter(|(name, _)| !about(name));
        for value in own.filter_map(|(_, value)| plain(value)) {
            *times.entry((group.clone(), value)).or_default() += 1;
        }
    }
    let few = times.into_iter().filter(|(_, times)| *times < 5);
    let few = few.map(|((_, value), _)| value).filter(|value| !is_small(value) && value.len() > 7);
    few.collect()
}

/// How bytes or a text may be written.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_lowercase()];
    if let Some(bytes) = bytes_of(value) {
        let engines = [
            base64::engine::general_purpose::STANDARD_NO_PAD,
            base64::engine::general_purpose::URL_SAFE_NO_PAD,
        ];
        forms.extend(engines.iter().map(|engine| engine.encode(&bytes).to_lowercase()));
    }
    forms
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let is_hex = hex.len().is_multiple_of(2) && hex.bytes().all(|each| each.is_ascii_hexdigit());
    is_hex.then(|| {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    })
}

/// The same search finds people where there is a path: of each residence its account, and of a
/// rating that had the mark of a session.
fn by_equal_values_finds_what_is_there(city: &City) {
    let of_residences = people_of(&city.tables, "residence");
    assert!(of_residences.len() > HOUSEHOLDS && of_residences.iter().all(|reached| reached.len() > 2));
    let marked = |change: &dyn Fn(&mut Value, &mut Value)| {
        let mut tables = city.tables.clone();
        let place = |name: &str| tables.iter().position(|table| table.name == name).unwrap();
        let (ratings, sessions) = (place("rating"), place("session"));
        let mut session = tables[sessions].rows[5].take();
        change(&mut tables[ratings].rows[7], &mut session);
        tables[sessions].rows[5] = session;
        people_of(&tables, "rating")
    };
    let direct = marked(&|rating, session| rating["writer"] = session["account_id"].clone());
    assert!(direct[7].iter().any(|(name, _)| name == "account") && direct[6].is_empty(), "{:?}", direct[7]);
    let by_a_mark = marked(&|rating, session| {
        rating["origin"] = json!("v1:0f3a88c1");
        session["detail"] = json!("{\"client\": \"v1:0f3a88c1\"}");
    });
    assert!(by_a_mark[7].iter().any(|(name, _)| name == "account") && by_a_mark[6].is_empty());
}

/// The minutes since 1970 that a row names, however it writes them, in UTC or in the city's time.
fn minutes(row: &Value) -> BTreeSet<i64> {
    let mut minutes = BTreeSet::new();
    for value in row.as_object().unwrap().values().filter_map(plain) {
        let bytes = value.as_bytes();
        for start in 0..bytes.len().saturating_sub(15) {
            let Some(written) = value.get(start..start + 16) else { continue };
            let read = NaiveDateTime::parse_from_str(&written.replace('T', " "), "%Y-%m-%d %H:%M");
            if let Ok(read) = read {
                let minute = read.and_utc().timestamp() / 60;
                minutes.extend([minute, minute - 480]);
            }
        }
        for digits in value.split(|each: char| !each.is_ascii_digit()) {
            let Ok(number) = digits.parse::<i64>() else { continue };
            minutes.extend([1, 1_000, 1_000_000, 1_000_000_000].map(|part| number / part / 60));
        }
    }
    minutes
}

/// The instants in the identifiers of a row that sort by time, in milliseconds of this machine's
/// clock.
fn made_at(row: &Value) -> Vec<u128> {
    let ids = words(row).into_iter().filter_map(|word| uuid::Uuid::parse_str(&word).ok());
    let sorted = ids.filter(|id| id.get_version_num() == 7);
    sorted.map(|id| id.as_u128() >> 80).collect()
}

/// No row of any table, nor an identifier in one, is of the minute of a rating: what those who
/// rated left behind is what those left who did not.
fn by_time(city: &City) {
    let rows = || city.tables.iter().flat_map(|table| table.rows.iter().map(|row| (&table.name, row)));
    let mut named: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut made = Vec::new();
    for (name, row) in rows() {
        for minute in minutes(row) {
            named.entry(minute).or_default().insert(name.clone());
        }
        made.extend(made_at(row).into_iter().map(|at| (at, name.clone())));
    }
    assert_eq!(city.instants.len(), RATED.iter().sum::<usize>());
    for instant in &city.instants {
        let minute = instant.timestamp() / 60;
        assert_eq!(named.get(&minute), None, "somebody rated at {instant}");
    }
    for (from, until) in &city.real {
        let found = made.iter().find(|(at, _)| (from..=until).contains(&at));
        assert_eq!(found, None, "an identifier was made while somebody rated");
    }
    // The same finds when they signed in, and identifiers that sort by time.
    let found = city.others.iter().filter(|instant| named.contains_key(&(instant.timestamp() / 60))).count();
    assert!(found >= 4 * HOUSEHOLDS, "{found} of {}", city.others.len());
    assert!(made.len() > HOUSEHOLDS);
    // A rating names its months, a comment its own, and nothing else of time.
    for name in ["rating", "rating_comment", "review_flag"] {
        for row in &table(&city.tables, name).rows {
            let dated = row.as_object().unwrap().values().filter_map(plain);
            let dated = dated.filter(|value| value.contains("-1") && value.len() < 30);
            assert!(
                dated.clone().all(|value| value.len() == "2026-11".len()),
                "{:?}",
                dated.collect::<Vec<_>>()
            );
        }
    }
}

/// How an order that lies in the database goes together with another, from −1 to 1 (Kendall). Of
/// several lists only what lies in one is compared.
fn concordance(lists: &[Vec<usize>], order: &[usize]) -> f64 {
    let rank: HashMap<usize, usize> = order.iter().enumerate().map(|(rank, each)| (*each, rank)).collect();
    let (mut with, mut against) = (0, 0);
    for list in lists {
        for (place, one) in list.iter().enumerate() {
            let later = list[place + 1..].iter();
            let ahead = later.clone().filter(|other| rank[one] < rank[other]).count();
            with += ahead;
            against += later.count() - ahead;
        }
    }
    assert!(with + against > 60, "{} pairs say too little", with + against);
    (with as f64 - against as f64) / (with + against) as f64
}

/// Opens a month's key as the service does.
fn open(app: &TestApp, month: &str, sealed: &[u8]) -> Option<hmac::Key> {
    let seal = RandomizedNonceKey::new(&AES_256_GCM, app.state.secrets().rating_seal()).unwrap();
    let (nonce, body) = sealed.split_at_checked(12)?;
    let mut body = body.to_vec();
    let context = format!("rating-key/{month}");
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let key = seal.open_in_place(nonce, Aad::from(context.as_bytes()), &mut body).ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, key))
}

impl City {
    fn names(&self) -> Names<'_> {
        Names { project: &self.stage.project, estate: &self.stage.estate }
    }
}

/// The project of which pseudonyms are made.
struct Names<'a> {
    project: &'a str,
    estate: &'a str,
}

impl Names<'_> {
    /// The pseudonyms of somebody under a key: of the dwelling, of the person, and of the comment.
    fn of(&self, app: &TestApp, key: &hmac::Key, somebody: &Person) -> [String; 3] {
        let home = [self.project, self.estate, "7", "2", &somebody.resident.room].map(str::as_bytes);
        let dwelling = keyed(key, "dwelling", &home);
        let person = app.state.secrets().phone_hash(&somebody.first_phone);
        let person = keyed(key, "person", &[self.project.as_bytes(), person.as_bytes()]);
        let writer = keyed(key, "comment", &[self.project.as_bytes(), &dwelling]);
        [dwelling, person, writer].map(|bytes| hex(&bytes))
    }
}

fn keyed(key: &hmac::Key, label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(key);
    for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The months' keys that are there, as they are sealed.
fn sealed(tables: &[Table]) -> Vec<(String, Vec<u8>)> {
    let rows = table(tables, "rating_key").rows.iter();
    rows.map(|row| (column(row, "month"), bytes_of(&column(row, "sealed")).unwrap())).collect()
}

/// Whose the pseudonyms are that stand in the database: of each, the place in `people`.
fn known(app: &TestApp, city: &City) -> HashMap<String, usize> {
    let mut known = HashMap::new();
    for (month, sealed) in sealed(&city.tables) {
        let Some(key) = open(app, &month, &sealed) else { panic!("the key of {month} does not open") };
        for (position, person) in city.people.iter().enumerate() {
            known.extend(city.names().of(app, &key, person).map(|name| (name, position)));
        }
    }
    known
}

/// The places in `people` of the rows of December, by an order of the database's.
fn in_order(app: &TestApp, city: &City, table: &str, name: &str, order: &str) -> Vec<usize> {
    let text = match app.backend {
        Backend::Sqlite => format!("lower(hex({name}))"),
        Backend::Postgres => format!("encode({name}, 'hex')"),
    };
    let sql = format!(
        "SELECT {text} AS line FROM {table} WHERE project_id = '{}' AND month = '{}' ORDER BY {order}",
        city.stage.project, MONTHS[1]
    );
    let known = known(app, city);
    lines(app, &sql).iter().map(|name| known[name]).collect()
}

/// The places in `people` of those whose pseudonyms lie on each page of a tree of SQLite's file,
/// in the order of the bytes.
fn on_pages(app: &TestApp, city: &City, tree: &str, which: usize) -> Vec<Vec<usize>> {
    app.db().checkpoint().unwrap();
    let file = std::fs::read(app.state.config().database.strip_prefix("sqlite:").unwrap()).unwrap();
    let size = usize::from(u16::from_be_bytes([file[16], file[17]]));
    let sql = format!(
        "SELECT CAST(pageno AS TEXT) AS line FROM dbstat WHERE name = '{tree}' AND pagetype = 'leaf'"
    );
    let sealed = sealed(&copied(app)).into_iter().find(|(month, _)| month == MONTHS[1]).unwrap().1;
    let key = open(app, MONTHS[1], &sealed).unwrap();
    let names: Vec<(usize, String)> = city.rated[1]
        .iter()
        .map(|position| (*position, city.names().of(app, &key, &city.people[*position])[which].clone()))
        .collect();
    let on_page = |number: String| {
        let start = (number.parse::<usize>().unwrap() - 1) * size;
        let page = hex(&file[start..start + size]);
        let found: BTreeMap<usize, usize> =
            names.iter().filter_map(|(position, name)| Some((page.find(name)?, *position))).collect();
        found.into_values().collect()
    };
    lines(app, &sql).into_iter().map(on_page).collect()
}

/// The orders in which the ratings and comments of December lie in the database, each by its name.
fn orders(app: &TestApp, city: &City) -> Vec<(&'static str, Vec<Vec<usize>>)> {
    let one = |table, name, order| vec![in_order(app, city, table, name, order)];
    match app.backend {
        Backend::Sqlite => vec![
            ("table", on_pages(app, city, "rating", 0)),
            ("index of people", on_pages(app, city, "rating_person", 1)),
            ("comments", on_pages(app, city, "rating_comment", 2)),
            ("as read", one("rating", "dwelling", "(SELECT 0)")),
        ],
        Backend::Postgres => vec![
            ("place", one("rating", "dwelling", "ctid")),
            ("transaction", one("rating", "dwelling", "xmin::text::bigint, dwelling")),
            ("comments' place", one("rating_comment", "writer", "ctid")),
            ("comments' transaction", one("rating_comment", "writer", "xmin::text::bigint, writer")),
        ],
    }
}

/// Rows lie in the order of their pseudonyms, which goes together neither with that in which
/// people rated nor with that of
/// their households or their accounts.
fn by_order(app: &TestApp, city: &City) {
    for (name, order) in orders(app, city) {
        let found = concordance(&order, &city.rated[1]);
        // What this finds if nothing is done, but in an index whose one page was divided meanwhile.
        assert!(
            ["as read", "index of people"].contains(&name)
                || found.abs() > UNLIKELY
                || name == "table" && found.abs() > 0.4,
            "{name}: {found}"
        );
    }
    shuffle(app);
    let (households, accounts) = (mixed(HOUSEHOLDS, 1), mixed(HOUSEHOLDS, 5));
    for (name, order) in orders(app, city) {
        for (of, known) in [("ratings", &city.rated[1]), ("households", &households), ("accounts", &accounts)]
        {
            let found = concordance(&order, known);
            assert!(found.abs() < UNLIKELY, "{name} is the order of {of}: {found}");
        }
    }
}

/// All pseudonyms of everybody of the project, under the keys that live.
fn by_the_keys(app: &TestApp, city: &City) {
    let known = known(app, city);
    assert_eq!(known.len(), HOUSEHOLDS * 3 * 2);
    let text = texts(&city.tables);
    let found = |names: &HashMap<String, usize>| names.keys().filter(|name| text.contains(*name)).count();
    // With the keys and the master secret each is found: two names of each row, and those of
    // comments.
    assert!(found(&known) >= 2 * RATED[0] + 3 * RATED[1] + 2, "{}", found(&known));
    let keys = sealed(&city.tables);

    app.step_on("2027-01-01");
    app.set_time("2027-02-05T02:00:00Z");
    app.tick();
    let tables = copied(app);
    let months: BTreeSet<String> = sealed(&tables).into_iter().map(|(month, _)| month).collect();
    assert_eq!(months, BTreeSet::from(["2027-01", "2027-02"].map(str::to_owned)));
    for table in &tables {
        let text = texts(std::slice::from_ref(table));
        let left = known.keys().filter(|name| text.contains(*name)).count();
        assert_eq!(left, 0, "pseudonyms are left in {}", table.name);
    }
    // Nor by anything else that is there, taken for a key.
    let said: HashSet<String> = tables.iter().flat_map(|table| &table.rows).flat_map(words).collect();
    let mut tried = 0;
    for key in whatever_may_be_a_key(app, &tables) {
        for person in &city.people {
            let names = city.names().of(app, &key, person);
            assert!(names.iter().all(|name| !said.contains(name)));
            tried += 1;
        }
    }
    assert!(tried > 100 * HOUSEHOLDS, "{tried}");
    // Nor in what the files still hold of what was deleted, once no older transaction of the
    // server's own keeps it.
    let began = Instant::now();
    while let Some(what) = still_held(app, &known, &keys) {
        assert!(began.elapsed().as_secs() < 60, "{what}");
        shuffle(app);
    }
}

/// What is left in the files of the keys that are forgotten, and in SQLite's of the pseudonyms.
fn still_held(app: &TestApp, known: &HashMap<String, usize>, keys: &[(String, Vec<u8>)]) -> Option<String> {
    for (what, bytes) in files(app) {
        let text = hex(&bytes);
        for (month, sealed) in keys {
            if text.contains(&hex(sealed)) {
                return Some(format!("the key of {month} is still in {what}"));
            }
        }
        if app.backend == Backend::Sqlite && known.keys().any(|name| text.contains(name)) {
            return Some(format!("pseudonyms are still in {what}"));
        }
    }
    None
}

fn texts(tables: &[Table]) -> String {
    let rows = tables.iter().flat_map(|table| table.rows.iter().map(Value::to_string));
    rows.collect::<Vec<_>>().join("\n")
}

/// The keys of other months, the master secret and what follows from it, and every value that is
/// long enough.
fn whatever_may_be_a_key(app: &TestApp, tables: &[Table]) -> Vec<hmac::Key> {
    let mut bytes: BTreeSet<Vec<u8>> =
        BTreeSet::from([SECRET.as_bytes().to_vec(), app.state.secrets().rating_seal().to_vec()]);
    let mut keys = Vec::new();
    for word in tables.iter().flat_map(|table| &table.rows).flat_map(words).filter(|word| word.len() >= 32) {
        if let Some(raw) = bytes_of(&word) {
            keys.extend(
                ["2026-11", "2026-12", "2027-01", "2027-02"]
                    .iter()
                    .filter_map(|month| open(app, month, &raw)),
            );
            bytes.insert(raw);
        }
        bytes.insert(word.into_bytes());
    }
    assert_eq!(keys.len(), 2);
    keys.extend(bytes.iter().map(|bytes| hmac::Key::new(hmac::HMAC_SHA256, bytes)));
    keys
}

/// The bytes in which the tables of ratings lie, with all that was deleted from them.
fn files(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let url = &app.state.config().database;
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let paths = [path.to_owned(), format!("{path}-wal")];
            paths.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect()
        }
        None => {
            PgConnection::establish(url).unwrap().batch_execute("CHECKPOINT").unwrap();
            let of = |table: &str| {
                let sql = format!(
                    "SELECT encode(pg_read_binary_file(pg_relation_filepath('{table}')), 'hex') AS line"
                );
                (table.to_owned(), bytes_of(&lines(app, &sql)[0]).unwrap())
            };
            ["rating_key", "rated_month"].map(of).into()
        }
    }
}

#[both]
fn it_names_nobody(app: TestApp) {
    let city = City::new(&app);
    by_equal_values(&city);
    by_time(&city);
    by_order(&app, &city);
    by_the_keys(&app, &city);
}

/// What is kept of ratings and of what comes of them.
const OF_RATINGS: [&str; 12] = [
    "rating",
    "rating_comment",
    "left_home",
    "rating_key",
    "rated_month",
    "rating_increment",
    "rating_step",
    "rating_arrival",
    "rating_burst",
    "review",
    "review_flag",
    "reply",
];

/// Their rows, on PostgreSQL with where they lie and which transaction wrote them.
fn rows_of_ratings(app: &TestApp) -> Vec<(&'static str, Vec<String>)> {
    let rows = |name: &'static str| match app.backend {
        Backend::Sqlite => rows_of(app, name).iter().map(Value::to_string).collect(),
        Backend::Postgres => {
            let sql = format!("SELECT concat_ws(' ', ctid, xmin, row_to_json(t)) AS line FROM {name} AS t");
            lines(app, &sql)
        }
    };
    OF_RATINGS.into_iter().map(|name| (name, rows(name))).collect()
}

/// Two copies, one before and one after: what differs says that an account has another phone, and
/// nothing of any rating, comment or flag.
#[both]
fn two_copies_around_a_change_of_phone_name_no_rating(app: TestApp) {
    let stage = app.stage();
    let mut residents = app.neighbours(&stage.estate, 6);
    for resident in &residents[..5] {
        let body = json!({"overall": 4, "comment": "楼道很干净"});
        app.rating(resident, &stage.project, MONTHS[0]).json(&body).expect(201);
    }
    app.step_on("2026-12-01");
    app.rate_all(&residents[..5], &stage.project, MONTHS[1], &[1, 2, 3, 4, 5]);
    let reviews = app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json();
    for (resident, review) in residents.iter().zip(reviews["items"].as_array().unwrap()) {
        let path = format!("/v1/reviews/{}/flags", review["id"].as_str().unwrap());
        let flag = app.post(&path).token(&app.renewed(&resident.id));
        flag.json(&json!({"reason": "不实"})).expect(201);
    }
    // One who has rated and flagged, one who has not, and one who changes back.
    let first = residents[2].phone.clone();
    for (position, phone) in [(2, "13700000002"), (5, "13700000005"), (2, first.as_str())] {
        app.advance(chrono::Duration::minutes(1));
        let (before, others) = (rows_of_ratings(&app), copied(&app));
        move_to(&app, &mut residents[position], phone);
        assert_eq!(rows_of_ratings(&app), before);
        let differing: Vec<String> = others
            .iter()
            .zip(copied(&app))
            .filter(|(before, after)| before.rows != after.rows)
            .map(|(before, _)| before.name.clone())
            .collect();
        for name in ["account", "phone_person"] {
            assert!(differing.iter().any(|each| each == name), "{differing:?}");
        }
        assert!(differing.iter().all(|name| !OF_RATINGS.contains(&name.as_str())), "{differing:?}");
    }
}
