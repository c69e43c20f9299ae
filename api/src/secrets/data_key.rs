//! The data key: random bytes from which every key follows. The database keeps it, sealed by the
//! master secret, which can so be changed: `xinwu secret rotate`.

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use xinwu_persistence::people::data_key::{self, StoredKey};
use xinwu_persistence::people::key::SigningKey;
use xinwu_store::{Conn, Db, StoreError};

use super::{KeyError, SHORTEST_SECRET, Secrets, open, random_bytes, seal};

/// What its seal is bound to.
const CONTEXT: &str = "data-key/root";
/// Bytes of one that is made.
const LENGTH: usize = 32;
/// What the seal's key is derived for.
const PURPOSE: &[u8] = b"seal of data keys";

/// The data key of a database, open.
pub struct DataKey {
    bytes: SecretSlice<u8>,
    /// As it is kept.
    sealed: Vec<u8>,
}

impl DataKey {
    /// Opens a database's data key, and makes one where nothing in it was made by a key yet. One of
    /// before there were data keys gets the master secret itself for one: nothing in it has to be
    /// written again, and the program before this one still opens it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for another master secret.
    pub async fn of(db: &Db, master: &SecretString) -> Result<DataKey, StoreError> {
        let now = db.clock().now();
        let bytes: SecretSlice<u8> = match db.read(move |conn| data_key::stored(conn, now)).await? {
            StoredKey::Sealed(sealed) => return unsealed(sealed, master),
            StoredKey::Older(newest) => adopted(newest.as_ref(), master)?,
            StoredKey::None => random_bytes::<LENGTH>().map_err(internal)?.to_vec().into(),
        };
        let sealed = sealed_by(&bytes, master)?;
        let kept = db.write(move |tx| data_key::put_if_none(tx, &sealed)).await?;
        unsealed(kept.unwrap_or_default(), master)
    }

    /// Whether a master secret opens what a database holds.
    ///
    /// # Errors
    /// As [`DataKey::of`].
    pub fn check(conn: &mut Conn, master: &SecretString, now: DateTime<Utc>) -> Result<(), StoreError> {
        match data_key::stored(conn, now)? {
            StoredKey::Sealed(sealed) => unsealed(sealed, master).map(drop),
            StoredKey::Older(newest) => adopted(newest.as_ref(), master).map(drop),
            StoredKey::None => Ok(()),
        }
    }

    /// The keys that follow from it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] where they cannot be made.
    pub fn secrets(&self) -> Result<Secrets, StoreError> {
        Secrets::from_data_key(self.bytes.expose_secret()).map_err(internal)
    }

    /// Whether it is this master secret: then whoever knew that once, knows it for ever.
    pub fn is(&self, master: &SecretString) -> bool {
        verify_slices_are_equal(self.bytes.expose_secret(), master.expose_secret().as_bytes()).is_ok()
    }

    /// Seals it by another master secret. The keys stay what they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where somebody else did so meanwhile, or where it is done but
    /// the former seal may still be found.
    pub async fn reseal(&self, db: &Db, master: &SecretString) -> Result<(), StoreError> {
        let (before, sealed) = (self.sealed.clone(), sealed_by(&self.bytes, master)?);
        if !db.write(move |tx| data_key::replace(tx, &before, &sealed)).await? {
            let reason = "the data key was sealed anew by another process meanwhile";
            return Err(StoreError::Unavailable(reason.to_owned()));
        }
        // Of the former seal nothing is left in the files, or whoever has the former secret would
        // have the key.
        db.clear_deleted("data_key", "data_key").await.map_err(|error| {
            StoreError::Unavailable(format!(
                "the data key is sealed by the new secret, which is the one to use, but the former seal \
                 may still stand in the database's files: {error}"
            ))
        })
    }
}

/// The seal's key follows from the master secret, and nothing else does.
fn seal_key(master: &SecretString) -> Result<RandomizedNonceKey, StoreError> {
    let master = master.expose_secret().as_bytes();
    if master.len() < SHORTEST_SECRET {
        return Err(internal(KeyError));
    }
    let mut bytes = [0_u8; 32];
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"xinwu").extract(master);
    let filled = derived.expand(&[PURPOSE], hkdf::HKDF_SHA256).and_then(|material| material.fill(&mut bytes));
    filled.and_then(|()| RandomizedNonceKey::new(&AES_256_GCM, &bytes)).map_err(|_| internal(KeyError))
}

fn sealed_by(bytes: &SecretSlice<u8>, master: &SecretString) -> Result<Vec<u8>, StoreError> {
    seal(&seal_key(master)?, CONTEXT, bytes.expose_secret()).map_err(internal)
}

fn unsealed(sealed: Vec<u8>, master: &SecretString) -> Result<DataKey, StoreError> {
    let bytes = open(&seal_key(master)?, CONTEXT, &sealed).map_err(|_| another_secret())?;
    Ok(DataKey { bytes: bytes.into(), sealed })
}

/// The master secret as the data key of a database that was its own.
fn adopted(newest: Option<&SigningKey>, master: &SecretString) -> Result<SecretSlice<u8>, StoreError> {
    let bytes = master.expose_secret().as_bytes().to_vec();
    if let Some(key) = newest {
        let secrets = Secrets::from_data_key(&bytes).map_err(internal)?;
        secrets.decrypt(&key.kid, &key.private_encrypted).map_err(|_| another_secret())?;
    }
    Ok(bytes.into())
}

fn another_secret() -> StoreError {
    StoreError::Unavailable(
        "the master secret is not the one that this database was sealed with; give the settings of \
         the service (XINWU_SECRET or XINWU_SECRET_FILE)"
            .to_owned(),
    )
}

fn internal(error: KeyError) -> StoreError {
    StoreError::internal(error.to_string())
}
