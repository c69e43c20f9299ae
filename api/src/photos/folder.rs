//! A folder of photos: `ab/abcd…`, a file each, named by the hash of its bytes.

use std::fs::{self, DirBuilder};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::PhotoStore;
use crate::backup::sync_folder_of;

/// What the names begin with of files that are being written,
const NEW: &str = ".new-";
/// and of those that are being removed.
const GONE: &str = ".gone-";
/// Characters of a SHA-256 in hexadecimal.
const LENGTH: usize = 64;

/// Photos in a folder that several instances may share.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at a path; it is made when the first photo is put there.
    pub fn at(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into() }
    }

    /// Where a photo lies.
    ///
    /// # Errors
    /// What is no hash names no file: no path is made of it.
    fn file(&self, sha256: &str) -> Result<PathBuf> {
        let shard = sha256.get(..2).filter(|_| is_hash(sha256));
        let shard = shard.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "no SHA-256"))?;
        Ok(self.path.join(shard).join(sha256))
    }
}

fn is_hash(name: &str) -> bool {
    name.len() == LENGTH && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// `None` where there is no such file or folder.
fn if_there<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn put_at(file: &Path) -> Result<DateTime<Utc>> {
    Ok(file.metadata()?.modified()?.into())
}

impl PhotoStore for Folder {
    fn put(&self, sha256: &str, bytes: &[u8], now: DateTime<Utc>) -> Result<()> {
        let file = self.file(sha256)?;
        let folder = crate::backup::folder_of(&file);
        // For the service's own user alone, like the files.
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut new = tempfile::Builder::new().prefix(NEW).tempfile_in(folder)?;
        new.write_all(bytes)?;
        new.as_file().set_modified(now.into())?;
        new.as_file().sync_all()?;
        // Written anew where it is there already: it is told by its time that it was put again.
        new.persist(&file).map_err(|error| error.error)?;
        sync_folder_of(&file)
    }

    fn get(&self, sha256: &str) -> Result<Option<Vec<u8>>> {
        if_there(fs::read(self.file(sha256)?))
    }

    fn length(&self, sha256: &str) -> Result<Option<u64>> {
        Ok(if_there(fs::metadata(self.file(sha256)?))?.map(|file| file.len()))
    }

    fn list(&self, first: u8, before: DateTime<Utc>) -> Result<Vec<String>> {
        let Some(entries) = if_there(fs::read_dir(self.path.join(format!("{first:02x}"))))? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            // One that is gone meanwhile is not there to be listed.
            let Some(at) = if_there(put_at(&path))?.filter(|at| *at < before) else { continue };
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if is_hash(name) {
                found.push(name.to_owned());
            } else if name.starts_with(NEW) || name.starts_with(GONE) {
                tracing::info!(%at, "what a write of a photo left behind that broke off is removed");
                if_there(fs::remove_file(&path))?;
            }
        }
        Ok(found)
    }

    fn remove(&self, sha256: &str, before: DateTime<Utc>) -> Result<()> {
        let file = self.file(sha256)?;
        let gone = file.with_file_name(format!("{GONE}{sha256}"));
        // First out of the way and then looked at: what is put from here on is another file.
        if if_there(fs::rename(&file, &gone))?.is_none() {
            return Ok(());
        }
        if put_at(&gone)? < before { fs::remove_file(&gone) } else { fs::rename(&gone, &file) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const HASH: &str = "ab00000000000000000000000000000000000000000000000000000000000000";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_put_is_there_and_is_listed_by_its_age() {
        let folder = tempfile::tempdir().unwrap();
        let photos = Folder::at(folder.path().join("photos"));
        let (then, later) = (at("2026-11-21T02:00:00Z"), at("2026-11-22T02:00:00Z"));
        assert_eq!((photos.get(HASH).unwrap(), photos.length(HASH).unwrap()), (None, None));
        assert_eq!(photos.list(0xab, later).unwrap(), Vec::<String>::new());
        photos.put(HASH, b"one", then).unwrap();
        assert_eq!(
            (photos.get(HASH).unwrap(), photos.length(HASH).unwrap()),
            (Some(b"one".to_vec()), Some(3))
        );
        assert_eq!(photos.list(0xab, later).unwrap(), [HASH]);
        assert_eq!(photos.list(0xab, then).unwrap(), Vec::<String>::new());
        assert_eq!(photos.list(0xac, later).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_was_put_again_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let photos = Folder::at(folder.path());
        let (then, later) = (at("2026-11-21T02:00:00Z"), at("2026-11-22T02:00:00Z"));
        photos.put(HASH, b"one", then).unwrap();
        photos.put(HASH, b"one", later).unwrap();
        photos.remove(HASH, later).unwrap();
        assert!(photos.get(HASH).unwrap().is_some());
        photos.remove(HASH, later + chrono::Duration::seconds(1)).unwrap();
        assert_eq!(photos.get(HASH).unwrap(), None);
        // It is gone already.
        photos.remove(HASH, later).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("ab")).unwrap().count(), 0);
    }

    #[test]
    fn what_broke_off_is_removed_when_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let photos = Folder::at(folder.path());
        let then = at("2026-11-21T02:00:00Z");
        photos.put(HASH, b"one", then).unwrap();
        for name in [".new-x1y2z3", ".gone-ab", "notes"] {
            let left = File::create(folder.path().join("ab").join(name)).unwrap();
            left.set_modified(then.into()).unwrap();
        }
        photos.list(0xab, then).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("ab")).unwrap().count(), 4);
        photos.list(0xab, at("2026-11-22T02:00:00Z")).unwrap();
        let left = fs::read_dir(folder.path().join("ab")).unwrap().map(|each| each.unwrap().file_name());
        let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, [HASH, "notes"], "what is no photo is nobody's to remove");
    }

    #[test]
    fn no_path_is_made_of_what_is_no_hash() {
        let folder = tempfile::tempdir().unwrap();
        let photos = Folder::at(folder.path());
        for name in ["../../etc/passwd", "", &HASH.to_uppercase(), &HASH[1..], "é0"] {
            assert_eq!(photos.get(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
        }
    }
}
