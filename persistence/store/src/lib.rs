//! The database layer: access to an SQLite file or to PostgreSQL servers, chosen by URL.
//!
//! **What belongs here:** connections and servers, the pool and the writer, transactions ([`Tx`]),
//! the [`change_feed`], what it invalidates in memory ([`cache`]), columns that hold domain types
//! ([`Col`]), what differs between the two databases ([`dialect`]), the runner of migrations, and
//! the tables that these need. It knows no feature, and cannot: it does not depend on the crates
//! that do.
//!
//! **What does not:** any other table, rules, HTTP.

pub mod beside;
pub mod cache;
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
pub use tx::{AuditLine, BeforeCommit, By, Evaluator, Placer, Tx};
