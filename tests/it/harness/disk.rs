//! Disks that fail: a library that stands before the system's, and a small disk in memory.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What a disk behind the library does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Everything goes well.
    Work,
    /// Nothing can be flushed.
    FailToSync,
    /// Nothing more can be written.
    BeFull,
}

/// A disk that does as it is told, for programs that are started with [`Disk::variables`].
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Compiles the library.
    pub fn new() -> Disk {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL runs as another user.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let disk = Disk { folder };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/it/harness/disk.c");
        run(Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(disk.library())
            .arg(source)
            .arg("-ldl"));
        disk.order(Order::Work);
        disk
    }

    pub fn order(&self, order: Order) {
        let letter = match order {
            Order::Work => "-",
            Order::FailToSync => "s",
            Order::BeFull => "f",
        };
        std::fs::write(self.orders(), letter).unwrap();
    }

    pub fn library(&self) -> PathBuf {
        self.folder.path().join("disk.so")
    }

    pub fn orders(&self) -> PathBuf {
        self.folder.path().join("orders")
    }

    pub fn variables(&self) -> [(String, String); 2] {
        let text = |path: PathBuf| path.display().to_string();
        [("LD_PRELOAD".to_owned(), text(self.library())), ("TEST_DISK".to_owned(), text(self.orders()))]
    }
}

/// A small disk in memory.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// `None` if this user may not mount one: then the test says so and is done.
    #[expect(clippy::print_stdout, reason = "a test that does nothing says so")]
    pub fn of_mebibytes(mebibytes: u32) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m,mode=0777");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk { folder });
        }
        println!("skipped: mounting a small disk takes root; the same is tested behind a library");
        None
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Fills all but this much of what is free.
    pub fn fill_but(&self, kibibytes: u64) {
        let free = Command::new("df").args(["--output=avail", "-k"]).arg(self.path()).output().unwrap();
        let free: u64 =
            String::from_utf8(free.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap();
        let bytes = usize::try_from(free.saturating_sub(kibibytes) * 1024).unwrap();
        std::fs::write(self.ballast(), vec![0; bytes]).unwrap();
    }

    /// Gives the room back.
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.path()).status());
    }
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
