//! What settings rest on: the secret's file, the database, the addresses. It is looked at, and left
//! as it is.

use std::io::{Error, ErrorKind};
use std::net::TcpListener;
use std::path::Path;

use secrecy::SecretString;
use xinwu_persistence::migration::MIGRATIONS;
use xinwu_store::{Clock, Conn, Purpose, StoreError, Url};

use super::Config;
use crate::privacy::Privacy;
use crate::secrets::DataKey;

/// Where the service is met.
#[derive(Debug)]
pub struct Doors {
    /// By everybody.
    pub public: TcpListener,
    /// By what measures it, if anything does.
    pub metrics: Option<TcpListener>,
}

impl Config {
    /// Adds what is wrong with the secret's file, the privacy notice's, the folder of photos and
    /// the database, and that secret and database do not belong together, to the faults of the
    /// settings. What rests on a setting that has one already is not looked at.
    pub fn look_at_ground(&self, faults: &mut Vec<String>) {
        let is_right = |names: &[&str]| !names.iter().any(|name| has_fault(faults, name));
        let secret_is_right = is_right(&["secret", "secret_file", "profile", "database"]);
        let privacy_is_right = is_right(&["privacy_version", "privacy_text_zh_file", "privacy_text_en_file"]);
        let database_is_right = is_right(&["database"]);
        let kept = if secret_is_right { self.kept_secret() } else { Ok(None) };
        let secret = kept.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        if privacy_is_right {
            faults.extend(Privacy::load(self).err().unwrap_or_default());
        }
        if database_is_right && let Ok(url) = Url::parse(&self.database) {
            faults.extend(database_fault(&url, secret.as_ref()));
        }
        // One that nobody named lies beside the database.
        if self.photo_dir.is_some() || !self.database.starts_with("sqlite:") {
            faults.extend(folder_fault("photo_dir", &self.photo_dir()));
        }
    }

    /// Takes the addresses to listen on.
    ///
    /// # Errors
    /// All faults, with each address that cannot be taken.
    pub fn take_addresses(&self, mut faults: Vec<String>) -> Result<Doors, Vec<String>> {
        let [public, metrics] = self.try_addresses(&mut faults, |_| true);
        match public {
            Some(public) if faults.is_empty() => Ok(Doors { public, metrics }),
            _ => Err(faults),
        }
    }

    /// Tells what is wrong with the addresses, but that one is taken already: that is the service
    /// itself.
    pub fn look_at_addresses(&self, faults: &mut Vec<String>) {
        self.try_addresses(faults, |error| error.kind() != ErrorKind::AddrInUse);
    }

    fn try_addresses(
        &self,
        faults: &mut Vec<String>,
        is_fault: impl Fn(&Error) -> bool,
    ) -> [Option<TcpListener>; 2] {
        [("bind", &self.bind), ("metrics_bind", &self.metrics_bind)].map(|(name, address)| {
            if address.is_empty() || has_fault(faults, name) {
                return None;
            }
            match TcpListener::bind(address) {
                Ok(listener) => Some(listener),
                Err(error) => {
                    if is_fault(&error) {
                        faults.push(format!("{name}: {address}: {error}"));
                    }
                    None
                }
            }
        })
    }
}

/// Whether one of these is of a setting: `name: …`, or `name, other: …`.
fn has_fault(faults: &[String], name: &str) -> bool {
    let mut named = faults.iter().filter_map(|fault| fault.split_once(": "));
    named.any(|(names, _)| names.split(", ").any(|each| each == name))
}

fn database_fault(url: &Url, secret: Option<&SecretString>) -> Option<String> {
    if let Url::Sqlite(path) = url {
        let fault = folder_fault("database", path.parent().unwrap_or(path));
        if fault.is_some() || !path.exists() {
            return fault;
        }
    }
    match (MIGRATIONS.pending(url), secret) {
        (Err(error), _) => Some(format!("database: {}", on_one_line(&error))),
        // What a migration is still to bring holds nothing that is sealed.
        (Ok(missing), Some(master)) if missing.is_empty() => secret_fault(url, master),
        (Ok(_), _) => None,
    }
}

fn secret_fault(url: &Url, master: &SecretString) -> Option<String> {
    let mut conn = match Conn::open(url, Purpose::Read) {
        Ok(conn) => conn,
        Err(error) => return Some(format!("database: {}", on_one_line(&error))),
    };
    DataKey::check(&mut conn, master, Clock::System.now()).err().map(|error| match error {
        StoreError::Unavailable(reason) => format!("secret, secret_file: {reason}"),
        other => format!("database: {}", on_one_line(&other)),
    })
}

/// Why no file of what a setting names can be kept in a folder, or that cannot be made. A disk that
/// is full is no fault of the setting: the service reads on.
fn folder_fault(setting: &str, folder: &Path) -> Option<String> {
    let mut folders = folder.ancestors().map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    let folder = folders.find(|folder| folder.exists())?;
    // Without a name: nothing is left there.
    match tempfile::tempfile_in(folder) {
        Err(error) if is_forbidden(&error) => Some(format!("{setting}: {}: {error}", folder.display())),
        _ => None,
    }
}

fn is_forbidden(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory
    )
}

/// libpq says it in several lines; a fault is one.
fn on_one_line(error: &StoreError) -> String {
    let said = error.to_string();
    let words: Vec<&str> = said.split_whitespace().collect();
    words.join(" ")
}
