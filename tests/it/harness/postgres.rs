//! A PostgreSQL cluster for this run of the tests, in a temporary folder, from the installed binaries. It ends with the process: the kernel tells it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

pub struct Cluster {
    folder: TempDir,
}

pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

impl Cluster {
    fn start() -> Cluster {
        let cluster = Cluster { folder: folder() };
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

    /// Runs the server for as long as this process lives. The thread that starts it never ends before the process: `pdeathsig` follows the thread.
    fn serve(&self) {
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "full_page_writes=off",
                "-c",
                "synchronous_commit=off",
            ])
            .args([
                "-c",
                "max_connections=400",
                "-c",
                "shared_buffers=64MB",
                "-c",
                "max_pred_locks_per_transaction=256",
            ])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.folder.path().join("log")).unwrap());
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

/// A temporary folder that PostgreSQL may write to.
pub fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("xinwu-pg-").tempdir().unwrap();
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder.path()));
    }
    folder
}

/// A binary of PostgreSQL, as another user when this is root, which PostgreSQL refuses to run as. It ends with the thread that starts it.
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
