//! Ratings in steps, over a small city in memory: the worked examples of the rule with their exact
//! numbers, and what must hold in every history.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod city;
mod examples;
mod history;
mod properties;
