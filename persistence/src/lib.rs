//! What Xinwu keeps, and what is done with it; how the two databases are reached is the store's.
//!
//! **What belongs here:** the schema and its migrations, and a file for each resource with its
//! reads and its use cases. A use case is a function over `&mut Tx` that loads, asks the domain's
//! rules, writes, and says what changed.
//!
//! The resources stand in areas, and each area leans only on those before it: [`registers`],
//! [`people`], [`ratings`], [`credit`], [`lookup`], [`operations`]. What all lean on stands here.
//!
//! **What does not:** HTTP, and rules that could be said without a database: those are the
//! domain's.

pub mod city;
pub mod credit;
pub mod lookup;
pub mod migration;
pub mod operations;
pub mod people;
pub mod ratings;
pub mod registers;
#[rustfmt::skip]
pub mod schema;
pub mod working_days;

use xinwu_store::{Db, Options, Result};

/// Opens a database that exists and has this program's schema; its writes bring grades up to the
/// facts that they change.
///
/// # Errors
/// As [`Db::open`].
pub fn open(options: Options) -> Result<Db> {
    Db::open(options, &migration::MIGRATIONS, credit::current_grade::evaluate)
}
