//! The desk of an operator: the program, a folder and a database of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Backend, TestDatabase};

/// Longer than any of these commands takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn places() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../data/dalian-places.csv").to_owned()
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ran {
            code: output.status.code().expect("an exit code"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A folder and an empty database of its own.
pub struct Desk {
    pub folder: TempDir,
    database: TestDatabase,
}

impl Desk {
    pub fn new(backend: Backend) -> Desk {
        Desk { folder: tempfile::tempdir().unwrap(), database: backend.empty() }
    }

    /// The same with a database that has been migrated.
    pub fn migrated(backend: Backend) -> Desk {
        let desk = Desk::new(backend);
        desk.run(&["migrate"]).expect(0);
        desk
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xinwu-under-test"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("XINWU_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env("XINWU_DATABASE", &self.database.url)
            .env("XINWU_SECRET", "a secret that only the tests know, 32+ bytes")
            .env("XINWU_PASSWORD_MEMORY_KIBIBYTES", "8");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        Ran::of(self.command(arguments).envs(variables.iter().copied()).output().unwrap())
    }

    pub fn run_told(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Serves on a free port, which its log tells.
    pub fn serve(&self) -> Serving {
        let mut child = self
            .command(&["serve"])
            .env("XINWU_BIND", "127.0.0.1:0")
            .env("XINWU_LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            log.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut serving = Serving { child, lines, address: String::new() };
        serving.address = serving.said("serving")["address"].as_str().unwrap().to_owned();
        serving
    }
}

/// A running service; killed when it is dropped.
pub struct Serving {
    child: Child,
    lines: Receiver<String>,
    pub address: String,
}

impl Serving {
    /// Waits for a line of the log.
    pub fn said(&self, message: &str) -> Value {
        loop {
            let line =
                self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it never said {message:?}"));
            let event: Value =
                serde_json::from_str(&line).unwrap_or_else(|_| panic!("no line of a log: {line}"));
            if event["message"] == message {
                return event;
            }
        }
    }

    /// Status and body of an answer, over a plain socket.
    pub fn asked(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Tells it to stop, waits until it has, and gives its exit code.
    pub fn stop(mut self, signal: &str) -> i32 {
        let told = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status();
        assert!(told.unwrap().success());
        self.said("stopped");
        self.child.wait().unwrap().code().expect("it ended by itself")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
