//! One service on an SQLite file: a second one would end the imports of the first, run its clock
//! beside it, and answer from caches that learn of nothing at once.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};

use crate::Url;
use crate::beside::open_beside;
use crate::error::{Result, StoreError};

/// Says that this process serves a database, until it is dropped or the process ends, however that
/// does. PostgreSQL may be served by several.
#[derive(Debug)]
pub struct ServiceLock {
    /// Locked for as long as it is open.
    _file: Option<File>,
}

impl ServiceLock {
    /// Takes it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while another process has it, with that one's id, and when the
    /// file beside the database cannot be opened.
    pub fn take(url: &Url) -> Result<ServiceLock> {
        let Url::Sqlite(path) = url else { return Ok(ServiceLock { _file: None }) };
        let mut file = open_beside(path, "-service")?;
        let unavailable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        match file.try_lock() {
            Ok(()) => {
                // Who holds it is only said to help: on a full disk it is not.
                file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).ok();
                Ok(ServiceLock { _file: Some(file) })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only said to help: who holds it may not have written it yet.
                file.rewind().and_then(|()| file.read_to_string(&mut holder)).ok();
                Err(StoreError::Unavailable(format!(
                    "{} is served already, by process {holder}: one service at a time uses an SQLite \
                     file; commands may run beside it",
                    path.display()
                )))
            }
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}
