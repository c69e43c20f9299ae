//! `xinwu scheme`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use xinwu_domain::metric::MetricCatalogue;
use xinwu_domain::scheme::{Fault, Scheme};
use xinwu_persistence::credit::scheme;

use super::evaluate::CommandLanguage;
use super::{EXIT_CODES, Failure, open, say, say_json, sentence};
use crate::config::Config;

/// Scoring rules: check files of them, install the city's
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu scheme check schemes/our-city/1.toml\n  xinwu scheme install schemes/our-city/1.toml\n\n{EXIT_CODES}"))]
pub struct SchemeArgs {
    /// What to do
    #[command(subcommand)]
    command: SchemeCommand,
}

/// What to do with scoring rules.
#[derive(Debug, Subcommand)]
enum SchemeCommand {
    /// Put a city's first rules into the database: from then on its firms and projects are graded
    ///
    /// Until then cards say `no_scheme`. Later versions are drafted, tried out and announced by two
    /// officials (/v1/admin/schemes). A running service applies what is installed within seconds.
    /// What comes with the program is named by its id; of those, dalian-demo is invented, and
    /// nobody real is to be graded by it.
    #[command(after_long_help = format!("Examples:\n  xinwu scheme install schemes/our-city/1.toml\n  xinwu scheme install lianyungang\n\n{EXIT_CODES}"))]
    Install {
        /// Files, or ids of schemes that come with the program
        #[arg(required = true, value_name = "FILE|NAME")]
        schemes: Vec<PathBuf>,
        /// Print what was installed as JSON
        #[arg(long)]
        json: bool,
    },
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
/// [`Failure::Failed`] when a file cannot be read or has faults, and when it cannot be installed.
pub fn run(args: &SchemeArgs, settings: impl FnOnce() -> Result<Config, Failure>) -> Result<(), Failure> {
    match &args.command {
        SchemeCommand::Install { schemes, json } => install(schemes, *json, &settings()?),
        SchemeCommand::Check { files, json, language } => check(files, *json, *language),
    }
}

/// All of them, or none.
fn install(schemes: &[PathBuf], json: bool, config: &Config) -> Result<(), Failure> {
    let mut texts = Vec::new();
    for named in schemes {
        let shipped = named.to_str().map(scheme::shipped).transpose().map_err(Failure::failed)?;
        match shipped.filter(|shipped| !shipped.is_empty()) {
            Some(shipped) => texts.extend(shipped.into_iter().map(str::to_owned)),
            None => texts.push(text_of(named)?),
        }
    }
    let mut read = Vec::new();
    for text in texts {
        let scheme = scheme::draft::read_text(&text).map_err(|error| Failure::Failed(sentence(&error)))?;
        read.push((scheme, text));
    }
    let db = open(config).map_err(Failure::Failed)?;
    let (installed, known) = db
        .write_blocking(move |tx| {
            let (mut installed, mut known) = (Vec::new(), Vec::new());
            for (scheme, text) in &read {
                match scheme::install(tx, scheme, text)? {
                    Some(name) => installed.push(name),
                    None => known.push(scheme.id.clone()),
                }
            }
            Ok((installed, known))
        })
        .map_err(|error| Failure::Failed(sentence(&error)))?;
    if json {
        return say_json(&json!({"installed": installed, "known": known}));
    }
    for name in installed {
        say(&format!("{name} is installed."));
    }
    for id in known {
        say(&format!("{id} is there already."));
    }
    Ok(())
}

fn check(files: &[PathBuf], json: bool, language: CommandLanguage) -> Result<(), Failure> {
    let mut faults: Vec<Fault> = Vec::new();
    for file in files {
        let text = text_of(file)?;
        let known = scheme::catalogue().map_err(Failure::failed)?;
        let metrics = MetricCatalogue::shipped();
        if let Err(found) = Scheme::read_new(&text, &file.display().to_string(), known, metrics) {
            faults.extend(found);
        }
    }
    if json {
        say_json(&json!({"ok": faults.is_empty(), "files": files.len(), "faults": faults}))?;
    } else {
        for fault in &faults {
            let Fault { file, line, column, path, reason } = fault;
            let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
            say(&format!("{file}:{line}:{column}: {path}{}", reason.in_language(language.into())));
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
/// [`Failure::Failed`] when there is no such file or it is not UTF-8; within, the faults of the
/// text.
pub(super) fn read(file: &std::path::Path) -> Result<Result<Scheme, Vec<Fault>>, Failure> {
    let text = text_of(file)?;
    let known = scheme::catalogue().map_err(Failure::failed)?;
    Ok(Scheme::read(&text, &file.display().to_string(), known))
}

fn text_of(file: &std::path::Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
