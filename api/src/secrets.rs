//! Keys and what is done with them: the keyed hashes of phones and codes, the encryption of phones
//! at rest, the seal of cursors. A data key, which the database keeps sealed by the master secret
//! of the configuration, gives a key for each purpose (HKDF-SHA-256), so that none serves two.

mod data_key;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::data_key::DataKey;

/// The shortest secret that is taken, and the shortest data key, in bytes.
pub const SHORTEST_SECRET: usize = 32;

/// The keys of this installation.
pub struct Secrets {
    phone_lookup: hmac::Key,
    code: hmac::Key,
    token: hmac::Key,
    cursor: hmac::Key,
    at_rest: RandomizedNonceKey,
    feed: RandomizedNonceKey,
    rating_seal: [u8; 32],
}

/// A key could not be made or used.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a key could not be used")]
pub struct KeyError;

impl Secrets {
    /// The keys that follow from a data key of at least [`SHORTEST_SECRET`] bytes.
    ///
    /// # Errors
    /// [`KeyError`] for a shorter one.
    pub fn from_data_key(data_key: &[u8]) -> Result<Secrets, KeyError> {
        if data_key.len() < SHORTEST_SECRET {
            return Err(KeyError);
        }
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"xinwu").extract(data_key);
        let key = |purpose: &'static [u8]| -> Result<[u8; 32], KeyError> {
            let mut bytes = [0_u8; 32];
            derived
                .expand(&[purpose], hkdf::HKDF_SHA256)
                .and_then(|material| material.fill(&mut bytes))
                .map_err(|_| KeyError)?;
            Ok(bytes)
        };
        let mac = |purpose| key(purpose).map(|bytes| hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        Ok(Secrets {
            phone_lookup: mac(b"phone lookup")?,
            code: mac(b"one-time code")?,
            token: mac(b"token hash")?,
            cursor: mac(b"cursor")?,
            at_rest: RandomizedNonceKey::new(&AES_256_GCM, &key(b"at rest")?).map_err(|_| KeyError)?,
            feed: RandomizedNonceKey::new(&AES_256_GCM, &key(b"feed cursor")?).map_err(|_| KeyError)?,
            rating_seal: key(b"rating month keys")?,
        })
    }

    /// What the months' keys of ratings are sealed by.
    pub fn rating_seal(&self) -> &[u8; 32] {
        &self.rating_seal
    }

    /// The hash by which a phone is looked up.
    pub fn phone_hash(&self, phone: &str) -> String {
        keyed(&self.phone_lookup, &[phone])
    }

    /// The hash of a one-time code, bound to its phone.
    pub fn code_hash(&self, phone_hash: &str, code: &str) -> String {
        keyed(&self.code, &[phone_hash, code])
    }

    /// The hash of a refresh token, of a client's secret, or of an address or account that a limit
    /// counts by.
    pub fn token_hash(&self, token: &str) -> String {
        keyed(&self.token, &[token])
    }

    /// Encrypts a small value for the database. `context` is bound to it: it decrypts only under
    /// the same.
    ///
    /// # Errors
    /// [`KeyError`] when the library refuses, which it does not for values of this size.
    pub fn encrypt(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        seal(&self.at_rest, context, plain)
    }

    /// Decrypts what [`Secrets::encrypt`] made.
    ///
    /// # Errors
    /// [`KeyError`] when it was made with another key or context, or was damaged.
    pub fn decrypt(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        open(&self.at_rest, context, sealed)
    }

    /// A cursor that nobody can read, and that says nothing by its length: where the change feed
    /// stands moves with transactions that nobody may learn of. Each is another, also of the same.
    ///
    /// # Errors
    /// As [`Secrets::encrypt`].
    pub fn hide_cursor(&self, content: &str) -> Result<String, KeyError> {
        let length = content.len().next_multiple_of(CURSOR_BLOCK);
        let sealed = seal(&self.feed, "", format!("{content:length$}").as_bytes())?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The content of a cursor that [`Secrets::hide_cursor`] made, with spaces behind it; none for
    /// any other.
    pub fn reveal_cursor(&self, cursor: &str) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        String::from_utf8(open(&self.feed, "", &sealed).ok()?).ok()
    }

    /// Seals a cursor, so that a made-up one is refused.
    pub fn seal_cursor(&self, content: &[u8]) -> String {
        let tag = hmac::sign(&self.cursor, content);
        let mut bytes = tag.as_ref().get(..12).unwrap_or_default().to_vec();
        bytes.extend_from_slice(content);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The content of a cursor that [`Secrets::seal_cursor`] made; none for any other.
    pub fn open_cursor(&self, cursor: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (seal, content) = bytes.split_at_checked(12)?;
        let tag = hmac::sign(&self.cursor, content);
        let expected = tag.as_ref().get(..12)?;
        aws_lc_rs::constant_time::verify_slices_are_equal(expected, seal).ok()?;
        Some(content.to_vec())
    }
}

/// Bytes of a hidden cursor's content, or a multiple: more than the transactions that run at once
/// fill, unless they are some dozens.
const CURSOR_BLOCK: usize = 256;

/// The nonce, then what is sealed.
fn seal(key: &RandomizedNonceKey, context: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut sealed = plain.to_vec();
    let nonce =
        key.seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut sealed).map_err(|_| KeyError)?;
    let mut out = nonce.as_ref().to_vec();
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open(key: &RandomizedNonceKey, context: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, body) = sealed.split_at_checked(12).ok_or(KeyError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError)?;
    let mut body = body.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut body).map_err(|_| KeyError)?;
    Ok(plain.to_vec())
}

/// Random bytes from the system.
///
/// # Errors
/// [`KeyError`] when the system gives none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0_u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyError)?;
    Ok(bytes)
}

/// [`random_bytes`] in URL-safe base64.
///
/// # Errors
/// As [`random_bytes`].
pub fn random_token<const N: usize>() -> Result<String, KeyError> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<N>()?))
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// [`sha256`] in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// [`sha256_hex`] of all that a reader gives.
///
/// # Errors
/// The reader's.
pub fn sha256_hex_of(mut reader: impl std::io::Read) -> std::io::Result<String> {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut part = vec![0; 65_536];
    loop {
        let read = reader.read(&mut part)?;
        match part.get(..read) {
            Some([]) | None => return Ok(hex(hash.finish().as_ref())),
            Some(bytes) => hash.update(bytes),
        }
    }
}

fn keyed(key: &hmac::Key, parts: &[&str]) -> String {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex(context.sign().as_ref())
}

/// Bytes in hexadecimal figures.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_decrypts_only_in_its_context_and_undamaged() {
        let secrets = Secrets::from_data_key(&[7; 32]).unwrap();
        let sealed = secrets.encrypt("account 1", b"13900000000").unwrap();
        assert_eq!(secrets.decrypt("account 1", &sealed).unwrap(), b"13900000000");
        assert!(secrets.decrypt("account 2", &sealed).is_err());
        let mut damaged = sealed.clone();
        damaged[13] ^= 1;
        assert!(secrets.decrypt("account 1", &damaged).is_err());
        assert!(Secrets::from_data_key(&[8; 32]).unwrap().decrypt("account 1", &sealed).is_err());
    }

    #[test]
    fn only_a_sealed_cursor_opens() {
        let secrets = Secrets::from_data_key(&[7; 32]).unwrap();
        let cursor = secrets.seal_cursor(b"[1]");
        assert_eq!(secrets.open_cursor(&cursor).as_deref(), Some(&b"[1]"[..]));
        assert_eq!(secrets.open_cursor("AAAA"), None);
        assert_eq!(secrets.open_cursor("not base64 at all"), None);
        assert_eq!(Secrets::from_data_key(&[8; 32]).unwrap().open_cursor(&cursor), None);
    }

    #[test]
    fn a_hidden_cursor_tells_nothing_and_opens_for_its_service_alone() {
        let secrets = Secrets::from_data_key(&[7; 32]).unwrap();
        let hidden = secrets.hide_cursor("742:742:").unwrap();
        assert_eq!(secrets.reveal_cursor(&hidden).unwrap().trim_end(), "742:742:");
        // Neither the same position twice nor one with transactions under way can be told from it.
        assert_ne!(secrets.hide_cursor("742:742:").unwrap(), hidden);
        assert_eq!(secrets.hide_cursor("742:750:744,745,748").unwrap().len(), hidden.len());
        assert_eq!(Secrets::from_data_key(&[8; 32]).unwrap().reveal_cursor(&hidden), None);
        for other in ["", "AAAA", "not base64 at all", &secrets.seal_cursor(b"742:742:")] {
            assert_eq!(secrets.reveal_cursor(other), None, "{other}");
        }
    }

    #[test]
    fn keys_differ_by_purpose_and_short_data_keys_are_refused() {
        let secrets = Secrets::from_data_key(&[7; 32]).unwrap();
        assert_ne!(secrets.phone_hash("1"), secrets.token_hash("1"));
        assert!(Secrets::from_data_key(&[7; 31]).is_err());
    }
}
