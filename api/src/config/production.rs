//! What is refused where real people's data are kept, since it would leak them or let a stranger
//! in.

use std::collections::BTreeSet;
use std::net::IpAddr;

use actix_web::http::Uri;
use secrecy::ExposeSecret;
use xinwu_store::Url;

use super::{Config, SmsProvider};
use crate::secrets::SHORTEST_SECRET;

/// A rating tells less of its household the more others are published with it.
const FEWEST_RATERS: u32 = 5;
/// Fewer are refused wherever this runs.
pub(super) const FEWEST_ANYWHERE: u32 = 2;
/// In KiB: what OWASP asks of Argon2id.
const LEAST_PASSWORD_MEMORY: u32 = 19_456;
/// How to make a secret.
pub(super) const MADE_BY: &str = "make one by `openssl rand -base64 48`";

pub(super) fn faults(config: &Config, faults: &mut Vec<String>) {
    if config.sms_provider == SmsProvider::Log {
        faults.push("sms_provider: log shows codes in the log; production needs http".to_owned());
    }
    if let Some(url) = config.sms_url.as_deref().filter(|url| is_plain(url)) {
        faults.push(format!("sms_url: {url:?} would send codes unencrypted: must be https, or loopback"));
    }
    if config.sms_key.as_ref().is_some_and(|key| key.expose_secret().len() < SHORTEST_SECRET) {
        faults.push(format!("sms_key: must have at least {SHORTEST_SECRET} bytes; {MADE_BY}"));
    }
    if config.secret.is_none() && config.secret_file.is_none() {
        faults.push("secret, secret_file: production needs one of them".to_owned());
    }
    let is_guessed = |secret: &str| secret.len() >= SHORTEST_SECRET && is_weak(secret);
    if config.secret.as_ref().is_some_and(|secret| is_guessed(secret.expose_secret())) {
        faults.push(format!("secret: can be guessed; {MADE_BY}"));
    }
    if config.password_memory_kibibytes < LEAST_PASSWORD_MEMORY {
        faults.push(format!("password_memory_kibibytes: production needs at least {LEAST_PASSWORD_MEMORY}"));
    }
    if (FEWEST_ANYWHERE..FEWEST_RATERS).contains(&config.min_raters) {
        faults
            .push(format!("min_raters: production needs at least {FEWEST_RATERS}: fewer can be told apart"));
    }
    for origin in config.cors_origins.iter().filter(|origin| is_plain(origin)) {
        faults.push(format!("cors_origins: {origin:?} must be https, or loopback"));
    }
    if let Some(url) = config.public_url.as_deref().filter(|url| is_plain(url)) {
        faults.push(format!("public_url: {url:?} must be https, or loopback"));
    }
    let hosts = Url::parse(&config.database).map(|url| url.unverified_hosts()).unwrap_or_default();
    if !hosts.is_empty() {
        faults.push(format!(
            "database: {} may be another machine, or one that pretends to be it: add \
             ?sslmode=verify-full&sslrootcert=/etc/xinwu/postgres-ca.pem",
            hosts.join(", ")
        ));
    }
}

/// Whether what is sent to this address, or from it, goes unencrypted to another machine.
fn is_plain(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    uri.scheme_str() == Some("http") && !is_loopback
}

/// Different bytes that a random secret of this length has almost surely.
const FEWEST_BYTES: usize = 12;
/// The longest part whose repetition is found.
const LONGEST_PART: usize = 16;
/// What stands in examples.
const EXAMPLES: [&str; 6] = ["changeme", "change-me", "password", "secret", "example", "xinwu"];

/// Whether a secret is one that people think of: of few different bytes, one part repeated, or an
/// example for more than half of it.
pub(super) fn is_weak(secret: &str) -> bool {
    let bytes = secret.as_bytes();
    let few = bytes.iter().collect::<BTreeSet<_>>().len() < FEWEST_BYTES;
    let is_repeated = (1..=LONGEST_PART.min(bytes.len() / 2))
        .any(|part| bytes.iter().zip(bytes.iter().skip(part)).all(|(one, next)| one == next));
    let small = secret.to_ascii_lowercase();
    let is_example = |word: &str| small.matches(word).count() * word.len() * 2 > small.len();
    few || is_repeated || EXAMPLES.into_iter().any(is_example)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_people_think_of_is_weak() {
        for weak in [
            "00000000000000000000000000000000",
            "abcdefghijklmnopabcdefghijklmnopabcdefgh",
            "changemechangemechangeme-now-please-12",
            "secret secret secret secret secret 4xyz",
            "123456789012345678901234567890123456",
        ] {
            assert!(is_weak(weak), "{weak}");
        }
        for strong in [
            "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5",
            "f3a91c07be5d2846aa19c3e04d7b58f2c6105e9d",
            "a secret that only the tests know, 32+ bytes",
        ] {
            assert!(!is_weak(strong), "{strong}");
        }
    }
}
