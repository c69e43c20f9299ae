//! `xinwu key`: the keys that sign access tokens.

use chrono::{DateTime, Duration, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;
use xinwu_persistence::people::key;

use super::{EXIT_CODES, Said, json, open, secrets, sentence, wait_for};
use crate::config::Config;
use crate::tokens;

/// The keys that sign access tokens.
#[derive(Debug, Args)]
#[command(
    after_long_help = format!("Examples:\n  xinwu key list\n  xinwu key rotate\n  xinwu key rotate --delay-minutes 0 --json\n\n{EXIT_CODES}")
)]
pub struct KeyArgs {
    /// What to do
    #[command(subcommand)]
    pub command: KeyCommand,
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a new key; the ones before it verify until their last tokens have died
    #[command(after_long_help = format!("Examples:\n  xinwu key rotate\n  xinwu key rotate --delay-minutes 0 --json\n\n{EXIT_CODES}"))]
    Rotate {
        /// When the new key begins to sign: running servers read the keys once a minute, so they
        /// must have time to learn of it
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=1440))]
        delay_minutes: u16,
    },
    /// Show the keys that still verify
    #[command(after_long_help = format!("Examples:\n  xinwu key list\n  xinwu key list --json\n\n{EXIT_CODES}"))]
    List,
}

#[derive(Serialize)]
struct ShownKey {
    kid: String,
    signs_from: DateTime<Utc>,
    verifies_until: Option<DateTime<Utc>>,
}

/// Runs it.
///
/// # Errors
/// A sentence for the operator.
pub fn run(args: &KeyArgs, config: &Config) -> Said {
    let db = open(config)?;
    if let KeyCommand::Rotate { delay_minutes } = args.command {
        let secrets = secrets(config, &db)?;
        let delay = Duration::minutes(i64::from(delay_minutes));
        let kid = wait_for(tokens::rotate(&db, &secrets, delay))?;
        if !args.json {
            return Ok(format!("The new key is {kid}; it signs in {delay_minutes} minutes."));
        }
    }
    let now = db.clock().now();
    let keys: Vec<ShownKey> = db
        .read_blocking(move |conn| key::list(conn, now))
        .map_err(|error| sentence(&error))?
        .into_iter()
        .map(|key| ShownKey { kid: key.kid, signs_from: key.signs_from, verifies_until: key.verifies_until })
        .collect();
    if args.json {
        return json(&keys);
    }
    let lines: Vec<String> = keys
        .iter()
        .map(|key| {
            let until =
                key.verifies_until.map_or_else(|| "in use".to_owned(), |at| format!("verifies until {at}"));
            format!("{}  signs from {}  {until}", key.kid, key.signs_from)
        })
        .collect();
    Ok(lines.join("\n"))
}
