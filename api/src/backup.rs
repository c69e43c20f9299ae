//! The file of a backup: the database's copy as it is, and behind it a manifest and a seal. Both
//! databases' own tools read such a file too, for they do not look behind the end of what they
//! know: `sqlite3 FILE`, `pg_restore FILE`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use xinwu_persistence::operations::backup::Content;

/// The form of the file.
const MARK: &str = "xinwu-backup 1";
/// The seal: the mark, the length of the manifest in 10 digits, its SHA-256, each after a space but
/// the first, and a line's end.
const SEAL: usize = MARK.len() + 1 + 10 + 1 + 64 + 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The version of the program that made it.
    pub program: String,
    /// The versions of the migrations that made its schema.
    pub migrations: Vec<String>,
    /// When it was begun: it holds every write that was answered before.
    pub moment: DateTime<Utc>,
    /// The number of the last change in it (`change.seq`).
    pub last_change: i64,
    /// Where it holds the months' keys of ratings: the day by which it must be destroyed, or
    /// ratings that the database has forgotten could still be told by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroy_by: Option<NaiveDate>,
    /// Bytes of the copy.
    pub bytes: u64,
    /// SHA-256 of the copy, in hexadecimal.
    pub sha256: String,
}

/// Puts manifest and seal behind a copy, and all of it on the disk.
pub fn seal(
    file: &mut File,
    database: &str,
    moment: DateTime<Utc>,
    content: Content,
    destroy_by: Option<NaiveDate>,
) -> std::io::Result<Manifest> {
    file.rewind()?;
    let mut sum = Sum::new();
    let bytes = std::io::copy(file, &mut sum)?;
    let manifest = Manifest {
        database: database.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        migrations: content.migrations,
        moment,
        last_change: content.last_change,
        destroy_by,
        bytes,
        sha256: sum.hexadecimal(),
    };
    let text = format!("\n{}\n", serde_json::to_string(&manifest)?);
    let mut sum = Sum::new();
    sum.write_all(text.as_bytes())?;
    file.seek(SeekFrom::End(0))?;
    writeln!(file, "{text}{MARK} {:010} {}", text.len(), sum.hexadecimal())?;
    file.sync_all()?;
    Ok(manifest)
}

/// Reads a backup's manifest. The copy before it is not looked at yet: see [`copy_out`].
///
/// # Errors
/// A sentence for the operator, when this is no whole backup.
pub fn read(file: &mut File) -> Result<Manifest, String> {
    let no_backup = || "this is no backup, or its end is missing or damaged".to_owned();
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let mut part = |from: u64, length: usize| -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(from)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    };
    let length = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let sealed_at = size.checked_sub(length(SEAL)).ok_or_else(no_backup)?;
    let seal = part(sealed_at, SEAL).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(no_backup)?;
    let rest = seal.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(' ')).ok_or_else(no_backup)?;
    let (digits, hash) =
        rest.strip_suffix('\n').and_then(|rest| rest.split_once(' ')).ok_or_else(no_backup)?;
    let bytes: usize = digits.parse().ok().filter(|bytes| *bytes < 1 << 20).ok_or_else(no_backup)?;
    let bytes_of_copy = sealed_at.checked_sub(length(bytes)).ok_or_else(no_backup)?;
    let text = part(bytes_of_copy, bytes).ok_or_else(no_backup)?;
    let mut sum = Sum::new();
    sum.write_all(&text).map_err(|error| error.to_string())?;
    if sum.hexadecimal() != hash {
        return Err("the backup is damaged: its manifest is not the one that was sealed".to_owned());
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if manifest.bytes != bytes_of_copy {
        return Err(format!("the backup is damaged: {} bytes of {}", bytes_of_copy, manifest.bytes));
    }
    Ok(manifest)
}

/// Copies the database's copy out of a backup, and refuses it unless it is what was sealed.
///
/// # Errors
/// A sentence for the operator.
pub fn copy_out(file: &mut File, manifest: &Manifest, to: &mut File) -> Result<(), String> {
    let mut sum = Sum::new();
    file.rewind().map_err(|error| error.to_string())?;
    let mut rest = file.take(manifest.bytes);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = rest.read(&mut buffer).map_err(|error| error.to_string())?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        sum.write_all(read).and_then(|()| to.write_all(read)).map_err(|error| error.to_string())?;
    }
    if sum.hexadecimal() != manifest.sha256 {
        return Err("the backup is damaged: its content is not what was sealed".to_owned());
    }
    to.sync_all().map_err(|error| error.to_string())
}

/// Puts the names of a folder on the disk: a file that was renamed is there after a power cut.
pub fn sync_folder_of(file: &Path) -> std::io::Result<()> {
    File::open(folder_of(file))?.sync_all()
}

/// The folder that a file lies in.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Letters behind the prefix of a [`partial`] file.
const RANDOM: usize = 6;

/// A file that gets its name when it is whole: in the same folder, so that it can be renamed, and
/// readable to its owner alone. It is locked while its maker lives. What makers left that were
/// killed may hold keys of ratings, and is removed first.
///
/// # Errors
/// When the folder cannot be read or written.
pub fn partial(prefix: &str, folder: &Path) -> std::io::Result<NamedTempFile> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str);
        let is_one = |name: &str| name.starts_with(prefix) && name.len() == prefix.len() + RANDOM;
        // One that is gone meanwhile, or another user's, is no reason to make none.
        if name.is_some_and(is_one)
            && let Ok(left) = File::open(&path)
            && left.try_lock().is_ok()
        {
            std::fs::remove_file(&path).ok();
        }
    }
    let made = tempfile::Builder::new().prefix(prefix).rand_bytes(RANDOM).tempfile_in(folder)?;
    // Where nothing can be locked, nothing is removed either.
    made.as_file().try_lock().ok();
    Ok(made)
}

/// SHA-256 of what is written to it.
struct Sum(Context);

impl Sum {
    fn new() -> Sum {
        Sum(Context::new(&SHA256))
    }

    fn hexadecimal(self) -> String {
        self.0.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
