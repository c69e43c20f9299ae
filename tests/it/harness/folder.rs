//! Where the databases of tests lie.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A folder for a database that no power cut threatens, gone when it is dropped.
pub fn quick_folder(prefix: &str) -> TempDir {
    tempfile::Builder::new().prefix(prefix).tempdir_in(&base().0).unwrap()
}

/// In memory where that has room. A test's database is 300 files on PostgreSQL, and ext4 gives no
/// inode that was freed in the last minute: it looks at each of them for every file that is made.
/// Half of a clone's time went there, 0.5 s in place of 0.15.
///
/// What is in it is removed as soon as this process is gone, however it ends: the other program
/// then reads to the end of what this one holds open.
fn base() -> &'static (PathBuf, Child) {
    static BASE: OnceLock<(PathBuf, Child)> = OnceLock::new();
    BASE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if has_room(memory) { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("xinwu-tests-").tempdir_in(parent).unwrap().keep();
        // PostgreSQL runs as another user.
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let remover = Command::new("sh")
            .args(["-c", "trap '' INT TERM HUP; cat > /dev/null; sleep 2; rm -rf \"$0\""])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        (folder, remover)
    })
}

/// Whether a folder is there with 2 GiB free.
fn has_room(folder: &Path) -> bool {
    let output = Command::new("df").args(["-Pk"]).arg(folder).output();
    let text = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let text = String::from_utf8(text.unwrap_or_default()).unwrap_or_default();
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    free.and_then(|kibibytes| kibibytes.parse::<u64>().ok()).is_some_and(|free| free > 2 * 1024 * 1024)
}
