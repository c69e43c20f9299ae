//! The program itself in a process of its own, as an operator runs it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{Backend, Call, SECRET, TestApp, TestDatabase};

/// Longer than any of these commands takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

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

/// A folder of its own, and a database.
pub struct Desk {
    pub folder: TempDir,
    pub url: String,
    _database: Option<TestDatabase>,
}

impl Desk {
    /// With an empty database.
    pub fn new(backend: Backend) -> Desk {
        Desk::over(backend.empty())
    }

    /// With this database.
    pub fn over(database: TestDatabase) -> Desk {
        let url = database.url.clone();
        Desk { folder: tempfile::tempdir().unwrap(), url, _database: Some(database) }
    }

    /// With whatever is at this URL.
    pub fn at(url: &str) -> Desk {
        Desk { folder: tempfile::tempdir().unwrap(), url: url.to_owned(), _database: None }
    }

    /// Beside a service that runs, over its database.
    pub fn beside(app: &TestApp) -> Desk {
        Desk::at(&app.state.config().database)
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
            .env("XINWU_DATABASE", &self.url)
            .env("XINWU_SECRET", SECRET)
            // Many run side by side.
            .env("XINWU_BIND", "127.0.0.1:0")
            .env("XINWU_METRICS_BIND", "")
            .env("XINWU_PASSWORD_MEMORY_KIBIBYTES", "8")
            .env("XINWU_SECOND_FACTOR", "offered");
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
        self.serve_with(&[])
    }

    /// [`Desk::serve`] with these variables.
    pub fn serve_with(&self, variables: &[(&str, &str)]) -> Serving {
        let mut child = self
            .command(&["serve"])
            .env("XINWU_METRICS_BIND", "127.0.0.1:0")
            .env("XINWU_LOG_FORMAT", "json")
            // All that asks is at one address.
            .env("XINWU_READS_A_MINUTE", "0")
            // One that writes without a pause changes its rating each time.
            .env("XINWU_RATING_WRITES_A_MINUTE", "0")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        let log = Log::default();
        let kept = log.clone();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).for_each(|line| {
                kept.0.lock().unwrap().push(line.clone());
                drop(sender.send(line));
            });
        });
        let mut serving = Serving {
            child,
            lines: Mutex::new(lines),
            log,
            address: String::new(),
            metrics_address: String::new(),
        };
        let said = serving.said("serving");
        said["address"].as_str().unwrap().clone_into(&mut serving.address);
        said["metrics"].as_str().unwrap_or_default().clone_into(&mut serving.metrics_address);
        serving
    }
}

/// All lines of a log so far.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A running service; killed when it is dropped.
pub struct Serving {
    child: Child,
    lines: Mutex<Receiver<String>>,
    pub log: Log,
    pub address: String,
    /// Empty where no metrics are served.
    pub metrics_address: String,
}

impl Serving {
    /// Waits for a line of the log.
    pub fn said(&self, message: &str) -> Value {
        loop {
            let line = self
                .lines
                .lock()
                .unwrap()
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("it never said {message:?}"));
            let event: Value =
                serde_json::from_str(&line).unwrap_or_else(|_| panic!("no line of a log: {line}"));
            if event["message"] == message {
                return event;
            }
        }
    }

    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(method, &format!("http://{}{path}", self.address))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it where it stands (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
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
