//! `xinwu export`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use xinwu_domain::subject::Subject;
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::credit::evaluation::load_dossier;

use super::{EXIT_CODES, Failure, open, say, sentence};
use crate::config::Config;

/// Dossiers for `xinwu evaluate`.
///
/// Such a file is not for the public: it holds records that are not published.
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu export firm 91210200241281392F --output firm.json\n  xinwu export project 0193a5c2-7b1e-7f00-8000-000000000001 --output project.json\n\n{EXIT_CODES}"))]
pub struct ExportArgs {
    /// Whose file
    #[command(subcommand)]
    subject: ExportSubject,
}

/// Whose file to export.
#[derive(Debug, Subcommand)]
enum ExportSubject {
    /// A firm's
    #[command(after_long_help = format!("Examples:\n  xinwu export firm 91210200241281392F --output firm.json\n\n{EXIT_CODES}"))]
    Firm {
        /// Its unified social credit code
        uscc: String,
        #[command(flatten)]
        output: Output,
    },
    /// A project's
    #[command(after_long_help = format!("Examples:\n  xinwu export project 0193a5c2-7b1e-7f00-8000-000000000001 --output project.json\n\n{EXIT_CODES}"))]
    Project {
        /// Its id
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// A manager's
    #[command(after_long_help = format!("Examples:\n  xinwu export manager 0193a5c2-7b1e-7f00-8000-000000000002 --output manager.json\n\n{EXIT_CODES}"))]
    Manager {
        /// Its id
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

/// Where to.
#[derive(Debug, Args)]
struct Output {
    /// The file to write; standard output when left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Exports.
///
/// # Errors
/// [`Failure::Wrong`] for a code that is none, [`Failure::Failed`] for an unknown subject or a file
/// that cannot be written.
pub fn run(args: &ExportArgs, config: &Config) -> Result<(), Failure> {
    let (subject, output) = match &args.subject {
        ExportSubject::Firm { uscc, output } => {
            let uscc = Uscc::parse_known(uscc)
                .map_err(|fault| Failure::Wrong(vec![format!("{uscc}: {}", fault.text().en)]))?;
            (Subject::firm(uscc.as_str()), output)
        }
        ExportSubject::Project { id, output } => (Subject::project(id), output),
        ExportSubject::Manager { id, output } => (Subject::manager(id), output),
    };
    let db = open(config).map_err(Failure::Failed)?;
    let file = db
        .read_blocking(move |conn| load_dossier(conn, &subject))
        .map_err(|error| Failure::Failed(sentence(&error)))?;
    let text = file.to_text().map_err(Failure::failed)?;
    match &output.output {
        None => say(text.trim_end()),
        Some(path) => {
            write(path, &text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?
        }
    }
    Ok(())
}

/// Writes a file that its owner alone may read.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())
}
