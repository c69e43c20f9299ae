//! Files beside an SQLite database: locks, which the kernel gives back however their holder ends.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::error::{Result, StoreError};

/// The name of the database with something behind it, as SQLite names its own.
pub fn path_beside(database: &Path, end: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

/// Opens the file, making it where it lacks, for the database's owner alone: whoever of the two,
/// the service or an operator's command as root, comes first must not lock the other out. The
/// folder is the service's, so a link there is not followed: through it root would give away any
/// file.
pub fn open_beside(database: &Path, end: &str) -> Result<File> {
    let path = path_beside(database, end);
    let failed = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&path)
        .map_err(failed)?;
    let own = file.metadata().map_err(failed)?;
    if let Ok(databases) = database.metadata()
        && (own.uid(), own.gid()) != (databases.uid(), databases.gid())
    {
        // Only root may give a file away; for all others it opened, and that is enough.
        fchown(&file, Some(databases.uid()), Some(databases.gid())).ok();
    }
    Ok(file)
}
