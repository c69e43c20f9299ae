//! Makes a city of any size, and measures Xinwu on it against floors on the same host: see
//! `bench/README.md`.
//!
//! **What belongs here:** tools of measuring. They reach past the service's layers, into the
//! tables: nothing of the product depends on them.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a tool whose numbers are its own: none comes from outside, and a wrong index is a fault of the tool"
)]

mod data;
mod floor;
mod load;
mod run;
mod server;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Whatever goes wrong ends the tool with a sentence.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
#[command(name = "xinwu-bench", about = "Makes a city of any size, and measures Xinwu on it")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a city in an empty database: the same from the same seed and day
    Data(data::Args),
    /// Answer from memory, as bare as the framework allows: what the service is compared with
    Floor(floor::Args),
    /// Measure the service on a city, and write the table
    Run(run::Args),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Data(args) => data::run(&args),
        Command::Floor(args) => floor::run(&args),
        Command::Run(args) => run::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xinwu-bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A line for whoever watches; results go to files.
fn say(line: &str) {
    // Nobody may be watching.
    writeln!(std::io::stderr(), "{line}").ok();
}
