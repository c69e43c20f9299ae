//! The rules of Xinwu (信物), the credit and service scores of property firms.
//!
//! **What belongs here:** values that cannot be wrong once made, the scheme format and the evaluation engine, the arithmetic of ratings, who may
//! do what, and the *views*: the structs that reads return, written once and serialised as they are.
//!
//! **What does not:** SQL, HTTP, files, threads, the clock and randomness. A rule that needs the time is given it.

pub mod access;
pub mod calendar;
pub mod catalogue;
pub mod evaluation;
pub mod import;
pub mod page;
pub mod place;
pub mod rating;
pub mod refusal;
pub mod scheme;
pub mod search;
pub mod subject;
pub mod text;
pub mod uscc;
