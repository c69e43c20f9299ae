//! Files of photos that nothing names any more.

use std::sync::Arc;

use chrono::Duration;
use xinwu_persistence::service::case::photo;
use xinwu_store::{Result, StoreError};

use crate::state::State;

/// How long a file may lie without a row, in days: it is put before its row is written.
const DAYS_WITHOUT_ROW: i64 = 1;
/// Files that one query looks up.
const AT_ONCE: usize = 500;

/// Removes the files of photos whose rows are gone, or were never written, and that are older than
/// a day. Gives how many.
///
/// # Errors
/// Of the database or the disk: what is left is found by the next sweep.
pub async fn sweep(state: &Arc<State>) -> Result<usize> {
    let before = state.db.clock().now() - Duration::days(DAYS_WITHOUT_ROW);
    let mut removed = 0;
    for first in 0..=u8::MAX {
        let store = state.photos.store();
        let listed = tokio::task::spawn_blocking(move || store.list(first, before)).await;
        let listed = listed.map_err(internal)?.map_err(internal)?;
        for part in listed.chunks(AT_ONCE) {
            let (part, store) = (part.to_vec(), state.photos.store());
            let unnamed = state.db.read(move |conn| photo::unnamed(conn, part)).await?;
            removed += unnamed.len();
            let remove = move || unnamed.iter().try_for_each(|each| store.remove(each, before));
            tokio::task::spawn_blocking(remove).await.map_err(internal)?.map_err(internal)?;
        }
    }
    Ok(removed)
}

fn internal(error: impl std::fmt::Display) -> StoreError {
    StoreError::internal(error.to_string())
}
