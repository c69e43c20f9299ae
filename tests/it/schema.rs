//! The two schemas are one, and the code's copy of it is the same again.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use xinwu_persistence::migration::MIGRATIONS;

use crate::harness::{Backend, TestDatabase};

/// Columns by table, in order: name, type in the code's words, whether it may be null.
type Tables = BTreeMap<String, Vec<Column>>;
type Column = (String, String, bool);

#[test]
fn both_folders_have_migrations_of_the_same_names() {
    let (sqlite, postgres) = MIGRATIONS.names().unwrap();
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
}

#[test]
fn a_database_that_lacks_the_schema_is_not_served() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let database = backend.empty();
        let options = xinwu_store::Options {
            url: xinwu_store::Url::parse(&database.url).unwrap(),
            connections: 1,
            patience: std::time::Duration::from_secs(1),
            clock: xinwu_store::Clock::System,
        };
        let refused = xinwu_persistence::open(options).err().expect("refused").to_string();
        assert!(refused.contains("xinwu migrate"), "{refused}");
    }
}

#[test]
fn tables_and_columns_are_the_same_on_both_and_in_the_code() {
    let (sqlite, postgres, code) = (on_sqlite(), on_postgres(), in_code());
    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert!(sqlite.len() > 40, "{:?}", names(&sqlite));
    assert_eq!(names(&sqlite), names(&postgres));
    assert_eq!(names(&sqlite), names(&code));
    for (name, columns) in &code {
        assert_eq!(&sqlite[name], columns, "{name} on SQLite is not what schema.rs says");
        assert_eq!(&postgres[name], columns, "{name} on PostgreSQL is not what schema.rs says");
    }
}

/// What a file takes of records: an index's row on PostgreSQL must fit a third of a page, and an
/// officer's reasons need not.
const ON_SQLITE_ALONE: &str = "record(uscc,known_from,id,kind,category,project_id,manager_id,level,severity,decided_on,counts_until,public_until,points,state,known_until)";

#[test]
fn indexes_are_the_same_on_both() {
    let (sqlite, postgres) = (indexes_on_sqlite(), indexes_on_postgres());
    let missing = |here: &[String], there: &[String]| -> Vec<String> {
        here.iter().filter(|index| !there.contains(index)).cloned().collect()
    };
    assert!(sqlite.len() > 60);
    assert_eq!(missing(&sqlite, &postgres), [ON_SQLITE_ALONE], "only on SQLite");
    assert_eq!(missing(&postgres, &sqlite), Vec::<String>::new(), "only on PostgreSQL");
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Bool)]
    may_be_null: bool,
}

#[derive(QueryableByName)]
struct FoundIndex {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = BigInt)]
    partial: i64,
}

fn sqlite() -> (SqliteConnection, TestDatabase) {
    let database = Backend::Sqlite.fresh();
    let path = database.url.trim_start_matches("sqlite:");
    (SqliteConnection::establish(path).unwrap(), database)
}

fn postgres() -> (PgConnection, TestDatabase) {
    let database = Backend::Postgres.fresh();
    (PgConnection::establish(&database.url).unwrap(), database)
}

fn on_sqlite() -> Tables {
    let (mut conn, _database) = sqlite();
    // A number that the database gives itself must be declared INTEGER on SQLite; it has 64 bits.
    let found = diesel::sql_query(
        "SELECT m.name AS table_name, c.name AS column_name, \
         CASE WHEN c.pk > 0 AND m.sql LIKE '%AUTOINCREMENT%' THEN 'BIGINT' ELSE upper(c.type) END AS type_name, \
         c.\"notnull\" = 0 AS may_be_null \
         FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid",
    )
    .load(&mut conn)
    .unwrap();
    tables(found)
}

fn on_postgres() -> Tables {
    let (mut conn, _database) = postgres();
    let found = diesel::sql_query(
        "SELECT table_name::text, column_name::text, upper(data_type::text) AS type_name, is_nullable = 'YES' AS may_be_null \
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
    )
    .load(&mut conn)
    .unwrap();
    tables(found)
}

/// What one database alone needs: PostgreSQL gives out numbers before it commits, so a reader of
/// the change feed must know whose they are.
const ONLY_ON_POSTGRES: (&str, &str) = ("change", "transaction_id");

/// Only the migrations' own table is not ours.
fn is_ours(table: &str) -> bool {
    table != "__diesel_schema_migrations"
}

/// Columns in the order of their names: a column added later stands last in one place and in its
/// group in another.
fn tables(found: Vec<Found>) -> Tables {
    let mut tables = Tables::new();
    for each in found.into_iter().filter(|each| is_ours(&each.table_name)) {
        if (each.table_name.as_str(), each.column_name.as_str()) == ONLY_ON_POSTGRES {
            continue;
        }
        let kind = match each.type_name.as_str() {
            "TEXT" | "CHARACTER VARYING" => "Text",
            "BIGINT" => "BigInt",
            "INTEGER" => "Integer",
            "BOOLEAN" => "Bool",
            "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => "Timestamp",
            "BLOB" | "BYTEA" => "Binary",
            "DOUBLE" | "DOUBLE PRECISION" => "Double",
            other => panic!("{}.{} has the type {other}", each.table_name, each.column_name),
        };
        let columns = tables.entry(each.table_name).or_default();
        columns.push((each.column_name, kind.to_owned(), each.may_be_null));
    }
    tables.values_mut().for_each(|columns| columns.sort());
    tables
}

/// What the schema in the code says: `persistence/store/src/schema.rs` and
/// `persistence/src/schema.rs`.
fn in_code() -> Tables {
    let text = concat!(
        include_str!("../../persistence/store/src/schema.rs"),
        include_str!("../../persistence/src/schema.rs")
    );
    let mut tables = Tables::new();
    for table in text.split("diesel::table! {").skip(1) {
        let mut lines =
            table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let name = lines.next().unwrap().split_whitespace().next().unwrap().to_owned();
        let mut columns: Vec<Column> = lines
            .take_while(|line| *line != "}")
            .filter(|line| line.contains("->"))
            .map(|line| {
                let (column, kind) = line.trim_end_matches(',').split_once(" -> ").unwrap();
                let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
                (column.to_owned(), inner.unwrap_or(kind).to_owned(), inner.is_some())
            })
            .collect();
        columns.sort();
        tables.insert(name, columns);
    }
    tables
}

fn indexes_on_sqlite() -> Vec<String> {
    let (mut conn, _database) = sqlite();
    // The key of a row that the database numbers itself has no index of its own on SQLite.
    let found: Vec<FoundIndex> = diesel::sql_query(
        "SELECT m.name AS table_name, i.\"unique\" AS is_unique, CAST(i.partial AS BIGINT) AS partial, \
         (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns \
         FROM sqlite_master m JOIN pragma_index_list(m.name) i \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    )
    .load(&mut conn)
    .unwrap();
    indexes(found)
}

fn indexes_on_postgres() -> Vec<String> {
    let (mut conn, _database) = postgres();
    let found: Vec<FoundIndex> = diesel::sql_query(
        "SELECT t.relname::text AS table_name, x.indisunique AS is_unique, (x.indpred IS NOT NULL)::int::bigint AS partial, \
         (SELECT string_agg(a.attname::text, ',' ORDER BY k.at) FROM unnest(x.indkey::int[]) WITH ORDINALITY AS k(number, at) \
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) AS columns \
         FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = 'public' AND NOT (x.indisprimary AND EXISTS (SELECT 1 FROM information_schema.columns c \
          WHERE c.table_name = t.relname::text AND c.column_default LIKE 'nextval%'))",
    )
    .load(&mut conn)
    .unwrap();
    indexes(found)
}

fn indexes(found: Vec<FoundIndex>) -> Vec<String> {
    let mut indexes: Vec<String> = found
        .into_iter()
        .filter(|index| is_ours(&index.table_name))
        .filter(|index| (index.table_name.as_str(), index.columns.as_str()) != ONLY_ON_POSTGRES)
        .map(|index| {
            let unique = if index.is_unique { "unique " } else { "" };
            let partial = if index.partial == 1 { " where …" } else { "" };
            format!("{unique}{}({}){partial}", index.table_name, index.columns)
        })
        .collect();
    indexes.sort();
    indexes
}
