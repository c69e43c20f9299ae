//! What differs between the two databases.

/// Runs the same body for whichever database the connection is to, compiled once for each: for
/// upserts, batch inserts and `returning`, which diesel's `MultiConnection` cannot say.
///
/// ```ignore
/// on_each!(tx.conn, |conn| diesel::insert_into(table).values(&rows).on_conflict_do_nothing().execute(conn))?;
/// ```
#[macro_export]
macro_rules! on_each {
    ($connection:expr, |$conn:ident| $body:expr) => {
        match $connection {
            $crate::Conn::Sqlite($conn) => $body,
            $crate::Conn::Pg($conn) => $body,
        }
    };
}

mod hot;
mod instant;
mod one_of;

pub use hot::Hot;
pub use instant::Instant;
pub use one_of::OneOf;

use diesel::connection::SimpleConnection;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::schema::change;
use crate::{Conn, Result, StoreError};

impl Conn {
    /// Tells SQLite how its tables have grown, where that is not known or has changed much: without
    /// it, it takes the first index that fits. PostgreSQL does so by itself.
    pub(crate) fn analyze(&mut self) -> Result<()> {
        match self {
            // 0x10000: tables that were never looked at too. The limit bounds the work whatever the
            // tables' size.
            Conn::Sqlite(conn) => {
                Ok(conn.batch_execute("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002")?)
            }
            Conn::Pg(_) => Ok(()),
        }
    }
}

/// What SQLite says of a checkpoint.
#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = BigInt)]
    busy: i64,
}

impl Conn {
    /// Brings SQLite's write-ahead log into the file, as far as nobody still reads what is there.
    /// PostgreSQL does so by itself.
    pub(crate) fn checkpoint(&mut self) -> Result<()> {
        self.checkpointed("PRAGMA wal_checkpoint(PASSIVE)").map(|_| ())
    }

    /// The same with all of it, and empties the log: writes wait for that, and it waits so many
    /// milliseconds for whoever reads what the log holds. Afterwards this connection waits for
    /// nothing. Gives whether the log is empty.
    pub(crate) fn empty_log(&mut self, wait: u32) -> Result<bool> {
        self.batch_execute(&format!("PRAGMA busy_timeout = {wait}"))?;
        let done = self.checkpointed("PRAGMA wal_checkpoint(TRUNCATE)");
        self.batch_execute("PRAGMA busy_timeout = 0")?;
        Ok(done?.is_none_or(|done| done.busy == 0))
    }

    fn checkpointed(&mut self, statement: &str) -> Result<Option<Checkpoint>> {
        match self {
            Conn::Sqlite(conn) => Ok(Some(diesel::sql_query(statement).get_result(conn)?)),
            Conn::Pg(_) => Ok(None),
        }
    }
}

/// Up to where a primary has written what can be seen, in bytes of the log: a commit is on the disk
/// before it is visible, unless commits do not wait for the disk. What runs meanwhile is written
/// behind it, and no replica needs to have that.
macro_rules! position {
    () => {
        "(CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() \
         ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn)::bigint"
    };
}
pub(crate) use position;

/// How far the table `change` has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FeedPosition {
    /// SQLite: the last number. One transaction writes at a time, so numbers come in the order of
    /// the commits.
    Number(i64),
    /// PostgreSQL: the snapshot of the last reading. Numbers are given out before the commit there,
    /// so that 101 can be seen before 100: what counts is whether that snapshot saw the row's
    /// transaction.
    Snapshot(String),
}

/// What a reader of `change` had not read yet.
pub(crate) struct Unread {
    /// Kind and id of each.
    pub changes: Vec<(String, String)>,
    /// How far that goes.
    pub read_to: FeedPosition,
    /// Where in PostgreSQL's log all of it has been written.
    pub position: i64,
}

/// One row of `change`, the snapshot that it was read in, and a position of the log behind
/// everything that it saw; these two alone where there is none.
#[derive(QueryableByName)]
struct UnreadRow {
    #[diesel(sql_type = Text)]
    snapshot: String,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Nullable<Text>)]
    entity: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    entity_id: Option<String>,
}

/// Each committed row once, as soon as it can be seen: a transaction that stays open for hours
/// holds up nobody else's changes. The two comparisons let the index do the work; rows that were
/// restored from another server have transactions of the future and are left alone by the second.
const UNREAD: &str = concat!(
    "SELECT here.snapshot::text AS snapshot, here.position, change.entity, change.entity_id \
     FROM (SELECT pg_current_snapshot() AS snapshot, ",
    position!(),
    " AS position) AS here \
     LEFT JOIN change ON change.transaction_id >= pg_snapshot_xmin($1::pg_snapshot) \
     AND change.transaction_id < pg_snapshot_xmax(here.snapshot) \
     AND NOT pg_visible_in_snapshot(change.transaction_id, $1::pg_snapshot)"
);

impl Conn {
    /// The number of the last change; 0 before the first.
    pub(crate) fn last_change(&mut self) -> Result<i64> {
        let last: Option<i64> = change::table.select(max(change::seq)).get_result(self)?;
        Ok(last.unwrap_or_default())
    }

    /// Where a reader of `change` begins that has missed nothing yet.
    pub(crate) fn feed_position(&mut self) -> Result<FeedPosition> {
        match self {
            Conn::Sqlite(_) => Ok(FeedPosition::Number(self.last_change()?)),
            Conn::Pg(conn) => {
                let snapshot = diesel::dsl::sql::<Text>("pg_current_snapshot()::text");
                Ok(FeedPosition::Snapshot(diesel::select(snapshot).get_result(conn)?))
            }
        }
    }

    /// What was committed after `read_to`.
    pub(crate) fn changes_after(&mut self, read_to: &FeedPosition) -> Result<Unread> {
        match (self, read_to) {
            (Conn::Sqlite(conn), FeedPosition::Number(last)) => {
                let rows: Vec<(i64, String, String)> = change::table
                    .filter(change::seq.gt(*last))
                    .order(change::seq)
                    .select((change::seq, change::entity, change::entity_id))
                    .load(conn)?;
                let last = rows.last().map_or(*last, |(seq, ..)| *seq);
                let changes = rows.into_iter().map(|(_, entity, id)| (entity, id)).collect();
                Ok(Unread { changes, read_to: FeedPosition::Number(last), position: 0 })
            }
            (Conn::Pg(conn), FeedPosition::Snapshot(snapshot)) => {
                let rows: Vec<UnreadRow> = diesel::sql_query(UNREAD).bind::<Text, _>(snapshot).load(conn)?;
                let now = rows.first().map(|row| (row.snapshot.clone(), row.position));
                let (now, position) =
                    now.ok_or_else(|| StoreError::internal("a snapshot could not be read"))?;
                let changes = rows.into_iter().filter_map(|row| row.entity.zip(row.entity_id)).collect();
                Ok(Unread { changes, read_to: FeedPosition::Snapshot(now), position })
            }
            _ => Err(StoreError::internal("a reader of one database was given the other")),
        }
    }
}
