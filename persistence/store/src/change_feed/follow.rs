//! Following the change feed from outside: a copy keeps where it has read to, in a cursor, and asks
//! for what changed since, some at a time. Whoever asks may be away for days: what the table no
//! longer has is told apart from what did not happen.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use serde::{Deserialize, Serialize};
use xinwu_domain::entity::Entity;
use xinwu_domain::word::Word;

use super::Change;
use crate::schema::change;
use crate::{Conn, Result, StoreError, Tx};

/// How far a reader from outside has read. It holds for one database alone, and for its past: a
/// restored one has another.
///
/// It is not for readers: on PostgreSQL it moves with every transaction, also with those that
/// nobody may learn of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(Place);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    /// SQLite: the last number, and when that change was made: in a file that was put back the
    /// number is another change's.
    #[serde(rename = "n")]
    Number(i64, String),
    /// PostgreSQL: the server, its timeline and the table, the snapshot of which everything was
    /// read, and where more changed after it than was asked for, the snapshot that is being read
    /// now with the last number that was.
    #[serde(rename = "s")]
    Snapshot(String, String, Option<(String, i64)>),
}

/// Some of what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// In the order of their numbers; one that changed twice stands twice.
    pub changes: Vec<Change>,
    /// Where the next part begins.
    pub next: Position,
    /// Whether there is more just now.
    pub has_more: bool,
}

/// The setting that says up to which transaction changes were dropped, on PostgreSQL.
const DROPPED: &str = "changes_dropped";

/// A server and its timeline: after another has taken over, some transactions may be missing whose
/// numbers were given out again. And the database and its table: what was restored from a backup,
/// on the same server too, where numbers go on, has made the table anew.
const SERVER: &str = "(SELECT system_identifier::text FROM pg_control_system()) || '/' || \
     substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '/' || \
     (SELECT oid::text FROM pg_database WHERE datname = current_database()) || '/' || \
     'change'::regclass::oid::text";

/// One that was dropped on another server, before this one was made of its dump, is of the future.
const DROPPED_HERE: &str = "(SELECT value::xid8 FROM setting WHERE name = 'changes_dropped' \
     AND value::xid8 < pg_snapshot_xmax(pg_current_snapshot()))";

#[derive(QueryableByName)]
struct Here {
    #[diesel(sql_type = Text)]
    server: String,
    #[diesel(sql_type = Text)]
    snapshot: String,
    /// Whether everything after the reader's snapshot is still there; true without one.
    #[diesel(sql_type = Nullable<Bool>)]
    is_whole: Option<bool>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    entity: String,
    #[diesel(sql_type = Text)]
    entity_id: String,
}

impl Row {
    fn change(self) -> Option<Change> {
        Some(Change { entity: self.entity.parse().ok()?, id: self.entity_id })
    }
}

/// The rows that `$2` sees and `$1` does not: see [`crate::dialect`].
const BETWEEN: &str = "SELECT seq, entity, entity_id FROM change \
     WHERE transaction_id >= pg_snapshot_xmin($1::pg_snapshot) \
     AND transaction_id < pg_snapshot_xmax($2::pg_snapshot) \
     AND NOT pg_visible_in_snapshot(transaction_id, $1::pg_snapshot) \
     AND pg_visible_in_snapshot(transaction_id, $2::pg_snapshot) \
     AND seq > $3 AND entity = ANY($4) ORDER BY seq LIMIT $5";

impl Conn {
    /// Where a reader begins that has what this connection's snapshot has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] on a server of PostgreSQL that takes no writes.
    pub fn feed_start(&mut self) -> Result<Position> {
        if let Conn::Sqlite(_) = self {
            let last = self.last_change()?;
            return self.numbered(last);
        }
        let Here { server, snapshot, .. } = self.here(None)?;
        Ok(Position(Place::Snapshot(server, snapshot, None)))
    }

    /// What changed of these kinds after a position, at most `limit` of it. `None` if the table no
    /// longer has all of it, or the position is of another database or of another past.
    ///
    /// A transaction that commits late is not passed over: a later snapshot sees it, whatever its
    /// number.
    ///
    /// # Errors
    /// As [`Conn::feed_start`].
    pub fn feed_after(&mut self, read: &Position, kinds: &[Entity], limit: i64) -> Result<Option<Part>> {
        let kinds: Vec<&'static str> = kinds.iter().map(|kind| kind.into_str()).collect();
        match (&read.0, &mut *self) {
            (Place::Number(last, at), Conn::Sqlite(_)) => {
                if *last > 0 && self.made_at(*last)?.as_ref() != Some(at) {
                    return Ok(None);
                }
                let first: Option<i64> =
                    change::table.select(diesel::dsl::min(change::seq)).get_result(self)?;
                if *last == 0 && first.is_some_and(|first| first > 1) {
                    return Ok(None);
                }
                self.numbers_after(*last, &kinds, limit).map(Some)
            }
            (Place::Snapshot(server, read, reading), Conn::Pg(_)) => {
                let here = self.here(Some(read))?;
                if here.server != *server || here.is_whole != Some(true) {
                    return Ok(None);
                }
                let (to, after) = reading.clone().unwrap_or((here.snapshot, 0));
                let Conn::Pg(conn) = self else { return Ok(None) };
                let mut rows: Vec<Row> = diesel::sql_query(BETWEEN)
                    .bind::<Text, _>(read)
                    .bind::<Text, _>(&to)
                    .bind::<BigInt, _>(after)
                    .bind::<Array<Text>, _>(kinds)
                    .bind::<BigInt, _>(limit.saturating_add(1))
                    .load(conn)?;
                let last = cut(&mut rows, limit);
                let next = match last {
                    Some(last) => Place::Snapshot(here.server, read.clone(), Some((to, last))),
                    None => Place::Snapshot(here.server, to, None),
                };
                Ok(Some(Part::new(rows, Position(next), last.is_some())))
            }
            _ => Ok(None),
        }
    }

    fn numbers_after(&mut self, last: i64, kinds: &[&'static str], limit: i64) -> Result<Part> {
        let end = self.last_change()?;
        let rows: Vec<(i64, String, String)> = change::table
            .filter(change::seq.gt(last))
            .filter(change::entity.eq_any(kinds))
            .order(change::seq)
            .limit(limit.saturating_add(1))
            .select((change::seq, change::entity, change::entity_id))
            .load(self)?;
        let mut rows: Vec<Row> =
            rows.into_iter().map(|(seq, entity, entity_id)| Row { seq, entity, entity_id }).collect();
        let last = cut(&mut rows, limit);
        let next = self.numbered(last.unwrap_or(end))?;
        Ok(Part::new(rows, next, last.is_some()))
    }

    fn numbered(&mut self, number: i64) -> Result<Position> {
        let at = self.made_at(number)?.unwrap_or_default();
        Ok(Position(Place::Number(number, at)))
    }

    fn made_at(&mut self, number: i64) -> Result<Option<String>> {
        let at: Option<chrono::NaiveDateTime> =
            change::table.find(number).select(change::at).first(self).optional()?;
        Ok(at.map(|at| at.and_utc().timestamp_micros().to_string()))
    }

    fn here(&mut self, read: Option<&str>) -> Result<Here> {
        let Conn::Pg(conn) = self else { return Err(StoreError::internal("a file has no snapshots")) };
        let takes_none = diesel::select(diesel::dsl::sql::<Bool>("pg_is_in_recovery()"));
        if takes_none.get_result(conn)? {
            return Err(StoreError::Unavailable("this server takes no writes".to_owned()));
        }
        let is_whole = format!(
            "pg_snapshot_xmax($1::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) \
             AND COALESCE({DROPPED_HERE}, '0'::xid8) < pg_snapshot_xmin($1::pg_snapshot)"
        );
        let sql = format!(
            "SELECT {SERVER} AS server, pg_current_snapshot()::text AS snapshot, {is_whole} AS is_whole"
        );
        Ok(diesel::sql_query(sql).bind::<Nullable<Text>, _>(read).get_result(conn)?)
    }
}

/// Cuts what is over `limit`, and gives the last number that stays where something was.
fn cut(rows: &mut Vec<Row>, limit: i64) -> Option<i64> {
    let most = usize::try_from(limit).unwrap_or_default();
    if rows.len() <= most {
        return None;
    }
    rows.truncate(most);
    rows.last().map(|row| row.seq)
}

impl Part {
    fn new(rows: Vec<Row>, next: Position, has_more: bool) -> Part {
        Part { changes: rows.into_iter().filter_map(Row::change).collect(), next, has_more }
    }
}

/// Keeps up to which transaction changes are dropped with those before a number: a reader whose
/// snapshot does not see all of these has missed something.
pub(super) fn keep_dropped(tx: &mut Tx<'_>, before: i64) -> Result<()> {
    let Conn::Pg(conn) = &mut *tx.conn else { return Ok(()) };
    let sql = format!(
        "INSERT INTO setting (name, value) \
         SELECT '{DROPPED}', transaction_id::text FROM change \
         WHERE seq < $1 AND transaction_id < pg_snapshot_xmax(pg_current_snapshot()) \
         ORDER BY transaction_id DESC LIMIT 1 \
         ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value \
         WHERE COALESCE({DROPPED_HERE}, '0'::xid8) < EXCLUDED.value::xid8"
    );
    diesel::sql_query(sql).bind::<BigInt, _>(before).execute(conn)?;
    Ok(())
}
