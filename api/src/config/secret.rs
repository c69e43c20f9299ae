//! The master secret: where it is kept, and how a development machine gets one.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use xinwu_store::Url;

use super::{Config, Profile, production};
use crate::secrets::SHORTEST_SECRET;

impl Config {
    /// The master secret: the setting, else the file's content.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn master_secret(&self) -> Result<SecretString, String> {
        self.kept_secret()?.ok_or_else(|| {
            "secret, secret_file: there is none yet; `xinwu migrate` makes one with a new database".to_owned()
        })
    }

    /// Makes a master secret in development, where none is set, with a new database: only then, or
    /// what an existing one holds could never be opened by it.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn make_secret(&self) -> Result<(), String> {
        let Ok(path) = self.secret_path() else { return Ok(()) };
        if self.secret.is_some() || self.profile == Profile::Production || path.exists() {
            return Ok(());
        }
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        if self.secret_file.is_none() {
            std::fs::create_dir_all(folder_of(&path)).map_err(failed)?;
        }
        let made = crate::secrets::random_token::<32>().map_err(|error| error.to_string())?;
        write_private(&path, &made).map_err(failed)
    }

    /// The master secret as it is kept now; `None` where [`Config::make_secret`] makes one with the
    /// database.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn kept_secret(&self) -> Result<Option<SecretString>, String> {
        if let Some(secret) = &self.secret {
            return Ok(Some(secret.clone()));
        }
        let path = self.secret_path()?;
        if !path.exists() {
            // A folder that is not there is a mistake in the setting, not a file still to be made.
            let is_known_folder = self.secret_file.is_none() || folder_of(&path).is_dir();
            let has_database =
                matches!(Url::parse(&self.database), Ok(Url::Sqlite(database)) if database.exists());
            if self.profile == Profile::Development && is_known_folder && !has_database {
                return Ok(None);
            }
            return Err(format!(
                "secret_file: {} is not there; give this command the settings of the service \
                 (XINWU_SECRET or XINWU_SECRET_FILE): another secret opens nothing in its database",
                path.display()
            ));
        }
        self.secret_in(&path).map(Some).map_err(|fault| format!("secret_file: {fault}"))
    }

    /// The master secret that is to come in the place of this one: what the file holds, which is
    /// made where it is not there, and is on the disk before anything is sealed by it.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn next_secret(&self, path: &Path) -> Result<SecretString, String> {
        if !path.exists() {
            let failed = |error: std::io::Error| format!("{}: {error}", path.display());
            let made = crate::secrets::random_token::<48>().map_err(|error| error.to_string())?;
            write_private(path, &made).map_err(failed)?;
            crate::backup::sync_folder_of(path).map_err(failed)?;
        }
        self.secret_in(path)
    }

    /// What the file of a secret holds.
    fn secret_in(&self, path: &Path) -> Result<SecretString, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let text = text.trim();
        if text.len() < SHORTEST_SECRET {
            return Err(format!("{shown} must hold at least {SHORTEST_SECRET} bytes"));
        }
        if self.profile == Profile::Production {
            require_private(path)?;
            if production::is_weak(text) {
                return Err(format!("{shown} can be guessed; {}", production::MADE_BY));
            }
        }
        Ok(SecretString::from(text.to_owned()))
    }

    fn secret_path(&self) -> Result<PathBuf, String> {
        match (&self.secret_file, Url::parse(&self.database)) {
            (Some(path), _) => Ok(path.clone()),
            (None, Ok(Url::Sqlite(database))) => Ok(database.with_extension("secret")),
            (None, _) => Err("secret or secret_file: one of them is needed".to_owned()),
        }
    }
}

/// The folder that a file stands in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// # Errors
/// A sentence where everybody on the machine may read or write the file.
fn require_private(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o007 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(format!("everybody on this machine may use {path} (its mode is {mode:04o}): chmod 600 {path}"))
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, content: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}
