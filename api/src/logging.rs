//! The log: one line an event on standard error, as JSON objects or for people.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{Config, LogFormat};

/// Starts to write the log of this process. A second start changes nothing.
///
/// # Errors
/// A sentence for the operator when the level cannot be read.
pub fn start(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log_level).map_err(|error| format!("log_level: {error}"))?;
    let log =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // Only a log that was started before would refuse: then that one goes on.
    match config.log_format {
        LogFormat::Json => log.json().flatten_event(true).try_init().ok(),
        LogFormat::Text => log.with_target(false).try_init().ok(),
    };
    Ok(())
}
