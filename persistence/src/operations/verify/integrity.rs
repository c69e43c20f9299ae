//! The database's own checks of its structure.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, SqliteConnection};
use xinwu_store::{Conn, Db, Result};

use super::{Difference, Progress, Report, differing, read};

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    report.checks.push("database".to_owned());
    progress("the database's own checks", 0, 1);
    report.add(read(db, found)?);
    progress("the database's own checks", 1, 1);
    Ok(())
}

fn found(conn: &mut Conn) -> Result<Vec<Difference>> {
    let mut found = match conn {
        Conn::Sqlite(conn) => on_sqlite(conn)?,
        Conn::Pg(conn) => return on_postgres(conn),
    };
    found.extend(differing(
        conn,
        "SELECT 'database' AS kept_in, \"table\" || '/' || rowid AS key, 'refers to no ' || parent AS figure, \
         NULL AS kept, NULL AS counted FROM pragma_foreign_key_check WHERE rowid IS NOT NULL",
    )?);
    found.extend(in_tables_without_rowid(conn)?);
    Ok(found)
}

/// A foreign key of a table without rowid that leads nowhere in some rows: SQLite does not say in
/// which.
#[derive(QueryableByName)]
struct BrokenKey {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
    /// The columns of the primary key.
    #[diesel(sql_type = Text)]
    key: String,
    /// That the row refers to something.
    #[diesel(sql_type = Text)]
    refers: String,
    /// That something is what it refers to.
    #[diesel(sql_type = Text)]
    is_meant: String,
}

/// Each row by its primary key, without what of it is binary: those are the pseudonyms of people
/// who rated, and the report names nobody.
fn in_tables_without_rowid(conn: &mut Conn) -> Result<Vec<Difference>> {
    let broken: Vec<BrokenKey> = diesel::sql_query(
        "SELECT child, parent, \
         (SELECT group_concat('child.\"' || name || '\"', ' || ''/'' || ') FROM (SELECT name FROM pragma_table_info(child) \
             WHERE pk > 0 AND type <> 'BLOB' ORDER BY pk)) AS key, \
         (SELECT group_concat('child.\"' || \"from\" || '\" IS NOT NULL', ' AND ') FROM pragma_foreign_key_list(child) \
             WHERE id = fkid) AS refers, \
         (SELECT group_concat('parent.\"' || \"to\" || '\" = child.\"' || \"from\" || '\"', ' AND ') FROM pragma_foreign_key_list(child) \
             WHERE id = fkid) AS is_meant \
         FROM (SELECT DISTINCT \"table\" AS child, parent, fkid FROM pragma_foreign_key_check WHERE rowid IS NULL)",
    )
    .load(conn)?;
    let mut found = Vec::new();
    for BrokenKey { child, parent, key, refers, is_meant } in broken {
        let rows = format!(
            "SELECT 'database' AS kept_in, '{child}/' || {key} AS key, 'refers to no {parent}' AS figure, NULL AS kept, NULL AS counted \
             FROM \"{child}\" AS child WHERE {refers} AND NOT EXISTS (SELECT 1 FROM \"{parent}\" AS parent WHERE {is_meant})"
        );
        found.extend(differing(conn, &rows)?);
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

fn difference(key: &str, said: String) -> Difference {
    Difference {
        kept_in: "database".to_owned(),
        key: key.to_owned(),
        figure: said,
        kept: None,
        counted: None,
    }
}

/// Every page and every index against its table.
fn on_sqlite(conn: &mut SqliteConnection) -> Result<Vec<Difference>> {
    // 256 MiB: every row is looked for in every index, which a reader's 4 MiB have dropped by the
    // next. In the city of 20 thousand ratings reading pages took 2 s instead of 12, and all of it
    // 25 s of the processor's time instead of 31.
    conn.batch_execute("PRAGMA cache_size = -262144")?;
    let rows: Vec<Said> =
        diesel::sql_query("SELECT integrity_check AS said FROM pragma_integrity_check").load(conn)?;
    let faults = rows.into_iter().filter(|row| row.said != "ok");
    Ok(faults.map(|row| difference("integrity_check", row.said)).collect())
}

/// Indexes against their tables by `amcheck` where an administrator has put it in
/// (`CREATE EXTENSION amcheck`) and this role may use it; always whether every index and constraint
/// is valid.
fn on_postgres(conn: &mut PgConnection) -> Result<Vec<Difference>> {
    let invalid: Vec<Said> = diesel::sql_query(
        "SELECT indexrelid::regclass::text || ' is not valid' AS said FROM pg_index \
         WHERE NOT indisvalid AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) \
         UNION ALL SELECT conname || ' is not validated' FROM pg_constraint WHERE NOT convalidated AND connamespace = 'public'::regnamespace",
    )
    .load(conn)?;
    let mut found: Vec<Difference> =
        invalid.into_iter().map(|row| difference("catalogue", row.said)).collect();
    let usable: Vec<Said> = diesel::sql_query(
        "SELECT proname::text AS said FROM pg_proc JOIN pg_extension ON extname = 'amcheck' AND extnamespace = pronamespace \
         WHERE proname = 'bt_index_check' AND pronargs = 2 AND has_function_privilege(pg_proc.oid, 'EXECUTE')",
    )
    .load(conn)?;
    if usable.is_empty() {
        return Ok(found);
    }
    let indexes: Vec<Said> = diesel::sql_query(
        "SELECT pg_class.oid::regclass::text AS said FROM pg_class JOIN pg_am ON pg_am.oid = relam AND amname = 'btree' \
         WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    .load(conn)?;
    for index in indexes {
        // A fault is told as an error of the statement, which would end the transaction.
        conn.batch_execute("SAVEPOINT one_index")?;
        let checked = diesel::sql_query("SELECT bt_index_check($1::regclass, true)::text AS said")
            .bind::<Text, _>(&index.said)
            .execute(conn);
        conn.batch_execute("ROLLBACK TO SAVEPOINT one_index; RELEASE SAVEPOINT one_index")?;
        if let Err(error) = checked {
            found.push(difference(&index.said, error.to_string()));
        }
    }
    Ok(found)
}
