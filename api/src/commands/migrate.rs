//! `xinwu migrate`

use serde_json::json;
use xinwu_persistence::migration::MIGRATIONS;
use xinwu_store::Url;

use super::{EXIT_CODES, Failure, say, say_json};
use crate::config::Config;

/// Make the database, or bring it up to this version
///
/// Runs the migrations that the database lacks. On SQLite it makes the file. Whom the city grades
/// by which rules is told afterwards: `xinwu scheme install`. It can be run again at any time.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu migrate\n  XINWU_DATABASE=postgres://xinwu@db/xinwu xinwu migrate\n  xinwu migrate --check    what is missing; exits with 1 if anything is\n\n{EXIT_CODES}"))]
pub struct Args {
    /// Only say which migrations are missing, and fail if any is
    #[arg(long)]
    check: bool,
    /// Print the names as JSON
    #[arg(long)]
    json: bool,
}

/// Brings the database up to this version.
///
/// # Errors
/// [`Failure::Failed`] when the database cannot be reached or a migration fails.
pub fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let url = Url::parse(&config.database).map_err(|fault| Failure::Wrong(vec![fault]))?;
    if args.check {
        let missing = missing(&url)?;
        tell(args, "missing", &missing)?;
        return if missing.is_empty() {
            Ok(())
        } else {
            Err(Failure::Failed(format!("{} migration(s) are missing; run `xinwu migrate`", missing.len())))
        };
    }
    let done = bring_up(config, &url)?;
    tell(args, "done", &done)
}

/// Makes the database, in development with its secret, or brings it up to this version. Gives what
/// was missing.
pub(super) fn bring_up(config: &Config, url: &Url) -> Result<Vec<String>, Failure> {
    let missing = missing(url)?;
    if missing == MIGRATIONS.names().map_err(Failure::failed)?.0 {
        config.make_secret().map_err(Failure::Failed)?;
    }
    MIGRATIONS.run(url).map_err(Failure::failed)?;
    Ok(missing)
}

/// The migrations that the database lacks; asking makes no file.
pub(super) fn missing(url: &Url) -> Result<Vec<String>, Failure> {
    if let Url::Sqlite(path) = url
        && !path.exists()
    {
        return Ok(MIGRATIONS.names().map_err(Failure::failed)?.0);
    }
    MIGRATIONS.pending(url).map_err(Failure::failed)
}

fn tell(args: &Args, what: &str, names: &[String]) -> Result<(), Failure> {
    if args.json {
        return say_json(&json!({what: names}));
    }
    match (what, names.len()) {
        (_, 0) => say("The database is up to date."),
        ("done", count) => say(&format!("{count} migration(s) done: {}", names.join(", "))),
        (_, count) => say(&format!("{count} migration(s) missing: {}", names.join(", "))),
    }
    Ok(())
}
