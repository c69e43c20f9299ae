//! What a service does between opening its database and listening. Serving and the demo share it.

use xinwu_persistence::setting::{City, keep_city};
use xinwu_persistence::{Result, Tx, scheme};

use crate::state::State;

/// Puts in what this version ships with, where it is missing.
///
/// # Errors
/// Those of the database.
pub fn install(tx: &mut Tx<'_>) -> Result<()> {
    scheme::install_shipped(tx).map(|_| ())
}

/// Puts in what this version ships with and keeps the city's settings.
///
/// # Errors
/// Those of the database.
pub async fn prepare(state: &State) -> Result<()> {
    let city = City { zone: state.zone, fewest_voices: state.config.fewest_voices };
    state
        .db
        .write(move |tx| {
            install(tx)?;
            keep_city(tx, city)
        })
        .await
}
