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
mod month_close;
mod assessments;
mod batches;
mod card;
mod categories;
mod estates;
mod evaluation;
mod facts;
mod firms;
mod households;
mod managers;
mod month_close;
mod own_firm;
mod me;
mod places;
mod projects;
mod publicity;
mod records;
mod bursts;
mod places;
mod privacy;
mod ratings;
mod residences;
mod reviews;
mod schema;
mod search;
mod schemes;
mod search;
mod standing;
mod sign_in;
mod sms;
mod tokens;
mod users;
