//! The log: one line an event on standard error, as JSON objects or for people.
//!
//! The lines of requests are gathered and written many at a time: to write each by itself took longer than to answer a remembered reading. Every other line is
//! written at once, with those that wait before it.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Config, LogFormat};

/// What the lines of requests are told by.
pub(crate) const REQUESTS: &str = "xinwu::request";

/// Bytes that wait at most.
const MOST: usize = 64 * 1024;
/// How long a line waits at most.
const WAIT: Duration = Duration::from_millis(200);

/// Lines that wait to be written.
static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Starts to write the log of this process. A second start changes nothing.
///
/// # Errors
/// A sentence for the operator when the level cannot be read.
pub fn start(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log_level).map_err(|error| format!("log_level: {error}"))?;
    let is_watched = io::stderr().is_terminal();
    let log = fmt().with_env_filter(filter).with_writer(Lines { is_watched }).with_ansi(is_watched);
    // Only a log that was started before would refuse: then that one goes on.
    let started = match config.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init().is_ok(),
        LogFormat::Text => log.with_target(false).try_init().is_ok(),
    };
    if started && !is_watched {
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(|| {
                loop {
                    std::thread::sleep(WAIT);
                    flush();
                }
            })
            .map_err(|error| format!("the log: {error}"))?;
    }
    Ok(())
}

/// Writes the lines that wait: when the process ends.
pub(crate) fn flush() {
    write_out(&mut waiting());
}

/// Where events are written to.
#[derive(Clone, Copy)]
struct Lines {
    /// By somebody at a terminal, who wants to see each at once.
    is_watched: bool,
}

/// The place of one event's line.
struct Line {
    may_wait: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { may_wait: false }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line {
        Line { may_wait: !self.is_watched && event.target() == REQUESTS }
    }
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut waiting = waiting();
        waiting.extend_from_slice(text);
        if !self.may_wait || waiting.len() > MOST {
            write_out(&mut waiting);
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn waiting() -> MutexGuard<'static, Vec<u8>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_out(waiting: &mut Vec<u8>) {
    // Nobody is left to tell when standard error is closed.
    io::stderr().write_all(waiting).ok();
    waiting.clear();
}
