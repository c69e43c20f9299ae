//! Statements that are prepared once: for those of an evaluation, of a card that is not cached, and
//! for what a rating's put reads. Elsewhere they gain nothing that can be measured, and are plain:
//! docs/measured.md, "Prepared statements", has the figures, and a new use brings its own.
//!
//! diesel keeps a prepared statement only where it knows that the same code always makes the same
//! SQL. Of updates, upserts and literals it does not, so it has the database parse them each time;
//! and through `MultiConnection` it writes the SQL of every statement again. On SQLite the parsing
//! was the larger part of a rating's cost. diesel runs `execute` on a reference to the statement,
//! and asks that of what it refers to whether it may be kept: an update then says no. So an update,
//! and an upsert, gives something back (`returning`), and is run by `get_result` or `load`.
//!
//! A statement made by [`hot!`] is known by its place in the code, so its SQL must not depend on
//! anything but the database: no `eq_any` on SQLite, no boxed filters, no batch of varying length.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement whose SQL is always the same; `Place` is a type of its own for each place in the
/// code.
pub struct Hot<Statement, Place> {
    statement: Statement,
    place: PhantomData<Place>,
}

impl<Statement, Place> Hot<Statement, Place> {
    /// For [`hot!`](crate::hot) alone.
    pub fn new(statement: Statement) -> Self {
        Hot { statement, place: PhantomData }
    }
}

impl<Statement, Place: 'static> QueryId for Hot<Statement, Place> {
    type QueryId = Place;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Statement, Place, DB> QueryFragment<DB> for Hot<Statement, Place>
where
    DB: Backend,
    Statement: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Statement: Query, Place> Query for Hot<Statement, Place> {
    type SqlType = Statement::SqlType;
}

impl<Statement, Place, Connection> RunQueryDsl<Connection> for Hot<Statement, Place> {}

/// Runs a statement on whichever database the connection is to, prepared once for each connection:
/// `hot!(conn, statement => execute)`, or `=> get_result`, or `=> load`.
#[macro_export]
macro_rules! hot {
    ($connection:expr, $statement:expr => $run:ident) => {{
        struct Place;
        match $connection {
            $crate::Conn::Sqlite(conn) => {
                diesel::RunQueryDsl::$run($crate::dialect::Hot::<_, Place>::new($statement), conn)
            }
            $crate::Conn::Pg(conn) => {
                diesel::RunQueryDsl::$run($crate::dialect::Hot::<_, Place>::new($statement), conn)
            }
        }
    }};
}

/// [`hot!`] for a statement about those whose column is one of `$ids`: `these` stands for that in
/// its filter, and each column has a name of its own.
///
/// `hot_among!(conn, usccs => [these = firm::uscc], firm::table.filter(these).select(firm::name) => load)`
///
/// It is two statements. Most lists are of one, and that one SQLite finds at once; of a list it
/// first makes a table, which costs more than the finding.
#[macro_export]
macro_rules! hot_among {
    ($connection:expr, $ids:expr => [$($these:ident = $column:expr),+], $statement:expr => $run:ident) => {
        match $ids {
            [only] => {
                $(let $these = diesel::ExpressionMethods::eq($column, only);)+
                $crate::hot!($connection, $statement => $run)
            }
            ids => {
                $(let $these = $crate::dialect::OneOf::new($column, ids);)+
                $crate::hot!($connection, $statement => $run)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use diesel::prelude::*;

    use crate::Conn;
    use crate::dialect::OneOf;
    use crate::schema::setting;

    fn put(conn: &mut Conn, value: &str) -> QueryResult<String> {
        hot!(conn, diesel::update(setting::table.find("a")).set(setting::value.eq(value)).returning(setting::value) => get_result)
    }

    fn named(conn: &mut Conn, names: &[&str]) -> QueryResult<Vec<String>> {
        hot!(conn, setting::table
            .filter(OneOf::new(setting::name, names))
            .order(setting::name)
            .select(setting::value) => load)
    }

    fn among(conn: &mut Conn, names: &[&str]) -> QueryResult<Vec<String>> {
        hot_among!(conn, names => [these = setting::name], setting::table
            .filter(these)
            .order(setting::name)
            .select(setting::value) => load)
    }

    #[test]
    fn an_update_and_a_list_of_any_length_are_prepared_once() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute(
            "CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL); INSERT INTO setting VALUES ('a', '1'), ('b', '2'), ('\"c', '3')",
        )
        .unwrap();
        // Each statement that is prepared to be kept is told of once; one that cannot be kept,
        // never.
        let kept = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&kept);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut conn = Conn::Sqlite(conn);
        assert_eq!(
            (put(&mut conn, "x").unwrap(), put(&mut conn, "y").unwrap()),
            ("x".to_owned(), "y".to_owned())
        );
        assert_eq!(kept.load(Ordering::Relaxed), 1);
        assert_eq!(named(&mut conn, &["a"]).unwrap(), ["y"]);
        assert_eq!(named(&mut conn, &["b", "\"c", "none"]).unwrap(), ["3", "2"]);
        assert_eq!(named(&mut conn, &[]).unwrap(), [""; 0]);
        assert_eq!(kept.load(Ordering::Relaxed), 2);
        // One alone has a statement of its own, whichever it is.
        assert_eq!(
            (among(&mut conn, &["a"]).unwrap(), among(&mut conn, &["b"]).unwrap()),
            (vec!["y".to_owned()], vec!["2".to_owned()])
        );
        assert_eq!(kept.load(Ordering::Relaxed), 3);
        assert_eq!(among(&mut conn, &["b", "a"]).unwrap(), ["y", "2"]);
        assert_eq!(among(&mut conn, &[]).unwrap(), [""; 0]);
        assert_eq!(kept.load(Ordering::Relaxed), 4);
    }
}
