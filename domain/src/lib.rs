//! The rules of Xinwu (信物), the credit and service scores of property firms.
//!
//! **What belongs here:** values that cannot be wrong once made, the scheme format and the
//! evaluation engine, the arithmetic of ratings, who may do what, and the *views*: the structs that
//! reads return, written once and serialised as they are.
//!
//! **What does not:** SQL, HTTP, files, threads, the clock and randomness. A rule that needs the
//! time takes it as a parameter.

// For the examples of the widest views: `json!` recurses once for each key.
#![recursion_limit = "256"]

pub mod access;
pub mod account;
pub mod assessment;
pub mod calendar;
pub mod card;
pub mod case;
pub mod catalogue;
pub mod comparison;
pub mod context;
pub mod copy;
pub mod credit;
pub mod department;
pub mod entity;
pub mod estate;
pub mod evaluation;
pub mod firm;
pub mod follow;
pub mod home;
pub mod household;
pub mod import;
pub mod inbox;
pub mod kind;
pub mod manager;
pub mod metric;
pub mod notice;
pub mod objection;
pub mod own_dossier;
pub mod page;
pub mod phone;
pub mod place;
pub mod privacy;
pub mod project;
pub mod proposal;
pub mod rating;
pub mod record;
pub mod refusal;
pub mod residence;
pub mod retirement;
pub mod review;
pub mod rules;
pub mod scheme;
pub mod screen;
pub mod search;
pub mod subject;
pub mod text;
pub mod thousandths;
pub mod typed;
pub mod uscc;
pub mod version;
pub mod wall_clock;
pub mod word;
