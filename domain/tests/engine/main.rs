//! The scheme reader and the evaluation engine, over the shipped schemes and small ones of other
//! trades.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod dalian;
mod foreign;
mod guancheng;
mod jianggan;
mod json_schema;
mod lanshan;
mod mechanisms;
mod properties;
mod public_schemes;
mod reader;
mod shandong;
mod shipped;
mod shown;
mod support;
mod time;
mod vectors;
mod ways;
mod wuhan;
