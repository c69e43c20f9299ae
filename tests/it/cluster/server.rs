//! A primary and its standby, from the installed binaries, on free ports of this machine, each
//! behind a proxy.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::proxy::Proxy;
use crate::harness::postgres::{binaries, command, folder, run};

pub struct Cluster {
    servers: [Server; 2],
    proxies: [Proxy; 2],
    _folder: Arc<TempDir>,
}

pub struct Server {
    folder: Arc<TempDir>,
    data: PathBuf,
    port: u16,
    running: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// Every commit waits until the standby has it on the disk.
const SYNCHRONOUS: [&str; 4] = ["-c", "synchronous_standby_names=*", "-c", "synchronous_commit=on"];

impl Cluster {
    pub fn start() -> Cluster {
        let folder = Arc::new(folder());
        let [primary, standby] = ["primary", "standby"].map(|name| Server::new(&folder, name));
        let arguments = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"];
        run(command(folder.path(), "initdb").arg("--pgdata").arg(&primary.data).args(arguments));
        primary.serve(&[]);
        run(command(folder.path(), "pg_basebackup")
            .args(["--host=127.0.0.1", "--username=postgres", "--checkpoint=fast", "--write-recovery-conf"])
            .arg(format!("--port={}", primary.port))
            .arg("--pgdata")
            .arg(&standby.data));
        primary.stop();
        primary.serve(&SYNCHRONOUS);
        standby.serve(&[]);
        primary.ask("CREATE DATABASE xinwu TEMPLATE template0");
        let proxies = [Proxy::to(primary.port), Proxy::to(standby.port)];
        Cluster { servers: [primary, standby], proxies, _folder: folder }
    }

    pub fn url(&self) -> String {
        let [first, second] = &self.proxies;
        format!("postgres://postgres@127.0.0.1:{},127.0.0.1:{}/xinwu", first.port, second.port)
    }

    pub fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        self.proxies.iter()
    }

    pub fn standby(&self) -> &Server {
        &self.servers[1]
    }

    /// Ends the primary as a crash does: nothing is finished, and nothing written down.
    pub fn lose_primary(&self) {
        self.servers[0].stop();
        self.proxies[0].cut();
    }

    /// Gives when the standby takes writes.
    pub fn promote(&self) {
        let promoted = self.standby().number("SELECT pg_promote(true, 60)::int");
        assert_eq!(promoted, 1);
    }

    pub fn bring_back_former_primary(&self) {
        self.servers[0].serve(&SYNCHRONOUS);
    }
}

impl Server {
    fn new(folder: &Arc<TempDir>, name: &str) -> Server {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Server {
            folder: Arc::clone(folder),
            data: folder.path().join(name),
            port: free.local_addr().unwrap().port(),
            running: Mutex::new(None),
        }
    }

    /// Runs until it is stopped, or until this process ends.
    fn serve(&self, arguments: &[&str]) {
        let mut command = command(self.folder.path(), "postgres");
        command
            .arg("-D")
            .arg(&self.data)
            .arg("-k")
            .arg(self.folder.path())
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=100",
                "-c",
                "max_pred_locks_per_transaction=256",
                "-p",
            ])
            .arg(self.port.to_string())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(
                std::fs::File::create(self.data.with_extension(format!("{}.log", arguments.len()))).unwrap(),
            );
        let (sender, receiver) = channel();
        // The kernel ends the server with the thread that started it: that one waits for its end.
        let thread = std::thread::spawn(move || {
            let mut child = command.spawn().expect("postgres starts");
            sender.send(()).unwrap();
            drop(child.wait());
        });
        receiver.recv().unwrap();
        *self.running.lock().unwrap() = Some(thread);
        while !self.psql("SELECT 1").stderr(Stdio::null()).output().is_ok_and(|ran| ran.status.success()) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// At once, as after a loss of power.
    fn stop(&self) {
        run(command(self.folder.path(), "pg_ctl")
            .args(["stop", "--mode=immediate", "--pgdata"])
            .arg(&self.data));
        if let Some(running) = self.running.lock().unwrap().take() {
            running.join().unwrap();
        }
    }

    fn psql(&self, sql: &str) -> Command {
        let mut command = Command::new(binaries().join("psql"));
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string(), "-c", sql])
            .stdin(Stdio::null());
        command
    }

    /// Past the proxy.
    pub fn ask(&self, sql: &str) -> String {
        let output = self
            .psql(sql)
            .args(["-d", if sql.contains("audit") { "xinwu" } else { "postgres" }])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn number(&self, sql: &str) -> u32 {
        self.ask(sql).parse().unwrap()
    }
}
