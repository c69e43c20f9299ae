//! The commands of `xinwu`: each is a function over its arguments and the settings that gives what is to be printed.

use secrecy::ExposeSecret;
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::{Clock, Db, Options, StoreError, Url};

use crate::config::Config;
use crate::secrets::Secrets;

pub mod key;
pub mod user;

/// What a command says: the text for the standard output, or a sentence for the operator.
pub type Said = Result<String, String>;

/// Opens the database of the settings.
///
/// # Errors
/// A sentence for the operator.
pub fn open(config: &Config) -> Result<Db, String> {
    let url = Url::parse(&config.database)?;
    Db::open(Options {
        url,
        connections: 1,
        patience: std::time::Duration::from_secs(5),
        clock: Clock::System,
    })
    .map_err(|error| sentence(&error))
}

/// The keys of this installation.
///
/// # Errors
/// A sentence for the operator.
pub fn secrets(config: &Config) -> Result<Secrets, String> {
    let master = config.master_secret()?;
    Secrets::from_master(master.expose_secret().as_bytes()).map_err(|error| error.to_string())
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
        | Refusal::Unauthenticated { detail, .. }
        | Refusal::TooMany { detail, .. } => detail.en.to_string(),
        Refusal::NotFound { what } => format!("there is no such {what}"),
        Refusal::Stale => "it has changed meanwhile; try again".to_owned(),
    }
}

fn json(value: &impl serde::Serialize) -> Said {
    serde_json::to_string_pretty(value).map_err(|error| error.to_string())
}
