//! What differs between the two databases.

/// Runs the same body for whichever database the connection is to, compiled once for each: for upserts, batch inserts and `returning`, which
/// diesel's `MultiConnection` cannot say.
///
/// ```ignore
/// on_each!(tx.conn, |conn| diesel::insert_into(table).values(&rows).on_conflict_do_nothing().execute(conn))?;
/// ```
macro_rules! on_each {
    ($connection:expr, |$conn:ident| $body:expr) => {
        match $connection {
            $crate::Conn::Sqlite($conn) => $body,
            $crate::Conn::Pg($conn) => $body,
        }
    };
}
pub(crate) use on_each;

use diesel::connection::SimpleConnection;

use crate::Conn;

impl Conn {
    /// Begins the transaction of a read: one snapshot for all its statements.
    pub(crate) fn begin_read(&self) -> &'static str {
        match self {
            Conn::Sqlite(_) => "BEGIN",
            Conn::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Begins the transaction of a write. Serializable on PostgreSQL, so that both databases give the guarantee that SQLite's one writer does.
    pub(crate) fn begin_write(&self) -> &'static str {
        match self {
            Conn::Sqlite(_) => "BEGIN IMMEDIATE",
            Conn::Pg(_) => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        }
    }
}

impl Conn {
    /// Lets the writes that count attempts come one after another, as SQLite's always do: a count that two transactions make at once would have to be
    /// thrown away by PostgreSQL, again and again under a flood. It must be the first statement of its transaction, so that the snapshot is taken after the
    /// wait.
    pub(crate) fn count_in_line(&mut self) -> crate::Result<()> {
        match self {
            Conn::Sqlite(_) => Ok(()),
            Conn::Pg(conn) => Ok(conn.batch_execute("LOCK TABLE attempt IN SHARE ROW EXCLUSIVE MODE")?),
        }
    }
}
