//! Where Xinwu keeps its data: an embedded SQLite file or a PostgreSQL server, by URL.
//!
//! **What belongs here:** the schema and its migrations, and a file for each
//! resource with its reads and its use cases. A use case is a function over `&mut Tx` that loads, asks the domain's rules, writes, and tells the spine.
//!
//! **What does not:** HTTP, and rules that could be said without a database: those are the domain's.

pub mod account;
pub mod account_deletion;
pub mod assessment;
pub mod attempt;
pub mod audit;
pub mod backup;
pub mod burst;
pub mod card;
pub mod city;
pub mod client;
pub mod code;
pub mod comparison;
pub mod due;
pub mod estate;
pub mod estate_list;
pub mod evaluation;
pub mod firm;
pub mod firm_card;
pub mod firm_list;
pub mod household;
pub mod idempotency;
pub mod import;
pub mod increments;
pub mod key;
pub mod manager;
pub mod manager_page;
pub mod metric;
pub mod migration;
pub mod month_key;
pub mod notice;
pub mod objection;
pub mod own_data;
pub mod place;
pub mod procedure;
pub mod project;
pub mod project_page;
mod pseudonym;
pub mod rating;
mod reading;
pub mod record;
pub mod repair;
pub mod residence;
pub mod residence_end;
pub mod review;
mod roster;
#[rustfmt::skip]
pub mod schema;
pub mod scheme;
pub mod search;
pub mod session;
pub mod standing;
mod tally;
pub mod verify;
mod waiting;
pub mod wall_clock;
pub mod working_days;

pub use reading::Reading;
use xinwu_store::{Db, Options, Result};

/// Opens a database that exists and has this program's schema; its writes bring grades up to the facts that they change.
///
/// # Errors
/// Those of [`Db::open`].
pub fn open(options: Options) -> Result<Db> {
    Db::open(options, &migration::MIGRATIONS, standing::evaluate)
}
