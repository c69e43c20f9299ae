//! What Xinwu stores, and the use cases over it. How either database is reached is up to the store.
//!
//! **What belongs here:** the schema and its migrations, and a module for each resource with its
//! reads and its use cases. A use case is a function over `&mut Tx` that loads, asks the domain's
//! rules, writes, and says what changed.
//!
//! The resources are grouped into areas, each of which may use only those before it: [`registers`],
//! [`people`], [`ratings`], [`credit`], [`service`], [`lookup`], [`operations`]. What all areas use
//! is at the top of the crate.
//!
//! **What does not:** HTTP, and rules that need no database, which belong to the domain.

pub mod city;
pub mod credit;
pub mod lookup;
pub mod migration;
pub mod operations;
mod owed_notice;
pub mod people;
pub mod ratings;
pub mod registers;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod working_days;

use xinwu_store::{BeforeCommit, Db, Options, Result};

/// Opens a database that exists and has this program's schema. Its writes evaluate again whoever is
/// concerned by the facts that they change.
///
/// # Errors
/// As [`Db::open`].
pub fn open(options: Options) -> Result<Db> {
    let before_commit =
        BeforeCommit { evaluate: credit::current_grade::evaluate, place: operations::audit::place };
    Db::open(options, &migration::MIGRATIONS, before_commit)
}
