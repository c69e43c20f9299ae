//! The codes of the second factor: an authenticator's (TOTP, RFC 6238: SHA-1, six digits, 30
//! seconds, one step either way, as every app has it), and those on paper.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Totp};
use xinwu_domain::account::TotpSecret;
use xinwu_domain::typed;
use xinwu_persistence::people::account::second_factor::Shown;

use crate::secrets::{KeyError, Secrets, random_bytes};

/// What apps show beside the name.
const ISSUER: &str = "Xinwu";
/// How many codes are for when the authenticator is lost.
const RECOVERY_CODES: usize = 10;
/// Crockford's base 32: nothing in it looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of an authenticator's code.
const DIGITS: usize = 6;

/// A new secret, as an app is given it, and as it is kept.
///
/// # Errors
/// [`KeyError`] when the system gives no random bytes.
pub fn new_secret(
    secrets: &Secrets,
    account_id: &str,
    username: &str,
) -> Result<(TotpSecret, Vec<u8>), KeyError> {
    let secret = random_bytes::<20>()?;
    let authenticator = authenticator(&secret, username)?;
    let uri = authenticator.to_url().map_err(|_| KeyError)?;
    let sealed = secrets.encrypt(&context(account_id), &secret)?;
    Ok((TotpSecret { secret: authenticator.secret().to_base32(), uri }, sealed))
}

/// What was typed, where it may be right: of the authenticator's code it is known, of a recovery
/// code not before it is used.
///
/// # Errors
/// [`KeyError`] when the secret was sealed with another key.
pub fn shown(
    secrets: &Secrets,
    account_id: &str,
    sealed: &[u8],
    typed: &str,
    now: DateTime<Utc>,
) -> Result<Option<Shown>, KeyError> {
    let typed = typed::code(typed).replace('-', "");
    if typed.len() != DIGITS {
        return Ok(Some(Shown::RecoveryCode { hash: recovery_hash(secrets, account_id, &typed) }));
    }
    let secret = secrets.decrypt(&context(account_id), sealed)?;
    let step = authenticator(&secret, "")?.check(&typed, u64::try_from(now.timestamp()).unwrap_or(0));
    let step = step.and_then(|step| i64::try_from(step).ok());
    Ok(step.map(|step| Shown::Step { secret: sealed.to_vec(), step }))
}

/// New recovery codes, and the hashes that are kept of them.
///
/// # Errors
/// [`KeyError`] when the system gives no random bytes.
pub fn recovery_codes(secrets: &Secrets, account_id: &str) -> Result<(Vec<String>, Vec<String>), KeyError> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).map(|letter| char::from(*letter));
        let code: String = random_bytes::<10>()?.into_iter().filter_map(letter).collect();
        codes.push(code);
    }
    let hashes = codes.iter().map(|code| recovery_hash(secrets, account_id, code)).collect();
    let written = |code: &String| code.split_at_checked(5).map(|(first, last)| format!("{first}-{last}"));
    Ok((codes.iter().filter_map(written).collect(), hashes))
}

fn authenticator(secret: &[u8], username: &str) -> Result<Totp, KeyError> {
    let builder = Builder::new().with_secret(secret.to_vec()).with_account_name(username);
    builder.with_issuer(Some(ISSUER)).build().map_err(|_| KeyError)
}

fn context(account_id: &str) -> String {
    format!("totp {account_id}")
}

fn recovery_hash(secrets: &Secrets, account_id: &str, code: &str) -> String {
    secrets.token_hash(&format!("recovery {account_id} {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: its secret, and the last six of the eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let authenticator = authenticator(b"12345678901234567890", "").unwrap();
        for (time, code, step) in [(59, "287082", 1), (1_111_111_109, "081804", 37_037_036)] {
            assert_eq!(authenticator.check(code, time), Some(step));
            // One step either way, and no more.
            assert_eq!(authenticator.check(code, time + 30), Some(step));
            assert_eq!(authenticator.check(code, time + 90), None);
        }
    }

    #[test]
    fn a_secret_is_shown_to_apps_and_kept_for_its_account() {
        let secrets = Secrets::from_data_key(&[7; 32]).unwrap();
        let (shown, sealed) = new_secret(&secrets, "1", "haijun.street").unwrap();
        let uri = format!("otpauth://totp/Xinwu:haijun.street?secret={}&issuer=Xinwu", shown.secret);
        assert_eq!((shown.secret.len(), shown.uri), (32, uri));
        assert_eq!(secrets.decrypt("totp 1", &sealed).unwrap().len(), 20);
        assert!(secrets.decrypt("totp 2", &sealed).is_err());
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let secrets = Secrets::from_data_key(&[7; 32]).unwrap();
        let (codes, hashes) = recovery_codes(&secrets, "1").unwrap();
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        let typed = format!(" {} ", codes[0].to_lowercase().replace('-', " "));
        let shown = shown(&secrets, "1", &[], &typed, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(shown, Some(Shown::RecoveryCode { hash: hashes[0].clone() }));
    }
}
