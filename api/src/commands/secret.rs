//! `xinwu secret`: the master secret.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{EXIT_CODES, Said, open, wait_for};
use crate::config::Config;
use crate::secrets::DataKey;

/// The master secret, which seals the data key of the database.
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu secret rotate --to /etc/xinwu/secret.next\n\n{EXIT_CODES}"))]
pub struct SecretArgs {
    /// What to do
    #[command(subcommand)]
    pub command: SecretCommand,
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with the master secret.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Seal the data key by another master secret; the present one opens nothing from then on
    ///
    /// No key changes: phones, tokens, authenticators and ratings stay readable, and services that
    /// run go on. Each is given the new secret by its next start. Backups of before still need the
    /// secret of before.
    #[command(after_long_help = format!("Examples:\n  xinwu secret rotate --to /etc/xinwu/secret.next\n  xinwu secret rotate --to /etc/xinwu/secret.next --json\n\n{EXIT_CODES}"))]
    Rotate {
        /// The file of the new secret; it is made where it is not there
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

/// Runs it.
///
/// # Errors
/// A sentence for the operator.
pub fn run(args: &SecretArgs, config: &Config) -> Said {
    let SecretCommand::Rotate { to } = &args.command;
    let db = open(config)?;
    let master = config.master_secret()?;
    let data_key = wait_for(DataKey::of(&db, &master))?;
    let next = config.next_secret(to)?;
    let file = to.display();
    if next.expose_secret() == master.expose_secret() {
        return Err(format!("{file} holds the master secret that is in use already"));
    }
    wait_for(data_key.reseal(&db, &next))?;
    let was_master = data_key.is(&master);
    if args.json {
        return super::json(&json!({"secret_file": to, "data_key_was_master_secret": was_master}));
    }
    let mut said = format!(
        "The data key is sealed by the secret in {file}. Give it to the service (secret_file, or in the \
         place of the former file) and start it again; until then it goes on with what it holds. Keep \
         the former for backups of before."
    );
    if was_master {
        said += "\nThis database is of before there were data keys: its data key was the master secret \
                 itself, and whoever knows that one can still read what it sealed.";
    }
    Ok(said)
}
