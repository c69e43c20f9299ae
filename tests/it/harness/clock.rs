//! A machine's clock that is wrong as a test orders, by a library that stands before the system's.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// For programs that are started with [`WrongClock::variables`].
pub struct WrongClock {
    folder: TempDir,
}

impl WrongClock {
    /// Compiles the library; the clock is right at first.
    pub fn new() -> WrongClock {
        let clock = WrongClock { folder: tempfile::tempdir().unwrap() };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/it/harness/clock.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(clock.path("clock.so"))
            .args([source, "-ldl"])
            .status();
        assert!(built.unwrap().success());
        clock.is_wrong_by(chrono::TimeDelta::zero());
        clock
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// At once, also for programs that run. The file is never seen half written.
    pub fn is_wrong_by(&self, by: chrono::TimeDelta) {
        std::fs::write(self.path("new"), by.num_seconds().to_string()).unwrap();
        std::fs::rename(self.path("new"), self.path("orders")).unwrap();
    }

    pub fn variables(&self) -> [(String, String); 2] {
        let text = |name| self.path(name).display().to_string();
        [("LD_PRELOAD".to_owned(), text("clock.so")), ("TEST_CLOCK".to_owned(), text("orders"))]
    }
}
