//! Passwords: argon2id, in PHC form, on threads that may block, and never so many at once that
//! hashing starves the rest.

use std::sync::Arc;

use actix_web::http::StatusCode;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use xinwu_domain::text::Text;

use crate::problem::Problem;

/// Passes over the memory; with 19 MiB and one lane this is what OWASP asks for.
const PASSES: u32 = 2;
/// Hashes that are computed at once.
const AT_ONCE: usize = 2;
/// Hashes that may wait or be computed; more are told that the service is busy.
const MOST: usize = 34;

/// Hashes and checks passwords.
pub struct Passwords {
    argon2: Argon2<'static>,
    /// What the passwords of unknown users are checked against, so that their answer takes the same
    /// time.
    dummy: String,
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A password could not be hashed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError;

/// Hashes a password at once, on this thread: for the command line and for demo data.
///
/// # Errors
/// [`HashError`] when there is not enough memory.
pub fn hash(memory_kibibytes: u32, password: &str) -> Result<String, HashError> {
    hash_with(&hasher(memory_kibibytes)?, password)
}

impl Passwords {
    /// With so much memory for each hash.
    ///
    /// # Errors
    /// [`HashError`] when there is not enough memory.
    pub fn new(memory_kibibytes: u32) -> Result<Passwords, HashError> {
        let argon2 = hasher(memory_kibibytes)?;
        Ok(Passwords {
            dummy: hash_with(&argon2, "nobody has this password")?,
            argon2,
            running: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(MOST)),
        })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, Problem> {
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        self.on_a_thread(move || hash_with(&argon2, &password)).await?.map_err(Problem::internal)
    }

    /// Whether a password is the one of `stored`; with nothing stored the work is the same and the
    /// answer no.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Problem> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let is_right = self
            .on_a_thread(move || argon2.verify_password(password.as_bytes(), stored.as_str()).is_ok())
            .await?;
        Ok(is_right && is_known)
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let _place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let slot = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        // The slot goes with the work: a client that goes away does not make room while its hash is
        // still computed.
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(slot);
            outcome
        })
        .await
        .map_err(Problem::internal)
    }
}

fn hasher(memory_kibibytes: u32) -> Result<Argon2<'static>, HashError> {
    let params = Params::new(memory_kibibytes, PASSES, 1, None).map_err(|_| HashError)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_with(argon2: &Argon2<'_>, password: &str) -> Result<String, HashError> {
    argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| HashError)
}

fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        Text::new("登录人数过多，请稍后再试", "Too many people are signing in; try again shortly"),
    )
    .retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_says_how_it_was_made_and_no_two_are_the_same() {
        let (one, two) = (hash(8, "a password").unwrap(), hash(8, "a password").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=8,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = Passwords::new(8).unwrap();
        let stored = passwords.hash("a password").await.unwrap();
        assert!(passwords.verify("a password", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("another", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("nobody has this password", None).await.unwrap());
        assert!(!passwords.verify("a password", Some("not a hash")).await.unwrap());
    }

    #[tokio::test]
    async fn more_than_may_wait_are_told_that_the_service_is_busy() {
        let passwords = Passwords::new(8).unwrap();
        let taken =
            Arc::clone(&passwords.places).try_acquire_many_owned(u32::try_from(MOST).unwrap()).unwrap();
        let refused = passwords.verify("a password", None).await.unwrap_err();
        assert_eq!(refused.to_string(), "503 busy");
        drop(taken);
        assert!(!passwords.verify("a password", None).await.unwrap());
    }
}
