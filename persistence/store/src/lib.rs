//! The ground floor: one way in to an embedded SQLite file or a PostgreSQL server, by URL.
//!
//! **What belongs here:** connections and servers, the pool and the writer, transactions ([`Tx`]),
//! the feed of what changed ([`change_feed`]), what differs between the two databases
//! ([`dialect`]), the runner of migrations, and the tables that these need. It knows no feature:
//! cargo holds that.
//!
//! **What does not:** any other table, a rule, HTTP.

pub mod beside;
mod clock;
mod col;
mod conn;
mod db;
pub mod dialect;
mod error;
pub mod migration;
#[rustfmt::skip]
pub mod schema;
pub mod change_feed;
pub mod setting;
mod tx;

pub use clock::{Clock, Random};
pub use col::{Col, Stored};
pub use conn::{Conn, Purpose};
pub use db::{Consistency, Db, Gauges, Options, ServiceLock, Url, wait_for};
pub use error::{Result, StoreError};
pub use migration::Migrations;
pub use tx::{Evaluator, Tx};
