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

mod admin_cookbook;
mod config;
mod docs_page;
mod layers;
mod openapi;
mod operations;
mod permissions;
mod places;
mod schema;
