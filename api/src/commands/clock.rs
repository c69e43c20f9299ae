//! `xinwu clock`

use clap::{Args, Subcommand};
use xinwu_persistence::operations::wall_clock;

use super::{EXIT_CODES, Said, open, sentence};
use crate::config::Config;

/// The machine's clock, by which months are closed and terms end
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu clock accept\n\n{EXIT_CODES}"))]
pub struct ClockArgs {
    /// What to do
    #[command(subcommand)]
    command: ClockCommand,
}

#[derive(Debug, Subcommand)]
enum ClockCommand {
    /// Say that the clock is right, after it was set, or after a service stood still for over 40
    /// days
    ///
    /// A service does nothing that is due while its clock is far from what has passed, from
    /// PostgreSQL's clock, or, at a start on SQLite, from its own last work; `/readyz` and the log
    /// say so. Look at the clock of the machine first (`timedatectl`): what it closes too soon
    /// stays closed. Run this on the machine of the service.
    #[command(after_long_help = format!("Examples:\n  timedatectl && xinwu clock accept\n\n{EXIT_CODES}"))]
    Accept,
}

/// Does it.
///
/// # Errors
/// A sentence for the operator.
pub fn run(args: &ClockArgs, config: &Config) -> Said {
    let ClockCommand::Accept = args.command;
    let db = open(config)?;
    let accepted = db.write_blocking(|tx| {
        wall_clock::accept(tx)?;
        Ok(tx.now)
    });
    let accepted = accepted.map_err(|error| sentence(&error))?;
    Ok(format!("It is {accepted}: services go on with what is due within seconds."))
}
