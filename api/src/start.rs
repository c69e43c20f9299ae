//! What a service does between opening its database and listening, and beside listening. Serving and the demo share it.

use std::sync::Arc;

use xinwu_persistence::{Result, Tx};

use crate::state::State;

/// Puts in what this version ships with, where it is missing.
///
/// # Errors
/// Those of the database.
pub fn install(_tx: &mut Tx<'_>) -> Result<()> {
    Ok(())
}

/// Puts in what this version ships with, and ends what an earlier run left unfinished.
///
/// # Errors
/// Those of the database.
pub async fn prepare(state: &State) -> Result<()> {
    state.db().write(install).await
}

/// Does what is due with time, now and whenever its time comes, until the guard is dropped.
pub fn run_clock(_state: &Arc<State>) -> Clock {
    Clock
}

/// Ends the clock's work when it is dropped.
#[derive(Debug)]
pub struct Clock;
