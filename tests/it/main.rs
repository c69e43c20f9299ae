//! Black-box tests over HTTP: each runs on SQLite and on PostgreSQL, with the clock in hand.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests"
)]

#[macro_use]
mod harness;

mod card;
mod estates;
mod firms;
mod households;
mod managers;
mod evaluation;
mod facts;
mod imports;
mod imports_batches;
mod imports_registers;
mod month_close;
mod places;
mod projects;
mod schema;
mod search;
mod schemes;
mod standing;
