//! The scheme reader and the evaluation engine, over the shipped schemes and small ones of other trades.

mod dalian;
mod mechanisms;
mod properties;
mod reader;
mod shandong;
mod shipped;
mod support;
