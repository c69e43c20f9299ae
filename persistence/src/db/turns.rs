//! Who may use a connection, and who waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Result, StoreError};

/// Bounds how many use connections at once, and for how long the others wait.
pub(super) struct Turns {
    permits: Arc<Semaphore>,
    most: usize,
    patience: Duration,
}

impl Turns {
    pub(super) fn new(connections: u32, patience: Duration) -> Turns {
        let most = connections.max(1) as usize;
        Turns { permits: Arc::new(Semaphore::new(most)), most, patience }
    }

    pub(super) async fn wait(&self) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(self.patience, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(StoreError::Unavailable("the database is closed".to_owned())),
            Err(_) => Err(StoreError::Busy("no connection came free in time")),
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.most.saturating_sub(self.permits.available_permits())
    }
}
