//! A PostgreSQL cluster for this run of the tests, in a temporary folder, from the installed
//! binaries. It ends with the process: the kernel tells it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::folder::quick_folder;

pub struct Cluster {
    folder: TempDir,
    settings: &'static [&'static str],
    /// A library that stands before the system's, and a file that tells it what to do.
    preload: Option<(PathBuf, PathBuf)>,
}

/// For tests that no power cut interrupts.
const QUICK: [&str; 3] = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"];
/// As an operator has it.
const DURABLE: [&str; 3] = ["fsync=on", "full_page_writes=on", "synchronous_commit=on"];

pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(owned(quick_folder("pg-")), &QUICK, None))
}

impl Cluster {
    /// A cluster of one test's own, which keeps what it was told on the disk.
    pub fn durable() -> Cluster {
        Cluster::start(folder(), &DURABLE, None)
    }

    /// The same behind a library that makes the disk fail when its file says so.
    pub fn durable_behind(library: PathBuf, orders: PathBuf) -> Cluster {
        Cluster::start(folder(), &DURABLE, Some((library, orders)))
    }

    fn start(
        folder: TempDir,
        settings: &'static [&'static str],
        preload: Option<(PathBuf, PathBuf)>,
    ) -> Cluster {
        let cluster = Cluster { folder, settings, preload };
        run(cluster.command("initdb").args(["--pgdata"]).arg(cluster.data()).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]));
        cluster.serve();
        cluster
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs the server for as long as this process lives. The thread that starts it never ends
    /// before the process: `pdeathsig` follows the thread.
    pub fn serve(&self) {
        let mut command = self.command("postgres");
        if let Some((library, orders)) = &self.preload {
            command.env("LD_PRELOAD", library).env("TEST_DISK", orders);
        }
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "listen_addresses="])
            .args(self.settings.iter().flat_map(|setting| ["-c", setting]))
            .args([
                "-c",
                "max_connections=400",
                "-c",
                "shared_buffers=64MB",
                "-c",
                "max_pred_locks_per_transaction=256",
            ])
            .stdout(Stdio::null())
            .stderr(
                std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(self.folder.path().join("log"))
                    .unwrap(),
            );
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let child = command.spawn();
            sender.send(child.as_ref().map(|_| ()).map_err(ToString::to_string)).unwrap();
            if let Ok(mut child) = child {
                drop(child.wait());
            }
        });
        receiver.recv().unwrap().expect("postgres starts");
        for _ in 0..600 {
            let ready =
                self.psql("postgres", "SELECT 1").stderr(Stdio::null()).stdout(Stdio::null()).status();
            if ready.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!(
            "postgres did not start: {}",
            std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
        );
    }

    /// Stops it as a power cut would, without a word to anybody.
    pub fn stop_immediately(&self) {
        run(self.command("pg_ctl").args(["stop", "--mode=immediate", "--pgdata"]).arg(self.data()));
    }

    /// Whether its server runs.
    pub fn is_up(&self) -> bool {
        let up = self.psql("postgres", "SELECT 1").stderr(Stdio::null()).stdout(Stdio::null()).status();
        up.is_ok_and(|status| status.success())
    }

    /// Whether there is a server process, ready or not.
    pub fn is_running(&self) -> bool {
        let status = self.command("pg_ctl").args(["status", "--pgdata"]).arg(self.data()).output();
        status.is_ok_and(|output| output.status.success())
    }

    /// Gives a folder to the user that the server runs as.
    pub fn own(&self, folder: &std::path::Path) {
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder));
        }
    }

    /// Runs SQL in one of its databases.
    pub fn sql(&self, database: &str, sql: &str) {
        run(&mut self.psql(database, sql));
    }

    fn command(&self, name: &str) -> Command {
        command(self.folder.path(), name)
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new(binaries().join("psql"));
        command
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", sql])
            .arg("-h")
            .arg(self.folder.path());
        command
    }

    pub fn create(&self, name: &str, template: Option<&str>) {
        let template = template.unwrap_or("template0");
        run(&mut self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}")));
    }

    pub fn remove(&self, name: &str) {
        drop(self.psql("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).status());
    }

    pub fn url(&self, name: &str) -> String {
        format!("postgresql:///{name}?host={}&user=postgres", self.folder.path().display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.command("pg_ctl").args(["stop", "--mode=immediate", "--pgdata"]).arg(self.data()).output());
    }
}

/// A temporary folder that PostgreSQL may write to.
pub fn folder() -> TempDir {
    owned(tempfile::Builder::new().prefix("xinwu-pg-").tempdir().unwrap())
}

fn owned(folder: TempDir) -> TempDir {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder.path()));
    }
    folder
}

/// A binary of PostgreSQL, as another user when this is root, which PostgreSQL refuses to run as.
/// It ends with the thread that starts it.
pub fn command(folder: &Path, name: &str) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig", "INT", "--"]).arg(binaries().join(name)).current_dir(folder);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

pub fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed (make packages)");
    let mut found: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL's server is installed (make packages)")
}

#[track_caller]
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
