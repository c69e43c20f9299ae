//! What keeps the service going, across all other areas: imports, due work, account deletion, the
//! audit, backup, verification.

pub mod account_deletion;
pub mod audit;
pub mod backup;
pub mod decide;
pub mod due;
mod fan_out;
pub mod import;
pub mod inbox;
pub mod increments;
pub mod own_data;
pub mod phone_change;
pub mod retention;
pub mod verify;
pub mod wall_clock;
