//! The command line: `xinwu serve`, `demo`, `migrate`, `import`, `export`, `evaluate`, `scheme`,
//! `user`, `key`, `secret`, `clock`, `openapi`, `check-config`, `backup`, `restore`, `verify`.
//!
//! A command is a file: its arguments with their help, and `run`. What a command says goes to
//! standard output, what went wrong and the log to standard error. Exit codes: 0 it is done, 1 it
//! failed, 2 the command or a setting is wrong.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Clock, Db, Options, StoreError, Url};

use crate::config::Config;
use crate::secrets::{DataKey, Secrets};

pub mod backup;
pub mod check_config;
pub mod clock;
pub mod demo;
pub mod evaluate;
pub mod export;
pub mod import;
pub mod key;
pub mod migrate;
pub mod openapi;
mod postgres_tools;
pub mod restore;
pub mod scheme;
pub mod secret;
pub mod serve;
pub mod user;
pub mod verify;

/// Below the help of every command.
const EXIT_CODES: &str = "Exit codes:\n  0  done\n  1  failed; standard error says why\n  2  the command or a setting is wrong; nothing was begun";

/// Below the help of the program.
const ABOUT_SETTINGS: &str = "\
Settings come from a TOML file (--config, or XINWU_CONFIG) and from XINWU_* variables, which win:
  XINWU_DATABASE=postgres://xinwu@db/xinwu XINWU_BIND=0.0.0.0:8080 xinwu serve
`xinwu check-config` names everything that is wrong with them at once.

Examples:
  xinwu demo                              a service over a year of invented data
  xinwu migrate && xinwu serve            a real one, on an embedded database
  xinwu --config /etc/xinwu.toml serve    with a file of settings
  xinwu user add --help                   the first accounts

Exit codes:
  0  done
  1  failed; standard error says why
  2  the command or a setting is wrong; nothing was begun";

/// Xinwu 信物: the credit and service scores of property firms.
#[derive(Debug, Parser)]
#[command(name = "xinwu", version, after_help = ABOUT_SETTINGS, max_term_width = 100)]
struct CommandLine {
    /// A TOML file with settings
    #[arg(long, global = true, value_name = "FILE", env = "XINWU_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Migrate(migrate::Args),
    Import(import::Args),
    Export(export::ExportArgs),
    Evaluate(evaluate::EvaluateArgs),
    Scheme(scheme::SchemeArgs),
    User(user::UserArgs),
    Key(key::KeyArgs),
    Secret(secret::SecretArgs),
    Clock(clock::ClockArgs),
    Openapi(openapi::Args),
    CheckConfig(check_config::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Verify(verify::Args),
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was begun and failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The command or the settings are wrong, a sentence each: exit code 2.
    #[error("{}", .0.join("\n"))]
    Wrong(Vec<String>),
}

impl Failure {
    /// A failure, from an error.
    #[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
    pub fn failed(error: impl ToString) -> Failure {
        Failure::Failed(error.to_string())
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Failed(_) => 1,
            Failure::Wrong(_) => 2,
        })
    }
}

/// Reads the command line, does what it says, and tells how it went.
pub fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help and version are such "errors" too; nobody is left to tell if they cannot be
            // printed.
            error.print().ok();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let outcome = run(line);
    crate::logging::flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.to_string());
            failure.exit_code()
        }
    }
}

fn run(line: CommandLine) -> Result<(), Failure> {
    let read = || Config::read(line.config.as_deref()).map_err(Failure::Wrong);
    let settings = || {
        let (config, faults) = read()?;
        if faults.is_empty() { Ok(config) } else { Err(Failure::Wrong(faults)) }
    };
    match line.command {
        Command::Openapi(args) => openapi::run(&args),
        Command::CheckConfig(args) => check_config::run(&args, read()),
        Command::Migrate(args) => migrate::run(&args, &settings()?),
        Command::Import(args) => import::run(&args, &settings()?),
        Command::Export(args) => export::run(&args, &settings()?),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Scheme(args) => scheme::run(&args, settings),
        Command::Serve(args) => {
            let (config, faults) = read()?;
            serve::run(&args, config, faults)
        }
        Command::Demo(args) => demo::run(&args, settings()?),
        Command::Backup(args) => backup::run(&args, &settings()?),
        Command::Restore(args) => restore::run(&args, &settings()?),
        Command::Verify(args) => verify::run(&args, &settings()?),
        Command::User(args) => print(user::run(&args, &settings()?)),
        Command::Key(args) => print(key::run(&args, &settings()?)),
        Command::Secret(args) => print(secret::run(&args, &settings()?)),
        Command::Clock(args) => print(clock::run(&args, &settings()?)),
    }
}

fn print(said: Said) -> Result<(), Failure> {
    say(&said.map_err(Failure::Failed)?);
    Ok(())
}

/// Writes a line to standard output.
pub fn say(text: &str) {
    // A closed pipe (`xinwu … | head`) is no failure of ours.
    writeln!(std::io::stdout().lock(), "{text}").ok();
}

/// Writes a value to standard output as JSON.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn say_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    say(&serde_json::to_string_pretty(value).map_err(Failure::failed)?);
    Ok(())
}

/// Writes to standard error.
pub fn complain(text: &str) {
    for line in text.lines() {
        // Nobody is left to tell if standard error is closed.
        writeln!(std::io::stderr().lock(), "xinwu: {line}").ok();
    }
}

/// What a command says: the text for the standard output, or a sentence for the operator.
pub type Said = Result<String, String>;

/// Opens the database of the settings.
///
/// # Errors
/// A sentence for the operator.
pub fn open(config: &Config) -> Result<Db, String> {
    let url = Url::parse(&config.database)?;
    let options =
        Options { url, connections: 1, patience: std::time::Duration::from_secs(5), clock: Clock::System };
    xinwu_persistence::open(options).map_err(|error| sentence(&error))
}

/// The keys of this installation, once the master secret of the settings has opened its data key.
///
/// # Errors
/// A sentence for the operator.
pub fn secrets(config: &Config, db: &Db) -> Result<Secrets, String> {
    let master = config.master_secret()?;
    wait_for(async { DataKey::of(db, &master).await?.secrets() })
}

/// Waits for what the stores do.
///
/// # Errors
/// A sentence for the operator.
pub fn wait_for<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(work).map_err(|error| sentence(&error))
}

/// An error of the stores in words for the operator.
pub fn sentence(error: &StoreError) -> String {
    let StoreError::Refused(refusal) = error else { return error.to_string() };
    match refusal {
        Refusal::Invalid(faults) | Refusal::BadParameter(faults) => {
            let each: Vec<String> = faults
                .iter()
                .map(|fault| format!("{}: {}", fault.pointer.trim_start_matches('/'), fault.detail.en))
                .collect();
            each.join("; ")
        }
        Refusal::Forbidden { detail, .. }
        | Refusal::Conflict { detail, .. }
        | Refusal::Rows { detail, .. }
        | Refusal::Unauthenticated { detail, .. }
        | Refusal::TooMany { detail, .. } => detail.en.to_string(),
        Refusal::NotFound(kind) => format!("there is no such {kind}"),
        // The operator needs nobody else.
        Refusal::SecondNeeded(_) | Refusal::ProposalStale(_) | Refusal::ProposalRefused { .. } => {
            "another person must confirm this".to_owned()
        }
        Refusal::Stale => "it has changed meanwhile; try again".to_owned(),
    }
}

fn json(value: &impl serde::Serialize) -> Said {
    serde_json::to_string_pretty(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn require_examples_and_exit_codes(command: &mut clap::Command) {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Examples:\n  ") && help.contains(EXIT_CODES), "{help}");
        // clap adds `help` itself; its words are not ours.
        command
            .get_subcommands_mut()
            .filter(|below| below.get_name() != "help")
            .for_each(require_examples_and_exit_codes);
    }

    #[test]
    fn every_command_is_well_formed_and_has_examples_and_exit_codes() {
        let mut command = CommandLine::command();
        command.clone().debug_assert();
        require_examples_and_exit_codes(&mut command);
    }
}
