//! The log: one line an event on standard error, as JSON objects or for people.
//!
//! The lines of requests are gathered and written many at a time: to write each by itself took
//! longer than to answer a cached reading. Every other line is written at once, with those that
//! wait before it.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::{Format, JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

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
        LogFormat::Json => log.fmt_fields(JsonFields::new()).event_format(Json::default()).try_init().is_ok(),
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

/// Events as JSON objects. The line of a request is written straight, for there is one for every
/// answer: no span is looked for, and nothing is gathered first.
struct Json {
    others: Format<fmt::format::Json>,
}

impl Default for Json {
    fn default() -> Json {
        Json { others: fmt::format().json().flatten_event(true).with_span_list(false) }
    }
}

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        if event.metadata().target() != REQUESTS {
            return self.others.format_event(context, line, event);
        }
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        write!(line, "\",\"level\":\"{}\",\"target\":\"{REQUESTS}\"", event.metadata().level())?;
        let mut fields = Fields { line, outcome: Ok(()) };
        event.record(&mut fields);
        let Fields { mut line, outcome } = fields;
        outcome?;
        line.write_str("}\n")
    }
}

/// The fields of a request's line.
struct Fields<'a> {
    line: Writer<'a>,
    outcome: std::fmt::Result,
}

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> std::fmt::Result) {
        let line = &mut self.line;
        self.outcome = self.outcome.and_then(|()| {
            for part in [",\"", field.name(), "\":"] {
                line.write_str(part)?;
            }
            value(line)
        });
    }
}

/// A text as JSON. There is hardly one with anything to escape.
fn write_text(line: &mut Writer<'_>, text: &str) -> std::fmt::Result {
    if text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        return line.write_str(&serde_json::to_string(text).map_err(|_| std::fmt::Error)?);
    }
    line.write_char('"')?;
    line.write_str(text)?;
    line.write_char('"')
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |line| write_text(line, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(
            field,
            |line| if value.is_finite() { write!(line, "{value}") } else { line.write_str("null") },
        );
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, |line| write_text(line, &format!("{value:?}")));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_json_whatever_it_holds() {
        for text in ["/v1/firms", "", "大连", "a \"word\"", "back\\slash", "two\nlines", "\u{0}\u{7f}"] {
            let mut line = String::new();
            write_text(&mut Writer::new(&mut line), text).unwrap();
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
