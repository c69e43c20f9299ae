//! People and programs that sign in: accounts, sessions, codes and keys; residences, notices
//! and follows.

pub mod account;
pub mod attempt;
pub mod client;
pub mod code;
pub mod data_key;
pub mod device;
pub mod follow;
pub mod idempotency;
pub mod key;
pub mod limits;
pub mod notice;
pub(crate) mod person;
pub mod proposal;
pub mod residence;
pub mod session;
