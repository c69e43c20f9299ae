//! The HTTP API of Xinwu and its command line.
//!
//! **What belongs here:** everything that knows HTTP: extractors, problems, permits, routes, the
//! OpenAPI document; and what surrounds the service: settings, secrets, tokens, caches, the `xinwu`
//! binary.
//!
//! **What does not:** SQL, and the rules of the domain. A handler reads its request, calls one use
//! case, and answers.

pub mod backup;
pub mod cache;
pub mod client;
pub mod commands;
pub mod config;
mod connection;
mod copies;
pub mod demo;
pub mod document;
mod extract;
pub mod imports;
mod limits;
pub mod logging;
pub mod monitoring;
mod negotiation;
mod pages;
pub mod password;
pub mod permit;
pub mod photos;
pub mod privacy;
pub mod problem;
mod request;
pub mod routes;
pub mod rules;
pub mod second_factor;
pub mod secrets;
pub mod server;
mod sharing;
pub mod sms;
mod spreadsheet;
pub mod state;
pub mod ticker;
pub mod tokens;
mod unknown_names;
