//! `xinwu scheme`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use xinwu_domain::scheme::{Fault, Scheme};
use xinwu_persistence::scheme::catalogue;

use super::evaluate::CommandLanguage;
use super::{EXIT_CODES, Failure, say, say_json};

/// Files of scoring rules.
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu scheme check schemes/our-city/2.toml\n\n{EXIT_CODES}"))]
pub struct SchemeArgs {
    /// What to do
    #[command(subcommand)]
    command: SchemeCommand,
}

/// What to do with files of scoring rules.
#[derive(Debug, Subcommand)]
enum SchemeCommand {
    /// Check files, and name every fault by file, line and column; exits with 1 if there is any
    #[command(after_long_help = format!("Examples:\n  xinwu scheme check schemes/our-city/2.toml\n  xinwu scheme check schemes/*/*.toml --json\n  \
    xinwu scheme check draft.toml --language zh-CN\n\n{EXIT_CODES}"))]
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print the faults as JSON, in both languages
        #[arg(long)]
        json: bool,
        /// The language of the faults
        #[arg(long, value_enum, default_value = "en")]
        language: CommandLanguage,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure::Failed`] when a file cannot be read or has faults.
pub fn run(args: &SchemeArgs) -> Result<(), Failure> {
    let SchemeCommand::Check { files, json, language } = &args.command;
    let mut faults: Vec<Fault> = Vec::new();
    for file in files {
        if let Err(found) = read(file)? {
            faults.extend(found);
        }
    }
    if *json {
        say_json(&json!({"ok": faults.is_empty(), "files": files.len(), "faults": faults}))?;
    } else {
        for fault in &faults {
            let Fault { file, line, column, path, reason } = fault;
            let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
            say(&format!("{file}:{line}:{column}: {path}{}", reason.in_language((*language).into())));
        }
    }
    match (faults.len(), json) {
        (0, true) => Ok(()),
        (0, false) => {
            say(&format!("{} file(s) without a fault", files.len()));
            Ok(())
        }
        (count, _) => Err(Failure::Failed(format!("{count} fault(s)"))),
    }
}

/// Reads a scheme's file.
///
/// # Errors
/// [`Failure::Failed`] when there is no such file or it is not UTF-8; within, the faults of the text.
pub(super) fn read(file: &std::path::Path) -> Result<Result<Scheme, Vec<Fault>>, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
    let known = catalogue().map_err(Failure::failed)?;
    Ok(Scheme::read(text.trim_start_matches('\u{feff}'), &name, known))
}
