//! Statements that are prepared once: for the few that a rating runs on the worst evening, and for nothing else.
//!
//! diesel keeps a prepared statement only where it knows that the same code always makes the same SQL. Of updates, upserts and literals it does not, so it has the
//! database parse them each time; and through `MultiConnection` it writes the SQL of every statement anew. On SQLite the parsing was the larger part of a rating's cost.
//! A statement made by [`hot!`] is known by its place in the code, so its SQL must not depend on anything but the database: no `eq_any` on SQLite, no boxed
//! filters, no batch of varying length.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement whose SQL is always the same; `Place` is a type of its own for each place in the code.
pub(crate) struct Hot<Statement, Place> {
    statement: Statement,
    place: PhantomData<Place>,
}

impl<Statement, Place> Hot<Statement, Place> {
    pub(crate) fn new(statement: Statement) -> Self {
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

/// Runs a statement on whichever database the connection is to, prepared once for each connection: `hot!(conn, statement => execute)`, or `=> get_result`, or
/// `=> load`.
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
pub(crate) use hot;
